"""A request of a page: from an origin of the account, small, not too often, with the visitor's key.

The key is random and stays in the browser. The visitor's id is its hash, so whoever sees an id, in a list or in the
store, can neither write nor read in the visitor's name, and there is nothing to compare and nothing to keep.
"""

import asyncio
import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from middleware.errors import BodyRefused
from middleware.ports import Account
from middleware.web.problems import problem
from middleware.web.site.limits import address_of
from middleware.web.site.parts import SITE, Site

LARGEST_BODY = 32 * 1024
READ_WITHIN = 10.0

_KEY = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Refused(Exception):  # noqa: N818 - an answer
    """What the page is answered instead."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered."""

    site: Site
    account: Account
    visitor: str
    body: dict[str, Any]


async def asked(request: web.Request) -> Asked:
    """What a page asks. Raises `Refused`."""
    site = request.app[SITE]
    account = site.accounts.get(request.match_info["account"])
    if account is None:
        raise web.HTTPNotFound
    if request.headers.get("Origin") not in account.origins:
        raise Refused(problem(403, "Forbidden", "The page's origin is not among the account's origins."))
    now = site.clock.monotonic()
    _not_too_often(site.of_address.wait(address_of(request, site.proxies), now))
    body = _read(site, await _bytes(request))
    key = body.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Refused(problem(400, "Bad request", "key is missing or malformed."))
    visitor = visitor_of(account.id, key)
    _not_too_often(site.of_visitor.wait(f"{account.id}|{visitor}", now))
    return Asked(site, account, visitor, body)


def visitor_of(account: str, key: str) -> str:
    """The id of the visitor who has this key, on this site: 43 letters, digits, `-` and `_`."""
    digest = hashlib.sha256(f"throughline visitor\0{account}\0{key}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _not_too_often(seconds: float) -> None:
    if seconds > 0:
        wait = {"Retry-After": str(int(seconds) + 1)}
        raise Refused(problem(429, "Too many requests", headers=wait))


def _read(site: Site, raw: bytes) -> dict[str, Any]:
    try:
        body = site.read_json(raw)
    except BodyRefused as refused:
        raise Refused(problem(400, "Bad request", f"The body is {refused}.")) from None
    if not isinstance(body, dict):
        raise Refused(problem(400, "Bad request", "The body is no object."))
    return body


async def _bytes(request: web.Request) -> bytes:
    """The bytes of the body, whatever it says it is: a page that asks nobody beforehand may only send text."""
    found = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN):
            async for chunk in request.content.iter_any():
                found += chunk
                if len(found) > LARGEST_BODY:
                    raise Refused(problem(413, "Content too large", "At most 32 KiB at once."))
    except TimeoutError:
        raise Refused(problem(408, "Request timeout")) from None
    return bytes(found)
