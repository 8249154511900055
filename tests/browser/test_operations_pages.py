"""Operations, users and the first run in a real browser, with whatever hostile bodies say."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.ports import Put, Quarantined
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

BODY = '</textarea><script>alert(1)</script>{"text": "\u202eevil <img src=x onerror=alert(2)>"}'
PATHS = (
    "/glow/operations", "/glow/operations/kept", "/glow/operations/quarantine/q1", "/glow/start", "/users",
    "/glow/mapping", "/glow/reports", "/glow/reports/messages", "/glow/reports/flows",
)  # fmt: skip
MAPPING = "record: {id: id, fields: {first_name: first, custom.shoe_size: {from: size, as: integer}}}"


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console, a browser, something in quarantine, an engine and a source with a mapping, and a message."""
    (tmp_path / "club.yaml").write_text(MAPPING, encoding="utf-8")
    club = {"connector": "generic", "id": "club", "secrets": ["a-secret-of-the-club-0001"]}
    bot = {"kind": "webhook", "url": "http://127.0.0.1:9", "secret": "a-secret-of-the-bot"}
    glow = {"accounts": {"club": {**club, "mapping": str(tmp_path / "club.yaml")}}, "engines": {"bot": bot}}
    async with desks(store_server, tmp_path, brands={"glow": glow}) as it:
        now = it.shop.here.clock.now()
        kept = Quarantined(
            id="q1", connector="whatsapp", reason=f"no event: {BODY}", raw=BODY.encode(), received_at=now
        )
        await it.shop.here.brands["glow"].store.write(Put(kept))
        yield it


@pytest.mark.parametrize(("size", "dark"), [("wide", False), ("narrow", True)])
async def test_pages_are_accessible_and_fit(here: Desks, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """No finding of axe, nothing to scroll sideways, no script of a body runs and none had to be stopped."""
    await here.shop.say("messenger", sender="7302000000000001", text="hello")
    await here.shop.replies()
    async with here.seat("root", "admin", size=size, dark=dark) as seat:
        for path in PATHS:
            await seat.go(path)
            found = (await seat.findings(), await seat.overflow(), seat.troubles)
            assert found == ([], 0, []), path


async def test_a_builder_sees_the_first_webhook_come(here: Desks) -> None:
    """By itself, without a reload; and what is in quarantine reads as it came."""
    async with here.seat("bob", "builder", to="/glow/start") as seat:
        await expect(seat.page.get_by_text("We received your first webhook")).to_have_count(0)
        await here.shop.say("whatsapp", sender="34600111222")
        await here.shop.here.pulses.write()
        await expect(seat.page.get_by_text("We received your first webhook")).to_be_visible(timeout=15_000)
        await seat.page.get_by_role("button", name="Show it").first.click()
        await expect(seat.page.locator("dd", has_text="hub-verify-token")).to_be_in_viewport()
        await seat.go("/glow/operations/quarantine/q1")
        assert await seat.page.get_by_label("As it came").input_value() == BODY
        seat.page.on("dialog", lambda dialog: dialog.accept())
        await seat.page.get_by_role("button", name="Throw it away").click()
        await expect(seat.page.locator("#notices")).to_have_text("Thrown away.")
        assert seat.troubles == []


async def test_a_chart_is_drawn_beside_its_table(here: Desks) -> None:
    """Lines for days, bars for names, under the policy; the table has the numbers."""
    await here.shop.say("messenger", sender="7302000000000001", text="hello")
    await here.shop.replies()
    async with here.seat("mia", "marketer", to="/glow/reports/messages", size="narrow") as seat:
        for name in ("messages", "flows"):
            await seat.go(f"/glow/reports/{name}")
            await expect(seat.page.locator(".chart canvas")).to_be_visible()
            await expect(seat.page.locator("td.number").first).to_have_text("1")
        assert (await seat.overflow(), seat.troubles) == (0, [])


async def test_one_record_is_tried_on_the_page(here: Desks) -> None:
    """By keyboard and without a reload of what was typed: which field comes from where, and that nothing is stored."""
    async with here.seat("bob", "builder", to="/glow/mapping/simulate") as seat:
        await seat.page.get_by_label("Account", exact=True).select_option("club")
        await seat.page.get_by_label("The record, as JSON").fill('{"id": "7", "first": "Ana", "size": "38"}')
        await seat.page.get_by_role("button", name="See what becomes of it").press("Enter")
        await expect(seat.page.locator("#outcome")).to_contain_text("It would be a new profile")
        await expect(seat.page.locator("#outcome")).to_contain_text("custom.shoe_size")
        await expect(seat.page.get_by_label("The record, as JSON")).to_have_value(re.compile("Ana"))
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])


async def test_an_admin_fills_in_made_up_people_and_takes_them_out(here: Desks) -> None:
    """On an empty brand one lands there; the progress comes by itself, and they are among the conversations."""
    async with here.seat("root", "admin", to="/glow", size="narrow") as seat:
        await expect(seat.page.get_by_role("heading", name="Made-up people")).to_be_visible()
        await seat.page.get_by_role("button", name="Fill them in").click()
        await expect(seat.page.get_by_text("They are there.")).to_be_visible(timeout=60_000)
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await seat.go("/glow/conversations")
        await expect(seat.page.get_by_text("Nora (made up)").first).to_be_visible()
        await seat.go("/glow/start")
        await seat.page.get_by_role("button", name="Take them out").click()
        await expect(seat.page.get_by_role("button", name="Take them out")).to_have_count(0, timeout=60_000)
        assert seat.troubles == []
    assert here.shop.graph.sent == []
