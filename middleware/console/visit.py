"""One request to the console: who asks, for which brand, in which language, and how they are answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from middleware.console.language import Language
from middleware.console.parts import Console, ConsoleBrand
from middleware.console.rendering import render
from middleware.console.sessions import SignedIn
from middleware.domain.users import Role, Session, User
from middleware.pipeline.audit import audit

LARGEST_FORM = 512 * 1024
"""Bytes. No form of the console is larger: a flow file with its tests, every sign of it escaped."""

LAST_BRAND = "tl_brand"
"""The cookie with the brand that was looked at last in this browser."""

_NO_FORM = (ValueError, LookupError, RuntimeError, web.RequestPayloadError, HttpProcessingError)
"""What reading a body as a form raises: bytes or a character set that are none, parts that are broken."""


@dataclass
class Visit:
    """What a handler is given. `signed_in` is None on public pages that nobody has signed in for."""

    request: web.Request
    console: Console
    language: Language
    signed_in: SignedIn | None = None
    of_brand: ConsoleBrand | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """What the answer says beside the usual."""

    @cached_property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.console.clock.now()

    @property
    def user(self) -> User:
        """Who asks. For routes that are not public."""
        if self.signed_in is None:
            raise web.HTTPUnauthorized
        return self.signed_in.user

    @property
    def session(self) -> Session:
        """Their session. For routes that are not public."""
        if self.signed_in is None:
            raise web.HTTPUnauthorized
        return self.signed_in.session

    @property
    def brand(self) -> ConsoleBrand:
        """The brand in the address. For routes with `{brand}`."""
        if self.of_brand is None:
            raise web.HTTPNotFound
        return self.of_brand

    @property
    def of_menu(self) -> ConsoleBrand | None:
        """The brand whose sections stand at the top: that of the address, else of theirs the one looked at last or the
        first; None for whoever has none.
        """
        if self.of_brand is not None or self.signed_in is None:
            return self.of_brand
        theirs = [name for name in self.console.brands if name in self.signed_in.user.brands]
        last = self.request.cookies.get(LAST_BRAND, "")
        return self.console.brands[last if last in theirs else theirs[0]] if theirs else None

    @property
    def is_fragment(self) -> bool:
        """Whether a part of a page is asked for, by htmx."""
        return "HX-Request" in self.request.headers and "HX-Boosted" not in self.request.headers

    def does(self, *roles: Role) -> bool:
        """Whether who asks has one of these roles."""
        return self.signed_in is not None and self.signed_in.user.does(roles)

    def text(self, key: str, /, **values: object) -> str:
        """A text of the console in the visitor's language."""
        return self.language.text(key, **values)

    def at(self, key: str) -> str:
        """A part of the address, such as `brand`."""
        return self.request.match_info[key]

    def query(self, key: str, default: str = "") -> str:
        """A value behind the address, cut to what anything there may have."""
        return self.request.query.get(key, default)[:500]

    async def form(self) -> Mapping[str, str]:
        """The fields of a form, the first of each name. Files are none."""
        return dict(reversed(await self._fields()))

    async def ticked(self, name: str) -> set[str]:
        """All values of a form under one name: what was ticked."""
        return {value for key, value in await self._fields() if key == name}

    async def _fields(self) -> list[tuple[str, str]]:
        """413 for a form that is too large, 400 for a body that is none."""
        self.request._client_max_size = LARGEST_FORM  # noqa: SLF001 - the application's limit is for webhooks
        try:
            fields = await self.request.post()
        except _NO_FORM:
            raise web.HTTPBadRequest from None
        return [(key, value) for key, value in fields.items() if isinstance(value, str)]

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:  # noqa: ANN401 - for templates
        """A page or a fragment, rendered from `pages/<template>`."""
        text = render(template, self, values)
        answer = web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=self.headers)
        answer.enable_compression()
        return answer

    def go(self, path: str, *, said: str = "") -> web.Response:
        """Send the browser to another page of the console; `said` is the key of what it is told there."""
        there = f"/console{path}"
        if said:
            there += f"{'&' if '?' in there else '?'}said={quote(said)}"
        if self.is_fragment:
            return web.Response(headers={**self.headers, "HX-Redirect": there})
        return web.Response(status=303, headers={**self.headers, "Location": there})

    def path(self, *parts: str) -> str:
        """A path within the brand, each part escaped: `path("templates", name)`."""
        return "".join(f"/{quote(part, safe='')}" for part in (self.brand.name, *parts))

    async def on_record(self, what: str, /, about: str = "", **details: str) -> None:
        """Put what is done or looked at into the audit log: that of the brand in the address, or else the one of no
        brand. Raises StoreUnavailable: then do not do it.
        """
        store = self.of_brand.store if self.of_brand is not None else self.console.store.common
        await audit(store, by=self.user.id, what=what, now=self.now, about=about, details=details)
