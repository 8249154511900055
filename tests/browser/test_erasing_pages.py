"""Erasing a person in a real browser: by keyboard, narrow and dark, down to the receipt."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("playwright.async_api")

from desks import Desks, desks
from pages import CHROMIUM
from playwright.async_api import expect

from tests.people import known_person
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")


@pytest.fixture
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser."""
    async with desks(store_server, tmp_path) as it:
        yield it


async def test_from_the_page_of_a_person_to_the_receipt(here: Desks) -> None:
    """An admin goes there, counts with whom the order belongs to as well, types the word, and sees it being done."""
    ana = await known_person(here.shop)
    forgetting = here.shop.here.brands["glow"].forgetting
    assert forgetting is not None
    forgetting.settles = timedelta(0)
    async with here.seat("ada", "admin", to=f"/glow/people/{ana}", size="narrow", dark=True) as seat:
        page = seat.page
        await page.get_by_role("link", name="Erase this person").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Erase this person")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page.get_by_role("checkbox").first.press("Space")
        await page.get_by_role("button", name="Count again").press("Enter")
        await expect(page.get_by_role("checkbox").first).to_be_checked()
        await page.get_by_label("Type “erase” to go on").fill("erase")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("It is done.")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        assert seat.troubles == []
