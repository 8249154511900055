"""Operations, users and the first run in a real browser, with whatever hostile bodies say."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.async_api")

from desks import Desks, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from middleware.ports import Put, Quarantined
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")

BODY = '</textarea><script>alert(1)</script>{"text": "\u202eevil <img src=x onerror=alert(2)>"}'
PATHS = ("/glow/operations", "/glow/operations/kept", "/glow/operations/quarantine/q1", "/glow/start", "/users")


@pytest.fixture
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console, a browser, and something in quarantine."""
    async with desks(store_server, tmp_path) as it:
        now = it.shop.here.clock.now()
        kept = Quarantined(
            id="q1", connector="whatsapp", reason=f"no event: {BODY}", raw=BODY.encode(), received_at=now
        )
        await it.shop.here.brands["glow"].store.write(Put(kept))
        yield it


@pytest.mark.parametrize(("size", "dark"), [("wide", False), ("narrow", True)])
async def test_pages_are_accessible_and_fit(here: Desks, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """No finding of axe, nothing to scroll sideways, no script of a body runs and none had to be stopped."""
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
        await expect(seat.page.locator("#token-shown")).to_contain_text("hub-verify-token")
        await seat.go("/glow/operations/quarantine/q1")
        assert await seat.page.get_by_label("As it came").input_value() == BODY
        seat.page.on("dialog", lambda dialog: dialog.accept())
        await seat.page.get_by_role("button", name="Throw it away").click()
        await expect(seat.page.locator("#notices")).to_have_text("Thrown away.")
        assert seat.troubles == []
