"""Signing in, as people do it: by keyboard, in their language, on any screen; and nothing that axe would find."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from tests.console import PASSWORD, add_user
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


async def test_signing_in_and_out_by_keyboard(here: Desks) -> None:
    """Wrong, right, another language, out again: nothing but keys, no trouble in the browser."""
    await add_user(here.shop.here, "bea", "agent", password=PASSWORD)
    async with here.seat("", to="/sign-in") as seat:
        keys = seat.page.keyboard
        await keys.press("Tab")
        await expect(seat.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await keys.press("Tab")
        await keys.type("bea")
        await keys.press("Tab")
        await keys.type("wrong")
        await keys.press("Enter")
        await expect(seat.page.get_by_role("alert")).to_have_text("Login or password is wrong.")
        await expect(seat.page.get_by_label("Login")).to_have_value("bea")
        await seat.page.get_by_label("Password").focus()
        await keys.type(PASSWORD)
        await keys.press("Enter")
        await seat.page.wait_for_url("**/console/glow**")
        await seat.go("/account")
        await seat.page.get_by_label("Language").select_option("es")
        await seat.page.get_by_role("button", name="Save").press("Enter")
        await expect(seat.page.get_by_role("heading", name="Mi cuenta")).to_be_visible()
        await seat.page.locator("details.me summary").press("Enter")
        await seat.page.get_by_role("button", name="Cerrar sesión").press("Enter")
        await seat.page.wait_for_url("**/console/sign-in")
        # The browser itself tells of the 401 of the wrong password, and of nothing else.
        assert [each for each in seat.troubles if "401" not in each] == []


async def test_a_link_is_copied_and_tells_the_login(here: Desks) -> None:
    """What has to be passed on is taken along by one press, and says under which login its reader signs in."""
    async with here.seat("ada", "admin", to="/users") as seat:
        page = seat.page
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_label("Login").fill("zoe")
        await page.get_by_label("Name").fill("Zoe")
        await page.get_by_label("marketer: edits replies").check()
        await page.get_by_role("button", name="Add somebody").click()
        link = await page.locator("#link").inner_text()
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == link
        await page.goto(link)
        await expect(page.locator("main")).to_contain_text("You sign in with the login zoe")
        assert seat.troubles == []


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_pages_are_accessible_and_fit(here: Desks, size: Size, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    """No finding of axe (WCAG 2.2 A and AA), nothing to scroll sideways, nothing that the policy had to stop."""
    async with here.seat("", to="/sign-in", size=size, dark=dark) as seat:
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])
    async with here.seat("ana-with-a-name-of-some-length", "agent", to="/account", size=size, dark=dark) as seat:
        await seat.page.locator("details.me summary").click()
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])


async def test_somebody_new_is_given_a_link_and_told_their_login(here: Desks) -> None:
    """The whole link is copied at a press; who opens it reads as whom they will sign in."""
    async with here.seat("root", "admin", to="/users") as seat, here.seat("", to="/sign-in") as other:
        await seat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await seat.page.get_by_label("Login: an e-mail address").fill("mia@x.de")
        await seat.page.get_by_label("Name").fill("Mia")
        await seat.page.get_by_label("marketer: edits replies").check()
        await seat.page.get_by_role("button", name="Add somebody").click()
        await expect(seat.page.locator("main")).to_contain_text("signs in as mia@x.de")
        await seat.page.get_by_role("button", name="Copy").click()
        await expect(seat.page.get_by_role("button", name="Copied")).to_be_visible()
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await other.page.goto(await seat.page.evaluate("navigator.clipboard.readText()"))
        await expect(other.page.locator("main")).to_contain_text("mia@x.de")
        assert (await other.findings(), await other.overflow()) == ([], 0)
        await other.page.get_by_label("New password").fill(PASSWORD)
        await other.page.get_by_role("button", name="Set it and go on").click()
        await other.page.wait_for_url("**/console/glow/**")
        assert (seat.troubles, other.troubles) == ([], [])
