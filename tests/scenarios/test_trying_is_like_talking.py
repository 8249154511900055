"""What tests of flows and `throughline flows chat` say is what a whole installation says, turn by turn."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows.preview.customers import NOW
from flows.runner import Flows
from flows.trying.people import PersonFile, person_of
from flows.trying.talk import Talk
from middleware.domain.channels import CHANNELS
from tests.running import Running, running
from tests.scenarios.looking import customer, turns
from tests.scenarios.talking_flows import NUDGE_WORDS, ring_ahead, talking_flows
from tests.stores import StoreServer

TURNS = (
    "xyzzy",
    "Where is my order #1001?",
    "¿Dónde está mi pedido?",
    "please contact me",
    "not today",
    "ana@example.com",
    "wholesale prices",
    "only for myself",
    "STOP",
    "Where is my order?",
    "START",
    "Wo ist mein Paket?",
    NUDGE_WORDS,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The flows of the brand."""
    return talking_flows(tmp_path / "flows")


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path, folder: Path) -> AsyncIterator[Running]:
    """An installation with these flows."""
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(folder)}}) as it:
        yield it


@pytest.mark.parametrize("channel", ["messenger", "instagram", "whatsapp"])
async def test_what_is_tried_is_what_is_said(shop: Running, folder: Path, channel: str) -> None:
    """Replies, effects and silence of each turn are the same for somebody of whom nothing is known; timers, too."""
    person = customer(shop, channel)
    # WhatsApp tells the name beside each message.
    named = {"profile": {"name": person.name}} if channel == "whatsapp" else {}
    somebody = person_of(PersonFile(first_message=True, values=named))
    talk = Talk(Flows.load(folder), somebody, CHANNELS[channel], NOW)
    tried = [talk.says(text).decision for text in TURNS]
    tried += [said.decision for said in talk.waits(timedelta(hours=3))]

    for text in TURNS:
        await person.posts(text)
        await shop.quiet()
        if text == "STOP":
            # WhatsApp knows whole seconds only, and of two words of one second the refusal counts.
            await asyncio.sleep(1.1)
    await ring_ahead(shop)
    said = [turn.decision for turn in await turns(shop)]

    assert [[reply.text for reply in each.replies] for each in tried] == [
        [reply.text for reply in each.replies] for each in said
    ]
    assert [each.flow for each in tried] == [each.flow for each in said]
    assert [each.effects for each in tried] == [each.effects for each in said]
    assert [each.why[-1:] for each in tried] == [each.why[-1:] for each in said]
