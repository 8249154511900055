"""Agents answer, take over, give back, close, note: in the order of the customer's lane, once, and on record."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from connectors.testing import ApprovedTemplate, accept_then_reset, too_many_requests
from middleware.domain.agents import (
    Assigned,
    Closed,
    Noted,
    Paused,
    Released,
    Reopened,
    Replied,
    TagsChanged,
    TookOver,
)
from middleware.domain.conversation import Conversation, Owner
from middleware.domain.events import EventKind
from middleware.domain.forms import Approved, Media
from middleware.domain.messages import Reply
from middleware.domain.turn import Turn
from middleware.pipeline.agents import WHY_NOT, Refused, Taken
from middleware.ports import InboxEntry, Put, Recorded
from tests.running import Running, minutes_ago, until
from tests.scenarios.agents import does, done, writes
from tests.scenarios.looking import (
    BRAND,
    CHANNELS,
    EVERYWHERE,
    Person,
    customer,
    documents,
    key_of,
    reports_to,
    turns,
)
from tests.scenarios.tracing import as_page, trace_of

DAY = 24 * 60


async def _act_turns(shop: Running) -> list[Turn]:
    return [turn for turn in await turns(shop) if turn.act is not None]


async def test_an_agent_takes_over_answers_and_gives_back(shop: Running) -> None:
    """While an agent has the conversation the bot is silent and says until when; given back, it answers again."""
    person = customer(shop, "whatsapp")
    assert len((await person.says("where is my order?")).sent) == 1

    await done(shop, person, TookOver())
    held = await person.says("are you there?")
    await writes(shop, person, "Hi, this is Ana. I look into it.")
    still = await person.says("thank you!")
    sent = shop.graph.sent[-1]
    await done(shop, person, Released())
    again = await person.says("where is my order?")

    assert (sent.text, sent.recipient) == ("Hi, this is Ana. I look into it.", person.id)
    assert [len(each.sent) for each in (held, still, again)] == [0, 0, 1]
    assert held.turn.reasons == ("human_owner",)
    conversation = await person.conversation()
    assert conversation.owner is Owner.BOT
    line = next(each for each in conversation.lines if each.author is not None)
    assert (line.by, line.author, line.text, line.status) == (
        "human",
        "ana",
        "Hi, this is Ana. I look into it.",
        "sent",
    )


@pytest.mark.parametrize("channel", EVERYWHERE)
async def test_a_reply_takes_the_conversation_over(shop: Running, channel: str) -> None:
    """On every channel a reply is sent once, and the bot is silent for takeover_pause, which the turn says."""
    person = customer(shop, channel)
    await person.says("hello")
    before = datetime.now(UTC)
    await writes(shop, person, "Ana here.")
    after = await person.says("hello?")

    conversation = await person.conversation()
    assert conversation.owner is Owner.HUMAN
    assert conversation.owner_until is not None
    pause = shop.here.brands[BRAND].takeover_pause
    assert timedelta(0) <= conversation.owner_until - before - pause < timedelta(minutes=1)
    assert after.sent == []
    assert f"until {conversation.owner_until:%Y-%m-%d %H:%M} UTC" in after.turn.decision.why[0]
    (message,) = [each for turn in await _act_turns(shop) for each in turn.messages]
    assert (message.author, message.state) == ("ana", "sent")
    if channel == "webchat":
        assert [line["text"] for line in await person.page() if line["by"] == "human"] == ["Ana here."]


async def test_a_reply_may_leave_the_bot_its_conversation(shop: Running) -> None:
    """A reply that says so takes nothing over."""
    person = customer(shop, "messenger")
    await person.says("hello")
    await done(shop, person, Replied(replies=(Reply(text="By the way: we are open again."),), takes_over=False))

    assert shop.graph.sent[-1].text == "By the way: we are open again."
    assert (await person.conversation()).owner is Owner.BOT
    assert len((await person.says("where is my order?")).sent) == 1


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_echo_of_a_reply_is_ours(shop: Running, channel: str) -> None:
    """The platform's echo and statuses of an agent's reply settle on it: one line, by its author, no other person's."""
    reports_to(shop, channel, statuses=("sent", "delivered", "read"))
    person = customer(shop, channel)
    await person.says("hello")
    await done(shop, person, Replied(replies=(Reply(text="Ana here."),), takes_over=False))
    await shop.quiet()

    conversation = await person.conversation()
    assert [(line.author, line.text) for line in conversation.lines if line.by == "human"] == [("ana", "Ana here.")]
    assert conversation.owner is Owner.BOT


