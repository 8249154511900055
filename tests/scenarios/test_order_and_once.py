"""Whatever the platform repeats, delays or mixes up: each message is answered once, and in its order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import Behaviour, api_error, too_many_requests
from middleware.domain.messages import SendState
from tests.running import Running, minutes_ago, running, until
from tests.scenarios.looking import (
    CHANNELS,
    customer,
    documents,
    event_key,
    everything,
    new_id,
    reports_to,
    turns,
)
from tests.stores import StoreServer

Stored = dict[str, list[dict[str, Any]]]
"""The documents of each collection."""


async def answered_in_order(shop: Running, channel: str, ids: list[str], *, by: list[Running] | None = None) -> None:
    """Each of these messages has one turn with one reply that was sent once, in this order."""
    decided = {turn.event_key: turn for turn in await turns(shop)}
    assert sorted(decided) == sorted(event_key(channel, each) for each in ids)
    sent = sorted((each for where in by or [shop] for each in where.graph.sent), key=lambda each: each.at)
    expected = [message.message_id for each in ids for message in decided[event_key(channel, each)].messages]
    assert [each.message_id for each in sent] == expected
    assert len(expected) == len(ids)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_many_copies_at_once_are_one_event_one_turn_one_reply(shop: Running, channel: str) -> None:
    """64 copies of one delivery at the same time are one event, one turn and one reply; each copy is accepted."""
    message_id = new_id()
    person = customer(shop, channel)
    body, headers = shop.sample(channel, "message", sender=person.id, text="hello", message_id=message_id)

    statuses = await asyncio.gather(*(shop.post(channel, body, headers) for _ in range(64)))
    await shop.replies()

    assert statuses == [200] * 64
    assert [each["_id"] for each in await documents(shop, "events")] == [event_key(channel, message_id)]
    assert await documents(shop, "inbox") == []
    await answered_in_order(shop, channel, [message_id])


async def test_many_copies_of_many_messages_at_once(shop: Running) -> None:
    """Eight copies each of messages of twelve customers on three channels: every message is answered once."""
    people = [customer(shop, channel, number) for channel in CHANNELS for number in range(4)]
    bodies = [(who.channel, *shop.sample(who.channel, "message", sender=who.id, text="hello")) for who in people]

    statuses = await asyncio.gather(*(shop.post(*body) for body in bodies * 8))
    await shop.replies(len(people))

    assert statuses == [200] * 8 * len(people)
    assert sorted(each.recipient for each in shop.graph.sent) == sorted(who.id for who in people)
    assert len(await turns(shop)) == len(people)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_replies_come_in_the_order_of_the_messages(shop: Running, channel: str) -> None:
    """20 messages of one conversation, posted one after the other without waiting, get 20 replies in their order."""
    person = customer(shop, channel)
    ids = [await person.posts(f"hello {number}") for number in range(20)]
    await shop.replies(20)

    await answered_in_order(shop, channel, ids)
    lines = (await person.conversation()).lines
    assert [line.at for line in lines] == sorted(line.at for line in lines)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_own_reports_behind_a_burst_change_nothing(shop: Running, channel: str) -> None:
    """Our own echoes and statuses that come after a burst of 30 messages are no take-over: the bot goes on."""
    reports_to(shop, channel)
    person = customer(shop, channel)
    for number in range(30):
        await person.posts(f"hello {number}")
    await shop.quiet()
    await shop.graph.settled()
    await shop.quiet()

    assert len(shop.graph.sent) == 30
    said = await person.says("still there?")

    assert len(said.sent) == 1
    assert (await person.conversation()).owner == "bot"


@asynccontextmanager
async def two_installations(server: StoreServer, directory: Path, **changes: Any) -> AsyncIterator[list[Running]]:
    """Two whole installations on the same databases, as on two machines."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(server, directory, **changes))
        settings = first.here.settings
        same = {
            "store": {"common_database": settings.store.common_database},
            "brands": {"glow": {"database": settings.brands["glow"].database}},
        }
        second = await stack.enter_async_context(running(server, directory, **same, **changes))
        yield [first, second]


