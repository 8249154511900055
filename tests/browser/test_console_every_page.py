"""Every page in German and Spanish, on a phone and on a desk, dark and light, and gone through by keyboard alone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, desks
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.ports import Put, Quarantined
from tests.candidates import add_pair
from tests.people import known_person
from tests.running import Running
from tests.scenarios.looking import conversation_of, turns
from tests.scenarios.test_turns_again import write_flows
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")

MOST_STOPS, FRAMES = 150, 30

_OF_A_PERSON = ("", "/graph", "/edit", "/split", "/journal", "/merge")

_OPEN = "() => document.querySelectorAll('main details').forEach((each) => { each.open = true; })"

_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const spots = [middle, [box.left + 3, box.top + 3], [box.right - 3, box.bottom - 3]];
  at.dataset.stop ??= String(document.querySelectorAll("[data-stop]").length + 1);
  return {
    stop: Number(at.dataset.stop),
    edits: Boolean(at.closest(".cm-editor")),
    rings: style.outlineStyle !== "none" || style.boxShadow !== "none",
    sees: spots.some(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return there && (at.contains(there) || there.contains(at));
    }),
    html: at.outerHTML.slice(0, 200),
  };
}"""
"""What has the focus, whether that can be seen, and whether anything covers it."""


@pytest.fixture
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser, and a flow of the brand's own."""
    write_flows(tmp_path)
    async with desks(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        yield it


async def _paths(shop: Running) -> tuple[str, ...]:
    """An address of every page, each with something on it."""
    ana = await known_person(shop)
    older, younger = await add_pair(shop.here.brands["glow"].store, 1)
    body = Quarantined(id="q1", connector="whatsapp", reason="no event", raw=b"{}", received_at=shop.now)
    await shop.here.brands["glow"].store.write(Put(body))
    conversation, turn = (await conversation_of(shop, "ES.9001abc")).id, (await turns(shop))[0].id
    return (
        "/account", "/users", "/glow/nothing", "/glow/conversations", f"/glow/conversations/{conversation}",
        "/glow/people", *(f"/glow/people/{ana}{part}" for part in _OF_A_PERSON), "/glow/review",
        f"/glow/review/{older}%7C{younger}", "/glow/templates", "/glow/templates/fallback",
        "/glow/templates/fallback/versions", "/glow/traces", f"/glow/traces/{turn}", f"/glow/traces/{conversation}",
        "/glow/flows", "/glow/flows/flow/order_status", "/glow/flows/try",
        "/glow/flows/edit/greeting.yaml", "/glow/flows/releases", "/glow/mapping",
        "/glow/operations",
        "/glow/operations/kept", "/glow/operations/quarantine/q1", "/glow/start", "/glow/audit",
    )  # fmt: skip


async def _focused(seat: Seat) -> dict[str, Any] | None:
    """What has the focus, once what still moves has come to rest."""
    at: dict[str, Any] | None = None
    for _ in range(FRAMES):
        at = await seat.page.evaluate(_FOCUSED)
        if at is None or at["sees"]:
            break
        await seat.page.evaluate("() => new Promise(requestAnimationFrame)")
    return at


async def _walked(seat: Seat) -> list[str]:
    """What is wrong with going through the page by Tab alone: a focus that is not seen, is covered, or stays."""
    wrong: list[str] = []
    before = 0
    await seat.page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    for _ in range(MOST_STOPS):
        await seat.page.keyboard.press("Tab")
        # What is asked for when something is focused has its place before one goes on.
        await seat.page.wait_for_function("() => !document.querySelector('.htmx-request')")
        at = await _focused(seat)
        if at is None or at["stop"] < before:
            return wrong
        if at["edits"]:
            # The editor shows it a moment later, around all of it.
            await expect(seat.page.locator(".cm-focused")).not_to_have_css("outline-style", "none")
        wrong += [] if at["rings"] or at["edits"] else [f"cannot be seen: {at['html']}"]
        wrong += [] if at["sees"] else [f"is covered: {at['html']}"]
        if at["stop"] == before:
            return [*wrong, f"does not let go: {at['html']}"]
        before = at["stop"]
    return [*wrong, "never ends"]


async def _keeps_its_place(seat: Seat, conversation: str) -> None:
    """What is pressed is replaced, or cannot be pressed for a while: the focus goes on from there."""
    await seat.go(conversation)
    await seat.page.locator("#do-take-over").press("Enter")
    await expect(seat.page.locator("#do-take-over")).to_have_count(0)
    await expect(seat.page.locator("#standing [data-focus]")).to_be_focused()
    await seat.go("/glow/audit")
    button = seat.page.locator("form[action$='/check'] button")
    await button.press("Enter")
    await expect(seat.page.locator("#checked")).not_to_be_empty()
    await expect(button).to_be_focused()


async def test_every_page_is_for_everybody(here: Desks) -> None:
    """No finding of axe, nothing wider than the screen, no trouble; the focus is seen, is never covered or caught."""
    found: list[Any] = []
    paths = await _paths(here.shop)
    # English is looked at area by area. Spanish has the widest words, and everything else that German has.
    for locale, size, dark in (("de", "narrow", True), ("es", "wide", False)):
        async with here.seat(f"root-{locale}", "admin", size=size, dark=dark, locale=locale) as seat:
            for path in paths:
                await seat.go(path)
                await seat.page.evaluate(_OPEN)
                await seat.page.wait_for_function("() => !document.querySelector('.htmx-request')")
                assert await seat.page.locator("html").get_attribute("lang") == locale
                looked = (await seat.findings(), await _walked(seat)) if locale == "de" else ([], [])
                # The browser itself tells of the page that there is not.
                troubles = [each for each in seat.troubles if "404" not in each]
                seen = (*looked, await seat.overflow(), troubles)
                found += [(locale, path, *seen)] if any(seen) else []
                seat.troubles.clear()
            if locale == "es":
                await _keeps_its_place(seat, next(path for path in paths if "/conversations/" in path))
    assert found == []
