"""What each role comes for, from signing in to the end, by somebody who has a keyboard and no mouse."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright.async_api")

from desks import Desks, desks
from hands import Hands
from pages import CHROMIUM
from playwright.async_api import expect

from tests.candidates import add_pair
from tests.console import PASSWORD, add_user
from tests.people import known_person
from tests.scenarios.looking import customer
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


async def test_an_agent_answers_and_gives_back(here: Desks) -> None:
    """The one who waits among thirty is found, taken over, answered, looked up, and given back to the bot."""
    shop = here.shop
    ana = await known_person(shop)
    for number in range(30):
        await customer(shop, "messenger", number, name=f"Customer {number}").posts("where is my order?")
    await shop.quiet()
    await shop.say("whatsapp", sender="ES.9001abc", phone="+34600111222", name="Ana Ruiz", text="I want to talk to a person")
    await shop.quiet()
    await add_user(shop.here, "bea", "agent", password=PASSWORD)
    async with here.seat("", to="/sign-in") as seat:
        page, keys, hands = seat.page, seat.page.keyboard, Hands(seat)
        await hands.sign_in("bea")
        await hands.skip("Conversations")
        await hands.opens(page.get_by_role("link", name=re.compile("Ana Ruiz")), "Ana Ruiz")
        await hands.press(page.get_by_role("link", name="Skip the list"))
        await hands.press(page.get_by_role("button", name="Take over"))
        await hands.hears("You have it until")
        await hands.write(page.get_by_role("textbox", name="Reply"), "Hi Ana, it left on Monday.")
        before = len(shop.graph.sent)
        await hands.press(page.get_by_role("button", name="Send", exact=True))
        await expect(page.locator(".line.human")).to_contain_text("it left on Monday")
        await hands.hears("Sent off.")
        await shop.quiet()
        assert [each.text for each in shop.graph.sent[before:]] == ["Hi Ana, it left on Monday."]
        await hands.press(page.get_by_role("button", name="Show contacts"))
        await hands.hears("It is on record.")
        await expect(page.locator("#known")).to_contain_text("ana@example.com")
        await hands.press(page.get_by_role("button", name="Give back to the bot"), back=True)
        await hands.hears("The bot answers")
        assert seat.troubles == []