async def _all_quiet(both: list[Running]) -> None:
    for each in both:
        await each.quiet()


async def test_copies_at_two_installations_are_answered_once(store_server: StoreServer, tmp_path: Path) -> None:
    """The same deliveries at two installations at once are one event, one turn and one reply each."""
    async with two_installations(store_server, tmp_path) as both:
        people = [customer(both[0], channel, number) for channel in CHANNELS for number in range(3)]
        bodies = [(p.channel, *both[0].sample(p.channel, "message", sender=p.id, text="hello")) for p in people]

        statuses = await asyncio.gather(*(each.post(*body) for body in bodies * 4 for each in both))
        await until(lambda: _sent(both, len(people)), "all replies")
        await _all_quiet(both)

        assert set(statuses) == {200}
        assert sorted(each.recipient for where in both for each in where.graph.sent) == sorted(p.id for p in people)
        assert len(await turns(both[0])) == len(people)


async def _sent(both: list[Running], number: int) -> bool:
    return sum(len(each.graph.sent) for each in both) >= number


@pytest.mark.parametrize("channel", CHANNELS)
async def test_two_installations_answer_one_conversation_once(
    store_server: StoreServer, tmp_path: Path, channel: str
) -> None:
    """A conversation whose messages come in at two installations by turns is answered once, by one at a time.

    What one of them accepted it answers in order. Between the two, messages of the same instant may pass each other.
    """
    async with two_installations(store_server, tmp_path) as both:
        ids = [await customer(both[place % 2], channel).posts(f"hello {place}") for place in range(10)]
        await until(lambda: _sent(both, 10), "all replies")
        await _all_quiet(both)

        decided = {turn.event_key: turn for turn in await turns(both[0])}
        expected = [decided[event_key(channel, each)].messages[0].message_id for each in ids]
        sent = [[each.message_id for each in one.graph.sent] for one in both]
        assert sorted(each for one in sent for each in one) == sorted(filter(None, expected))
        for number, one in enumerate(sent):
            mine = [each for each in one if each in expected[number::2]]
            assert mine == [each for each in expected[number::2] if each in one]


