"""Every kind of turn can be looked at afterwards: what came in, who it was, what was decided, what came of it.

The pages stand in `tests/fixtures/traces/`, but for ids and times.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from connectors.testing import SentMessage, api_error, server_error, too_many_requests
from middleware.bootstrap.building import opened
from middleware.domain.conversation import Conversation, Owner
from middleware.pipeline.trace import NoTrace, Traces
from tests.golden import assert_golden
from tests.running import Running, minutes_ago, running, until
from tests.scenarios.looking import Person, Said, customer, new_id, reports_to, turn_of
from tests.scenarios.tracing import as_page, trace_of
from tests.stores import StoreServer

GREETING = """flow: greeting
purpose: Greets by name.
triggers: {intent: {en: [good morning]}}
steps:
  - reply: greeting
"""
GREETING_TEMPLATE = """name: greeting
purpose: A greeting.
locales:
  en:
    text: "Good morning, {{ profile.name }}!"
    fallback: "Good morning!"
"""
COMPLAINT = """flow: complaint
purpose: A person answers.
triggers: {intent: {en: [this is broken]}}
steps:
  - hand_over: a complaint
"""


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with two flows of its own."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "greeting.yaml").write_text(GREETING, encoding="utf-8")
    (tmp_path / "complaint.yaml").write_text(COMPLAINT, encoding="utf-8")
    (tmp_path / "templates" / "greeting.yaml").write_text(GREETING_TEMPLATE, encoding="utf-8")
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        yield it


async def told(shop: Running, name: str, who: Person, text: str, kind: str = "message", **parts: Any) -> str:
    """Say something, and check the page of its turn; the page."""
    message_id = await who.posts(text, kind, **parts)
    await shop.quiet()
    shown = as_page(await trace_of(shop, message_id))
    assert_golden(name, shown)
    return shown


async def test_answered_by_a_flow(shop: Running) -> None:
    """With the order that was known, how old it was, and that the customer has read the answer; nobody unmasked."""
    reports_to(shop, "whatsapp", statuses=("sent", "delivered", "read"))
    ana = customer(shop, "whatsapp", name="Ana")
    await shop.say("shopify", "order_paid", phone=f"+{ana.id}", order_number=1001)
    await shop.quiet()
    said = await ana.says("Where is my order?")

    async def read() -> bool:
        found = await trace_of(shop, said.turn.id)
        return {receipt.status for each in found.messages for receipt in each.receipts} >= {"delivered", "read"}

    await until(read, "the receipts")
    shown = as_page(await trace_of(shop, said.message_id))
    assert_golden("answered", shown)
    assert ana.id not in shown


async def test_every_id_leads_to_the_same_turn(shop: Running) -> None:
    """The customer's message, ours, the event, the reply, the conversation and the turn itself, on each channel."""
    for channel in ("messenger", "instagram", "whatsapp"):
        reports_to(shop, channel)
        who = customer(shop, channel)
        said = await who.says("Where is my order?")
        (sent,) = said.sent
        turn = said.turn

        async def reported(said: Said = said, sent: SentMessage = sent) -> bool:
            return (await turn_of(shop, said.turn.channel, said.message_id)).messages[0].message_id == sent.message_id

        await until(reported, "the report")
        await shop.quiet()
        names = (said.message_id, turn.event_key, turn.messages[0].key, turn.conversation_id, turn.id, sent.message_id)
        assert [(await trace_of(shop, each)).turn for each in names] == [turn.id] * len(names), channel


async def test_a_value_was_missing(shop: Running) -> None:
    """The fallback text was said."""
    await told(shop, "fallback", customer(shop, "messenger"), "Good morning")


async def test_handed_over(shop: Running) -> None:
    """A person is asked, without a word and with one."""
    await told(shop, "handed_over", customer(shop, "messenger"), "this is broken")
    await told(shop, "handed_over_with_words", customer(shop, "messenger", 2), "", "image")


async def test_silent_as_the_customer_said_stop(shop: Running) -> None:
    """STOP is heard, and nothing is said to what comes after it."""
    ben = customer(shop, "messenger")
    await ben.posts("STOP", at=minutes_ago(1))
    await shop.quiet()
    await told(shop, "silent_stopped", ben, "hello")


async def test_silent_as_a_person_took_over(shop: Running) -> None:
    """A person of the brand wrote, and owns the conversation."""
    ben = customer(shop, "messenger")
    await ben.posts("hello", at=minutes_ago(2))
    await shop.quiet()
    await shop.say("messenger", "echo", sender=ben.id, text="Let me look", at=minutes_ago(1))
    await shop.quiet()
    await told(shop, "silent_human_owner", ben, "thank you")


async def test_silent_as_the_bot_is_paused(shop: Running) -> None:
    """Nobody answers by itself."""
    ben = customer(shop, "messenger")
    await ben.posts("hello", at=minutes_ago(2))
    await shop.quiet()
    store = shop.here.brands["glow"].store
    key = (await ben.conversation()).id
    stored = (await store.get(Conversation, [key]))[key]
    await store.write(stored.put(stored.record.model_copy(update={"owner": Owner.PAUSED})))
    await told(shop, "silent_paused", ben, "anybody?")