async def test_statuses_come_back_on_a_reply(shop: Running) -> None:
    """A read receipt of WhatsApp stands on the agent's line."""
    reports_to(shop, "whatsapp", statuses=("sent", "delivered", "read"))
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await writes(shop, person, "Ana here.")

    async def is_read() -> bool:
        return [line.status for line in (await person.conversation()).lines if line.by == "human"] == ["read"]

    await until(is_read, "the receipt")


async def test_a_form_that_is_sent_twice_is_one_message(shop: Running) -> None:
    """The same form at the same time, and again when all is over: one message, told as the same."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    before = len(shop.graph.sent)
    first, second = await asyncio.gather(*(does(shop, person, Reply(text="Once."), key="form-0001") for _ in range(2)))
    await shop.quiet()
    third = await does(shop, person, Reply(text="Once."), key="form-0001")
    await shop.quiet()

    assert len(shop.graph.sent) == before + 1
    assert [each.again for each in (first, second, third) if isinstance(each, Taken)].count(True) == 2
    assert len([line for line in (await person.conversation()).lines if line.by == "human"]) == 1


async def test_an_act_that_is_told_again_changes_nothing(shop: Running) -> None:
    """An old act whose event comes into the inbox again does not undo what was done since."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    taken = await done(shop, person, Released())
    await done(shop, person, TookOver())
    (event,) = taken.events
    await shop.here.brands[BRAND].store.write(Put(InboxEntry.of(event)))
    shop.here.worker.submit([(BRAND, event)])
    await shop.quiet()

    assert (await person.conversation()).owner is Owner.HUMAN


async def _late(shop: Running, channel: str, minutes: float) -> Person:
    """A customer whose last message is some minutes old."""
    person = customer(shop, channel)
    await person.says("hello", at=minutes_ago(minutes))
    return person


@pytest.mark.parametrize(
    ("channel", "minutes", "reasons"),
    [
        ("whatsapp", DAY + 1, ("window_closed",)),
        ("messenger", 7 * DAY + 1, ("window_closed",)),
        ("instagram", 7 * DAY + 1, ("window_closed",)),
    ],
)
async def test_a_reply_outside_the_window_is_refused(
    shop: Running, channel: str, minutes: float, reasons: tuple[str, ...]
) -> None:
    """What may not go is refused before it is queued, with a reason in words; nothing is stored."""
    person = await _late(shop, channel, minutes)
    events = len(await documents(shop, "events"))
    found = await does(shop, person, Reply(text="Too late?"))

    assert isinstance(found, Refused)
    assert found.reasons == reasons
    assert found.in_words() == WHY_NOT["window_closed"]
    assert len(await documents(shop, "events")) == events
    assert await documents(shop, "inbox") == []


@pytest.mark.parametrize(("channel", "minutes"), [("messenger", 3 * DAY), ("instagram", 6 * DAY)])
async def test_within_a_week_a_person_may_answer_with_the_tag(shop: Running, channel: str, minutes: float) -> None:
    """Outside the window an agent's reply goes as a human agent's; inside it goes without the tag."""
    person = await _late(shop, channel, minutes)
    await writes(shop, person, "Sorry for the wait.")
    late = shop.graph.sent[-1]
    await person.says("no problem")
    await writes(shop, person, "Great.")

    assert (late.text, late.body.get("tag")) == ("Sorry for the wait.", "HUMAN_AGENT")
    assert (shop.graph.sent[-1].text, shop.graph.sent[-1].body.get("tag")) == ("Great.", None)