async def test_waiting_reply_is_not_overtaken_at_another_installation(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """While a reply waits because the platform said so, the next message at another installation waits behind it."""
    async with two_installations(store_server, tmp_path) as (first, second):
        first.graph.fail_next(too_many_requests(retry_after=2))
        ids = [await customer(first, "messenger").posts("hello")]
        await until(lambda: _asked(first), "the first attempt")
        ids.append(await customer(second, "messenger").posts("anybody there?"))
        await until(lambda: _sent([first, second], 2), "both replies")
        await _all_quiet([first, second])

        await answered_in_order(first, "messenger", ids, by=[first, second])


async def _asked(shop: Running) -> bool:
    return bool(shop.graph.requests)


async def test_two_installations_share_the_work_of_one_that_stopped(store_server: StoreServer, tmp_path: Path) -> None:
    """What one installation accepted and did not work off is answered by the other, once."""
    async with two_installations(store_server, tmp_path) as (first, second):
        await first.here.worker.stop()
        ids = [await customer(first, "messenger").posts(f"hello {place}") for place in range(5)]
        await until(lambda: _sent([second], 5), "all replies")
        await second.quiet()

        await answered_in_order(second, "messenger", ids)
        assert first.graph.sent == []


async def _fifty(shop: Running) -> list[tuple[str, bytes, dict[str, str]]]:
    """50 deliveries, worked off: messages that claim something, a shop's facts, echoes, receipts, a STOP."""
    bodies: list[tuple[str, bytes, dict[str, str]]] = []

    async def deliver(connector: str, kind: str, **parts: Any) -> None:
        bodies.append((connector, *shop.sample(connector, kind, **parts)))
        assert await shop.post(*bodies[-1]) == 200
        await shop.quiet()

    people = {channel: customer(shop, channel).id for channel in CHANNELS}
    start = datetime.now(UTC) - timedelta(minutes=9)
    for number in range(40):
        channel = CHANNELS[0] if number < 30 else CHANNELS[number % 3]
        text = f"where is my order #{7100 + number}?"
        at = start + timedelta(seconds=10 * number)
        await deliver(channel, "message", sender=people[channel], text=text, at=at)
    late = start + timedelta(seconds=450)
    await deliver("shopify", "order_paid", phone=f"+{people['whatsapp']}")
    await deliver("shopify", "checkout_created")
    await deliver("messenger", "echo", sender=people["messenger"], text="A person here.", at=start)
    await deliver("messenger", "reaction", sender=people["messenger"], at=late)
    await deliver("messenger", "read", sender=people["messenger"], at=late)
    await deliver("messenger", "edit", sender=people["messenger"], text="edited", at=late)
    await deliver("instagram", "unsend", sender=people["instagram"], at=late)
    await deliver("whatsapp", "ad_message", sender=people["whatsapp"], text="is it vegan?", at=late)
    await deliver("whatsapp", "message", sender=people["whatsapp"], text="STOP", at=late)
    await deliver("messenger", "optin", sender=people["messenger"], at=late)
    return bodies


async def test_replay_of_what_is_done_changes_nothing(shop: Running) -> None:
    """50 old deliveries once more, in any order, after everything is done: no new reply, nothing stored changes."""
    bodies = await _fifty(shop)
    assert len(bodies) == 50
    before, sent = await everything(shop), len(shop.graph.sent)

    for body in [*bodies[::2], *reversed(bodies)]:
        assert await shop.post(*body) == 200
    await shop.quiet()

    assert len(shop.graph.sent) == sent
    assert _changed(before, await everything(shop)) == []


def _changed(before: Stored, after: Stored) -> list[tuple[str, str, str, object, object]]:
    """What differs between two states: collection, document, field, before and after."""
    found: list[tuple[str, str, str, object, object]] = []
    for name in sorted({*before, *after}):
        old, new = ({each["_id"]: each for each in side.get(name, [])} for side in (before, after))
        for key in sorted({*old, *new}):
            one, other = old.get(key, {}), new.get(key, {})
            fields = sorted({*one, *other})
            found += [
                (name, key, each, one.get(each), other.get(each)) for each in fields if one.get(each) != other.get(each)
            ]
    return found


async def test_replayed_echo_does_not_take_a_conversation_off_the_queue(shop: Running) -> None:
    """A person's old echo that is delivered again does not hide that a person is needed now."""
    person = customer(shop, "messenger")
    await person.says("hello", at=minutes_ago(40))
    body, headers = shop.sample("messenger", "echo", sender=person.id, text="Hi, it is me.", at=minutes_ago(39))
    assert await shop.post("messenger", body, headers) == 200
    await shop.quiet()
    await person.says("something that no flow knows")
    before = await person.conversation()
    assert before.needs_person is not None

    assert await shop.post("messenger", body, headers) == 200
    await shop.quiet()

    assert (await person.conversation()).needs_person == before.needs_person


async def test_replayed_old_message_does_not_call_a_person_again(shop: Running) -> None:
    """A message that was too old, and that a person has looked after since, does not come up again when replayed."""
    person = customer(shop, "messenger")
    body, headers = shop.sample("messenger", "message", sender=person.id, text="hello", at=minutes_ago(60))
    assert await shop.post("messenger", body, headers) == 200
    await shop.quiet()
    assert (await person.conversation()).needs_person is not None
    await shop.say("messenger", "echo", sender=person.id, text="Sorry for the wait!")
    await shop.quiet()
    assert (await person.conversation()).needs_person is None

    assert await shop.post("messenger", body, headers) == 200
    await shop.quiet()

    assert (await person.conversation()).needs_person is None
    assert shop.graph.sent == []


@pytest.mark.parametrize("channel", CHANNELS)
async def test_replay_does_not_make_anybody_reachable(shop: Running, channel: str) -> None:
    """The delivery after which the platform said that nobody is there is no sign of life when it comes again."""
    shop.graph.fail_next(api_error(131026 if channel == "whatsapp" else 551))
    person = customer(shop, channel)
    body, headers = shop.sample(channel, "message", sender=person.id, text="hello")
    assert await shop.post(channel, body, headers) == 200
    await shop.quiet()
    before = await person.conversation()
    assert before.unreachable is not None

    assert await shop.post(channel, body, headers) == 200
    await shop.quiet()

    assert (await person.conversation()).unreachable == before.unreachable
    assert len((await person.says("I am back")).sent) == 1


@pytest.mark.parametrize("channel", CHANNELS)
async def test_late_message_is_put_where_it_belongs(shop: Running, channel: str) -> None:
    """A message with an older provider time is answered once, stands before the newer one, and moves nothing back."""
    person = customer(shop, channel)
    newer = await person.says("where is my order?", at=minutes_ago(1))
    before = await person.conversation()

    older = await person.says("hello", at=minutes_ago(5))

    after = await person.conversation()
    assert after.last_inbound_at == before.last_inbound_at
    assert after.started_at <= before.started_at
    said = [line.id for line in after.lines if line.by == "customer"]
    assert said == [older.message_id, newer.message_id]
    assert len(older.sent) == 1


async def test_late_start_does_not_undo_a_later_stop(shop: Running) -> None:
    """START that was said before STOP and comes in after it changes nothing: the latest word counts."""
    person = customer(shop, "messenger")
    await person.says("STOP", at=minutes_ago(1))
    await person.says("START", at=minutes_ago(3))

    assert (await person.says("hello")).sent == []


@pytest.mark.parametrize("channel", CHANNELS)
async def test_message_older_than_the_limit_goes_to_a_person(shop: Running, channel: str) -> None:
    """A message older than reply_max_age gets no reply: it is stored, and the conversation waits for a person."""
    person = customer(shop, channel)

    said = await person.says("where is my order?", at=minutes_ago(16))

    conversation = await person.conversation()
    assert shop.graph.sent == []
    assert said.turn.messages == ()
    assert said.turn.done
    assert "too_old" in said.turn.reasons
    assert conversation.needs_person is not None
    assert [line.id for line in conversation.lines] == [said.message_id]
    assert event_key(channel, said.message_id) in [each["_id"] for each in await documents(shop, "events")]


async def test_message_that_waited_too_long_for_the_platform_is_dropped(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """A reply that became too old while the platform let it wait is not sent, and says why."""
    async with running(store_server, tmp_path, brands={"glow": {"reply_max_age": "1s"}}) as shop:
        shop.graph.behave(too_many_requests(retry_after=2))
        person = customer(shop, "messenger")
        message_id = await person.posts("hello")
        await shop.quiet()
        shop.graph.behave(None)

        (message,) = (await person.turn(message_id)).messages
        assert message.state is SendState.FAILED
        assert message.reason == "too_old"
        assert shop.graph.sent == []


async def test_one_slow_conversation_does_not_hold_up_others(store_server: StoreServer, tmp_path: Path) -> None:
    """With several sends at once, all others are answered while one customer's reply waits for the platform."""
    async with running(store_server, tmp_path, worker={"sends_at_once": 4}) as shop:
        slow = customer(shop, "messenger", 1)
        shop.graph.behave(lambda request: Behaviour(delay=3) if slow.id.encode() in request.body else None)
        await slow.posts("hello")
        others = [customer(shop, "messenger", number) for number in range(2, 8)]
        await asyncio.gather(*(each.posts("hello") for each in others))

        await shop.replies(7)

        assert shop.graph.sent[-1].recipient == slow.id
