"""Every page in German and Spanish, on a phone and on a desk, dark and light, and gone through by keyboard alone."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, desks, troubles
from focus import focused, unseen
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.bootstrap.serving import panel_links_of
from middleware.console.app import ROUTES
from middleware.console.reports.registry import REPORTS
from middleware.console.routes import ADMIN
from middleware.console.users import issue_ticket
from middleware.domain.candidates import RuleDay, RuleRecord
from middleware.domain.erasing import Erasure
from middleware.domain.events import Event, EventKind
from middleware.domain.flow_makings import FlowMaking, MakingTrouble
from middleware.domain.pairing import Pairing, Pairings
from middleware.domain.pulse import Pulse
from middleware.domain.users import ROLES, Role
from middleware.pipeline.merging import merge_profiles
from middleware.ports import DeadLetter, Put, Quarantined
from tests.candidates import add_pair
from tests.console import add_user
from tests.console_pages import route_of
from tests.integration.test_console_flow_editor import published
from tests.integration.test_console_mapping import MAPPING
from tests.people import known_person
from tests.running import NUMBER, PAGE, Running, minutes_ago
from tests.scenarios.looking import conversation_of, customer, turns
from tests.scenarios.mailroom import KEY
from tests.scenarios.test_turns_again import GREETING, write_flows
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")

MOST_STOPS = 150

_OF_A_PERSON = ("", "/graph", "/edit", "/split", "/journal", "/merge", "/erase")

_EMPTY = (
    "", "/conversations?tab=late", "/people", "/review", "/test-chats", "/flows/releases",
    "/flows/releases/difference", "/mapping/simulate", "/operations", "/operations/kept", "/reports/messages", "/start",
)  # fmt: skip
"""Pages of a brand of which nothing is known yet."""

_WITH_HEADER = "/account"

_NO_PAGES = frozenset(
    {
        "/sso/start", "/sso/callback", "/{brand}", "/{brand}/review/next", "/{brand}/conversations/list",
        "/{brand}/conversations/{id}/standing", "/{brand}/conversations/{id}/lines",
        "/{brand}/conversations/{id}/window", "/{brand}/conversations/{id}/snippets", "/{brand}/test-chats/rows",
        "/{brand}/template-rows", "/{brand}/template-values", "/{brand}/template-customers",
        "/{brand}/templates/{name}/forecast/{id}", "/{brand}/templates/{name}/test/{turn}", "/{brand}/flows/words",
        "/{brand}/flows/edit/{file}/release", "/{brand}/flows/edit/{file}/release/part",
        "/{brand}/start/doors", "/{brand}/start/made-up", "/{brand}/operations/standing",
        "/{brand}/people/of/{conversation}", "/{brand}/people/{profile}/timeline", "/{brand}/erasures/{erasure}/part",
    }
)  # fmt: skip
"""Routes behind which is a part of a page, or that lead to another one; and how a release is made, which is there only
while it is, and is looked at with the editor of flows.
"""

_RECORD = '{"id": "7", "person": {"first": "Ana"}, "newsletter": "yes", "answers": []}'

_OPEN = "() => document.querySelectorAll('main details').forEach((each) => { each.open = true; })"

_SKIP = """() => {
  for (const each of document.querySelectorAll("a.skip, header.top *")) each.dataset.stop = "-1";
  document.getElementById("main")?.focus();
}"""


@pytest.fixture
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser; a brand with a flow and a source of its own that sends codes, and one with nothing."""
    flows, mapping = tmp_path / "flows", tmp_path / "mapping.yaml"
    flows.mkdir()
    write_flows(flows)
    mapping.write_text(MAPPING, encoding="utf-8")
    club = {"connector": "generic", "id": "club", "secrets": ["a-secret-of-the-club-0001"], "mapping": str(mapping)}
    proof = {"key": KEY, "host": "127.0.0.1", "port": 1, "security": "none", "sender": "Glow <codes@glow.example>"}
    changes: dict[str, Any] = {
        "brands": {
            "glow": {"flows": str(flows), "proof": proof, "accounts": {"club": club}},
            "mist": {"database": f"test_{uuid.uuid4().hex[:12]}", "country": "ES"},
        },
        "console": {"embed_in": ["https://desk.example"]},
        "server": {"public_url": "http://x"},
    }
    async with desks(store_server, tmp_path, **changes) as it:
        yield it


