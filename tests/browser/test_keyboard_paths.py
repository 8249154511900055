"""What each role comes for, from signing in to the end, by somebody who has a keyboard and no mouse."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, desks, troubles
from hands import Hands
from pages import CHROMIUM
from playwright.async_api import Dialog, expect

from middleware.domain.events import Event, EventKind
from middleware.domain.users import Role
from middleware.ports import DeadLetter, Put
from tests.candidates import add_pair
from tests.console import PASSWORD, add_user
from tests.integration.test_console_flow_editor import TESTS
from tests.people import EMAIL, PHONE, known_person
from tests.running import NUMBER
from tests.scenarios.looking import customer
from tests.scenarios.test_turns_again import write_flows
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console of a brand with a flow of its own, a browser, and Ana, who has ordered and written."""
    write_flows(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "greeting.yaml").write_text(TESTS, encoding="utf-8")
    async with desks(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        await known_person(it.shop)
        yield it


@asynccontextmanager
async def _at_work(here: Desks, login: str, role: Role) -> AsyncIterator[Hands]:
    """Somebody new with this role, who has signed in by password. Nothing may have gone wrong in the browser."""
    await add_user(here.shop.here, login, role, password=PASSWORD)
    async with here.seat("", to="/sign-in") as seat:
        hands = Hands(seat)
        await hands.sign_in(login)
        yield hands
        assert troubles(seat) == []


async def _answered(dialog: Dialog, asked: list[str], *, yes: bool) -> None:
    """The browser asks by itself, by keyboard as well: Enter is yes, Escape is no."""
    asked.append(dialog.message)
    await (dialog.accept() if yes else dialog.dismiss())


async def _set_aside(here: Desks, *names: str) -> None:
    """Work that has failed for good."""
    now = here.shop.here.clock.now()
    for name in names:
        event = Event(
            key=f"whatsapp:{NUMBER}:{name}", kind=EventKind.POLICY, connector="whatsapp", account=NUMBER,
            occurred_at=now, received_at=now,
        )  # fmt: skip
        letter = DeadLetter(id=event.key, event=event, reason=f"KeyError: {name}", failed_at=now)
        await here.shop.here.brands["glow"].store.write(Put(letter))


async def test_an_agent_answers_and_gives_back(here: Desks) -> None:
    """The one who waits among thirty is found, taken over, answered, looked up, and given back to the bot."""
    shop = here.shop
    for number in range(30):
        await customer(shop, "messenger", number).posts("where is my order?")
    await shop.quiet()
    await shop.say("whatsapp", sender="ES.9001abc", phone=PHONE, name="Ana Ruiz", text="I want to talk to a person")
    await shop.quiet()
    async with _at_work(here, "bea", "agent") as hands:
        page = hands.page
        await hands.skip("Conversations")
        await hands.opens(page.get_by_role("link", name=re.compile("Ana Ruiz")), "Ana Ruiz")
        await hands.press(page.get_by_role("link", name="Skip the list"))
        await hands.press(page.get_by_role("button", name="Take over"))
        await hands.hears("You have it until")
        await hands.write(page.get_by_role("textbox", name="Reply"), "Hi Ana, it left on Monday.")
        before = len(shop.graph.sent)
        await hands.press(page.get_by_role("button", name="Send", exact=True))
        await hands.hears("Sent off.")
        await shop.quiet()
        assert [each.text for each in shop.graph.sent[before:]] == ["Hi Ana, it left on Monday."]
        await hands.press(page.get_by_role("button", name="Show contacts"))
        await hands.hears("It is on record.")
        await expect(page.locator("#known")).to_contain_text(EMAIL)
        await hands.press(page.locator("#more-acts"), back=True)
        await hands.reach(page.locator("#do-pause"))
        await page.keyboard.press("Escape")
        await expect(page.locator("#more-acts")).to_be_focused()
        await hands.press(page.get_by_role("button", name="Give back to the bot"), back=True)
        await hands.hears("The bot answers")


async def test_an_agent_joins_and_parts_people(here: Desks) -> None:
    """In the queue: compared, made one, taken back. On somebody's page: merged after a look, and taken out again."""
    await add_pair(here.shop.here.brands["glow"].store, 1)
    async with _at_work(here, "bea", "agent") as hands:
        page = hands.page
        await hands.to_section("Review")
        await hands.opens(page.get_by_role("button", name="Decide one by one"), "One person?")
        await hands.reach(page.locator(".wide[aria-labelledby=moves]"))
        await hands.press(page.get_by_role("button", name="One person"), back=True)
        await hands.hears("They are one person now.")
        await hands.opens(page.get_by_role("link", name="Take it back"), "Take a merge back", back=True)
        await hands.opens(page.get_by_role("button", name="Make them two again"), "They are two again")

        await hands.opens(page.get_by_role("link", name="To the list"), "Review")
        await hands.to_section("People", back=True)
        await hands.write(page.get_by_label("Whom do you look for?"), "#1001")
        await page.keyboard.press("Enter")
        await hands.hears("2 people")
        await hands.opens(page.get_by_role("link", name="Ana Ruiz"), "Ana Ruiz")
        await hands.opens(page.get_by_role("link", name="Merge"), "Merge")
        await hands.write(page.get_by_label("Whom do you look for?"), "Berta Ruiz")
        await page.keyboard.press("Enter")
        await hands.hears("1 person")
        await hands.opens(page.get_by_role("link", name="Berta Ruiz"), "This would come together")
        await hands.opens(page.get_by_role("button", name="Make them one"), "Ruiz")
        await hands.hears("They are one person now.")
        await hands.opens(page.get_by_role("link", name="Take out"), "Take apart again")
        await hands.opens(page.get_by_role("button", name="Take it out"), "Ruiz")
        await hands.hears("They are two again.")


async def test_a_marketer_changes_a_reply(here: Desks) -> None:
    """Found, written with a mistake and mended, left by Tab, looked at, saved, published, and taken back."""
    async with _at_work(here, "mia", "marketer") as hands:
        page, keys = hands.page, hands.page.keyboard
        await hands.to_section("Templates")
        await hands.write(page.locator("#q"), "order_status")
        await hands.hears(" templates")
        await hands.opens(page.get_by_role("link", name="order_status", exact=True), "order_status")
        await hands.opens(page.locator("button.tab[value=de]"), "order_status")
        await page.locator("form[data-ready]").wait_for()
        await hands.reach(page.get_by_role("textbox", name="Text", exact=True))
        await expect(page.get_by_text("Tab leaves the text.")).to_be_visible()
        await keys.press("Control+Home")
        await keys.type("Zu {{ orders.asked.numbr }}: ")
        await hands.hears("1 error")
        await expect(page.locator("#typed")).to_contain_text("did you mean orders.asked.number?")
        for each in ("Control+Home", *["ArrowRight"] * len("Zu {{ orders.asked.numb")):
            await keys.press(each)
        await keys.type("e")
        await hands.hears("No error")
        await keys.press("Escape")
        await hands.reach(page.get_by_label("Said where a value is missing"), most=1)
        await hands.reach(page.get_by_role("button", name="Publish"), back=True)
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        await expect(page.get_by_role("button", name="Publish")).to_be_focused()
        await hands.write(page.get_by_label("As it is for"), "Nobody")
        await expect(page.get_by_role("article", name="WhatsApp")).to_contain_text("orders.asked.number is missing")
        await hands.opens(page.get_by_role("button", name="Save draft"), "order_status", back=True)
        await hands.write(page.get_by_label("Why, for whoever asks later"), "kinder")
        await hands.opens(page.get_by_role("button", name="Publish"), "order_status")
        await hands.hears("Published: customers get it")
        await hands.opens(page.get_by_role("link", name="Versions"), "Versions")
        await hands.press(page.locator("details.back summary").last)
        await hands.press(page.locator("details.back[open] button"))
        await hands.hears("Customers get the earlier text again.")


async def test_a_builder_changes_a_flow(here: Desks) -> None:
    """Tested, talked to, edited, released and published; then the trace of what it says to somebody real."""
    async with _at_work(here, "bob", "builder") as hands:
        page, keys = hands.page, hands.page.keyboard
        await hands.to_section("Flows")
        await hands.leaves(page.get_by_role("button", name="Try them"))
        await hands.write(page.get_by_label("Message", exact=True), "good morning")
        await keys.press("Enter")
        await hands.hears("Good morning")
        await expect(page.get_by_label("Message", exact=True)).to_be_focused()
        await hands.to_section("Flows", back=True)
        await hands.opens(page.get_by_role("link", name="greeting", exact=True), "greeting")
        await hands.press(page.get_by_role("button", name="Run the tests"))
        await hands.hears("1 passed")
        await hands.opens(page.get_by_role("button", name="Edit"), "greeting.yaml", back=True)
        await page.locator("form[data-ready]").wait_for()
        await hands.reach(page.get_by_role("textbox", name="The flow, as a file"))
        await keys.press("Control+End")
        await keys.type("  - replay: greeting")
        await hands.hears("1 error")
        for each in (*["ArrowLeft"] * len("y: greeting"), "Backspace"):
            await keys.press(each)
        await hands.hears("No error")
        await hands.leaves(page.get_by_role("button", name="Release and publish"))
        await expect(page.get_by_text("Greets whoever greets").first).to_be_visible()
        await hands.seat.go("/glow/flows/edit/greeting.yaml")
        await page.locator("form[data-ready]").wait_for()
        await hands.reach(page.get_by_role("textbox", name="The flow, as a file"))
        for each in ("Control+End", "Control+Shift+k", "Control+Home"):
            await keys.press(each)
        await keys.type("# warmly")
        await keys.press("Enter")
        await hands.hears("Draft of bob")
        await hands.write(page.get_by_label("Why, for whoever asks later"), "warmly")
        await hands.leaves(page.get_by_role("button", name="Release and publish"))
        await expect(page.get_by_text("customers get it").first).to_be_visible()
        said = await customer(here.shop, "messenger").says("good morning")
        await hands.to_section("Traces")
        await hands.write(page.get_by_label("Id"), said.turn.event_key)
        await keys.press("Enter")
        await hands.skip("Answered")
        await hands.opens(page.get_by_role("link", name="greeting"), "greeting")


async def test_an_admin_keeps_house(here: Desks) -> None:
    """Somebody is let in and out, what was set aside is put through or thrown away, and a person is erased."""
    await _set_aside(here, "one", "two")
    async with _at_work(here, "ada", "admin") as hands:
        page, keys = hands.page, hands.page.keyboard
        await hands.press(page.locator("details.me summary"))
        await keys.press("Escape")
        await expect(page.locator("details.me summary")).to_be_focused()
        await keys.press("Enter")
        await hands.opens(page.get_by_role("link", name="Users"), "Users")
        await hands.write(page.get_by_label("Login"), "new")
        await hands.write(page.get_by_label("Name", exact=True), "Nina")
        await hands.press(page.get_by_role("button", name="Add somebody"))
        await hands.hears("Choose at least one role")
        await hands.press(page.get_by_role("checkbox", name=re.compile("^agent: ")), "Space")
        await hands.opens(page.get_by_role("button", name="Add somebody"), "Pass this link on")
        await hands.opens(page.get_by_role("link", name="Users"), "Users")
        nina = page.get_by_role("article").filter(has_text="Nina")
        await hands.press(nina.locator("form[action$='/disable'] button"))
        await hands.hears("Saved.")
        await hands.leaves(page.get_by_role("link", name="Throughline"))
        await hands.to_section("Operations")
        await hands.opens(page.get_by_role("button", name="Set aside"), "Set aside")
        await hands.opens(page.get_by_role("row", name="KeyError: one").get_by_role("link"), "A dead letter")
        asked: list[str] = []
        page.once("dialog", lambda dialog: _answered(dialog, asked, yes=False))
        await hands.press(page.get_by_role("button", name="Throw it away"))
        await expect(page.get_by_role("button", name="Throw it away")).to_be_focused()
        page.once("dialog", lambda dialog: _answered(dialog, asked, yes=True))
        await hands.opens(page.get_by_role("button", name="Throw it away"), "Set aside")
        await hands.hears("Thrown away.")
        assert asked == ["Throw it away for good?"] * 2
        await hands.opens(page.get_by_role("row", name="KeyError: two").get_by_role("link"), "A dead letter")
        await hands.opens(page.get_by_role("button", name="Put it through again"), "Set aside")
        await hands.hears("It is on its way again.")

        await hands.to_section("People", back=True)
        await hands.write(page.get_by_label("Whom do you look for?"), PHONE)
        await keys.press("Enter")
        await hands.opens(page.get_by_role("link", name="Ana Ruiz"), "Ana Ruiz")
        await hands.opens(page.get_by_role("link", name="Erase this person"), "Erase this person")
        await hands.write(page.get_by_label("Type “erase” to go on"), "no")
        await keys.press("Enter")
        await hands.hears("Nothing was erased: type the word.")
        await hands.write(page.get_by_label("Type “erase” to go on"), "erase")
        await hands.opens(page.get_by_role("button", name="Erase for good"), "Erasure")
