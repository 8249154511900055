"""Google's tokens: as given, or got for a service account's key, and kept until shortly before they run out.

Source: Google Identity, "Using OAuth 2.0 for Server to Server Applications", HTTP/REST: a JWT that the key signs
(RS256) is exchanged for a token at the key's `token_uri` (RFC 7523).
"""

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from connectors.engines.calling import Call
from middleware.domain.engine_reading import Unreadable, object_of, text_of

SCOPE = "https://www.googleapis.com/auth/dialogflow"

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = 3600
_EARLY = 60.0
"""Seconds before its end from which on a token is not used any more."""
_FIELDS = ("client_email", "private_key", "token_uri")


class GoogleToken:
    """What lets in. `given` is a token, or the JSON of a service account's key. `now` is seconds since 1970."""

    def __init__(self, given: SecretStr, now: Callable[[], float] = time.time) -> None:
        self._now = now
        text = given.get_secret_value().strip()
        self._key = _service_account(text) if text.startswith("{") else None
        self._token, self._good_until = ("", 0.0) if self._key else (text, float("inf"))

    async def header(self, call: Call) -> dict[str, str]:
        """The header with the token, got anew if it is about to run out. Raises Failed and Unreadable."""
        if self._key is not None and self._now() >= self._good_until:
            await self._get(call, self._key)
        return {"Authorization": f"Bearer {self._token}"}

    def refused(self) -> None:
        """A token that was refused is not used again."""
        if self._key is not None:
            self._good_until = 0.0

    async def _get(self, call: Call, key: Mapping[str, Any]) -> None:
        now = int(self._now())
        claims = {
            "iss": key["client_email"],
            "scope": SCOPE,
            "aud": key["token_uri"],
            "iat": now,
            "exp": now + _LIFE,
        }
        body = {"grant_type": _GRANT, "assertion": _signed(claims, key["private_key"])}
        reply = object_of((await call.at(key["token_uri"]).post("", body, "token")).json, "the token's answer")
        token, life = text_of(reply.get("access_token"), "access_token"), reply.get("expires_in")
        if not token or not isinstance(life, int):
            raise Unreadable("access_token or expires_in is missing")
        self._token, self._good_until = token, now + life - _EARLY


def _service_account(text: str) -> Mapping[str, Any]:
    """The key of a service account. Raises ValueError, which does not show it."""
    try:
        key = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("`token` is neither a token nor a service account's key in JSON") from None
    if not all(isinstance(key.get(name), str) for name in _FIELDS):
        raise ValueError(f"`token`: the service account's key needs {', '.join(_FIELDS)}")
    try:
        loaded = load_pem_private_key(key["private_key"].encode(), password=None)
    except ValueError:
        raise ValueError("`token`: private_key of the service account's key is none") from None
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise ValueError("`token`: private_key of the service account's key is no RSA key")  # noqa: TRY004 - a setting
    return {**key, "private_key": loaded}


def _signed(claims: Mapping[str, Any], key: object) -> str:
    """A JWT (RFC 7515) with RS256."""
    content = b".".join(_base64url(orjson.dumps(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = cast("rsa.RSAPrivateKey", key).sign(content, padding.PKCS1v15(), hashes.SHA256())
    return (content + b"." + _base64url(signature)).decode()


def _base64url(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
