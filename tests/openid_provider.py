"""An identity provider for tests: OpenID Connect's code flow with PKCE, as the specifications say it.

OpenID Connect Core 1.0, 3.1; Discovery 1.0, 4; RFC 6749, 4.1 and 5.2; RFC 7636, 4.6.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from middleware.web.app import listening

CLIENT, SECRET = "throughline", "a-secret:of-the-client/at the provider"


def coded(value: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Provider:
    """The provider. `person` is who signs in there: claims of the token beside the usual ones."""

    redirect: str = ""
    """The address that is registered for the client."""
    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    """Claims that are said otherwise than they should be; None: not at all."""
    header: dict[str, Any] = field(default_factory=dict)
    issuer: str | None = None
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    signs_with: rsa.RSAPrivateKey | None = None
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    async def configuration(self, _: web.Request) -> web.Response:
        """Discovery, 4.2."""
        return web.json_response({
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        })  # fmt: skip

    async def authorize(self, request: web.Request) -> web.Response:
        """Core, 3.1.2: signed in without a question, and sent back with a code."""
        query = request.query
        if query["redirect_uri"] != self.redirect or query["client_id"] != CLIENT:
            return web.Response(status=400, text="not registered")
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(query)
        back = urlencode({"code": code, "state": query["state"]})
        return web.Response(status=302, headers={"Location": f"{self.redirect}?{back}"})

    async def token(self, request: web.Request) -> web.Response:
        """Core, 3.1.3: the code is used once, by its client, with the secret that the first request had the hash of."""
        user, _, password = (
            base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        if (unquote(user), unquote(password)) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        form = await request.post()
        begun = self.codes.pop(str(form["code"]), None)
        challenge = coded(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        if begun is None or challenge != begun["code_challenge"] or form["redirect_uri"] != begun["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        answer = {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def keys(self, _: web.Request) -> web.Response:
        """RFC 7517, 5."""
        return web.json_response({"keys": [{"kty": "EC", "kid": "other"}, self.jwk()]})

    def jwk(self) -> dict[str, str]:
        """The public key."""
        numbers = self.key.public_key().public_numbers()
        parts = {
            name: coded(value.to_bytes((value.bit_length() + 7) // 8))
            for name, value in (("n", numbers.n), ("e", numbers.e))
        }
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", **parts}

    def id_token(self, nonce: str) -> str:
        """Core, 2."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "42", "nonce": nonce, "iat": now, "exp": now + 300,
            **self.person, **self.changes,
        }  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "one", "typ": "JWT", **self.header}
        content = f"{coded(json.dumps(header).encode())}.{coded(json.dumps(said).encode())}"
        signer = self.signs_with or self.key
        return f"{content}.{coded(signer.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider on a free port."""
    it, app = Provider(), web.Application()
    app.router.add_get("/.well-known/openid-configuration", it.configuration)
    app.router.add_get("/authorize", it.authorize)
    app.router.add_post("/token", it.token)
    app.router.add_get("/keys", it.keys)
    async with listening(app, "127.0.0.1", 0) as url:
        it.url = url
        yield it