async def test_outside_the_window_an_approved_template_may_go(shop: Running) -> None:
    """WhatsApp takes an approved template at any time, from an agent as well."""
    person = await _late(shop, "whatsapp", DAY + 1)
    shop.graph._templates = (ApprovedTemplate("order_update", "en", body=1),)
    form = Approved(name="order_update", language="en", body=("Ana",))
    await done(shop, person, Reply(text="Your order is on its way.", form=form))

    assert shop.graph.sent[-1].body["template"]["name"] == "order_update"


async def test_who_said_stop_is_not_written_to(shop: Running) -> None:
    """A STOP holds back a person, too: before it is queued, and between the queue and the call."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    shop.graph.fail_next(too_many_requests(retry_after=1))
    await does(shop, person, Reply(text="One more thing."))
    before = len(shop.graph.sent)
    await person.posts("STOP")
    await shop.quiet()
    found = await does(shop, person, Reply(text="And another."))

    assert isinstance(found, Refused)
    assert found.reasons == ("stopped",)
    (message,) = [each for turn in await _act_turns(shop) for each in turn.messages]
    assert (message.state, message.reason) == ("failed", "stopped")
    assert len(shop.graph.sent) == before


async def test_a_long_reply_becomes_several_messages(shop: Running) -> None:
    """What is longer than the channel takes goes as several messages, in order, once."""
    person = customer(shop, "instagram")
    await person.says("hello")
    before = len(shop.graph.sent)
    text = " ".join(f"word{number}" for number in range(300))
    await writes(shop, person, text)

    said = [each.text for each in shop.graph.sent[before:]]
    assert len(said) > 1
    assert " ".join(said) == text


async def test_a_file_goes_by_its_link(shop: Running) -> None:
    """An agent sends a picture by its address."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    form = Media(type="image", url="https://cdn.glow.example/size-chart.png", caption="Sizes")
    await done(shop, person, Reply(text="", form=form))

    assert shop.graph.sent[-1].body["image"]["link"] == "https://cdn.glow.example/size-chart.png"
    assert (await person.conversation()).lines[-1].text == "Sizes"


async def test_a_reply_that_waits_lets_nothing_of_the_bot_pass(shop: Running) -> None:
    """An agent who answers while the bot's message waits for the platform: theirs is sent, the bot's is not."""
    person = customer(shop, "whatsapp")
    shop.graph.fail_next(too_many_requests(retry_after=2))
    await person.posts("where is my order?")

    async def waits() -> bool:
        return any(entry.not_before for entry in (await person.conversation()).outbox)

    async def known() -> bool:
        return bool(await documents(shop, "conversations"))

    await until(known, "the conversation")
    await until(waits, "the bot's message to wait")
    await writes(shop, person, "Ana here.")

    assert [each.text for each in shop.graph.sent] == ["Ana here."]
    assert [turn.messages[0].reason for turn in await turns(shop) if turn.messages] == ["human_owner", None]


async def test_pause_silences_for_so_long(shop: Running) -> None:
    """A paused bot is silent, says until when, and answers again when the time is over."""
    person = customer(shop, "messenger")
    await person.says("hello")
    until_when = datetime.now(UTC) + timedelta(hours=1)
    await done(shop, person, Paused(until=until_when))
    held = await person.says("where is my order?")
    await done(shop, person, Paused(until=minutes_ago(1)))
    again = await person.says("where is my order?")

    assert (held.sent, held.turn.reasons) == ([], ("paused",))
    assert f"{until_when:%H:%M} UTC" in held.turn.decision.why[0]
    assert len(again.sent) == 1


async def test_a_message_of_the_customer_opens_it_again(shop: Running) -> None:
    """A closed conversation is open again when the customer writes, and the bot answers, whoever had it."""
    person = customer(shop, "messenger")
    await person.says("hello")
    await writes(shop, person, "Done.")
    await done(shop, person, Closed())
    closed = await person.conversation()
    said = await person.says("where is my order?")

    assert closed.closed_at is not None
    assert len(said.sent) == 1
    assert (await person.conversation()).closed_at is None
    await done(shop, person, Closed())
    await done(shop, person, Reopened())
    assert (await person.conversation()).closed_at is None


