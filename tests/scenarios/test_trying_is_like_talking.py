"""What tests of flows and `throughline flows chat` say is what a whole installation says, turn by turn; and what was
decided there can be written down as a test.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from flows.preview.customers import NOW
from flows.runner import Flows
from flows.shelf import Shelf
from flows.trying.made_up import talk_as
from flows.trying.people import PersonFile, person_of
from flows.trying.recording import LEFT_OUT, recorded
from flows.trying.testing import read_tests
from middleware.domain.channels import CHANNELS
from middleware.domain.turn import Turn
from middleware.errors import FlowError
from tests.integration.cli import command, write_config
from tests.running import Running, running
from tests.scenarios.looking import Person, customer, turns
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


async def talked(shop: Running, person: Person, texts: Sequence[str]) -> list[Turn]:
    """All turns after somebody has written this, and some hours have passed."""
    for text in texts:
        await person.posts(text)
        await shop.quiet()
        if text == "STOP":
            # WhatsApp knows whole seconds only, and of two words of one second the refusal counts.
            await asyncio.sleep(1.1)
    await ring_ahead(shop)
    return await turns(shop)


@pytest.mark.parametrize("channel", ["messenger", "instagram", "whatsapp"])
async def test_what_is_tried_is_what_is_said(shop: Running, folder: Path, channel: str) -> None:
    """Replies, effects and silence of each turn are the same for somebody of whom nothing is known; timers, too."""
    person = customer(shop, channel)
    # WhatsApp tells the name beside each message.
    named = {"profile": {"name": person.name}} if channel == "whatsapp" else {}
    somebody = person_of(PersonFile(first_message=True, values=named))
    talk = talk_as(Flows.load(folder), somebody, CHANNELS[channel], NOW)
    tried = [talk.says(text).decision for text in TURNS]
    tried += [said.decision for said in talk.waits(timedelta(hours=3))]

    said = [turn.decision for turn in await talked(shop, person, TURNS)]

    assert [[reply.text for reply in each.replies] for each in tried] == [
        [reply.text for reply in each.replies] for each in said
    ]
    assert [each.flow for each in tried] == [each.flow for each in said]
    assert [each.effects for each in tried] == [each.effects for each in said]
    assert [each.why[-1:] for each in tried] == [each.why[-1:] for each in said]


LIBRARY = Path(__file__).parents[2] / "flows" / "library"
PHONE = "34611000001"


async def test_what_was_decided_can_be_written_down_as_a_test(shop: Running, folder: Path) -> None:
    """With what the customer wrote, the recorded test passes; without, nothing of them is in it, and it can be read."""
    person = customer(shop, "whatsapp")
    await shop.say("shopify", "order_paid", phone=f"+{PHONE}", order_number=7741)
    await shop.quiet()
    texts = ("Where is my order #7741?", "please contact me", "ana@example.com", NUDGE_WORDS)
    decided = await talked(shop, person, texts)

    whole = recorded(decided, keep_text=True)
    (outcome,) = read_tests(whole, "whole.yaml").run(Shelf.read(LIBRARY, folder))
    assert outcome.passed, outcome
    assert "#7741" in whole

    bare = recorded(decided)
    assert read_tests(bare, "bare.yaml").names() == ("recorded 1",)
    for word in ("7741", "ana@example.com", "Ortega", PHONE):
        assert word not in bare, word
    assert f"says: '{LEFT_OUT}'" in bare
    assert "says: where is my order" in bare


async def test_turns_are_written_down_by_the_command(shop: Running, store_server: StoreServer, tmp_path: Path) -> None:
    """`flows record` finds turns by their ids, writes the file, and says which ids there are not."""
    await customer(shop, "messenger").says("Where is my order?")
    (turn,) = await turns(shop)
    database = shop.here.settings.brands["glow"].database
    common = shop.here.settings.store.common_database
    store = {"uri": store_server.uri, "common_database": common}
    config = write_config(
        tmp_path, store_server.uri, "http://127.0.0.1:9", store=store, brands={"glow": {"database": database}}
    )

    ended = await command("flows", "record", turn.id, "--out", str(tmp_path / "recorded.yaml"), config=config)
    assert ended.code == 0, ended.err
    (outcome,) = read_tests((tmp_path / "recorded.yaml").read_text(encoding="utf-8"), "recorded.yaml").run(
        Shelf.read(LIBRARY)
    )
    assert outcome.passed, outcome

    gone = await command("flows", "record", "0" * 32, config=config)
    assert gone.code == 1
    assert f"no turn {'0' * 32} of glow" in gone.err


async def test_what_cannot_begin_a_test_is_refused(shop: Running) -> None:
    """A turn before which a flow was waiting, or that a timer began: the message says which turns to name."""
    *_, asked, answered = await talked(shop, customer(shop, "messenger"), ("please contact me", "ana@example.com"))

    with pytest.raises(FlowError, match="contact was waiting; name the turns from its beginning on"):
        recorded([answered])
    with pytest.raises(FlowError, match="begun by a timer"):
        recorded([answered.model_copy(update={"unasked": True})])
    assert "contact_ask" in recorded([asked])
