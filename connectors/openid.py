"""An identity provider over OpenID Connect: the code flow with PKCE.

Sources: OpenID Connect Core 1.0, 3.1 (code flow) and 9 (`client_secret_basic`); OpenID Connect Discovery 1.0, 4;
RFC 7636 (PKCE); RFC 6749, 4.1.3 and 5.2 (the exchange and its errors).
"""

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import SecretStr

from connectors.http import HttpClient, HttpReply, MaybeSent, NotConnected
from middleware.ports import Exchanged, ProviderRefused

_WITHIN = 10.0
_KNOWN_FOR = 3_600.0
"""Seconds for which what a provider says of itself is believed."""

_MOST_KEYS = 50


class OpenIdProvider:
    """One provider, for one client of it (`middleware.ports.IdentityProvider`). `now` in seconds, monotonic."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: SecretStr,
        http: HttpClient,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._secret = client_secret
        self._http = http
        self._now = now
        self._said: Mapping[str, Any] = {}
        self._until = 0.0

    async def sign_in_url(self, *, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """See `IdentityProvider.sign_in_url`."""
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": redirect, "scope": "openid email",
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        address = await self._address("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    async def exchange(self, code: str, *, redirect: str, verifier: str) -> Exchanged:
        """See `IdentityProvider.exchange`."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        credentials = f"{quote(self.client_id, safe='')}:{quote(self._secret.get_secret_value(), safe='')}"
        headers = {
            "Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        reply = await self._asked("post", await self._address("token_endpoint"), urlencode(fields).encode(), headers)
        token = reply.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("its answer has no id_token")
        keys = (await self._asked("get", await self._address("jwks_uri"))).get("keys")
        if not isinstance(keys, list):
            raise ProviderRefused("what it publishes has no keys")
        return Exchanged(token, tuple(each for each in keys[:_MOST_KEYS] if isinstance(each, dict)))

    async def _address(self, name: str) -> str:
        """One of its addresses. It has to be what it says that it is (Discovery, 4.3), and as safe as we came to it."""
        if self._now() >= self._until:
            said = await self._asked("get", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if said.get("issuer") != self.issuer:
                raise ProviderRefused("it says that it is another issuer; write that one into the settings")
            self._said, self._until = said, self._now() + _KNOWN_FOR
        address = self._said.get(name)
        if not isinstance(address, str) or urlsplit(address).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise ProviderRefused(f"it names no {name} that can be used")
        return address

    async def _asked(
        self, how: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        try:
            reply = await self._reply(how, url, body, headers or {})
        except (NotConnected, MaybeSent, ValueError) as error:
            raise ProviderRefused(f"it cannot be reached: {error}") from None
        if reply.status != 200:  # noqa: PLR2004 - HTTP
            raise ProviderRefused(f"HTTP {reply.status}: {_reason(reply.json)}")
        if not isinstance(reply.json, dict):
            raise ProviderRefused("its answer is no JSON object")
        return reply.json

    async def _reply(self, how: str, url: str, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        if how == "post":
            return await self._http.post(url, body, headers, _WITHIN)
        return await self._http.get_json(url, None, _WITHIN)


def _reason(said: object) -> str:
    """The provider's own word for what is wrong (RFC 6749, 5.2)."""
    word = said.get("error") if isinstance(said, dict) else None
    return word[:60] if isinstance(word, str) and word.replace("_", "").isalnum() else "no reason given"
