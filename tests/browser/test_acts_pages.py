"""What came too late is answered, an address is proven, and a template is tried out, in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import SIZES, Desks, Seat, desks
from pages import CHROMIUM
from playwright.async_api import expect

from tests.running import minutes_ago
from tests.scenarios.looking import customer
from tests.scenarios.mailroom import Mailroom, mail_server
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

ADDRESS = "ana@example.com"


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[tuple[Desks, Mailroom]]:
    """The console of a brand that sends codes, and a browser."""
    with mail_server() as (room, proof):
        async with desks(store_server, tmp_path, brands={"glow": {"proof": proof}}) as it:
            yield it, room


async def _looks_well(seat: Seat, name: str) -> None:
    """Nothing for axe, nothing wrong in the browser, nothing wider than the window: wide, and narrow and dark."""
    found = {"wide": await seat.findings()}
    await seat.page.set_viewport_size(SIZES["narrow"])  # type: ignore[arg-type] - width and height
    await seat.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["narrow"] = [*await seat.findings(), *(["too wide"] if await seat.overflow() else [])]
    await seat.page.set_viewport_size(SIZES["wide"])  # type: ignore[arg-type] - the same
    await seat.page.emulate_media(color_scheme="light")
    # What the stream and its page were taken back for, browsers tell as errors.
    troubles = [each for each in seat.troubles if not each.startswith("htmx:")]
    assert (found, troubles) == ({"wide": [], "narrow": []}, []), name


async def test_an_agent_sees_to_what_came_too_late_and_has_an_address_proven(here: tuple[Desks, Mailroom]) -> None:
    """From the tab with its count, which follows by itself, to the conversation; a code is sent from the panel, and the
    page says by itself when it was given.
    """
    desk, room = here
    shop = desk.shop
    await shop.say("shopify", "order_created", order_number=1001, email=ADDRESS, phone=None)
    ana, ben = (customer(shop, "whatsapp", number, name) for number, name in ((1, "Ana Ruiz"), (2, "Ben Ortega")))
    await ben.says("do you have this in red? " + "W" * 200, at=minutes_ago(90))
    async with desk.seat("bea", "agent", to="/glow/conversations") as seat:
        page = seat.page
        await expect(page.locator("#tab-late")).to_contain_text("1")
        await ana.says(f"it is me, {ADDRESS}", at=minutes_ago(60))
        await expect(page.locator("#tab-late")).to_contain_text("2")
        await page.locator("#tab-late").click()
        await expect(page.locator(".talk")).to_have_count(2)
        await _looks_well(seat, "late")
        await page.get_by_role("button", name="Seen to: Ben Ortega").click()
        await expect(page.locator(".talk")).to_have_count(1)
        await page.get_by_role("link", name="Ana Ruiz").click()
        await expect(page.locator("#late")).to_contain_text("Nobody has answered it yet.")

        proof = page.locator("#proof")
        await proof.get_by_role("button", name="Send a code").click()
        await expect(proof).to_contain_text("a code is awaited")
        await expect(page.locator("#thread")).to_contain_text("If we know this address, a code is on its way.")
        await _looks_well(seat, "proof")
        await ana.says(await room.code())
        await expect(proof).to_contain_text("The right code was written here.")
        await page.get_by_role("button", name="Seen to").click()
        await expect(page.locator("#late")).to_have_count(0)


async def test_a_marketer_tries_a_template_out(here: tuple[Desks, Mailroom]) -> None:
    """From a template to pairing a chat, which the page notices by itself, and back to a test that is sent as typed."""
    desk, _ = here
    shop, phone = desk.shop, customer(desk.shop, "messenger", 3, "Mia")
    async with desk.seat("mia", "marketer", to="/glow/templates/vip?locale=en") as seat:
        page = seat.page
        await page.locator("#test").get_by_role("link", name="Pair a chat").click()
        await page.get_by_role("button", name="Pair a chat").click()
        code = await page.locator("#code").inner_text()
        await phone.says(code)
        await expect(page.locator("#own")).to_contain_text("Paired: tests can go there now.")
        await _looks_well(seat, "pairing")
        await seat.go("/account")
        await expect(page.get_by_role("button", name="Unpair")).to_have_count(1)
        await _looks_well(seat, "account")

        await seat.go("/glow/templates/vip?locale=en")
        await page.locator("form[data-ready]").wait_for()
        before = len(shop.graph.sent)
        text = page.get_by_role("textbox", name="Text", exact=True)
        await text.focus()
        await page.keyboard.press("Control+Home")
        await page.keyboard.type("Just for me. ")
        await page.locator("#send-test").click()
        await expect(page.locator("#tested")).to_contain_text("sent")
        await expect(page.locator("#tested")).to_contain_text("Just for me.")
        await _looks_well(seat, "test")
        assert shop.graph.sent[before].text.startswith("Just for me. ")
