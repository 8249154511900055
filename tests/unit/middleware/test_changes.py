"""How a conversation changes: each change, done twice, is done once; late and early reports end in the same state."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from middleware.domain.changes import decided, heard, is_own_line, taken_over
from middleware.domain.conversation import (
    KEPT_CLAIMS,
    KEPT_LINES,
    KEPT_TAGS,
    KEPT_TURNS,
    Claim,
    Consent,
    Conversation,
    FlowState,
    Line,
    OutboxEntry,
    Owner,
)
from middleware.domain.events import Event, EventKind, Message, OptIn, Receipt
from middleware.domain.lines import SHOWN_TEXT, edited, reported
from middleware.domain.messages import Reply, SendState
from middleware.domain.outgoing import claimed, entry_of_echo, postponed, settled
from middleware.domain.policy import TOO_OLD
from middleware.domain.turn import (
    Decision,
    HandedOver,
    IntentNoted,
    NameClaimed,
    OutboundMessage,
    Tagged,
    Turn,
    text_hash,
)
from tests.unit.middleware.builders import START, at, conversation, message, phone

ANA = phone()
PAUSE = timedelta(minutes=30)


def said(text: str = "Hello", minutes: float = 0, **parts: Any) -> Event:
    """The customer wrote."""
    return message(ANA, minutes=minutes, text=text, **parts)


def fresh() -> Conversation:
    """A conversation in which nobody has written yet."""
    return conversation(last_inbound_at=None)


def turn(*texts: str, number: int = 1, **parts: Any) -> Turn:
    """A turn that says something."""
    name = f"{number:032x}"
    replies = tuple(Reply(text=text) for text in texts)
    known: dict[str, Any] = {
        "id": name,
        "event_key": "e",
        "conversation_id": "c_1",
        "profile_id": "p_1",
        "channel": "whatsapp",
        "account": "777",
        "recipient": (ANA,),
        "decided_at": START,
        "sent_at": START,
        "decision": Decision(replies=replies),
        "messages": tuple(OutboundMessage(key=f"{name}.{n}", reply=reply) for n, reply in enumerate(replies)),
    }
    return Turn(**{**known, **parts})


def outbound(text: str = "It is on its way.", state: SendState = SendState.SENT, **parts: Any) -> OutboundMessage:
    """One message of the first turn."""
    known: dict[str, Any] = {"key": f"{1:032x}.0", "reply": Reply(text=text), "state": state, "settled_at": at(1)}
    return OutboundMessage(**{**known, **parts})


def waiting(text: str = "It is on its way.", state: SendState = SendState.SENDING, **parts: Any) -> OutboxEntry:
    """The outbox entry of that message."""
    known: dict[str, Any] = {"key": f"{1:032x}.0", "hash": text_hash(text), "state": state, "at": START}
    return OutboxEntry(**{**known, **parts})


def line(name: str, minutes: float = 0, by: str = "bot", **parts: Any) -> Line:
    """A line of the conversation."""
    return Line.model_validate({"id": name, "by": by, "text": name, "at": at(minutes), **parts})


def echo(text: str, minutes: float = 1, name: str = "wamid.1") -> Message:
    """What the platform shows of a message of the brand."""
    del minutes
    return Message(id=name, kind="text", text=text)


def test_what_was_said_becomes_a_line_and_opens_the_window() -> None:
    """The customer's words are kept, and 24 hours count from them."""
    after = heard(fresh(), said("Hello", minutes=2))
    assert [(each.by, each.text, each.at) for each in after.lines] == [("customer", "Hello", at(2))]
    assert after.last_inbound_at == at(2)


def test_hearing_twice_is_hearing_once() -> None:
    """The same event over its own result changes nothing."""
    claims = (Claim(kind="email", masked="a…@….com", at=START),)
    once = heard(fresh(), said("STOP"), claims)
    assert heard(once, said("STOP"), claims) == once