async def test_silent_as_it_is_too_old(shop: Running) -> None:
    """It waited too long; and one that is older than the window."""
    await told(shop, "silent_too_old", customer(shop, "messenger"), "hello", at=minutes_ago(30))
    old = minutes_ago(25 * 60)
    await told(shop, "silent_window_closed", customer(shop, "messenger", 2), "hello", at=old)


async def test_silent_as_nobody_can_be_reached(shop: Running) -> None:
    """The platform said that the person is gone; what they did before it says nothing else."""
    ben = customer(shop, "messenger")
    shop.graph.behave(api_error(551))
    await ben.posts("hello")
    await shop.quiet()
    shop.graph.behave(None)
    await told(shop, "silent_unreachable", ben, "hello again", at=minutes_ago(5))


async def test_silent_as_there_are_no_words(shop: Running) -> None:
    """A click on an ad in an old thread would be answered; a like is not."""
    await told(shop, "silent_without_words", customer(shop, "messenger"), " ")


async def test_not_sent(shop: Running) -> None:
    """The platform refused it: with what reason and code."""
    shop.graph.behave(api_error(190, subcode=463, status=401))
    shown = await told(shop, "failed", customer(shop, "messenger"), "hello")
    assert "account_problem" in shown


async def test_perhaps_sent(shop: Running) -> None:
    """Nobody knows, and it is never sent again."""
    shop.graph.behave(server_error(500))
    await told(shop, "unknown", customer(shop, "messenger"), "hello")


async def test_on_the_way(shop: Running) -> None:
    """The platform asked for patience: when it is tried again."""
    shop.graph.behave(too_many_requests(retry_after=30))
    ben = customer(shop, "messenger")
    message_id = await ben.posts("hello")

    async def put_off() -> bool:
        return any(each.attempts for each in (await ben.conversation()).outbox)

    await ben.turn(message_id)
    await until(put_off, "the first attempt")
    found = await trace_of(shop, message_id)
    assert_golden("under_way", as_page(found))
    assert found.messages[0].not_before is not None


async def test_taken_back(shop: Running) -> None:
    """What the customer took back is not told any more, and that it was is."""
    ben, message_id = customer(shop, "instagram"), new_id()
    await ben.posts("my secret", message_id=message_id)
    await shop.quiet()
    await shop.say("instagram", "unsend", sender=ben.id, other_message_id=message_id)
    await shop.quiet()
    found = await trace_of(shop, message_id)
    assert "secret" not in found.model_dump_json()
    assert_golden("taken_back", as_page(found))


async def test_times_are_those_of_the_stages(shop: Running) -> None:
    """Received, decided, sent: none before the other, and the whole is their sum."""
    said = await customer(shop, "messenger").says("hello")
    times = (await trace_of(shop, said.turn.id)).times
    assert times.waited is not None
    assert times.sending is not None
    assert times.whole == pytest.approx(times.waited + times.sending)
    assert 0 <= times.waited < timedelta(seconds=30).total_seconds()


async def test_a_burst_names_its_parts(store_server: StoreServer, tmp_path: Path) -> None:
    """The answer names what was written before it, and each part where it was answered."""
    async with running(store_server, tmp_path, brands={"glow": {"gather": "1500ms"}}) as shop:
        ana = customer(shop, "messenger")
        ids = []
        for text in ("hi", "where is", "my order?"):
            ids.append(await ana.posts(text))
            await asyncio.sleep(0.1)
        await shop.quiet()
        part, answer = await trace_of(shop, ids[0]), await trace_of(shop, ids[-1])
        assert_golden("burst", as_page(answer))
        assert_golden("burst_part", as_page(part))
        assert part.burst is not None
        assert part.burst.answered_by == answer.turn


class Finds(CommandListener):
    """Every command that goes to the store, with the fields that it asks by."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep it."""
        if event.command_name not in {"hello", "ismaster", "endSessions", "ping"}:
            self.asked.append((event.command_name, tuple(event.command.get("filter", {}))))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing: what was begun was kept."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing: what was begun was kept."""


async def test_a_trace_is_a_few_reads_by_id(shop: Running) -> None:
    """However it is found, and however long the conversation is: finds by `_id` and nothing else, at most twenty."""
    reports_to(shop, "instagram")
    who = customer(shop, "instagram")
    for _ in range(5):
        said = await who.says("Where is my order?")
    await shop.quiet()
    for named in (said.turn.id, said.message_id, said.sent[0].message_id, said.turn.conversation_id, "nobody"):
        finds = Finds()
        async with opened(shop.here.settings, listeners=(finds,)) as here:
            with contextlib.suppress(NoTrace):
                await Traces(here.brands, here.clock).find("glow", named)
        assert {each for each in finds.asked if each != ("find", ("_id",))} == set()
        assert 0 < len(finds.asked) <= 20, (named, finds.asked)
