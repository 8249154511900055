"""Whatever addresses, forms and headers say: a clear answer, never a 5xx, and nothing of it stands there raw."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

import middleware.console
from middleware.console.app import ROUTES
from middleware.console.routes import Route
from middleware.domain.events import Event, EventKind
from middleware.ports import DeadLetter, Put, Quarantined
from tests.candidates import add_pair
from tests.console import Seated, add_user, seated
from tests.people import known_person
from tests.running import NUMBER, Running
from tests.scenarios.looking import conversation_of, turns

_PLACE = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_FIELD = re.compile(r"""(?:form|given)(?:\.get\(|\[)"([a-z_.]+)\"""")
_QUERY = re.compile(r"""query(?:\.get)?\("([a-z_]+)\"""")

MARK = "<i hostile>"
HOSTILE = (
    f"'\">{{{{7*7}}}}{{% raw %}}\x00\x1b\u202e{MARK}\u2066",
    f'{{"$ne": null}}|..%2F..\\%00٣-1.5e308{MARK}',
    f"a\r\nSet-Cookie: hostile=1\r\n\r\n{MARK}{'ß' * 3_000}",
)
"""A way out of an attribute, template code, signs that cannot be seen; operators, paths, numbers; headers, length."""

FORM = "application/x-www-form-urlencoded"
NO_FORMS = (
    (FORM, b"csrf=\xff\xfe"), (f"{FORM}; charset=none", b"a=b"), (f"{FORM}; charset=utf-16", b"a=b"),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\nb\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\nnever over'),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n\xff\r\n--x--\r\n'),
    ("application/json", b"{"), (FORM, b"&".join(b"a=1" for _ in range(20_000))),
)  # fmt: skip

NO_PAGES = (
    {"X-CSRF-Token": "\u00e9"}, {"X-CSRF-Token": "x" * 5_000}, {"Origin": "http://[::1"}, {"Origin": "null"},
    {"Origin": "https://console.example"}, {"Sec-Fetch-Site": "cross-site"},
)  # fmt: skip
"""Headers of requests that no page of ours makes."""


def _named(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """The names that the code asks for."""
    files = Path(middleware.console.__file__).parent.rglob("*.py")
    return tuple(sorted({name for file in files for name in pattern.findall(file.read_text(encoding="utf-8"))}))


FIELDS, QUERIES = _named(_FIELD), _named(_QUERY)


@pytest.fixture
async def root(shop: Running) -> AsyncIterator[Seated]:
    """Somebody who may do everything."""
    async with seated(shop, "root", "admin") as it:
        yield it


@pytest.fixture
async def places(shop: Running) -> dict[str, str]:
    """What there is, by what stands in addresses for it: routes come as far as reading their form."""
    ana = await known_person(shop)
    store = shop.here.brands["glow"].store
    older, younger = await add_pair(store, 1)
    now = shop.here.clock.now()
    event = Event(
        key="whatsapp:777:dead", kind=EventKind.POLICY, connector="whatsapp", account=NUMBER, occurred_at=now,
        received_at=now,
    )  # fmt: skip
    await store.write(Put(DeadLetter(id=event.key, event=event, reason="no reason", failed_at=now)))
    await store.write(Put(Quarantined(id="q1", connector="whatsapp", reason="none", raw=b"{}", received_at=now)))
    await add_user(shop.here, "kim", "agent")
    conversation = (await conversation_of(shop, "ES.9001abc")).id
    return {
        "brand": "glow", "profile": ana, "part": younger, "stays": older, "candidate": f"{older}|{younger}",
        "conversation": conversation, "conversations": conversation, "traces": (await turns(shop))[0].id,
        "letters": event.key, "quarantine": "q1", "templates": "fallback", "flow": "fallback", "login": "kim",
        "account": "whatsapp",
    }  # fmt: skip


def _asked() -> Iterator[Route]:
    """Every route but the one after which nothing can be asked; what throws things away comes last."""
    routes = (route for route in ROUTES if route.path != "/sign-out")
    return iter(sorted(routes, key=lambda route: route.path.endswith(("/dismiss", "/disable", "/reset"))))


def _path(route: Route, places: dict[str, str], otherwise: str) -> str:
    """The address of a route, escaped, with what there is in each place of it."""
    parts, before = [], ""
    for part in route.path.split("/"):
        place = _PLACE.fullmatch(part)
        name = before if place and place[1] in {"id", "name"} else place[1] if place else ""
        parts.append(places.get(name, otherwise) if place else part)
        before = part
    return "/console" + "/".join(quote(part, safe="") for part in parts)


async def _answered(it: Seated, route: Route, path: str, said: str) -> list[str]:
    """What is wrong with the answer to a request that says the same in every field, in order."""
    if route.method == "POST":
        answer = await it.post(path, dict.fromkeys(FIELDS, said))
    else:
        answer = await it.get(path, params=dict.fromkeys(QUERIES, said[:40]))
    told = {
        "a failure": answer.status >= 500,
        "raw": answer.content_type == "text/html" and MARK in await answer.text(errors="replace"),
        "a cookie": "hostile" in answer.headers.get("Set-Cookie", ""),
        "elsewhere": not answer.headers.get("Location", "/console/").startswith("/console"),
        "no policy": (answer.ok or answer.content_type == "text/html")
        and "Content-Security-Policy" not in answer.headers,
    }
    return [f"{route.method} {route.path}: {what} ({answer.status})" for what, holds in told.items() if holds]


async def _by_form(root: Seated, places: dict[str, str]) -> list[str]:
    """Every field of every route says something hostile."""
    return [
        each
        for said in HOSTILE
        for route in _asked()
        for each in await _answered(root, route, _path(route, places, "none"), said)
    ]


async def _by_address(root: Seated) -> list[str]:
    """Every place of every address says something hostile."""
    return [
        each
        for said in HOSTILE
        for route in _asked()
        if _PLACE.search(route.path)
        for each in await _answered(root, route, _path(route, {"brand": "glow"}, said[:200]), "")
    ]


async def _by_body(root: Seated, places: dict[str, str]) -> list[str]:
    """Every form is something else: bytes that are no text, character sets that there are not, broken parts."""
    found = []
    for kind, body in NO_FORMS:
        for path in (_path(route, places, "none") for route in _asked() if route.method == "POST"):
            answer = await root.http.post(
                root.shop.url + path, data=body, allow_redirects=False,
                headers={**root.headers, "Content-Type": kind},
            )  # fmt: skip
            found += [f"{path} {kind}: {answer.status}"] if answer.status >= 500 else []
    return found


async def test_no_request_breaks_a_page(root: Seated, places: dict[str, str]) -> None:
    """Hostile fields, addresses, bodies and headers on every route: none fails, none repeats them raw; and what is no
    secret of the session, or comes from elsewhere, is refused.
    """
    assert {"text", "note", "nonce"} <= set(FIELDS)
    assert {"q", "before"} <= set(QUERIES)
    assert await _by_form(root, places) == []
    assert await _by_address(root) == []
    assert await _by_body(root, places) == []
    assert (await root.get("/console/account")).status == 200
    for headers in NO_PAGES:
        answer = await root.post("/console/glow/people", {"asked": "Ana"}, headers=headers)
        assert (headers, answer.status) == (headers, 403)
