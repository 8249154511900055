"""Who may use which route of the console: every route, every method, every kind of visitor."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web

from middleware.bootstrap.serving import console_of, web_parts
from middleware.console.app import ROUTES, add_console
from middleware.console.routes import Route
from middleware.domain.users import ROLES, Role
from tests.console import Seated, seated
from tests.running import Running

_PLACE = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_FILLED = {"brand": "glow", "mark": "0", "path": "none.css"}

IN_ORDER = sorted(ROUTES, key=lambda route: route.path == "/sign-out")
"""Signing out comes last: nothing can be asked after it."""

FORGED = {
    "forged token": {"tl_session": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ."},
    "forged secret": {"tl_renew": "abc.def"},
    "nonsense": {"tl_session": "\x01" * 10, "tl_renew": "." * 5_000},
}


@pytest.fixture
async def people(shop: Running) -> AsyncIterator[dict[str, Seated]]:
    """One of each role, and nobody."""
    async with AsyncExitStack() as stack:
        roles: dict[str, tuple[Role, ...]] = {"nobody": (), **{role: (role,) for role in ROLES}}
        yield {who: await stack.enter_async_context(seated(shop, who, *does)) for who, does in roles.items()}


async def _asked(it: Seated, route: Route) -> int:
    """The status of a request with something in every place of the address, and nothing in its form."""
    path = "/console" + _PLACE.sub(lambda place: _FILLED.get(place[1], "none"), route.path)
    answer = await (it.get(path) if route.method == "GET" else it.post(path))
    return answer.status


def _expected(route: Route, it: Seated, status: int) -> bool:
    if route.rule.public or (it.user is not None and route.rule.lets_in(it.user)):
        return status < 500 and status != 403
    if it.user is None:
        return status == (401 if route.bare else 303)
    return status == 403


async def test_every_route_below_the_console_is_in_the_list(shop: Running) -> None:
    """Nothing is served there that has no rule."""
    app = web.Application()
    add_console(app, console_of(shop.here, parts=web_parts(shop.here, work=False)))
    served = {
        (route.method, route.resource.canonical.rstrip("/"))
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    listed = {(route.method, _PLACE.sub(r"{\1}", f"/console{route.path}").rstrip("/")) for route in ROUTES}
    assert {(method, path) for method, path in served if path != "/console"} == listed - {("GET", "/console")}


async def test_everybody_gets_what_their_role_allows(people: dict[str, Seated]) -> None:
    """Nobody is sent to sign in, another role is told that it may not, whoever may is let through; never a 5xx."""
    found = [(route, who, await _asked(it, route)) for route in IN_ORDER for who, it in people.items()]
    wrong = [
        (route.method, route.path, who, status)
        for route, who, status in found
        if not _expected(route, people[who], status)
    ]
    assert wrong == []


@pytest.mark.parametrize("forged", FORGED, ids=str)
async def test_forged_cookies_open_nothing(shop: Running, people: dict[str, Seated], forged: str) -> None:
    """They count as nobody on every route, and break none."""
    it = people["nobody"]
    it.http.cookie_jar.update_cookies(FORGED[forged], response_url=aiohttp.client.URL(shop.url))
    statuses = [(route, await _asked(it, route)) for route in IN_ORDER]
    assert [(route.path, status) for route, status in statuses if not _expected(route, it, status)] == []
