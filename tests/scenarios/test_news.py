"""News of sources start flows: in the right conversation, once, and only where the customer may be told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from middleware.domain.turn import Turn
from tests.running import Running, minutes_ago, running, until
from tests.scenarios.looking import Person, customer, documents, turns
from tests.scenarios.talking_flows import ASKED, THANKS, talking_flows
from tests.stores import StoreServer

PHONE = "+34611000001"
"""That of the first customer on WhatsApp."""


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a flow that an order starts."""
    glow = {"flows": str(talking_flows(tmp_path / "flows"))}
    async with running(store_server, tmp_path, brands={"glow": glow}) as it:
        yield it


async def _order(shop: Running, kind: str = "order_created", phone: str = PHONE, **parts: object) -> None:
    """The shop tells of an order, and all that follows from it is over."""
    await shop.say("shopify", kind, phone=phone, order_number=1001, **parts)
    await shop.quiet()
    await until(lambda: _no_jobs(shop), "the jobs")
    await shop.quiet()


async def _no_jobs(shop: Running) -> bool:
    return not [job for job in await documents(shop, "jobs") if job["kind"] == "news"]


async def _by_news(shop: Running) -> list[Turn]:
    return [turn for turn in await turns(shop) if turn.unasked]


def _said(shop: Running, person: Person) -> list[str]:
    return [each.text for each in shop.graph.sent if each.recipient.lstrip("+") == person.id]


async def test_an_order_is_told_once(shop: Running) -> None:
    """Who writes from the number on an order hears of it, once however often the shop tells of it."""
    person, other = customer(shop, "whatsapp"), customer(shop, "whatsapp", 2)
    await person.says("hello")
    await other.says("hello")
    before = len(_said(shop, person))
    await _order(shop)
    assert _said(shop, person)[before:] == ["Thank you for order #1001!"]
    await _order(shop)
    await _order(shop, "order_paid")
    assert _said(shop, person)[before:] == ["Thank you for order #1001!"]
    assert len(_said(shop, other)) == 1
    assert len(await _by_news(shop)) == 1


async def test_a_stranger_hears_nothing(shop: Running) -> None:
    """An order with another number is nobody's in a conversation, and no turn comes of it."""
    await customer(shop, "whatsapp").says("hello")
    await _order(shop, phone="+34699999999")
    assert await _by_news(shop) == []


@pytest.mark.parametrize("why", ["the window is closed", "a STOP", "an old order"])
async def test_what_is_not_said(shop: Running, why: str) -> None:
    """Outside of the window, after a STOP, and of an order of long ago nothing is said."""
    person = customer(shop, "whatsapp")
    await person.says("hello", at=minutes_ago(25 * 60 if why == "the window is closed" else 1))
    if why == "a STOP":
        await person.says("STOP")
    before = len(shop.graph.sent)
    await _order(shop, at=minutes_ago(timedelta(hours=2).total_seconds() / 60 if why == "an old order" else 0))
    assert len(shop.graph.sent) == before
    assert await _by_news(shop) == []


async def test_a_question_waits_on(shop: Running) -> None:
    """News are about something else: the question that was asked before is still open."""
    person = customer(shop, "whatsapp")
    assert (await person.says("please contact me")).text == ASKED
    await _order(shop)
    assert _said(shop, person)[-1] == "Thank you for order #1001!"
    assert (await person.says("ana@example.com")).text == f"{THANKS}, ana@example.com"


async def test_a_person_who_has_the_conversation_is_not_interrupted(shop: Running) -> None:
    """While somebody of the brand talks nothing is said by itself, and the turn says why."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await shop.say("whatsapp", "echo", sender=person.id, text="Hi, Eva here.")
    await shop.quiet()
    before = len(shop.graph.sent)
    await _order(shop)
    assert len(shop.graph.sent) == before
    (turn,) = await _by_news(shop)
    assert turn.reasons == ("human_owner",)
