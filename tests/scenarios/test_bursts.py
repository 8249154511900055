"""What is written in one go ("hi", "where is", "my order?") is answered together, and nothing of it is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.running import Running, running
from tests.scenarios.looking import CHANNELS, Person, customer, turn_of, turns
from tests.stores import StoreServer

GATHER = 1.5
"""Seconds: longer than a slow machine takes to have three messages stored."""

QUICK = (
    "flow: quick\npurpose: At once.\ngather: false\ntriggers: {intent: {en: [tell me]}}\nsteps:\n  - reply: fallback\n"
)


ASKING = """flow: asking
purpose: Asks for a name.
triggers: {intent: {en: [ask me]}}
steps:
  - ask: {template: ask_name, capture: name}
  - reply: hello_name
"""
TEMPLATES = {
    "ask_name": "{text: What is your name?, fallback: What is your name?}",
    "hello_name": "{text: 'Hello {{ answers.name }}', fallback: Hello}",
}


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation that waits a moment for what is written next."""
    (tmp_path / "templates").mkdir()
    for name, flow in (("quick", QUICK), ("asking", ASKING)):
        (tmp_path / f"{name}.yaml").write_text(flow, encoding="utf-8")
    for name, form in TEMPLATES.items():
        text = f"name: {name}\npurpose: p\nlocales:\n  en: {form}\n"
        (tmp_path / "templates" / f"{name}.yaml").write_text(text, encoding="utf-8")
    glow = {"gather": f"{int(GATHER * 1000)}ms", "flows": str(tmp_path)}
    async with running(store_server, tmp_path, brands={"glow": glow}) as it:
        yield it


async def write(who: Person, *texts: str, pause: float = 0.1, kind: str = "message") -> list[str]:
    """Write one text after the other; the messages' ids."""
    ids = []
    for text in texts:
        ids.append(await who.posts(text, kind))
        await asyncio.sleep(pause)
    return ids


async def sent_to(shop: Running, who: Person) -> list[str]:
    """What a customer got, once all work is over."""
    await shop.quiet()
    return [each.text for each in shop.graph.sent if each.recipient.lstrip("+") == who.id]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_burst_is_one_turn(shop: Running, channel: str) -> None:
    """The words of three messages start one flow, and one answer goes out; each message has its place and its turn."""
    who = customer(shop, channel)
    ids = await write(who, "hi", "where is", "my order?")
    (answer,) = await sent_to(shop, who)
    assert "order" in answer
    first, second, last = [await turn_of(shop, channel, each) for each in ids]
    assert [first.messages, second.messages] == [(), ()]
    assert first.decision.why == ("answered together with what was written next",)
    assert last.decision.flow == "order_status"
    assert last.context["message"]["text"] == "hi\nwhere is\nmy order?"
    conversation = await who.conversation()
    assert [line.text for line in conversation.lines[:3]] == ["hi", "where is", "my order?"]
    assert conversation.parts == ()


async def test_what_is_written_after_the_answer_is_a_burst_of_its_own(shop: Running) -> None:
    """The words of the first are not said twice."""
    who = customer(shop, "messenger")
    await write(who, "hi", "there")
    await shop.quiet()
    (later,) = await write(who, "where is my order?")
    assert len(await sent_to(shop, who)) == 2
    assert (await turn_of(shop, "messenger", later)).context["message"]["text"] == "where is my order?"


async def test_whoever_goes_on_writing_is_heard_when_they_stop(shop: Running) -> None:
    """Each text waits for the next one: the burst is longer than one wait."""
    who = customer(shop, "messenger")
    ids = await write(who, "a", "b", "c", "d", "where is my order", pause=GATHER * 0.4)
    assert len(await sent_to(shop, who)) == 1
    assert (await turn_of(shop, "messenger", ids[-1])).decision.flow == "order_status"


async def test_a_flow_can_answer_at_once(shop: Running) -> None:
    """What starts a flow that gathers nothing is answered before anything else could come."""
    who = customer(shop, "messenger")
    first = await who.posts("tell me")
    assert len(await sent_to(shop, who)) == 1
    await who.posts("more")
    assert (await turn_of(shop, "messenger", first)).decision.flow == "quick"
    assert len(await sent_to(shop, who)) == 2


async def test_a_button_does_not_wait_and_is_no_part(shop: Running) -> None:
    """It asks something of its own, and what was written before it is answered at once."""
    who = customer(shop, "messenger")
    text = await who.posts("hi")
    button = await who.posts("Where is my order?", "quick_reply", payload="order_status")
    assert len(await sent_to(shop, who)) == 2
    decided = {turn.event_key.rpartition(":")[2]: turn for turn in await turns(shop)}
    assert decided[text].messages
    assert decided[button].decision.flow == "order_status"
    assert (decided[text].decided_at - who.shop.now).total_seconds() < GATHER + 5


async def test_what_is_taken_back_is_not_answered(shop: Running) -> None:
    """A part that is unsent while its burst goes on is no word of it."""
    who = customer(shop, "instagram")
    (first,) = await write(who, "I want a refund", pause=0)
    await shop.say("instagram", "unsend", sender=who.id, other_message_id=first)
    (last,) = await write(who, "where is my order?")
    await shop.quiet()
    assert "refund" not in (await turn_of(shop, "instagram", last)).context["message"]["text"]


async def test_a_stop_ends_it(shop: Running) -> None:
    """A STOP in a burst is heard at once; nothing is said to what was written before it."""
    who = customer(shop, "messenger")
    await write(who, "hi", "where is", "STOP", pause=0.02)

    assert await sent_to(shop, who) == []
    assert (await who.conversation()).stopped()


async def test_others_do_not_wait_with_it(shop: Running) -> None:
    """Bursts of several customers are each answered once."""
    people = [customer(shop, "messenger", number) for number in range(8)]
    await asyncio.gather(*(write(each, "hi", "where is", "my order?") for each in people))
    assert [len(await sent_to(shop, each)) for each in people] == [1] * 8


async def test_answers_to_a_question_are_not_put_together(shop: Running) -> None:
    """While a flow waits for an answer, each text is looked at by itself."""
    who = customer(shop, "messenger")
    await who.posts("ask me", "message")
    assert len(await sent_to(shop, who)) == 1
    first, _ = await write(who, "Anna", "thanks")
    assert "Hello Anna" in " ".join(await sent_to(shop, who))
    assert (await turn_of(shop, "messenger", first)).decision.flow == "asking"
