"""Flows over several messages in a whole installation: questions, follow-ups, and what ends them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from middleware.domain.identity import Identity
from middleware.domain.turn import Turn
from middleware.pipeline.rebuild import differences
from tests.running import Running, running
from tests.scenarios.looking import CHANNELS, as_text, customer, database, documents, everything, turns
from tests.scenarios.talking_flows import ASKED, NUDGE, NUDGE_WORDS, THANKS, ring_ahead, talking_flows
from tests.stores import StoreServer


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose flows ask and wait, with the limit of replies that brands have."""
    glow = {"flows": str(talking_flows(tmp_path / "flows")), "replies_per_minute": 5}
    async with running(store_server, tmp_path, brands={"glow": glow}) as it:
        yield it


async def _follow_ups(shop: Running) -> list[Turn]:
    return [turn for turn in await turns(shop) if turn.unasked]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_question_and_its_answer(shop: Running, channel: str) -> None:
    """The answer comes in a message of its own: the flow goes on with it, then nothing waits. It stays a claim."""
    person = customer(shop, channel)
    assert (await person.says("please contact me")).text == ASKED
    waiting = (await person.conversation()).flow_state
    assert waiting is not None
    assert (waiting.flow, waiting.step) == ("contact", "ask_contact_email")

    assert (await person.says("it is ana@example.com")).text == f"{THANKS}, ana@example.com"
    conversation = await person.conversation()
    assert conversation.flow_state is None
    assert [(claim.kind, claim.masked) for claim in conversation.claims] == [("email", "a…@….com")]
    assert "ana@example.com" not in as_text(await documents(shop, "profiles"))
    assert "ana@example.com" not in as_text(await documents(shop, "identities"))


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_follow_up_is_said_once(shop: Running, channel: str) -> None:
    """A timer lets the flow go on by itself, once however often it rings, and to the same person."""
    person = customer(shop, channel)
    await person.says(NUDGE_WORDS)
    assert await ring_ahead(shop, timedelta(hours=1)) == 0
    (timer,) = await documents(shop, "timers")
    assert await ring_ahead(shop) == 1
    before = await everything(shop)

    async with database(shop) as found:
        await found["timers"].insert_one(timer)
    assert await ring_ahead(shop) == 1
    assert [each.text for each in shop.graph.sent] == ["I will remind you.", NUDGE]
    assert {each.recipient.lstrip("+") for each in shop.graph.sent} == {person.id}
    assert await everything(shop) == before
    assert len(await _follow_ups(shop)) == 1
    assert (await person.conversation()).flow_state is None


async def test_whoever_writes_gets_no_follow_up(shop: Running) -> None:
    """After another message the timer rings for nothing: a turn that says why, and no message."""
    person = customer(shop, "messenger")
    await person.says(NUDGE_WORDS)
    await person.says("hello again")
    await ring_ahead(shop)
    (turn,) = await _follow_ups(shop)
    assert turn.reasons == ("what this timer was set for is over",)
    assert NUDGE not in [each.text for each in shop.graph.sent]


@pytest.mark.parametrize("ends", ["a person", "a STOP"])
async def test_a_person_and_a_stop_end_what_waits(shop: Running, ends: str) -> None:
    """After a person wrote from the phone, or the customer said STOP, no flow goes on; nobody is asked to look."""
    person = customer(shop, "messenger")
    await person.says(NUDGE_WORDS)
    if ends == "a person":
        await shop.say("messenger", "echo", sender=person.id, text="Hi, Eva here.")
        await shop.quiet()
    else:
        await person.says("STOP")
    conversation = await person.conversation()
    assert conversation.flow_state is None
    await ring_ahead(shop)
    (turn,) = await _follow_ups(shop)
    assert turn.messages == ()
    assert turn.reasons == (("human_owner",) if ends == "a person" else ("stopped",))
    assert (await person.conversation()).needs_person is None


async def test_the_trace_says_until_when_a_person_has_it(shop: Running) -> None:
    """While a person talks the bot is silent, and its turn says when it comes back."""
    person = customer(shop, "messenger")
    await person.says("hello")
    await shop.say("messenger", "echo", sender=person.id, text="Hi, Eva here.")
    await shop.quiet()
    said = await person.says("thanks")
    until = (await person.conversation()).owner_until
    assert until is not None
    assert said.turn.decision.why == (f"silent: human_owner until {until:%Y-%m-%d %H:%M} UTC",)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_two_bots_do_not_talk_for_ever(shop: Running, channel: str) -> None:
    """The sixth automatic reply of a minute is not given: silence, a person is asked, and the trace says so."""
    machine, other = customer(shop, channel), customer(shop, channel, 2)
    answered = [len((await machine.says(f"I am here to help you {number}")).sent) for number in range(5)]
    assert answered == [1] * 5
    sixth = await machine.says("I am here to help you")
    assert sixth.sent == []
    assert sixth.turn.reasons == ("silent: 5 automatic replies within a minute: the other side may be a machine",)
    needs = (await machine.conversation()).needs_person
    assert needs is not None
    assert needs.startswith("5 automatic replies")
    assert len((await other.says("hello")).sent) == 1


async def test_what_a_flow_notes_is_on_the_conversation_and_on_the_profile(shop: Running) -> None:
    """Tags, fields and intents are on the conversation, and on the profile as the flows' own source; both go again."""
    await shop.say("shopify", "order_created", phone="+34600111222", order_number=1001)
    await shop.quiet()
    person = customer(shop, "whatsapp")
    person = replace(person, id="34600111222")
    await person.says("your wholesale prices?")
    conversation = await person.conversation()
    assert (conversation.tags, conversation.intent) == (("reseller",), "product_interest")
    assert conversation.needs_person == "vip: wants to resell"

    context = await shop.context("whatsapp", "+34600111222")
    assert context.conversation is not None
    assert (context.conversation.tags, context.conversation.intent) == (("reseller",), "product_interest")
    assert context.details is not None
    assert context.details.value is not None
    assert context.details.value.tags == ("reseller",)
    stage = context.details.value.fields["lifecycle_stage"]
    assert stage.value == "lead"

    await person.says("no, only for myself")
    assert (await person.conversation()).tags == ("consumer",)
    details = (await shop.context("whatsapp", "+34600111222")).details
    assert details is not None
    assert details.value is not None
    assert details.value.tags == ("consumer",)


async def test_what_a_flow_notes_can_be_rebuilt(shop: Running) -> None:
    """The fragment is what the events on record say: a rebuild finds no difference."""
    person = customer(shop, "messenger")
    await person.says("your wholesale prices?")
    store = shop.here.brands["glow"].store
    identity = (await store.get(Identity, [person.identifier.key]))[person.identifier.key].record
    record = identity.fragment.record
    assert record is not None
    assert {each.field: each.value for each in record.values} == {"lifecycle_stage": "lead", "tags": ("reseller",)}
    assert await differences(store, [person.identifier.key]) == []