def test_lines_stand_in_the_order_in_which_they_were_written() -> None:
    """A late message goes to its place and does not close the window."""
    after = heard(heard(fresh(), said("second", minutes=5)), said("first", minutes=1))
    assert [each.text for each in after.lines] == ["first", "second"]
    assert after.last_inbound_at == at(5)


def test_lines_are_bounded() -> None:
    """The latest lines stay, in any order of arrival, and a long text is cut."""
    here = fresh()
    for minute in reversed(range(KEPT_LINES + 5)):
        here = heard(here, said("x" * 5_000, minutes=minute))
    assert [each.at for each in here.lines] == [at(minute) for minute in range(5, KEPT_LINES + 5)]
    assert {len(each.text) for each in here.lines} == {SHOWN_TEXT}


def test_a_group_message_leaves_no_trace() -> None:
    """What is written in a group opens no window and is no word about consent."""
    event = said("STOP", message=Message(id="m", kind="text", text="STOP", group="g1"))
    assert heard(fresh(), event) == fresh()


@pytest.mark.parametrize("kind", [EventKind.READ, EventKind.STATUS, EventKind.STANDBY, EventKind.SYSTEM])
def test_only_the_customers_own_deeds_open_the_window(kind: EventKind) -> None:
    """A receipt lets nobody write."""
    assert heard(fresh(), said(kind=kind)).last_inbound_at is None


@pytest.mark.parametrize("kind", [EventKind.ECHO, EventKind.UNKNOWN])
def test_a_stop_of_the_brand_itself_stops_nothing(kind: EventKind) -> None:
    """Only the customer's words are about the customer's consent."""
    assert heard(fresh(), said("STOP", kind=kind)).consent is None


def test_the_latest_word_about_consent_counts_in_any_order() -> None:
    """STOP, START, STOP: the last one written counts, however they come."""
    words = [said("STOP", minutes=1), said("START", minutes=2), said("STOP", minutes=3)]
    for order in itertools.permutations(words):
        here = fresh()
        for event in order:
            here = heard(here, event)
        assert here.consent == Consent(granted=False, at=at(3))


def test_of_two_words_at_one_time_stop_counts() -> None:
    """WhatsApp tells times in seconds: of a START and a STOP in the same one the STOP counts, whichever comes last."""
    start, stop = said("START", key="a"), said("STOP", key="b")
    assert heard(heard(fresh(), start), stop).stopped()
    assert heard(heard(fresh(), stop), start).stopped()


def test_marketing_is_apart_from_replies() -> None:
    """A marketing opt-out as the platform reports it does not stop replies."""
    after = heard(fresh(), said(kind=EventKind.OPTIN, message=None, optin=OptIn(granted=False)))
    assert after.marketing == Consent(granted=False, at=START)
    assert not after.stopped()


def test_of_two_marketing_words_at_one_time_the_refusal_counts() -> None:
    """Whichever is heard last."""
    yes = said(kind=EventKind.OPTIN, message=None, optin=OptIn(granted=True), key="a")
    no = said(kind=EventKind.OPTIN, message=None, optin=OptIn(granted=False), key="b")
    for first, second in ((yes, no), (no, yes)):
        assert heard(heard(fresh(), first), second).marketing == Consent(granted=False, at=START)


def test_claims_are_bounded() -> None:
    """The latest claims stay."""
    here = fresh()
    claims = [Claim(kind="phone", masked=f"…{n:02}", at=at(n)) for n in range(KEPT_CLAIMS + 3)]
    for number, claim in enumerate(claims):
        here = heard(here, said(minutes=number), (claim,))
    assert here.claims == tuple(claims[3:])


def test_a_claim_is_kept_once() -> None:
    """Who types a number twice in one message has claimed one number."""
    claim = Claim(kind="phone", masked="…22", at=START)
    assert heard(fresh(), said(), (claim, claim)).claims == (claim,)


