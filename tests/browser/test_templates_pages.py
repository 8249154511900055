"""A marketer changes a reply, in a real browser: from the list to what a customer gets, and back again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, Size, desks
from pages import CHROMIUM
from playwright.async_api import Locator, expect

from tests.console import seated
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

ANA = "34600111222"
HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe {{ 7*7 }} " + "Donaudampfschiff" * 8 + " مرحبا"
"""Markup, a turned direction of reading, template code, a word without end, and Arabic."""


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser."""
    async with desks(store_server, tmp_path) as it:
        yield it


async def _ask(here: Desks, number: int) -> str:
    """What a customer with an order gets to the question where it is, as their answer of this number."""
    await here.shop.say("whatsapp", sender=ANA, text="Wo ist meine Bestellung?")
    return (await here.shop.replies(at_least=number))[-1].text or ""


def _troubles(seat: Seat) -> list[str]:
    """What went wrong in the browser. That htmx took back a request, as it should, it tells as if it were an error."""
    return [each for each in seat.troubles if not each.startswith(("htmx:sendAbort", "htmx:afterRequest"))]


async def _opened(seat: Seat, path: str) -> Locator:
    """The text of a template, once it can be typed into."""
    await seat.go(path)
    await seat.page.locator("form[data-ready]").wait_for()
    return seat.page.get_by_role("textbox", name="Text", exact=True)


async def test_a_reply_is_changed_published_and_taken_back(here: Desks) -> None:
    """Found, written with a mistake that is mended by completion, looked at, published, said, and taken back."""
    await here.shop.say("shopify", "order_created", phone=f"+{ANA}", order_number=1001)
    await here.shop.quiet()
    before = await _ask(here, 1)
    async with here.seat("mia", "marketer", to="/glow/templates") as seat:
        page, keys = seat.page, seat.page.keyboard
        await page.get_by_label("Search: what a customer writes").fill("wird gerade gepackt")
        await expect(page.get_by_role("row")).to_have_count(2)
        # Until the results have come, too: they replace what a click may just have begun on.
        await expect(page.locator("#rows[hx-get]")).to_have_count(0)
        await page.get_by_role("link", name="order_status").click()
        await page.get_by_role("button", name="German", exact=True).click()
        await page.locator("form[data-ready]").wait_for()
        text = page.get_by_role("textbox", name="Text", exact=True)
        await text.focus()
        await keys.press("Control+Home")
        await keys.press("Enter")
        await keys.press("ArrowUp")
        await keys.type("Liebe Grüße zu {{ orders.asked.numbr")
        await expect(page.locator("#typed")).to_contain_text("did you mean orders.asked.number?")
        await expect(page.locator("#typed li.wrong small")).to_contain_text("line 1, column 19")
        await expect(page.locator(".cm-lintRange-error")).to_have_text("orders.asked.numbr")
        await expect(page.get_by_text("These show the last text without an error.")).to_be_visible()
        for _ in "br":
            await keys.press("Backspace")
        offered = page.locator(".cm-tooltip-autocomplete li", has_text="number")
        # The list may close in the very moment of the click, as for people: then it is asked for again.
        while "orders.asked.number" not in await text.locator(".cm-line").first.inner_text():
            await keys.press("Control+Space")
            await expect(offered).to_contain_text("100 % have it")
            await offered.click()
            await page.wait_for_timeout(300)
        await expect(page.locator("#typed")).to_contain_text("No error")
        await keys.press("End")
        await keys.type("! ")
        whatsapp = page.get_by_role("article", name="WhatsApp")
        await expect(whatsapp).to_contain_text("Liebe Grüße zu #1001")
        await page.get_by_label("As it is for").select_option("everything_missing")
        await expect(whatsapp.locator(".falls")).to_contain_text("orders.asked.number is missing")
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        await page.get_by_label("Why, for whoever asks later").fill("kinder")
        # Nothing has to be looked for: what ends the work is in sight at the top of the page.
        await page.evaluate("scrollTo(0, 0)")
        await expect(page.get_by_role("button", name="Publish")).to_be_in_viewport(ratio=1)
        await page.get_by_role("button", name="Publish").click()
        await expect(page.locator("#notices")).to_contain_text("Published")
        assert "Liebe Grüße zu #1001" in await _ask(here, 2)
        await page.get_by_role("link", name="Put the earlier text back").click()
        await expect(page.get_by_text("kinder")).to_be_visible()
        await page.get_by_text("Go back to the original text").click()
        await page.get_by_role("button", name="Give it to customers again").click()
        await expect(page.locator("#notices")).to_contain_text("earlier text again")
        assert await _ask(here, 3) == before
        assert _troubles(seat) == []