async def _paths(shop: Running) -> tuple[str, ...]:
    """An address of every page, each with something on it."""
    ana = await known_person(shop)
    store = shop.here.brands["glow"].store
    older, younger = await add_pair(store, 1)
    stays, went = await add_pair(store, 2)
    await merge_profiles(store, stays, went, rule="records.similar", by="kim", now=shop.now)
    conversation, turn = (await conversation_of(shop, "ES.9001abc")).id, (await turns(shop))[0].id
    await _kept(shop, conversation)
    talk = f"/glow/conversations/{conversation}"
    return (
        "/", "/account", "/users", "/glow/nothing", "/glow/conversations", "/glow/conversations?tab=late", talk,
        f"{talk}/proof", "/glow/people", *(f"/glow/people/{ana}{part}" for part in _OF_A_PERSON), "/glow/erasures/e1",
        "/glow/erasures/e2", "/glow/review", f"/glow/review/{older}%7C{younger}", "/glow/templates",
        "/glow/templates/fallback", "/glow/templates/fallback/versions",
        "/glow/templates/fallback/difference", "/glow/test-chats", "/glow/traces",
        f"/glow/traces/{turn}", f"/glow/traces/{conversation}", "/glow/flows", "/glow/flows/flow/order_status",
        "/glow/flows/try", "/glow/flows/edit/greeting.yaml", "/glow/flows/edit/greeting.yaml/try",
        "/glow/flows/edit/greeting.yaml/release", "/glow/flows/edit/vip.yaml/release",
        "/glow/flows/edit/all_of_it.yaml?begin=tests", f"/glow/flows/try?customer=real:{conversation}",
        "/glow/flows/releases", "/glow/flows/releases/difference", "/glow/mapping", "/glow/mapping/simulate",
        "/glow/reports", *(f"/glow/reports/{each.name}" for each in REPORTS), "/glow/operations",
        "/glow/operations/kept", "/glow/operations/quarantine/q1", "/glow/operations/letters/l1", "/glow/start",
        "/glow/audit", f"/glow/people/{stays}/unmerge/{went}", f"/glow/review/undo/{went}",
        f"/glow/review/undone/{went}/{stays}", "/glow/review/done", f"/glow/traces/{turn}/again",
        "/glow/flows/flow/greeting/findings", "/glow/flows/flow/order_status/tests",
    )  # fmt: skip


def _event(now: datetime) -> Event:
    return Event(key="whatsapp:777:l1", kind=EventKind.POLICY, connector="whatsapp", account=NUMBER, occurred_at=now,
                 received_at=now)  # fmt: skip


async def _kept(shop: Running, conversation: str) -> None:
    """What stands on the pages that nothing comes to by being written to."""
    store, now = shop.here.brands["glow"].store, shop.now
    await customer(shop, "messenger", 1).says("is anybody there?", at=minutes_ago(150))
    pairing = Pairing(conversation=conversation, channel="whatsapp", account=NUMBER, since=now)
    days = (RuleDay(day=now.date().isoformat(), merges=4, unmerges=1),)
    for each in (
        Quarantined(id="q1", connector="whatsapp", reason="no event", raw=b"{}", received_at=now),
        DeadLetter(id="l1", event=_event(now), reason="KeyError", failed_at=now),
        *(Pairings(id=f"root-{locale}", paired=(pairing,)) for locale in ("de", "es")),
        RuleRecord(id="records.similar", days=days),
        Erasure(id="e1", by="root-de", asked_at=now, counts={"turns": 3}, phase="done", deleted_at=now, done_at=now),
        Erasure(id="e2", by="root-de", asked_at=now),
        FlowMaking(
            id="greeting.yaml", by="kim", begun_at=now, at=now + timedelta(days=1), done=3, of=9, file="tests/a.yaml"
        ),
        FlowMaking(
            id="vip.yaml",
            by="kim",
            begun_at=now,
            at=now,
            state="refused",
            done=3,
            of=9,
            unrun=6,
            more=2,
            troubles=(MakingTrouble(file="tests/a.yaml", line=4, test="Greets", text="says 'hi'"),),
        ),
        Pulse(id=Pulse.of_account("instagram", PAGE), failed_at=now, why="no signature"),
    ):
        assert await store.write(Put(each))
    for word in ("warmly", "boldly"):
        await published(shop, greeting=GREETING.replace("by name", word))


async def _walked(seat: Seat, *, header: bool) -> list[str]:
    """What is wrong with going through the page by Tab alone: a focus that is not seen, is covered, or stays.

    Without the `header`, which is the same everywhere, one begins behind it as if one had skipped to the content.
    """
    wrong: list[str] = []
    before = 0
    await seat.page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    if not header:
        await seat.page.evaluate(_SKIP)
    for _ in range(MOST_STOPS):
        await seat.page.keyboard.press("Tab")
        at = await focused(seat)
        if at is None or at["stop"] < before:
            return wrong
        if at["edits"]:
            # The editor shows it a moment later, around all of it.
            await expect(seat.page.locator(".cm-focused")).not_to_have_css("outline-style", "none")
        wrong += unseen(at)
        if at["stop"] == before:
            return [*wrong, f"does not let go: {at['html']}"]
        before = at["stop"]
    return [*wrong, "never ends"]