def test_a_decided_turn_waits_in_the_outbox() -> None:
    """Every message of the turn has its entry, and the flow's next state is the present one."""
    state = FlowState(flow="f", since=START)
    told = turn("one", "two", decision=Decision(next_state=state, locale="de", effects=(HandedOver(reason="vip"),)))
    after = decided(fresh(), told, at(3))
    assert [(each.key, each.hash, each.state, each.at) for each in after.outbox] == [
        (f"{1:032x}.0", text_hash("one"), SendState.QUEUED, at(3)),
        (f"{1:032x}.1", text_hash("two"), SendState.QUEUED, at(3)),
    ]
    assert (after.flow_state, after.locale, after.needs_person) == (state, "de", "vip")
    assert after.applied == (told.id,)


def test_deciding_twice_is_deciding_once() -> None:
    """A turn that was applied is not applied again, also when much happened to its messages since."""
    told = turn("one")
    once = decided(fresh(), told, at(3))
    assert decided(once, told, at(9)) == once
    sending = claimed(once, told.messages[0].key, "w", at(4))
    assert decided(sending, told, at(9)) == sending


def test_a_finished_turn_does_not_wait_again() -> None:
    """A turn whose messages all have their fate puts nothing into the outbox of a conversation that forgot it."""
    told = turn("one", done=True, messages=(outbound("one"),))
    assert decided(fresh(), told, at(3)).outbox == ()


def test_a_fate_that_only_the_turn_knows_is_taken_over() -> None:
    """A crash between two writes: the turn says sent, the conversation still sending."""
    told = turn("one", messages=(outbound("one", message_id="wamid.1"),), done=True)
    here = conversation(outbox=(waiting("one"),), applied=(told.id,))
    after = decided(here, told, at(3))
    assert after.outbox == ()
    assert [(each.id, each.by, each.text, each.at) for each in after.lines] == [("wamid.1", "bot", "one", at(1))]
    assert decided(after, told, at(4)) == after


def test_applied_turns_are_bounded() -> None:
    """The latest turns are remembered."""
    here = fresh()
    for number in range(KEPT_TURNS + 2):
        here = decided(here, turn(number=number), START)
    assert here.applied == tuple(f"{number:032x}" for number in range(2, KEPT_TURNS + 2))


def test_a_claim_for_sending_bears_name_and_time() -> None:
    """Who sends and until when it is certainly over."""
    (entry,) = claimed(conversation(outbox=(waiting(state=SendState.QUEUED),)), f"{1:032x}.0", "w", at(4)).outbox
    assert (entry.state, entry.by, entry.until) == (SendState.SENDING, "w", at(4))


def test_a_postponed_message_is_nobodys() -> None:
    """It waits again, and says from when on."""
    here = conversation(outbox=(waiting(by="w", until=at(4)),))
    (entry,) = postponed(here, f"{1:032x}.0", 2, at(9)).outbox
    assert (entry.state, entry.by, entry.until) == (SendState.QUEUED, None, None)
    assert (entry.attempts, entry.not_before) == (2, at(9))


def test_a_sent_message_becomes_a_line() -> None:
    """It leaves the outbox, and settling it again changes nothing."""
    here = conversation(outbox=(waiting(),))
    after = settled(here, outbound(message_id="wamid.1"), at(1))
    assert after.outbox == ()
    assert after.lines == (Line(id="wamid.1", by="bot", text="It is on its way.", at=at(1), status="sent"),)
    assert settled(after, outbound(message_id="wamid.1"), at(2)) == after


def test_a_failed_message_leaves_no_line() -> None:
    """The customer has not seen it."""
    after = settled(conversation(outbox=(waiting(),)), outbound(state=SendState.FAILED), at(1))
    assert (after.outbox, after.lines) == ((), ())