async def test_tags_assignee_and_name(shop: Running) -> None:
    """What agents keep of a conversation, and what the customer calls themselves, stand in it."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await done(shop, person, TagsChanged(add=("VIP", "Size M"), remove=("new",)))
    await done(shop, person, TagsChanged(remove=("size-m",)))
    await done(shop, person, Assigned(to="ben"))
    conversation = await person.conversation()

    assert (conversation.tags, conversation.assignee, conversation.name) == (("vip",), "ben", person.name)
    await done(shop, person, Assigned())
    assert (await person.conversation()).assignee is None


async def test_a_note_is_for_agents_only(shop: Running) -> None:
    """A note is kept and on record, never sent, and in nobody's context."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    before = len(shop.graph.sent)
    taken = await done(shop, person, Noted(text="Angry about parcel 7, be kind."))
    said = await person.says("where is my order?")

    conversation = await person.conversation()
    (note,) = conversation.notes
    assert (note.text, note.by) == ("Angry about parcel 7, be kind.", "ana")
    assert len(shop.graph.sent) == before + len(said.sent)
    assert not [each for each in shop.graph.sent if "parcel 7" in str(each.body)]
    assert "parcel 7" not in str(said.turn.context)
    context = await shop.context("whatsapp", person.id)
    assert "parcel 7" not in context.model_dump_json()
    recorded = await shop.here.brands[BRAND].store.get(Recorded, [taken.events[0].key])
    (event,) = (each.record.event for each in recorded.values())
    assert event.kind is EventKind.AGENT


async def test_the_trace_says_who_wrote(shop: Running) -> None:
    """A trace of a reply names its agent; one of any other act says what was done, and no word of a note."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await writes(shop, person, "Ana here.")
    await done(shop, person, Noted(text="secret words"), by="ben")
    wrote, noted = [as_page(await trace_of(shop, turn.id)) for turn in (await _act_turns(shop))[-2:]]

    assert "Written by ana (agent): 1 message, sent." in wrote
    assert "| Ana here." in wrote
    assert "taken back" not in wrote
    assert "ben (agent) wrote a note." in noted
    assert "secret" not in noted


async def test_what_is_no_act_is_refused(shop: Running) -> None:
    """Each refusal says what to do instead; nothing is stored."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    for act, key, reason in (
        (Reply(text="  "), "", "nothing_to_say"),
        (Noted(text="\u202e \n"), "", "nothing_to_say"),
        (TagsChanged(add=("<script>",)), "", "no_tag"),
        (TagsChanged(), "", "no_tag"),
        (Reply(text="x" * 30_000), "", "too_much"),
        (Released(), "short", "bad_key"),
        (Released(), "a:b|c $ne 12", "bad_key"),
    ):
        found = await does(shop, person, act, key=key)
        assert isinstance(found, Refused), act
        assert found.reasons == (reason,)
        assert found.in_words() == WHY_NOT[reason]
    assert await _act_turns(shop) == []


async def test_an_unknown_reply_of_an_agent_settles_by_its_echo(shop: Running) -> None:
    """A reply whose call broke off is not sent again; the echo that names it settles it as the agent's own."""
    person = customer(shop, "messenger")
    await person.says("hello")
    shop.graph.fail_next(accept_then_reset())
    await does(shop, person, Reply(text="Ana here."))
    await shop.quiet()
    (message,) = [each for turn in await _act_turns(shop) for each in turn.messages]
    assert message.state == "unknown"
    await shop.say("messenger", "echo", sender=person.id, text="Ana here.", metadata=message.key)
    await shop.quiet()

    conversation: Conversation = await person.conversation()
    assert [(line.by, line.author) for line in conversation.lines if line.text == "Ana here."] == [("human", "ana")]
    assert conversation.needs_person is None
    assert [key_of(each) for each in shop.graph.sent].count(message.key) == 1
