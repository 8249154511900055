"""A conversation lives: the customer stops and starts, a person takes over, messages change, identifiers change."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.testing import too_many_requests
from middleware.domain.conversation import Conversation
from tests.running import Running, minutes_ago, running, until
from tests.scenarios.looking import (
    CHANNELS,
    Person,
    Said,
    as_text,
    conversation_of,
    customer,
    documents,
    key_of,
    message_of,
    post_json,
    together,
    turns,
)
from tests.stores import StoreServer

STOPS = (
    "STOP", "stop", "Stop.", " stop! ", "Stopp", "BAJA", "Parar", "Abmelden", "unsubscribe", "cancelar",
    "\u201cSTOP\u201d",
)  # fmt: skip
NO_STOPS = (
    "please stop sending me the wrong size",
    "where does the bus stop?",
    "Der Stopp in Berlin war toll",
    "quiero dar de baja un pedido",
    "non-stop",
    "stop stop stop",
    "stop?no",
)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_stop_as_a_whole_message_silences(shop: Running, channel: str) -> None:
    """STOP in any language as a whole message silences the bot, at once and from then on; START takes it back."""
    people = [customer(shop, channel, number) for number in range(len(STOPS))]

    stopped = await together(shop, [(who, text, "message", {}) for who, text in zip(people, STOPS, strict=True)])
    later = await _all_say(shop, people, "where is my order?")
    started = await _all_say(shop, people, "START", seconds_later=2)
    again = await _all_say(shop, people, "where is my order?")

    assert [_how_many(each) for each in (stopped, later)] == [[0] * len(STOPS)] * 2
    assert all("stopped" in each.turn.reasons for each in [*stopped, *later])
    assert [_how_many(each) for each in (started, again)] == [[1] * len(STOPS)] * 2


async def _all_say(shop: Running, people: list[Person], text: str, seconds_later: float = 0) -> list[Said]:
    at = {"at": minutes_ago(-seconds_later / 60)} if seconds_later else {}
    return await together(shop, [(who, text, "message", at) for who in people])


def _how_many(said: list[Said]) -> list[int]:
    return [len(each.sent) for each in said]


async def test_stop_inside_a_sentence_does_not_silence(shop: Running) -> None:
    """The word inside a sentence stops nothing."""
    people = [customer(shop, "messenger", number) for number in range(len(NO_STOPS))]

    said = await together(shop, [(who, text, "message", {}) for who, text in zip(people, NO_STOPS, strict=True)])

    assert dict(zip(NO_STOPS, _how_many(said), strict=True)) == dict.fromkeys(NO_STOPS, 1)
    assert [who for who in people if (await who.conversation()).stopped()] == []


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("first", ["START", "STOP"])
async def test_stop_in_the_same_second_as_start_counts(shop: Running, channel: str, first: str) -> None:
    """WhatsApp tells times in whole seconds: of a STOP and a START in the same one the STOP counts."""
    person, at = customer(shop, channel), minutes_ago(1).replace(microsecond=0)
    for text in (first, "STOP" if first == "START" else "START"):
        await person.says(text, at=at)

    assert (await person.says("where is my order?")).sent == []


@pytest.mark.parametrize(
    ("channel", "kind"), [("messenger", "quick_reply"), ("instagram", "postback"), ("whatsapp", "button")]
)
async def test_stop_on_a_button_silences(shop: Running, channel: str, kind: str) -> None:
    """A button that says STOP is a STOP."""
    person = customer(shop, channel)
    assert (await person.says("Stop", kind, payload="STOP")).sent == []
    assert (await person.says("where is my order?")).sent == []


async def test_stop_in_standby_counts(shop: Running) -> None:
    """A STOP that was said while another app had the thread counts."""
    person = customer(shop, "messenger")
    await shop.say("messenger", "standby", sender=person.id, text="STOP")
    await shop.quiet()

    assert (await person.says("hello")).sent == []


async def test_stop_is_for_one_conversation(shop: Running) -> None:
    """A STOP silences the bot for who said it, and for nobody else."""
    await customer(shop, "messenger", 1).says("STOP")

    assert len((await customer(shop, "messenger", 2).says("hello")).sent) == 1
    assert len((await customer(shop, "instagram", 1).says("hello")).sent) == 1


@pytest.mark.parametrize("channel", CHANNELS)
async def test_stop_overtakes_a_reply_that_waits(shop: Running, channel: str) -> None:
    """A STOP that comes while a reply waits for the platform is heard at once: that reply is not sent."""
    shop.graph.fail_next(too_many_requests(retry_after=2))
    person = customer(shop, channel)
    waiting = await person.posts("where is my order?")
    await until(lambda: _asked(shop), "the first attempt")
    await person.posts("STOP")
    await shop.quiet()

    message = await message_of(shop, channel, waiting)
    assert (message.state, message.reason) == ("failed", "stopped")
    assert shop.graph.sent == []
    assert len(shop.graph.requests) == 1


async def _asked(shop: Running) -> bool:
    return bool(shop.graph.requests)


@pytest.mark.parametrize("channel", ["messenger", "instagram", "whatsapp"])
async def test_person_overtakes_a_reply_that_waits(shop: Running, channel: str) -> None:
    """A person who writes while a reply waits for the platform has the conversation: that reply is not sent."""
    shop.graph.fail_next(too_many_requests(retry_after=2))
    person = customer(shop, channel)
    waiting = await person.posts("where is my order?")
    await until(lambda: _asked(shop), "the first attempt")
    await shop.say(channel, "echo", sender=person.id, text="Hi, Eva here. I look after it.")
    await shop.quiet()

    message = await message_of(shop, channel, waiting)
    assert (message.state, message.reason) == ("failed", "human_owner")
    assert shop.graph.sent == []


@pytest.fixture
async def short_pause(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation in which a person has a conversation for a second after they wrote."""
    async with running(store_server, tmp_path, brands={"glow": {"takeover_pause": "1s"}}) as it:
        yield it


