"""What pages become of what people do on them: refusals, conflicts, nothing found, sessions that are over. axe finds
nothing there either, and nothing is wider than the screen.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, Size, desks, troubles
from pages import CHROMIUM
from playwright.async_api import Locator, Page, expect

from middleware.console.users import issue_ticket
from middleware.domain.users import Role
from middleware.pipeline.merging import merge_profiles
from middleware.ports import Put, Quarantined
from tests.candidates import add_chat, add_pair
from tests.console import PASSWORD, add_user
from tests.integration.test_console_flow_editor import TESTS
from tests.people import known_person
from tests.running import minutes_ago
from tests.scenarios.looking import customer
from tests.scenarios.test_turns_again import write_flows
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console of a brand with a flow of its own, and a browser."""
    write_flows(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "greeting.yaml").write_text(TESTS, encoding="utf-8")
    async with desks(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        yield it


@dataclass
class Looking:
    """Somebody who looks at every state that a page gets into."""

    seat: Seat
    wrong: list[Any] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """The page."""
        return self.seat.page

    async def at(self, there: str | Locator) -> None:
        """At the page as it is once these words, or this, stand on it."""
        await expect(self.page.get_by_text(there).first if isinstance(there, str) else there).to_be_visible()
        seen = (await self.seat.findings(), await self.seat.overflow())
        self.wrong += [(there, *seen)] if any(seen) else []

    async def writes(self, editor: Locator, text: str) -> None:
        """Write this in place of all that stands in an editor."""
        await editor.press("Control+a")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.type(text)

    async def presses(self, button: str) -> None:
        """Press the button of this name."""
        await self.page.get_by_role("button", name=button, exact=True).press("Enter")


@asynccontextmanager
async def _looking(here: Desks, login: str, *roles: Role, size: Size, dark: bool) -> AsyncIterator[Looking]:
    async with here.seat(login, *roles, to="/account" if roles else "/sign-in", size=size, dark=dark) as seat:
        looking = Looking(seat)
        yield looking
        assert (looking.wrong, [each for each in troubles(seat) if "ERR_FAILED" not in each]) == ([], [])


async def test_coming_in(here: Desks) -> None:
    """A wrong password, too many of them, one that is too easy, no brand, and a session that is over."""
    common, now = here.shop.here.store.common, here.shop.here.clock.now()
    lou = await add_user(here.shop.here, "lou", "agent", brands=(), password=PASSWORD)
    async with _looking(here, "", size="narrow", dark=False) as looking:
        page = looking.page
        for words in ("Login or password is wrong.", *[""] * 4, "Too many attempts."):
            await page.get_by_label("Login").fill("nobody")
            await page.get_by_label("Password").fill("wrong")
            await looking.presses("Sign in")
            await expect(page.get_by_role("alert")).to_be_focused()
            if words:
                await looking.at(words)
        await looking.seat.go(f"/link/{await issue_ticket(common, lou, 'password', now)}")
        await page.get_by_label("New password").fill("a" * 12)
        await looking.presses("Set it and go on")
        await looking.at("That is too easy to guess")
        await page.get_by_label("New password").fill(PASSWORD)
        await looking.presses("Set it and go on")
        await looking.at("Nothing to see yet")
        await looking.seat.go("/account")
        await page.get_by_label("Present password").fill("wrong")
        await page.get_by_label("New password").fill(PASSWORD)
        await looking.presses("Change the password")
        await looking.at("That is not your present password.")
        await page.get_by_label("Language").select_option("en")
        await looking.presses("Save")
        await looking.at("Saved.")
        await page.context.clear_cookies()
        await looking.seat.go("/glow/people")
        await looking.at("Forgotten?")


async def test_people(here: Desks) -> None:
    """Nobody found, oneself merged, what has changed meanwhile, splits, and a value that is none."""
    ana = await known_person(here.shop)
    store = here.shop.here.brands["glow"].store
    older, younger = await add_pair(store, 1)
    async with _looking(here, "bea", "agent", size="narrow", dark=True) as looking:
        page, seat = looking.page, looking.seat
        await seat.go("/glow/people")
        await page.get_by_label("Whom do you look for?").fill("nobody@nowhere.example")
        await looking.presses("Search")
        await looking.at("Nobody")
        await seat.go(f"/glow/people/{ana}/merge?with={ana}")
        await looking.at("They are one profile already.")
        await seat.go(f"/glow/people/{older}/merge?with={younger}")
        await add_chat(store, younger, "+34600111333")
        await looking.presses("Make them one")
        await looking.at("Something has changed since you looked.")
        await seat.go(f"/glow/people/{ana}/split")
        await looking.presses("See what goes where")
        await looking.at("Choose some of the identifiers")
        await page.get_by_role("checkbox").first.check()
        await looking.presses("See what goes where")
        await looking.at("This would go where")
        await seat.go(f"/glow/people/{ana}/edit")
        await page.get_by_label("Date of birth").fill("yesterday")
        await page.keyboard.press("Enter")
        await looking.at("Write the date")


async def test_conversations(here: Desks) -> None:
    """Nothing like it, a tag that is none, a STOP that came first, a closed window, an act that is refused."""
    ana, ben = (
        customer(here.shop, "whatsapp", 1, name="Ana Ruiz"),
        customer(here.shop, "whatsapp", 2, name="Ben Ortega"),
    )
    await ana.says("hello")
    await ben.says("hello", at=minutes_ago(60 * 30))
    async with _looking(here, "bea", "agent", size="narrow", dark=False) as looking:
        page, seat = looking.page, looking.seat
        await seat.go("/glow/conversations?name=nobody")
        await looking.at(page.locator("#list .empty"))
        await seat.go("/glow/conversations")
        await page.get_by_role("link", name="Ana Ruiz").click()
        await page.locator("#more-acts").press("Enter")
        await page.get_by_label("Tag").last.fill("not a tag!")
        await looking.presses("Add tag")
        await looking.at("A tag has letters, digits")
        await page.route("**/conversations/live*", lambda route: route.abort())
        await page.get_by_role("textbox", name="Reply").fill("Hi")
        await ana.says("STOP")
        await looking.presses("Send")
        await looking.at("The customer has said STOP.")
        await page.evaluate("() => document.body.setAttribute('hx-headers', '{}')")
        for each in await page.locator("#standing input[name=csrf]").all():
            await each.evaluate("(it) => { it.value = 'old'; }")
        await looking.presses("Take over")
        await looking.at("You may not do this")
        await seat.go("/glow/conversations")
        await page.get_by_role("link", name="Ben Ortega").click()
        await looking.at("The window is closed")


async def test_the_queue(here: Desks) -> None:
    """Nothing matches, somebody was quicker, both have changed, and merges that cannot be taken back."""
    store = here.shop.here.brands["glow"].store
    one, two, three = [await add_pair(store, number) for number in (1, 2, 3)]
    await merge_profiles(store, *three, rule="records.similar", by="kim", now=here.shop.now)
    async with _looking(here, "bea", "agent", size="wide", dark=True) as looking:
        page, seat = looking.page, looking.seat
        other = await page.context.new_page()
        for each in (page, other):
            await each.goto(f"{here.shop.url}/console/glow/review/{one[0]}%7C{one[1]}")
        await other.get_by_role("button", name="Two people").press("Enter")
        await expect(other.locator("#did")).to_contain_text("They are two people")
        await page.get_by_role("button", name="Two people").press("Enter")
        await looking.at("Decided already: two people")
        await seat.go(f"/glow/review/{one[0]}%7C{one[1]}")
        await looking.at("This question is closed")
        await seat.go(f"/glow/review/{two[0]}%7C{two[1]}")
        await add_chat(store, two[0])
        await page.get_by_role("button", name="One person").press("Enter")
        await looking.at("Something changed meanwhile")
        await seat.go(f"/glow/review/undo/{three[1]}")
        await add_chat(store, three[1], "+34600111333")
        await looking.presses("Make them two again")
        await looking.at("Something changed meanwhile")
        await seat.go("/glow/review/undo/p_none")
        await looking.at("There is no merge to take back")
        await seat.go("/glow/review?least=10&rule=none")
        await looking.at("Nothing matches this filter.")


async def test_templates(here: Desks) -> None:
    """Nothing found, what only the source can change, publishing and forecasting with an error, a file that is none."""
    async with _looking(here, "mia", "marketer", size="narrow", dark=True) as looking:
        page, seat = looking.page, looking.seat
        await seat.go("/glow/templates?q=nothing+like+it")
        await looking.at("No template is like that.")
        await seat.go("/glow/templates/vip?locale=en")
        await page.locator("form[data-ready]").wait_for()
        await page.get_by_text("A real customer").click()
        await page.locator("#find").fill("nobody")
        await looking.at("Nobody was found.")
        await looking.writes(page.get_by_role("textbox", name="Text", exact=True), "{{ nothing.there")
        await expect(page.locator("#typed li.wrong").first).to_be_visible()
        await page.get_by_text("What it would have said lately").click()
        await looking.presses("Look")
        await looking.at("There are errors in the text")
        await looking.presses("Publish")
        await looking.at("Not published: there are errors to mend first.")
        await looking.presses("Source")
        await page.locator("form[data-ready]").wait_for()
        await looking.writes(page.locator(".cm-content"), "a: b: c")
        await expect(page.locator("#typed li.wrong").first).to_be_visible()
        await page.locator("button.tab").first.press("Enter")
        await looking.at("The file cannot be read as it stands")


async def test_flows(here: Desks) -> None:
    """A test that fails, a release that is refused, a talk that cannot be, a turn and a name that are none."""
    async with _looking(here, "bob", "builder", size="wide", dark=True) as looking:
        page, seat = looking.page, looking.seat
        await seat.go("/glow/flows")
        await page.get_by_label("A new flow called").fill("greeting")
        await looking.presses("Begin a flow")
        await looking.at("There is a flow of that name already.")
        await page.locator("form[data-ready]").wait_for()
        await page.get_by_role("textbox", name="Its tests").press("Control+End")
        await page.keyboard.type("  - test: Never\nturns:\n- says: good morning\n")
        await page.keyboard.type("replies: {contains: Good night}")
        await looking.presses("Run the tests")
        await looking.at("1 failed")
        await page.get_by_label("Id of a turn").fill("none")
        await looking.presses("Decide again")
        await looking.at("There is no turn for none.")
        await looking.presses("Save as a release")
        await looking.at("Never")
        await seat.go("/glow/flows/edit/greeting.yaml")
        await page.locator("form[data-ready]").wait_for()
        await looking.writes(page.get_by_role("textbox", name="The flow, as a file"), "flow: greeting")
        await expect(page.get_by_text("It can be drawn once")).to_be_visible()
        await page.locator("form[hx-target='#talk'] button").first.press("Enter")
        await looking.at("The draft cannot be tried yet.")
        await seat.go("/glow/traces?id=none")
        await looking.at("There is no trace under this id.")


async def test_keeping_house(here: Desks) -> None:
    """A login that is none, roles that are none, a link that is shown once, a word that confirms, a refused replay."""
    ana = await known_person(here.shop)
    now = here.shop.here.clock.now()
    kept = Quarantined(id="q1", connector="whatsapp", reason="no event", raw=b"{", received_at=now)
    await here.shop.here.brands["glow"].store.write(Put(kept))
    await add_user(here.shop.here, "nina", "agent")
    async with _looking(here, "root", "admin", size="narrow", dark=False) as looking:
        page, seat = looking.page, looking.seat
        await seat.go("/users")
        await page.get_by_label("Login").fill("no login!")
        await page.get_by_label("Name", exact=True).fill("Nora")
        await looking.presses("Add somebody")
        await looking.at("That can be no login")
        nina = page.get_by_role("article").filter(has_text="Nina")
        await nina.get_by_role("checkbox", name="agent").uncheck()
        await nina.get_by_role("button", name="Save").press("Enter")
        await looking.at("Choose at least one role")
        page.once("dialog", lambda dialog: dialog.accept())
        await nina.locator("form[action$='/reset'] button").press("Enter")
        await looking.at("Pass this link on")
        await seat.go(f"/glow/people/{ana}/erase")
        await page.get_by_label("Type “erase” to go on").fill("no")
        await looking.presses("Erase for good")
        await looking.at("Nothing was erased")
        await seat.go("/glow/operations/quarantine/q1")
        await looking.presses("Put it through again")
        await looking.at("It is still not understood")
        await seat.go("/glow/start")
        await page.get_by_role("button", name="Show it").first.press("Enter")
        await looking.at("hub-verify-token")
        await seat.go("/glow/audit?by=nobody&what=none")
        await looking.at("None of these entries matches the filter.")