async def _without_session(shop: Running, paths: Sequence[str]) -> list[str]:
    """An address of every page that needs no session."""
    person = next(each for each in paths if each.startswith("/glow/people/p_")).rpartition("/")[2]
    panel, _ = await panel_links_of(shop.here).make(
        brand="glow", profile_id=person, conversation="", by="kim", now=shop.here.clock.now()
    )
    user, common = await add_user(shop.here, "lou", "agent"), shop.here.store.common
    links = [await issue_ticket(common, user, purpose, shop.here.clock.now()) for purpose in ("sign_in", "password")]
    embedded = f"/embed/{panel.rpartition('/')[2]}"
    return ["/sign-in", embedded, "/embed/none", *(f"/link/{each}" for each in (*links, "none"))]


async def _keeps_its_place(seat: Seat) -> None:
    """What is pressed cannot be pressed for a while: the focus goes on from there."""
    await seat.go("/glow/audit")
    button = seat.page.locator("form[action$='/check'] button")
    await button.press("Enter")
    await expect(seat.page.locator("#checked")).not_to_be_empty()
    await expect(button).to_be_focused()


async def _looked_at(seat: Seat, path: str, *, walks: bool) -> list[Any]:
    """What is wrong with the page that is open."""
    await seat.page.evaluate(_OPEN)
    await seat.page.wait_for_function("() => !document.querySelector('.htmx-request')")
    walked = await _walked(seat, header=path == _WITH_HEADER) if walks else []
    seen = (await seat.findings(), walked, await seat.overflow(), troubles(seat))
    seat.troubles.clear()
    return [(path, *seen)] if any(seen) else []


async def _on_all(seat: Seat, paths: Sequence[str], locale: str, *, walks: bool) -> list[Any]:
    """What is wrong with pages, each in the language of whoever opens it."""
    found: list[Any] = []
    for path in paths:
        await seat.go(path)
        assert await seat.page.locator("html").get_attribute("lang") == locale, path
        found += await _looked_at(seat, path, walks=walks)
    return found


async def _simulated(seat: Seat, *, walks: bool) -> list[Any]:
    """What is wrong with a page that is the answer to a form."""
    await seat.go("/glow/mapping/simulate")
    await seat.page.locator("#account").select_option("club")
    await seat.page.locator("#body").fill(_RECORD)
    await seat.page.locator("#body").evaluate("(it) => it.form.submit()")
    await expect(seat.page.locator("#outcome h2")).to_have_count(1)
    return await _looked_at(seat, "simulated", walks=walks)


async def _by_role(here: Desks, paths: Sequence[str], role: Role) -> list[Any]:
    """What is wrong with what a role may read, as it looks for them, in Spanish, wide and light. What they may not
    read says so, and is a page.
    """
    theirs = [each for each in paths if role in (route_of(each).rule.roles or ())]
    others = [each for each in paths if each not in theirs]
    async with here.seat(role, role, locale="es") as seat:
        found = await _on_all(seat, [*theirs, others[0]], "es", walks=False)
        if role == "builder":
            found += await _simulated(seat, walks=False)
        for each in others:
            answer = await seat.page.request.get(f"{here.shop.url}/console{each}")
            found += [] if answer.status == 403 and "<h1>" in await answer.text() else [(role, each, answer.status)]
    return found


def _unopened(paths: Sequence[str]) -> set[str]:
    """Routes that lead to a page to which none of these paths leads."""
    opened = {route_of(each).path for each in paths}
    return {each.path for each in ROUTES if each.method == "GET" and not each.bare} - opened - _NO_PAGES


async def test_every_page_is_for_everybody(here: Desks) -> None:
    """No finding of axe on any page as any role sees it, nothing wider than the screen, no trouble; the focus is seen,
    is never covered or caught.
    """
    paths, empty = await _paths(here.shop), [f"/mist{each}" for each in _EMPTY]
    without = await _without_session(here.shop, paths)
    assert _unopened([*paths, *without]) == set()
    # English is looked at area by area. Spanish has the widest words, and everything else that German has.
    async with here.seat("root-de", "admin", size="narrow", dark=True, locale="de", brands=("glow", "mist")) as seat:
        found = await _on_all(seat, paths, "de", walks=True)
        found += await _simulated(seat, walks=True)
        found += await _on_all(seat, empty, "de", walks=False)
    async with here.seat("", to="/sign-in", size="narrow", dark=True, locale="de") as seat:
        found += await _on_all(seat, without, "de", walks=True)
    for role in ROLES:
        if role != "admin":
            found += await _by_role(here, paths, role)
    async with here.seat("root-es", "admin", locale="es") as seat:
        found += await _on_all(seat, [each for each in paths if route_of(each).rule == ADMIN], "es", walks=False)
        await _keeps_its_place(seat)
    assert found == []