def test_an_unknown_message_stays_in_the_outbox() -> None:
    """An echo may still settle it; nobody holds it any more."""
    (entry,) = settled(
        conversation(outbox=(waiting(by="w", until=at(4)),)), outbound(state=SendState.UNKNOWN), at(1)
    ).outbox
    assert (entry.state, entry.by, entry.until) == (SendState.UNKNOWN, None, None)


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_a_status_never_goes_back(order: tuple[str, ...]) -> None:
    """In whatever order the reports come, the furthest one stays."""
    here = conversation(lines=(line("wamid.1", status="sent"),))
    for status in order:
        here = reported(here, Receipt.model_validate({"status": status, "message_ids": ("wamid.1",)}))
    assert here.lines[0].status == "read"


def test_a_watermark_covers_what_was_written_until_then() -> None:
    """Messenger reports a time: our lines up to it, and never the customer's."""
    here = conversation(lines=(line("a", 1), line("b", 2, by="customer"), line("c", 3), line("d", 4)))
    after = reported(here, Receipt(status="read", watermark=at(3)))
    assert [each.status for each in after.lines] == ["read", None, "read", None]


def test_a_report_on_an_unknown_message_changes_nothing() -> None:
    """Somebody else's message, or one that is long gone."""
    here = conversation(lines=(line("a"),))
    assert reported(here, Receipt(status="read", message_ids=("b",))) == here


def test_an_edit_changes_the_text_and_an_unsend_takes_it() -> None:
    """Our copy goes with the customer's."""
    here = conversation(lines=(line("a", by="customer"), line("b")))
    assert [each.text for each in edited(here, "a", "new", at(1)).lines] == ["new", "b"]
    assert [each.text for each in edited(here, "a", None, at(1)).lines] == ["", "b"]
    assert edited(here, "c", "new", at(1)) == here


def test_a_message_taken_back_before_it_comes_is_not_shown() -> None:
    """An unsend may overtake its message: in either order the words are gone, and told twice it is once."""
    event = said("my secret", minutes=1, key="a")
    late = heard(edited(fresh(), "a", None, at(2)), event)
    assert [(each.id, each.text) for each in late.lines] == [("a", "")]
    in_time = edited(heard(fresh(), event), "a", None, at(2))
    assert [(each.id, each.text) for each in in_time.lines] == [("a", "")]
    assert edited(late, "a", None, at(2)) == late


@pytest.mark.parametrize("state", [SendState.SENDING, SendState.UNKNOWN])
def test_an_echo_without_key_finds_its_message(state: SendState) -> None:
    """The same words, about the same time, and a fate that is open."""
    here = conversation(outbox=(waiting("hi", state),))
    assert entry_of_echo(here, echo(" hi\n"), at(1)) == f"{1:032x}.0"


def test_an_echo_of_other_words_or_times_finds_nothing() -> None:
    """Nor does one of a message that waits: it cannot have been sent yet."""
    here = conversation(outbox=(waiting("hi"),))
    assert entry_of_echo(here, echo("hello"), at(1)) is None
    assert entry_of_echo(here, echo("hi"), at(10.01)) is None
    assert entry_of_echo(conversation(outbox=(waiting("hi", SendState.QUEUED),)), echo("hi"), at(1)) is None


def test_a_person_takes_over() -> None:
    """The bot is silent for the pause, a line shows what the person wrote, and nobody else is needed."""
    after = taken_over(conversation(needs_person="vip"), echo("I am Eva"), at(1), PAUSE)
    assert (after.owner, after.owner_until, after.needs_person) == (Owner.HUMAN, at(31), None)
    assert [(each.by, each.text) for each in after.lines] == [("human", "I am Eva")]
    assert taken_over(after, echo("I am Eva"), at(1), PAUSE) == after


