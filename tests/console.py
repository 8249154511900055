"""Users of the console for tests, and how they sign in over HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from middleware.bootstrap.building import Installation
from middleware.console.users import issue_ticket, save_user
from middleware.domain.users import Role, User
from tests.running import Running

PASSWORD = "correct horse battery staple"
ENCODED = "$argon2id$v=19$m=47104,t=1,p=1$"
"""How encoded passwords begin."""


async def add_user(
    here: Installation, login: str, *roles: Role, brands: Sequence[str] = ("glow",), password: str | None = None
) -> User:
    """Somebody who may sign in, by `ticket` or, with a password, by that."""
    from middleware.web.passwords import Passwords  # noqa: PLC0415 - most tests need none

    encoded = await Passwords().encoded(password) if password is not None else None
    user = User(
        id=login,
        name=login.capitalize(),
        roles=roles,
        brands=tuple(brands),
        password=encoded,
        created_at=here.clock.now(),
    )
    await save_user(here.store.common, user)
    return user


async def ticket(here: Installation, user: User, to: str = "") -> str:
    """The path behind which somebody signs in once."""
    return f"/console/link/{await issue_ticket(here.store.common, user, 'sign_in', here.clock.now(), to)}"


@dataclass
class Seated:
    """Somebody who has signed in, over plain HTTP."""

    shop: Running
    http: aiohttp.ClientSession
    user: User | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **more: Any) -> aiohttp.ClientResponse:
        """Ask for a page, and follow nothing."""
        answer = await self.http.get(self.shop.url + path, allow_redirects=False, **self._with(more))
        await answer.read()
        return answer

    async def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> aiohttp.ClientResponse:
        """Send a form, with the secret of the session that pages have in them."""
        answer = await self.http.post(self.shop.url + path, data=data or {}, allow_redirects=False, **self._with(more))
        await answer.read()
        return answer

    def _with(self, more: dict[str, Any]) -> dict[str, Any]:
        return {**more, "headers": {**self.headers, **more.get("headers", {})}}


@asynccontextmanager
async def seated(shop: Running, login: str, *roles: Role, brands: Sequence[str] = ("glow",)) -> AsyncIterator[Seated]:
    """Somebody new with these roles, signed in by a link; with no role at all, nobody."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        it = Seated(shop, http)
        if roles:
            it.user = await add_user(shop.here, login, *roles, brands=brands)
            entered = await it.post(await ticket(shop.here, it.user))
            assert entered.status == 303, entered.status
            it.headers["X-CSRF-Token"] = await csrf_of(it)
        yield it


async def csrf_of(it: Seated) -> str:
    """The secret that every page of the session has in it."""
    text = await (await it.get("/console/account")).text()
    return text.partition('X-CSRF-Token": "')[2][:64]
