"""What a page of the brand's site sends, for tests that have no browser."""

import secrets
from datetime import UTC, datetime
from typing import Any

import orjson
from jose import jws

from tests.running import SITE, SITE_ORIGIN, SITE_SECRET, Running

PAGE = {"what": "page", "path": "/pages/shipping", "title": "Shipping"}


def fresh_key() -> str:
    """A visitor's key, as the script makes one."""
    return secrets.token_urlsafe(32)


def item(**fields: Any) -> dict[str, Any]:
    """An item with an id of its own."""
    return {"id": secrets.token_urlsafe(16), "ago": 0, **fields}


async def post(
    shop: Running, path: str, body: object, origin: str | None = SITE_ORIGIN, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Ask as a page does: status, content and headers of the answer."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    sent = {"Content-Type": "text/plain;charset=UTF-8", **({"Origin": origin} if origin is not None else {}), **headers}
    async with shop.http.post(f"{shop.url}/site/{SITE}/{path}", data=raw, headers=sent) as answer:
        content = await answer.read()
        return answer.status, orjson.loads(content) if content else None, dict(answer.headers)


def site_token(secret: str = SITE_SECRET, **claims: Any) -> str:
    """A token as the brand's site signs it."""
    now = int(datetime.now(UTC).timestamp())
    known = {"iss": SITE_ORIGIN, "aud": SITE, "iat": now, "exp": now + 300, "jti": secrets.token_hex(8), **claims}
    return str(jws.sign(known, secret, algorithm="HS256"))