@pytest.mark.parametrize("channel", CHANNELS)
async def test_person_takes_over_and_the_bot_comes_back(short_pause: Running, channel: str) -> None:
    """When a person writes the bot is silent, and after takeover_pause it speaks again."""
    shop, person = short_pause, customer(short_pause, channel)
    await person.says("something that no flow knows")
    assert (await person.conversation()).needs_person is not None

    later = minutes_ago(-0.5)
    await shop.say(channel, "echo", sender=person.id, text="Hi, Eva here.", at=later)
    silent = await person.says("where is my order?")

    conversation = await person.conversation()
    assert silent.sent == []
    assert "human_owner" in silent.turn.reasons
    assert conversation.owner == "human"
    assert conversation.needs_person is None
    assert [line.text for line in conversation.lines if line.by == "human"] == ["Hi, Eva here."]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_bot_speaks_again_after_the_pause(short_pause: Running, channel: str) -> None:
    """A person's hold runs out by itself."""
    person = customer(short_pause, channel)
    await person.says("hello", at=minutes_ago(1))
    await short_pause.say(channel, "echo", sender=person.id, text="Hi, Eva here.", at=minutes_ago(0.5))
    await short_pause.quiet()

    assert len((await person.says("where is my order?")).sent) == 1


async def test_each_message_of_the_person_starts_the_pause_anew(shop: Running) -> None:
    """The pause counts from the person's last message, also if an earlier one comes in behind it."""
    person = customer(shop, "messenger")
    await person.says("hello", at=minutes_ago(50))
    for minutes in (10, 40):
        await shop.say("messenger", "echo", sender=person.id, text=f"{minutes}", at=minutes_ago(minutes))
    await shop.quiet()

    assert (await person.says("hello?")).sent == []