def test_a_late_echo_does_not_shorten_the_hold() -> None:
    """The latest message of the person counts, in any order."""
    first, last = (echo("a", name="a"), at(1)), (echo("b", name="b"), at(5))
    for order in itertools.permutations((first, last)):
        here = conversation()
        for shown, moment in order:
            here = taken_over(here, shown, moment, PAUSE)
        assert here.owner_until == at(35)
        assert [(each.by, each.text) for each in here.lines] == [("human", "a"), ("human", "b")]


def test_a_pause_does_not_end_because_a_person_wrote() -> None:
    """A conversation that was paused stays paused when somebody answers in it by hand."""
    after = taken_over(conversation(owner=Owner.PAUSED), echo("I am Eva"), at(1), PAUSE)
    assert after.owner is Owner.PAUSED


def test_what_we_sent_is_known_by_its_id() -> None:
    """The platform's id of a message that went out is ours; the customer's and a person's are not."""
    here = heard(conversation(outbox=(waiting(),)), said(key="b"))
    here = settled(here, outbound(message_id="a"), at(1))
    here = taken_over(here, echo("I am Eva", name="c"), at(2), PAUSE)
    assert [is_own_line(here, name) for name in "abcd"] == [True, False, False, False]


def test_what_we_sent_is_known_longer_than_its_line() -> None:
    """An echo that comes after many other lines is still ours, not a person's who takes over."""
    here = settled(conversation(outbox=(waiting(),)), outbound(message_id="a"), at(1))
    for minute in range(KEPT_LINES):
        here = heard(here, said(minutes=2 + minute))
    assert all(each.by == "customer" for each in here.lines)
    assert is_own_line(here, "a")


def test_what_a_flow_notes_is_on_the_conversation() -> None:
    """Tags come and go, the last intent counts, a name is a claim, and a special customer's person is named."""
    effects = (
        Tagged(add=("b", "a"), remove=("old",)),
        IntentNoted(intent="lead"),
        IntentNoted(intent="support_issue"),
        NameClaimed(masked="A…"),
        HandedOver(reason="wants a person", to="vip"),
    )
    told = turn("one", decision=Decision(effects=effects))
    after = decided(conversation(tags=("old", "kept")), told, at(3))
    assert (after.tags, after.intent) == (("a", "b", "kept"), "support_issue")
    assert after.needs_person == "vip: wants a person"
    assert after.claims == (Claim(kind="name", masked="A…", at=told.sent_at),)
    assert decided(after, told, at(4)) == after


def test_the_tags_of_a_conversation_are_bounded() -> None:
    """However many a flow sets, fifty are kept."""
    told = turn(decision=Decision(effects=(Tagged(add=tuple(map(str, range(200)))),)))
    assert len(decided(fresh(), told, at(3)).tags) == KEPT_TAGS


def test_answers_are_counted_by_their_time() -> None:
    """What was decided is counted once, within the time asked for; a turn that says nothing is no answer."""
    here = decided(fresh(), turn("one", "two"), at(1))
    assert decided(here, turn("one", "two"), at(9)) == here
    assert (here.answers_since(at(0)), here.answers_since(at(1))) == (1, 0)
    assert decided(fresh(), turn(), at(1)).answered_at == ()


def test_a_person_who_takes_over_ends_what_a_flow_waits_for() -> None:
    """The question is the person's business now; an older echo that comes in behind ends nothing."""
    state = FlowState(flow="f", since=START)
    taken = taken_over(conversation(flow_state=state), echo("I am Eva"), at(1), PAUSE)
    assert taken.flow_state is None
    again = taken.model_copy(update={"flow_state": state})
    assert taken_over(again, echo("Before", name="c"), at(0), PAUSE).flow_state == state


def test_a_follow_up_that_is_too_late_needs_nobody() -> None:
    """Nobody waits for an answer that nobody asked for."""
    late = turn(reasons=(TOO_OLD,), unasked=True)
    assert decided(fresh(), late, at(3)).needs_person is None
    assert decided(fresh(), late.model_copy(update={"unasked": False}), at(3)).needs_person is not None
