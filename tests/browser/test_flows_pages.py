"""Traces, flows and trying them in a real browser, with whatever hostile customers write."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from tests.scenarios.looking import Said, customer
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

EVIL = "</bdi><script>alert(1)</script> \u202eevil مرحبا " + "x" * 300 + " <img src=x onerror=alert(2)>"


class Here(NamedTuple):
    """The console, a browser, and a turn on what somebody hostile wrote."""

    desks: Desks
    said: Said


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Here]:
    """An installation in which somebody hostile wrote."""
    async with desks(store_server, tmp_path) as it:
        said = await customer(it.shop, "messenger", name="Eve <b>").says(f"Where is my order? {EVIL}")
        await it.shop.quiet()
        yield Here(it, said)


@pytest.mark.parametrize(("size", "dark"), [("wide", False), ("narrow", True)])
async def test_pages_are_accessible_and_fit(here: Here, tmp_path: Path, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """No finding of axe, nothing to scroll sideways, no script of a message runs and none had to be stopped."""
    turn, conversation = here.said.turn.id, here.said.turn.conversation_id
    paths = (
        "/glow/traces",
        f"/glow/traces/{turn}",
        f"/glow/traces/{turn}/again",
        f"/glow/traces/{conversation}",
        "/glow/flows",
        "/glow/flows/flow/order_status",
        "/glow/flows/flow/fallback/tests",
        "/glow/flows/flow/fallback/findings",
        "/glow/flows/try?customer=markup",
        "/glow/mapping",
    )
    async with here.desks.seat("root", "admin", size=size, dark=dark) as seat:
        for number, path in enumerate(paths):
            await seat.go(path)
            await seat.picture(tmp_path / f"{number}.png")
            found = (await seat.findings(), await seat.overflow(), seat.troubles)
            assert found == ([], 0, []), path


@pytest.mark.parametrize("path", ["/glow/flows", "/glow/mapping", "/glow/audit"])
async def test_rows_are_cards_on_a_phone(here: Here, path: str) -> None:
    """Every column of a table is in sight, under its own head."""
    async with here.desks.seat("root", "admin", to=f"/glow/traces/{here.said.turn.id}", size="narrow") as seat:
        await seat.go(path)
        cells = seat.page.locator("table.stacks tbody tr").first.locator("[data-label]")
        assert await cells.count() >= 2
        assert await seat.page.locator(".wide").evaluate("(it) => it.scrollWidth - it.clientWidth") == 0
        for cell in await cells.all():
            assert await cell.evaluate("(it) => getComputedStyle(it, '::before').content") != "none"


async def test_a_builder_follows_a_turn_to_its_flow(here: Here) -> None:
    """From an id to the trace, decided again beside it, to the flow that answered, which is checked and tested."""
    async with here.desks.seat("bob", "builder", to="/glow/traces") as seat:
        page = seat.page
        await page.get_by_label("Id").fill(here.said.turn.event_key)
        await page.get_by_role("button", name="Show the trace").click()
        await expect(page.locator(".trail blockquote").first).to_contain_text(EVIL.strip())
        await page.get_by_role("button", name="Decide again").click()
        await expect(page.locator("#decided-again")).to_contain_text("The same")
        await page.get_by_role("link", name="order_status").first.click()
        await expect(page.locator(".cm-editor")).to_contain_text("order_status")
        assert await page.locator(".diagram img").evaluate("image => image.complete && image.naturalWidth > 0")
        await page.get_by_role("button", name="Run the tests").click()
        await expect(page.locator("#ran")).to_contain_text("9 passed", timeout=20_000)
        await page.get_by_role("button", name="Check it").click()
        await expect(page.locator("#found")).to_contain_text("files checked", timeout=40_000)
        assert (await seat.findings(), seat.troubles) == ([], [])


@pytest.mark.parametrize("size", ["wide", "narrow"])
async def test_a_builder_talks_as_a_real_customer(here: Here, tmp_path: Path, size: Size) -> None:
    """From a trace or found by an id; whose context it is, how old, and that nothing comes of it stands above the talk;
    what somebody hostile is called and wrote stays text.
    """
    async with here.desks.seat("bob", "builder", size=size, to=f"/glow/traces/{here.said.turn.id}") as seat:
        page = seat.page
        await page.get_by_role("link", name="Try flows as this customer").click()
        whose = page.get_by_role("region", name="You talk as a real customer")
        await expect(whose).to_contain_text("Nothing is stored or sent")
        await expect(whose).to_contain_text("They wrote last")
        await page.get_by_label("Message").fill("Where is my order?")
        await page.keyboard.press("Enter")
        await expect(page.locator(".reasons")).to_contain_text("order_status")
        await expect(page.get_by_label("Message")).to_be_focused()
        await page.locator(".reasons summary").click()
        await seat.picture(tmp_path / "as.png")
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])
        await page.locator("summary", has_text="A real customer").click()
        await page.get_by_role("searchbox").fill(here.said.turn.recipient[0].value)
        await page.keyboard.press("Enter")
        await expect(page.locator("#found")).to_contain_text("1 person")
        await seat.picture(tmp_path / "found.png")
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])
        await page.locator("#found a").first.click()
        await expect(whose).to_be_visible()


async def test_a_builder_talks_to_the_flows_by_keyboard(here: Here, tmp_path: Path) -> None:
    """Writing, pressing what is offered, and why beside it; what is written stays text, the field keeps the focus."""
    async with here.desks.seat("bob", "builder", to="/glow/flows/try?customer=ben", dark=True) as seat:
        page = seat.page
        await page.get_by_label("Message").fill(EVIL)
        await page.keyboard.press("Enter")
        await expect(page.locator(".by-customer")).to_contain_text(EVIL)
        await expect(page.locator(".reasons")).to_contain_text("fallback")
        await expect(page.get_by_label("Message")).to_be_focused()
        await expect(page.locator("#heard")).not_to_be_empty()
        await page.locator(".taps button").first.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".exchange")).to_have_count(2)
        await expect(page.locator(".reasons").nth(1)).to_contain_text("order_status")
        await seat.picture(tmp_path / "talk.png")
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])