@pytest.mark.parametrize("channel", ["messenger", "instagram"])
async def test_own_echo_is_no_take_over(shop: Running, channel: str) -> None:
    """Our own echo, with our key or known by its id alone, takes nothing over and adds no line."""
    person = customer(shop, channel)
    await person.says("hello")
    (sent,) = shop.graph.sent
    for metadata in (key_of(sent), None):
        await shop.say(
            channel, "echo", sender=person.id, text=sent.text, message_id=sent.message_id, metadata=metadata,
        )  # fmt: skip
        await shop.quiet()

    said = await person.says("hello again")

    conversation = await person.conversation()
    assert len(said.sent) == 1
    assert conversation.owner == "bot"
    assert [line.by for line in conversation.lines] == ["customer", "bot", "customer", "bot"]


async def test_echo_that_only_looks_like_ours_is_a_person(shop: Running) -> None:
    """An echo with another app's metadata, or with a key of another conversation, is not ours: a person wrote."""
    first, second, third = (customer(shop, "messenger", number) for number in range(3))
    await together(shop, [(who, "hello", "message", {}) for who in (first, second, third)])
    key = next(key_of(sent) for sent in shop.graph.sent if sent.recipient == first.id)
    await shop.say("messenger", "echo", sender=second.id, text="I am Eva.", metadata=key)
    await shop.say(
        "messenger", "echo", sender=third.id, text="I am Eva.", metadata="some-other-app:1", app_id=263902037430900
    )
    await shop.quiet()

    assert [(await who.conversation()).owner for who in (first, second, third)] == ["bot", "human", "human"]


@pytest.mark.parametrize("channel", ["messenger", "instagram"])
async def test_standby_is_read_and_never_answered(shop: Running, channel: str) -> None:
    """What comes in while another app owns the thread is kept and gets no answer."""
    person = customer(shop, channel)
    await shop.say(channel, "standby", sender=person.id, text="where is my order?")
    await shop.quiet()

    assert shop.graph.requests == []
    assert await turns(shop) == []
    assert [line.text for line in (await person.conversation()).lines] == ["where is my order?"]


async def test_edit_changes_the_kept_line(shop: Running) -> None:
    """An edited message is kept as edited, in its place, and is not answered again."""
    person = customer(shop, "messenger")
    said = await person.says("where is my odrer?")
    await shop.say("messenger", "edit", sender=person.id, other_message_id=said.message_id, text="where is my order?")
    await shop.quiet()

    assert _text_of(await person.conversation(), said.message_id) == "where is my order?"
    assert len(shop.graph.sent) == 1


@pytest.mark.parametrize("channel", CHANNELS)
async def test_lines_of_one_second_keep_their_order(shop: Running, channel: str) -> None:
    """WhatsApp tells times in whole seconds: what is said within one is kept in the order in which it came in."""
    person, at = customer(shop, channel), minutes_ago(1).replace(microsecond=0)
    for text, place in (("one", "z"), ("two", "m"), ("three", "a")):
        await person.says(text, at=at, message_id=f"{place}-{text}")

    lines = (await person.conversation()).lines
    assert [line.text for line in lines if line.by == "customer"] == ["one", "two", "three"]


async def test_unsend_empties_the_kept_line(shop: Running) -> None:
    """A message that was taken back is gone from every place where we kept its words."""
    person = customer(shop, "instagram")
    said = await person.says("my secret is CANARY-4711, where is my order?")
    await shop.say("instagram", "unsend", sender=person.id, other_message_id=said.message_id)
    await shop.quiet()

    assert _text_of(await person.conversation(), said.message_id) == ""
    for collection in ("conversations", "events", "turns", "profiles", "identities", "inbox"):
        assert "CANARY-4711" not in as_text(await documents(shop, collection)), collection
    context = await shop.context("instagram", person.id)
    assert "CANARY-4711" not in context.model_dump_json()


