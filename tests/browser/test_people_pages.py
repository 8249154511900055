"""The panel of a person in a real browser: found, read, revealed, merged and taken apart; whatever customers write."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from tests.people import HOSTILE, hostile_person, known_person
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


async def test_from_a_search_to_a_merge_and_back(here: Desks) -> None:
    """An agent finds somebody, reveals their contacts, goes back in time, merges, takes apart again: by keyboard."""
    ana = await known_person(here.shop)
    async with here.seat("bea", "agent", to="/glow/people") as seat:
        page = seat.page
        await page.get_by_label("Whom do you look for?").fill("#1001")
        await page.keyboard.press("Enter")
        await expect(page.locator("#found li").first).to_be_visible()
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page.locator("#found a", has_text="Ana Ruiz").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ana Ruiz")
        assert ana in page.url
        await expect(page.locator("main")).not_to_contain_text("+34600111222")
        await page.get_by_role("button", name="Show contacts").press("Enter")
        await expect(page.locator("#known")).to_contain_text("+34600111222")
        await expect(page.locator("#known")).to_be_focused()
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page.locator("details.block summary").first.press("Enter")
        await expect(page.locator("details.block dl").first).to_be_visible()
        await page.get_by_role("link", name="Merge").press("Enter")
        await page.get_by_label("Whom do you look for?").fill("Berta Ruiz")
        await page.keyboard.press("Enter")
        await page.locator("#found a", has_text="Berta Ruiz").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("This would come together")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page.get_by_role("button", name="Make them one").press("Enter")
        await expect(page.locator("#notices")).to_contain_text("They are one person now.")
        await page.get_by_role("link", name="Take it back").press("Enter")
        assert await seat.findings() == []
        await page.get_by_role("button", name="Take it out").press("Enter")
        await expect(page.locator("#notices")).to_have_text("They are two again.")
        await page.get_by_role("link", name="Edit").press("Enter")
        await page.get_by_label("Company").fill("Ruiz & Söhne")
        await page.keyboard.press("Enter")
        await expect(page.locator("#field-company")).to_contain_text("kept by a person")
        assert await seat.findings() == []
        await page.locator("#field-company").get_by_role("button", name="Let the sources say it again").press("Enter")
        await expect(page.locator("#field-company")).not_to_contain_text("kept by a person")
        assert seat.troubles == []


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_whatever_they_write_is_read_as_it_was_written(here: Desks, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """Markup, directions and endless words in every field: no dialog, nothing to scroll, nothing that axe finds."""
    profile = await hostile_person(here.shop)
    async with here.seat("bea", "agent", to=f"/glow/people/{profile}", size=size, dark=dark) as seat:
        seat.page.on("dialog", lambda dialog: seat.troubles.append(dialog.message))
        await expect(seat.page.get_by_role("heading", level=1)).to_contain_text("عائشة")
        for summary in await seat.page.locator("main details summary").all():
            await summary.click()
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        shown = await seat.page.locator("main").inner_text()
        assert [each for each in HOSTILE if each not in shown] == []
        await expect(seat.page.locator("#orders")).to_contain_text("and 150 more")
        # The other pages look alike in both themes: each is looked at in one size and one theme.
        for path in ("/split", "/edit", "/journal", "/merge") if dark == (size == "wide") else ():
            await seat.go(f"/glow/people/{profile}{path}")
            assert (path, await seat.findings(), await seat.overflow()) == (path, [], 0)
        assert seat.troubles == []
