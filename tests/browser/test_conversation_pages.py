"""Conversations as agents work in them: what changes comes by itself, what is sent goes once, nothing typed is lost."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, Seat, Size, desks
from pages import CHROMIUM
from playwright.async_api import expect

from tests.running import minutes_ago
from tests.scenarios.looking import Person, customer
from tests.stores import StoreServer

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it"),
    pytest.mark.asyncio(loop_scope="module"),  # all of them share the browser
]

HOSTILE = "\u202e<img src=x onerror=alert(1)>{{ 7*7 }} " + "W" * 300
HEBREW = "\u05e9\u05dc\u05d5\u05dd, \u05d0\u05d9\u05e4\u05d4 \u05d4\u05d4\u05d6\u05de\u05e0\u05d4?"


@pytest_asyncio.fixture(loop_scope="module")
async def here(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desks]:
    """The console and a browser."""
    async with desks(store_server, tmp_path) as it:
        yield it


async def _open(seat: Seat, person: Person) -> None:
    await seat.page.get_by_role("link", name=person.name).first.click()
    await expect(seat.page.locator("#thread")).to_be_visible()


async def test_an_agent_answers_and_gives_back(here: Desks) -> None:
    """From a message that appears by itself to a reply that goes once, a customer's answer that appears by itself even
    after the line was cut, and the bot that answers again; a note goes nowhere.
    """
    shop, person = here.shop, customer(here.shop, "whatsapp", name="Ben Ortega")
    async with here.seat("ana", "agent", to="/glow/conversations") as seat:
        page = seat.page
        await expect(page.get_by_text("Nobody has written yet.")).to_be_visible()
        await person.says("where is my order?")
        await expect(page.get_by_role("link", name="Ben Ortega")).to_be_visible()
        await _open(seat, person)
        await expect(page.locator(".line.customer")).to_contain_text("where is my order?")
        await page.get_by_role("button", name="Take over").click()
        await expect(page.locator("#standing")).to_contain_text("You have it until")

        await page.locator("#snippets summary").click()
        await page.get_by_label("Search templates").fill("support")
        await page.get_by_role("button", name="Insert: support", exact=True).click()
        text = page.get_by_role("textbox", name="Reply")
        assert "I have told our team" in await text.input_value()
        await text.fill("Hi Ben, it left on Monday.")
        before = len(shop.graph.sent)
        await page.locator("#send").dblclick()
        await expect(page.locator(".line.human")).to_contain_text("Hi Ben, it left on Monday.")
        await expect(text).to_have_value("")
        await shop.quiet()
        assert [each.text for each in shop.graph.sent[before:]] == ["Hi Ben, it left on Monday."]

        await page.context.set_offline(True)
        await page.context.set_offline(False)
        await person.says("thank you!")
        await expect(page.locator(".line.customer").last).to_contain_text("thank you!")
        # The stream itself is cut, and what is said meanwhile is there once it is back.
        await page.route("**/conversations/live*", lambda route: route.abort())
        await page.reload()
        await text.fill("a draft")
        await person.says("are you there?")
        await page.unroute("**/conversations/live*")
        await expect(page.locator(".line.customer").last).to_contain_text("are you there?", timeout=15_000)
        await expect(text).to_have_value("a draft")

        sent = len(shop.graph.sent)
        await page.locator("#note summary").click()
        await page.get_by_label("For agents only").fill("be kind to Ben")
        await page.get_by_role("button", name="Save note").click()
        await expect(page.locator(".line.note")).to_contain_text("be kind to Ben")
        await page.get_by_role("button", name="Give back to the bot").click()
        await expect(page.locator("#standing")).to_contain_text("The bot answers")
        assert len(shop.graph.sent) == sent
        await person.says("where is my order?")
        await expect(page.locator(".line.bot").last).to_be_visible()
        assert len(shop.graph.sent) == sent + 1
        assert "be kind" not in "".join(each.text for each in shop.graph.sent)

        await page.reload()
        await expect(text).to_have_value("a draft")
        await text.press("End")
        await text.type(", sent")
        await text.press("Control+Enter")
        await expect(page.locator(".line.human").last).to_contain_text("a draft, sent")
        assert [each for each in seat.troubles if "ERR_" not in each] == []


async def test_who_answers_is_true_whatever_is_open(here: Desks) -> None:
    """Behind an open menu and note, too, the top says who has it by now; what is opened below comes into sight, and
    templates are there to choose from before anything is looked for.
    """
    await customer(here.shop, "messenger", name="Ben").says("where is my order?")
    async with here.seat("ana", "agent", to="/glow/conversations") as seat:
        page = seat.page
        await page.locator(".talk").click()
        await page.locator("#more-acts").click()
        await page.locator("#note summary").click()
        await expect(page.get_by_role("button", name="Save note")).to_be_in_viewport()
        await page.locator("#snippets summary").click()
        await expect(page.locator("#found li").first).to_be_visible()
        await expect(page.locator("#stands")).to_contain_text("The bot answers")
        await page.get_by_placeholder("Write to the customer").fill("Ana here.")
        await page.locator("#send").click()
        await expect(page.locator("#stands")).to_contain_text("A person has it until")
        await expect(page.locator("#note")).to_have_attribute("open", "")
        await page.locator("#do-close").click()
        await expect(page.locator("#stands")).to_contain_text("Closed")
        assert seat.troubles == []


async def test_older_lines_come_above_and_stay(here: Desks) -> None:
    """Older lines are shown when asked for, what was being read stays in sight, and a new line takes none away."""
    person = customer(here.shop, "messenger")
    for number in range(60):
        await person.posts(f"line {number} of many")
    await here.shop.quiet()
    async with here.seat("ana", "agent", to="/glow/conversations") as seat:
        page = seat.page
        await page.locator(".talk").click()
        lines = page.locator(".line.customer")
        before = await lines.count()
        top = await lines.first.text_content()
        await page.get_by_role("button", name="Show older lines").press("Enter")
        await expect(lines.first).to_contain_text("line 0 of many")
        await expect(page.locator("#thread")).to_be_focused()
        assert await lines.count() == 60 > before
        assert await page.locator("#thread").evaluate("each => each.scrollTop") > 0
        await expect(page.locator(".line.customer", has_text=(top or "").strip()[-12:]).last).to_be_in_viewport()
        await person.posts("and one more")
        await expect(page.get_by_role("button", name="new: show")).to_be_visible()
        await page.get_by_role("button", name="new: show").click()
        await expect(lines.last).to_contain_text("and one more")
        await expect(lines.last).to_be_in_viewport()
        assert await lines.count() == 61
        assert await page.locator(".day").count() <= 2
        assert seat.troubles == []


async def test_one_sends_on_a_phone_without_scrolling(here: Desks) -> None:
    """However much was said, what is written and the button that sends it are on the screen; nobody is told of keys."""
    talker = customer(here.shop, "whatsapp", 1, name="Lia")
    for number in range(8):
        await talker.says(f"and another question {number}")
    async with here.seat("ana", "agent", to="/glow/conversations", size="narrow") as seat:
        await _open(seat, talker)
        await expect(seat.page.locator(".line.customer")).to_have_count(8)
        await expect(seat.page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
        await expect(seat.page.get_by_text("Ctrl+Enter sends")).to_be_hidden()


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_conversations_are_accessible_and_fit(
    here: Desks, size: Size, dark: bool, tmp_path: Path  # noqa: FBT001 - pytest's way
) -> None:  # fmt: skip
    """List and thread: no finding of axe, nothing to scroll sideways, and whatever customers write reads as it was
    written, in any direction.
    """
    hostile = customer(here.shop, "whatsapp", 1, name="Zoe <b>Long</b> " + "N" * 80)
    await hostile.says(HOSTILE)
    await customer(here.shop, "messenger", 2, name="\u05d3\u05e0\u05d4").says(HEBREW)
    async with here.seat("ana", "agent", to="/glow/conversations", size=size, dark=dark) as seat:
        page = seat.page
        await expect(page.locator(".talk")).to_have_count(2)
        await expect(page.get_by_text("still being loaded")).to_have_count(0)
        await seat.picture(tmp_path / f"list-{size}.png")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page.get_by_label("Name").fill("zoe")
        await expect(page.locator(".talk")).to_have_count(1)
        await expect(page).to_have_url(re.compile("name=zoe"))
        await page.locator(".talk", has_text="Zoe").click()
        await expect(page.locator(".line.customer .foreign")).to_have_text(HOSTILE)
        await expect(page.locator("#person h2, #person h3").first).to_be_attached()
        await page.locator("#more-acts").press("Enter")
        await seat.picture(tmp_path / f"thread-{size}.png")
        assert (await seat.findings(), await seat.overflow()) == ([], 0)
        await page.locator("#do-close").press("Enter")
        await expect(page.locator("#standing")).to_contain_text("Closed")
        await page.locator("#snippets summary").press("Enter")
        await page.get_by_label("Search templates").fill("support")
        await expect(page.locator("#found li").first).to_be_visible()
        await page.locator("#note summary").press("Enter")
        await seat.picture(tmp_path / f"open-{size}.png")
        assert (await seat.findings(), await seat.overflow(), seat.troubles) == ([], 0, [])


async def test_what_came_too_late_is_read_from_the_first_one(here: Desks) -> None:
    """The row leads to the first message of thirty, and stays there while the rest is below; with the button all of
    them are seen to.
    """
    person = customer(here.shop, "whatsapp", name="Cleo Late")
    for number in range(30):
        await person.says(f"question {number}", at=minutes_ago(200 - number))
    async with here.seat("cleo", "agent", to="/glow/conversations?tab=late") as seat:
        page = seat.page
        await expect(page.locator(".talk")).to_contain_text("30 messages, the first written 3 h 20 min ago")
        await page.get_by_role("link", name="Cleo Late").click()
        first = page.locator(".line.customer").first
        await expect(first).to_contain_text("question 0")
        await expect(first).to_be_in_viewport()
        await expect(page.locator(".line.customer").last).not_to_be_in_viewport()
        await page.get_by_role("button", name="Seen to").click()
        await expect(page.locator("#late")).to_have_count(0)
        await here.shop.quiet()
        assert (await person.conversation()).late_before is None