async def test_unsend_in_later_turns(shop: Running) -> None:
    """The words of a message that was taken back do not stay in the contexts of later turns either."""
    person = customer(shop, "instagram")
    said = await person.says("my secret is CANARY-4711")
    await person.says("where is my order?")
    await shop.say("instagram", "unsend", sender=person.id, other_message_id=said.message_id)
    await shop.quiet()

    assert "CANARY-4711" not in as_text(await documents(shop, "turns"))


async def test_unsend_that_comes_first_counts(shop: Running) -> None:
    """The platform keeps no order: a message that comes in behind its own unsend is not kept in words."""
    person = customer(shop, "instagram")
    await person.says("hello")
    await shop.say("instagram", "unsend", sender=person.id, other_message_id="mid-of-the-late-one")
    await shop.quiet()
    await person.says("CANARY-4711", message_id="mid-of-the-late-one")

    assert _text_of(await person.conversation(), "mid-of-the-late-one") == ""


def _text_of(conversation: Conversation, line_id: str) -> str:
    (line,) = (line for line in conversation.lines if line.id == line_id)
    return line.text


async def test_marketing_opt_out_changes_promotion_only(shop: Running) -> None:
    """A marketing opt-out forbids promotion, not replies; an opt-in allows it again."""
    person = customer(shop, "messenger")
    await person.says("hello", at=minutes_ago(3))
    assert (await shop.context("messenger", person.id)).policy.may_promote

    await _opt(shop, person, "STOP NOTIFICATIONS", minutes=2)
    out = (await shop.context("messenger", person.id)).policy
    assert (out.may_reply, out.may_promote, out.reasons) == (True, False, ("marketing_stopped",))
    assert len((await person.says("where is my order?")).sent) == 1

    await _opt(shop, person, "RESUME NOTIFICATIONS", minutes=1)
    assert (await shop.context("messenger", person.id)).policy.may_promote


async def _opt(shop: Running, person: Person, status: str, minutes: float) -> None:
    optin = {"type": "notification_messages", "payload": "deals", "notification_messages_status": status}
    at = int(minutes_ago(minutes).timestamp() * 1000)
    item = {"sender": {"id": person.id}, "recipient": {"id": "1001"}, "timestamp": at, "optin": optin}
    entry = {"id": "1001", "time": at, "messaging": [item]}
    assert await post_json(shop, "messenger", {"object": "page", "entry": [entry]}) == 200
    await shop.quiet()


