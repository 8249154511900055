"""Known browsers: those in which a user has signed in before say so by a cookie.

It lets nobody in. Attempts in such a browser are counted by themselves, so that whoever tries a login from elsewhere
cannot keep its user out. It counts until its user changes, as links do: with another password those of before are
worth nothing.
"""

import hashlib
import hmac
import secrets

from aiohttp import web

from middleware.console.visit import Visit
from middleware.domain.users import User

_COOKIE = "tl_known"
_LIVES = 365 * 24 * 3600
"""Seconds."""


async def remember_browser(visit: Visit, user: User, answer: web.StreamResponse) -> None:
    """Have the browser that gets this answer known as one in which the user has signed in."""
    drawn = secrets.token_urlsafe(16)
    value = f"{drawn}.{await _seal(visit, user, drawn)}"
    secure = visit.console.public_url.startswith("https://")
    answer.set_cookie(_COOKIE, value, max_age=_LIVES, path="/console", httponly=True, samesite="Lax", secure=secure)


async def known_browser(visit: Visit, user: User) -> str | None:
    """What the browser that asks is known by, if the user has signed in there; None for any other."""
    drawn, _, seal = visit.request.cookies.get(_COOKIE, "").partition(".")
    # What a header has beside ASCII cannot always be encoded again.
    fits = hmac.compare_digest(seal.encode(errors="replace"), (await _seal(visit, user, drawn)).encode())
    return drawn if fits else None


async def _seal(visit: Visit, user: User, drawn: str) -> str:
    key = await visit.console.sessions.key()
    said = f"known|{user.id}|{user.epoch}|{drawn}"
    return hmac.new(key.encode(), said.encode(errors="replace"), hashlib.sha256).hexdigest()