async def test_somebody_else_saves_meanwhile(here: Desks) -> None:
    """The first one is told who it was and what differs, goes on typing, keeps theirs, and nothing is lost."""
    path = "/console/glow/templates/fallback"
    async with seated(here.shop, "kim", "marketer") as kim, here.seat("mia", "marketer") as seat:
        text = await _opened(seat, "/glow/templates/fallback?locale=en")
        source = here.shop.here.editions.flows["glow"].desk.files["fallback"]
        saved = await kim.post(f"{path}/draft", {"tab": "source", "source": source + f"# {HOSTILE}\n", "revision": "0"})
        assert saved.status == 303
        await text.focus()
        await seat.page.keyboard.press("Control+Home")
        await seat.page.keyboard.type("Mine: ")
        told = seat.page.locator("#conflict")
        await expect(told).to_contain_text("kim has saved this template meanwhile")
        await expect(told.locator("ins")).to_contain_text("Mine: ")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await seat.page.get_by_role("button", name="Keep mine").click()
        await seat.page.locator("form[data-ready]").wait_for()
        await expect(seat.page.locator("#conflict")).to_be_empty()
        await seat.page.get_by_role("button", name="Source").click()
        await seat.page.locator("form[data-ready]").wait_for()
        both = await seat.page.locator("#source").input_value()
        assert "Mine: " in both
        assert "onerror" in both
        # The browser itself tells of the 409 that brought the news.
        assert [each for each in _troubles(seat) if "409" not in each] == []


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_pages_are_accessible_and_fit(here: Desks, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """Every page and state: no finding of axe, nothing to scroll sideways, hostile words are read as they stand."""
    shop = here.shop
    await shop.say("whatsapp", sender=ANA, text="Hello?", name=HOSTILE)
    await shop.replies()
    async with here.seat("mia", "marketer", to="/glow/templates", size=size, dark=dark) as seat:
        page = seat.page
        await expect(page.locator("#rows")).not_to_have_attribute("hx-get", "")

        async def good(where: str) -> None:
            assert (where, await seat.findings(), await seat.overflow(), _troubles(seat)) == (where, [], 0, [])

        await good("list")
        if size == "narrow":
            # Everything of a template is in sight below its name, with the name of its column.
            state = page.locator("td[data-label=State]").first
            await expect(state).to_be_in_viewport(ratio=1)
        text = await _opened(seat, "/glow/templates/welcome_by_ad_click?locale=en")
        await page.get_by_text("A real customer").click()
        await page.locator("#find").fill("onerror")
        await page.locator("a[data-customer]").click()
        await page.get_by_text("Buttons", exact=True).click()
        await page.get_by_text("Another wording, channel or language").click()
        await expect(page.get_by_role("article", name="Messenger").locator(".bubble")).to_contain_text("<img")
        await good("editor")
        await text.focus()
        await page.keyboard.press("Control+Home")
        await page.keyboard.press("Enter")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.type(HOSTILE.replace("{", "").replace("}", "") + "{{ nothing.there")
        await expect(page.locator("#typed li.wrong").first).to_be_visible()
        await good("errors")
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        await page.get_by_role("button", name="Source").click()
        await page.locator("form[data-ready]").wait_for()
        await good("source")
        for path in ("welcome_by_ad_click/difference", "welcome_by_ad_click/versions", "welcome_by_ad_click?locale=fr"):
            await seat.go(f"/glow/templates/{path}")
            await good(path)
        await _opened(seat, "/glow/templates/order_status")
        await page.get_by_text("What it would have said lately").click()
        await page.get_by_role("button", name="Look").click()
        await expect(page.locator("#forecast")).to_contain_text("For 100% of those who wrote")
        await good("forecast")
