"""What agents do to a conversation: done twice it is once, and a longer hold of a person stays."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.acting import acted
from middleware.domain.agents import (
    LONGEST_NOTE,
    Act,
    AgentAct,
    Assigned,
    Closed,
    Noted,
    Paused,
    Released,
    Reopened,
    Replied,
    SeenTo,
    TagsChanged,
    TookOver,
    in_words,
)
from middleware.domain.changes import heard, taken_over
from middleware.domain.conversation import KEPT_NOTES, Conversation, FlowState, Owner
from middleware.domain.events import Event, EventKind, Message
from middleware.domain.messages import Reply
from middleware.domain.policy import owned_by_bot
from middleware.domain.turn import Decision, OutboundMessage, Turn
from tests.unit.middleware.builders import at, message, phone

PAUSE = timedelta(minutes=30)
BEFORE = Conversation(id="c_1", channel="whatsapp", account="777", aliases=(phone().key,), started_at=at(0))

ACTS: tuple[Act, ...] = (
    Replied(replies=(Reply(text="Ana here."),), until=at(40)),
    Replied(replies=(Reply(text="Ana here."),), takes_over=False),
    TookOver(),
    TookOver(until=at(20)),
    Paused(),
    Paused(until=at(20)),
    Released(),
    Closed(),
    Reopened(),
    Assigned(to="ben"),
    Assigned(),
    TagsChanged(add=("vip",), remove=("new",)),
    SeenTo(late=("0" * 32,)),
    Noted(text="kind"),
)


def turn_of(act: Act, number: int = 1, minutes: float = 10) -> Turn:
    """The turn of an act."""
    replies = act.replies if isinstance(act, Replied) else ()
    return Turn(
        id=f"t{number}",
        event_key=f"e{number}",
        conversation_id="c_1",
        profile_id="p_1",
        channel="whatsapp",
        account="777",
        recipient=(phone(),),
        decided_at=at(minutes),
        sent_at=at(minutes),
        decision=Decision(),
        messages=tuple(
            OutboundMessage(key=f"t{number}.{n}", reply=each, author="ana") for n, each in enumerate(replies)
        ),
        act=AgentAct(by="ana", act=act),
    )


def does(conversation: Conversation, act: Act, number: int = 1, minutes: float = 10) -> Conversation:
    """The conversation after an act."""
    return acted(conversation, turn_of(act, number, minutes), at(minutes))


@given(st.lists(st.sampled_from(ACTS), max_size=8))
def test_done_twice_is_once(acts: list[Act]) -> None:
    """An act that is carried out again, whatever came after it, changes nothing."""
    now = BEFORE
    for number, act in enumerate(acts):
        now = does(now, act, number)
    again = now
    for number, act in enumerate(acts):
        again = does(again, act, number)
    assert again == now


@given(st.sampled_from(ACTS))
def test_what_is_done_is_not_done_again(act: Act) -> None:
    """A turn that is over is not carried out, however long ago it was and although it is forgotten here."""
    assert acted(BEFORE, turn_of(act).model_copy(update={"done": True}), at(10)) == BEFORE


def test_a_hold_without_an_end_outlasts_an_echo() -> None:
    """Who took it over until it is given back keeps it, also when they write from their phone, or here."""
    held = does(BEFORE, TookOver())
    echo = taken_over(held, Message(id="m", kind="text", text="from my phone"), at(11), PAUSE)
    replied = does(echo, ACTS[0], 2)
    for each in (held, echo, replied):
        assert (each.owner, each.owner_until) == (Owner.HUMAN, None)
    assert not owned_by_bot(replied, at(100_000))


def test_a_pause_that_ends_gives_way_to_a_person() -> None:
    """Who answers in a pause that ends earlier than their hold has the conversation; a longer pause stays."""
    short, long = does(BEFORE, Paused(until=at(20))), does(BEFORE, Paused(until=at(90)))
    after_short, after_long = (does(each, ACTS[0], 2) for each in (short, long))
    assert (after_short.owner, after_short.owner_until) == (Owner.HUMAN, at(40))
    assert (after_long.owner, after_long.owner_until) == (Owner.PAUSED, at(90))


def test_taking_over_ends_what_a_flow_waited_for() -> None:
    """What was asked is the person's business; a note or a tag leaves the flow where it waits."""
    waits = BEFORE.model_copy(update={"flow_state": FlowState(flow="f", since=at(1)), "needs_person": "asked"})
    for act in (TookOver(), ACTS[0]):
        after = does(waits, act)
        assert (after.flow_state, after.needs_person) == (None, None)
    for act in (Noted(text="x"), TagsChanged(add=("a",)), Assigned(to="ben"), Reopened()):
        after = does(waits, act)
        assert (after.flow_state, after.needs_person) == (waits.flow_state, "asked")


def test_closing_gives_back_and_a_message_opens() -> None:
    """What is closed is the bot's, and open again with the next message; an old one that is told late opens nothing."""
    first = heard(BEFORE, message(phone(), minutes=5, key="m5"))
    closed = does(does(first, TookOver()), Closed(), 2)
    assert (closed.owner, closed.closed_at) == (Owner.BOT, at(10))
    assert heard(closed, message(phone(), minutes=1, key="m1")).closed_at == at(10)
    assert heard(closed, message(phone(), minutes=12, key="m12")).closed_at is None
    paused = does(does(first, Paused()), Closed(), 2)
    assert paused.owner is Owner.PAUSED


def test_notes_are_bounded() -> None:
    """The newest notes are kept; one that is too long is no note."""
    now = BEFORE
    for number in range(KEPT_NOTES + 5):
        now = does(now, Noted(text=f"note {number}"), number)
    assert [note.text for note in now.notes] == [f"note {n}" for n in range(5, KEPT_NOTES + 5)]
    with pytest.raises(ValueError, match="at most"):
        Noted(text="x" * (LONGEST_NOTE + 1))


def test_an_old_conversation_still_reads() -> None:
    """What was stored before there were notes, names and assignees is read with nothing of them."""
    stored = BEFORE.model_dump(exclude={"name", "assignee", "closed_at", "notes"}, exclude_none=True)
    assert Conversation.model_validate(stored) == BEFORE


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.what)
def test_an_act_in_words_has_no_word_of_what_was_written(act: Act) -> None:
    """The trace and the timeline say who did what, and nothing that was written."""
    said = in_words(AgentAct(by="ana", act=act))
    assert said.startswith("ana (agent) ")
    assert "here" not in said
    assert "kind" not in said


def test_an_act_reads_back_as_it_was() -> None:
    """An event with each act goes through plain data unchanged."""
    for act in ACTS:
        event = Event(
            key="k", kind=EventKind.AGENT, connector="whatsapp", account="777", occurred_at=at(1), received_at=at(1),
            anchor=phone(), agent=AgentAct(by="ana", act=act, recipient=(phone(),)),
        )  # fmt: skip
        assert Event.model_validate(event.model_dump(exclude_none=True)) == event
