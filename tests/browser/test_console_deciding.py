"""The review queue, the graph and the audit log, as people use them: by keyboard, on any screen, with hostile names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.domain.candidates import Candidate
from middleware.domain.journal import Verdict
from middleware.domain.profile import Profile
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.records import records
from middleware.ports import BrandStore
from tests.candidates import BIDI, HOSTILE, add_chat, add_order, add_pair, refuse
from tests.records import NOW
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser."""
    async with desks(store_server, tmp_path) as it:
        yield it


def _store(here: Desks) -> BrandStore:
    return here.shop.here.brands["glow"].store


async def _tab_to(seat: Seat, name: str) -> None:
    """Press Tab until what has this name is focused."""
    for _ in range(60):
        await seat.page.keyboard.press("Tab")
        focused = await seat.page.evaluate("() => document.activeElement.innerText || ''")
        if name in focused:
            return
    raise AssertionError(f"no way to {name!r} by Tab")


async def test_three_candidates_by_keyboard_alone(here: Desks) -> None:
    """Accept, reject, lock by single keys, each time with the focus on the next heading; then the merged profile's
    graph and its table; then the merge is taken back. No key decides in a field, or once they are turned off.
    """
    store = _store(here)
    pairs = [await add_pair(store, number) for number in (1, 2, 3)]
    await add_chat(store, pairs[0][0])
    async with here.seat("ana", "agent", to="/glow/review") as seat:
        page, keys = seat.page, seat.page.keyboard
        heading = page.locator("#candidate h1")
        await _tab_to(seat, "Decide one by one")
        await keys.press("Enter")
        await expect(heading).to_be_visible()
        first = await heading.inner_text()

        # In a field, and turned off, keys are letters.
        await _tab_to(seat, "Add a note")
        await keys.press("Enter")
        await keys.press("Tab")
        await keys.type("a rare name 12")
        await expect(page.locator("#note")).to_have_value("a rare name 12")
        await _press_off_and_on(seat)
        await expect(heading).to_have_text(first)

        await keys.press("a")
        await expect(page.locator("#did")).to_contain_text("They are one person now.")
        await expect(heading).to_be_focused()
        second = await heading.inner_text()
        assert second != first
        await keys.press("r")
        await expect(page.locator("#did")).to_contain_text("They are two people")
        await expect(heading).to_be_focused()
        await keys.press("1")
        await expect(page.get_by_role("heading", name="Nothing more to decide")).to_be_focused()
        assert [each async for each in records(store, Candidate)] == []
        assert {each.record.verdict async for each in records(store, Verdict)} == {"accepted", "rejected", "locked"}
        merged = (await store.get(Profile, [pairs[0][1]]))[pairs[0][1]].record
        assert merged.merged_into == pairs[0][0]

        await seat.go(f"/glow/people/{pairs[0][0]}/graph")
        await expect(page.locator("#nodes tbody tr")).to_have_count(4)
        await expect(page.locator("#graph canvas").first).to_be_visible()
        await _tab_to(seat, "WhatsApp")
        await keys.press("Enter")
        await expect(page.locator("#picked")).to_contain_text("attested")
        await _tab_to(seat, "Take it back")
        await keys.press("Enter")
        await page.wait_for_url("**/undo/**")
        await _tab_to(seat, "Make them two again")
        await keys.press("Enter")
        await expect(page.get_by_role("heading", name="They are two again")).to_be_visible()
        apart = (await store.get(Profile, [pairs[0][1]]))[pairs[0][1]].record
        assert apart.merged_into is None
        assert seat.troubles == []


async def _press_off_and_on(seat: Seat) -> None:
    box = seat.page.get_by_label("Single keys decide")
    await seat.page.keyboard.press("Tab")
    await expect(box).to_be_focused()
    await seat.page.keyboard.press("Space")
    await seat.page.keyboard.press("r")
    await expect(seat.page.locator("kbd").first).to_be_hidden()
    await seat.page.reload()
    await expect(box).not_to_be_checked()
    await seat.page.keyboard.press("r")
    await box.focus()
    await seat.page.keyboard.press("Space")
    await expect(box).to_be_checked()


async def test_pages_work_without_scripts(here: Desks) -> None:
    """A decision by button brings the next candidate; the graph's page has its tables and no empty drawing."""
    store = _store(here)
    older, younger = await add_pair(store, 1)
    async with here.seat("ana", "agent", to="/glow/review") as seat:
        context = await here.browser.new_context(java_script_enabled=False)
        await context.add_cookies(await seat.page.context.cookies())
        page = await context.new_page()
        await page.goto(f"{here.shop.url}/console/glow/review/next")
        await page.get_by_role("button", name="One person").click()
        await expect(page.locator("#did")).to_contain_text("They are one person now.")
        await page.goto(f"{here.shop.url}/console/glow/people/{older}/graph")
        await expect(page.locator("#nodes")).to_be_visible()
        await expect(page.locator("#graph")).to_be_hidden()
        assert (await store.get(Profile, [younger]))[younger].record.merged_into == older
        await context.close()


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_pages_are_accessible_and_fit(here: Desks, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """No finding of axe, nothing to scroll sideways, no trouble, whatever names say; before and after a fragment."""
    store = _store(here)
    older, younger = await add_pair(store, 1, HOSTILE, HOSTILE, BIDI)
    await add_chat(store, older)
    await add_order(store, younger)
    await refuse(store, younger, "email||x@web.example")
    await add_pair(store, 2, "Ana", "Anna")
    parts = await add_pair(store, 3)
    await add_chat(store, parts[0], "+34600111223")
    await merge_profiles(store, *parts, rule="records.similar", by="kim", now=NOW)
    pages = {
        "list": "/glow/review",
        "candidate": f"/glow/review/{older}%7C{younger}",
        "graph": f"/glow/people/{parts[0]}/graph",
        "undo": f"/glow/review/undo/{parts[1]}",
        "audit": "/glow/audit",
    }
    async with here.seat("root", "admin", to=pages["list"], size=size, dark=dark) as seat:
        for name, path in pages.items():
            await seat.go(path)
            if name == "graph":
                await expect(seat.page.locator("#graph canvas").first).to_be_visible()
            assert (name, await seat.findings(), await seat.overflow(), seat.troubles) == (name, [], 0, [])
        await seat.page.get_by_role("button", name="Check the chain").click()
        await expect(seat.page.locator("#checked")).to_contain_text("The chain holds")
        await seat.go(pages["candidate"])
        await expect(seat.page.locator("h1")).to_contain_text(HOSTILE)
        await seat.page.get_by_role("button", name="Two people").click()
        await expect(seat.page.locator("#did")).to_contain_text("two people")
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])