async def test_status_moves_forward_only(shop: Running) -> None:
    """Delivered and read move the line's status on; what comes in late does not move it back."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    (sent,) = shop.graph.sent
    seen = [await _status_of(person, sent.message_id)]
    for status in ("delivered", "read", "delivered", "sent", "read"):
        await shop.say("whatsapp", "status", sender=person.id, status=status, other_message_id=sent.message_id)
        await shop.quiet()
        seen.append(await _status_of(person, sent.message_id))

    assert seen == ["sent", "delivered", "read", "read", "read", "read"]


async def test_messenger_watermark_moves_all_lines_up_to_it(shop: Running) -> None:
    """On Messenger a read goes for everything up to its watermark, and for nothing after it."""
    person = customer(shop, "messenger")
    first = await person.says("hello")
    await shop.say("messenger", "read", sender=person.id)
    await shop.quiet()
    second = await person.says("hello again")

    assert await _status_of(person, first.sent[0].message_id) == "read"
    assert await _status_of(person, second.sent[0].message_id) == "sent"


async def test_instagram_read_moves_the_named_line(shop: Running) -> None:
    """On Instagram a read names its message."""
    person = customer(shop, "instagram")
    said = await person.says("hello")
    await shop.say("instagram", "read", sender=person.id, other_message_id=said.sent[0].message_id)
    await shop.quiet()

    assert await _status_of(person, said.sent[0].message_id) == "read"


async def _status_of(person: Person, line_id: str) -> str | None:
    (line,) = (line for line in (await person.conversation()).lines if line.id == line_id)
    return line.status


async def test_whatsapp_without_phone_is_answered_by_business_scoped_id(shop: Running) -> None:
    """A contact without a phone is answered by `recipient`, and by nothing else."""
    person = Person(shop, "whatsapp", "ES.9001abc", "Lea")

    said = await person.says("where is my order?")

    (sent,) = said.sent
    assert sent.body["recipient"] == "ES.9001abc"
    assert "to" not in sent.body
    assert (await shop.context("whatsapp", "ES.9001abc")).conversation is not None


async def test_whatsapp_with_both_is_one_conversation(shop: Running) -> None:
    """Phone alone, both, and the business-scoped id alone are one person in one conversation."""
    by_phone, by_id = Person(shop, "whatsapp", "34600111222"), Person(shop, "whatsapp", "ES.9001abc")
    said = [
        await by_phone.says("one", at=minutes_ago(4)),
        await by_id.says("two", phone="+34600111222", at=minutes_ago(3)),
        await by_id.says("three", at=minutes_ago(2)),
        await by_phone.says("four", at=minutes_ago(1)),
    ]

    assert len({each.turn.conversation_id for each in said}) == 1
    assert len({each.turn.profile_id for each in said}) == 1
    assert len(await documents(shop, "conversations")) == 1
    conversation = await conversation_of(shop, "ES.9001abc")
    assert [line.text for line in conversation.lines if line.by == "customer"] == ["one", "two", "three", "four"]


@pytest.mark.parametrize("phone", [None, "+34600111222"], ids=["without phone", "with phone"])
async def test_identity_change_keeps_the_conversation(shop: Running, phone: str | None) -> None:
    """When WhatsApp says that one id became another, the conversation and what is known go on under the new one."""
    await shop.say("shopify", "order_paid", phone="+34600111222", order_number=1001)
    old, new = Person(shop, "whatsapp", "ES.9001abc"), Person(shop, "whatsapp", "ES.9002def")
    parts = {} if phone is None else {"phone": phone}
    before = await old.says("hello", at=minutes_ago(1), **parts)

    await shop.say("whatsapp", "identity_change", sender=old.id, new_sender=new.id, **parts)
    await shop.quiet()
    after = await new.says("where is my order?", **parts)

    assert after.turn.conversation_id == before.turn.conversation_id
    assert after.turn.profile_id == before.turn.profile_id
    assert ("#1001" in after.text) == (phone is not None)
    lines = (await conversation_of(shop, new.id)).lines
    assert [line.text for line in lines if line.by == "customer"] == ["hello", "where is my order?"]


async def test_stop_survives_an_identity_change(shop: Running) -> None:
    """Who said STOP under the old id is not written to under the new one."""
    old, new = Person(shop, "whatsapp", "ES.9001abc"), Person(shop, "whatsapp", "ES.9002def")
    await old.says("STOP")
    await shop.say("whatsapp", "identity_change", sender=old.id, new_sender=new.id)
    await shop.quiet()

    assert (await new.says("hello")).sent == []


@pytest.mark.parametrize("channel", CHANNELS)
async def test_closed_window_is_reopened_by_the_customer(shop: Running, channel: str) -> None:
    """A day after the customer's last message nothing may be written; their next one opens the window."""
    person = customer(shop, channel)
    await person.says("hello", at=minutes_ago(25 * 60))
    closed = await shop.context(channel, person.id)
    assert not closed.policy.may_reply
    assert "window_closed" in closed.policy.reasons
    assert shop.graph.sent == []

    said = await person.says("hello")

    assert len(said.sent) == 1
    assert (await shop.context(channel, person.id)).policy.may_reply


async def test_time_from_the_future_counts_as_now(shop: Running) -> None:
    """A message from the future opens the window for a day from now, and does not outlive the words that follow it."""
    person = customer(shop, "messenger")
    await person.says("START", at=minutes_ago(-60 * 24 * 300))
    window = (await person.conversation()).window(minutes_ago(0))
    assert window.closes_at is not None
    assert window.closes_at <= minutes_ago(-60 * 25)

    await person.says("STOP")

    assert (await person.says("hello")).sent == []
