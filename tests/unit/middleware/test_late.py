"""What was too old for the bot stays with the conversation until a person answers or has seen to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.acting import acted
from middleware.domain.agents import Act, AgentAct, Closed, Noted, Replied, SeenTo, TookOver
from middleware.domain.changes import decided, heard, taken_over
from middleware.domain.conversation import KEPT_LATE, Conversation
from middleware.domain.events import Event, EventKind, Message
from middleware.domain.late import TOO_OLD_FOR_BOT, first_of, how_many, seen_until
from middleware.domain.lines import edited
from middleware.domain.messages import Reply, SendState
from middleware.domain.outgoing import unsent
from middleware.domain.turn import Decision, OutboundMessage, Turn
from tests.unit.middleware.builders import at, phone
from tests.unit.middleware.test_acting import PAUSE

NEW = Conversation(id="c_1", channel="whatsapp", account="777", aliases=(phone().key,), started_at=at(0))


def key(number: int) -> str:
    """The id of a turn."""
    return f"{number:032x}"


def turn(number: int, *reasons: str, minutes: float = 30, **changes: object) -> Turn:
    """The turn of the message of this number."""
    known = Turn(
        id=key(number),
        event_key=f"whatsapp:777:m{number}",
        conversation_id="c_1",
        profile_id="p_1",
        channel="whatsapp",
        account="777",
        recipient=(phone(),),
        decided_at=at(minutes),
        sent_at=at(number),
        decision=Decision(),
        reasons=reasons,
    )
    return known.model_copy(update=changes)


def came_late(conversation: Conversation, number: int, *, minutes: float = 30) -> Conversation:
    """The conversation after a message that was too old when its turn came, `minutes` after the first of all."""
    event = Event(
        key=f"whatsapp:777:m{number}", kind=EventKind.MESSAGE, connector="whatsapp", account="777",
        occurred_at=at(number), received_at=at(minutes), anchor=phone(),
        message=Message(id=f"m{number}", kind="text", text=f"question {number}"),
    )  # fmt: skip
    after = decided(heard(conversation, event), turn(number, "too_old", minutes=minutes), at(minutes))
    assert decided(after, turn(number, "too_old", minutes=minutes), at(minutes + 1)) == after
    return after


def does(conversation: Conversation, act: Act, minutes: float) -> Conversation:
    """The conversation after an act of an agent."""
    did = turn(900, minutes=minutes, sent_at=at(minutes), event_key="e", act=AgentAct(by="ana", act=act))
    return acted(conversation, did, at(minutes))


def texts(conversation: Conversation) -> list[str]:
    """What is too late in it."""
    return [each.text for each in conversation.late]


def came_late_up_to(last: int) -> Conversation:
    """A new conversation in which each message from the first to the last was too old, one a minute."""
    conversation = NEW
    for number in range(1, last + 1):
        conversation = came_late(conversation, number, minutes=100 + number)
    return conversation


def count(conversation: Conversation) -> int:
    """How much is too late in it, with what is only counted."""
    return how_many(conversation.late, conversation.late_before)


def test_what_came_too_late_waits_oldest_first() -> None:
    """Each message once, by the time at which it was written, and no more of them than are kept."""
    conversation = came_late(came_late(NEW, 5), 2)
    assert texts(conversation) == ["question 2", "question 5"]
    assert conversation.needs_person == TOO_OLD_FOR_BOT
    for number in range(6, 40):
        conversation = came_late(conversation, number)
    assert len(conversation.late) == KEPT_LATE
    assert count(conversation) == 36


@given(st.permutations(range(1, 31)).flatmap(lambda all_of_them: st.sampled_from((all_of_them, all_of_them[:20]))))
def test_nothing_is_left_out_of_the_count(numbers: list[int]) -> None:
    """In whatever order they come: all are counted once, the first is known, and the latest are kept."""
    conversation = NEW
    for at_minute, number in enumerate(numbers):
        conversation = came_late(conversation, number, minutes=100 + at_minute)
        repeated = turn(number, minutes=100 + at_minute)
        reply = OutboundMessage(key=f"{key(number)}.0", reply=Reply(text="x"), state=SendState.FAILED, reason="too_old")
        assert count(unsent(conversation, repeated, reply, at(200))) == count(conversation)
    first = first_of(conversation.late, conversation.late_before)
    assert count(conversation) == len(numbers)
    assert first is not None
    assert first.at == at(min(numbers))
    assert texts(conversation) == [f"question {each}" for each in sorted(numbers)[-KEPT_LATE:]]


def test_seen_to_takes_all_up_to_what_was_seen() -> None:
    """What is only counted goes with what is kept, as far as it was known when somebody looked; what has been counted
    since then stays, with all that may be meant.
    """
    seen = came_late_up_to(25)
    act = SeenTo(late=tuple(each.id for each in seen.late), until=seen_until(seen.late, seen.late_before))
    assert count(does(seen, act, minutes=150)) == 0
    assert does(seen, act, minutes=150).needs_person is None
    one_more = came_late(seen, 26, minutes=140)
    assert texts(does(one_more, act, minutes=150)) == ["question 26"]
    assert count(does(one_more, act, minutes=150)) == 1
    # Of fifty more some were only ever counted: nobody can have seen them.
    many = seen
    for number in range(26, 76):
        many = came_late(many, number, minutes=100 + number)
    assert count(does(many, act, minutes=180)) >= 50
    assert does(many, act, minutes=180).needs_person == TOO_OLD_FOR_BOT
    old = came_late(seen, 0, minutes=145)
    assert old.late == seen.late
    left = does(old, act, minutes=150)
    assert (left.late, left.needs_person) == ((), TOO_OLD_FOR_BOT)
    assert count(left) >= 1


def test_an_act_of_before_there_was_a_count_takes_what_it_names() -> None:
    """Without a time what is only counted stays."""
    seen = came_late_up_to(25)
    assert count(does(seen, SeenTo(late=tuple(each.id for each in seen.late)), minutes=150)) == 5


def test_an_answer_takes_what_is_only_counted() -> None:
    """As far as it was there by then."""
    seen = came_late_up_to(25)
    answer = Replied(replies=(Reply(text="Ana"),), until=at(300))
    assert count(does(seen, answer, minutes=150)) == 0
    assert count(does(came_late(seen, 0, minutes=160), answer, minutes=150)) == 6


@pytest.mark.parametrize("reasons", [("stopped", "too_old"), ("human_owner", "too_old"), ("stopped",), ()])
def test_what_the_bot_would_not_have_answered_anyway_is_not_late(reasons: tuple[str, ...]) -> None:
    """Only age is what the queue is about."""
    assert decided(NEW, turn(1, *reasons), at(30)).late == ()
    assert decided(NEW, turn(1, "too_old", unasked=True), at(30)).late == ()


def test_beside_a_closed_window_age_counts() -> None:
    """After a day the window is closed as well."""
    assert len(decided(NEW, turn(1, "too_old", "window_closed"), at(30)).late) == 1


def test_a_reply_that_waited_too_long_leaves_its_question() -> None:
    """What the bot had decided in time and could not send in time is not answered either."""
    reply = OutboundMessage(key=f"{key(1)}.0", reply=Reply(text="x"), state=SendState.FAILED, reason="too_old")
    after = unsent(NEW, turn(1), reply, at(31))
    assert [each.id for each in after.late] == [key(1)]
    assert unsent(after, turn(1), reply, at(32)) == after
    other = reply.model_copy(update={"reason": "refused"})
    assert unsent(NEW, turn(1), other, at(31)).late == ()


@pytest.mark.parametrize("act", [Replied(replies=(Reply(text="Ana"),), until=at(90)), Closed()])
def test_an_answer_takes_what_could_be_seen(act: Act) -> None:
    """A reply, or closing, answers what was there by then; what came in after it stays."""
    conversation = came_late(came_late(NEW, 1, minutes=30), 2, minutes=50)
    assert texts(does(conversation, act, minutes=40)) == ["question 2"]
    assert texts(does(conversation, act, minutes=60)) == []


@pytest.mark.parametrize("act", [TookOver(until=at(90)), Noted(text="x")])
def test_what_is_no_answer_takes_nothing(act: Act) -> None:
    """Taking over is not answering."""
    assert texts(does(came_late(NEW, 1), act, minutes=40)) == ["question 1"]


def test_a_person_who_answers_elsewhere_answers_too() -> None:
    """An echo of what a person wrote in the platform's own inbox takes what was there by then."""
    echo = Message(id="e1", kind="text", text="Here")
    conversation = came_late(NEW, 1)
    assert texts(taken_over(conversation, echo, at(20), PAUSE)) == ["question 1"]
    assert texts(taken_over(conversation, echo, at(40), PAUSE)) == []


def test_seen_to_takes_those_that_it_names() -> None:
    """One that came in while somebody looked stays, and so does what a person is asked for then."""
    conversation = came_late(came_late(NEW, 1), 2)
    after = does(conversation, SeenTo(late=(key(1),)), minutes=40)
    assert texts(after) == ["question 2"]
    assert after.needs_person == TOO_OLD_FOR_BOT
    assert does(conversation, SeenTo(late=(key(1), key(2))), minutes=40).needs_person is None
    other = conversation.model_copy(update={"needs_person": "wants a person"})
    assert does(other, SeenTo(late=(key(1), key(2))), minutes=40).needs_person == "wants a person"


def test_what_the_customer_changes_changes() -> None:
    """An edit is shown; what was taken back wants no answer, and our copy goes."""
    conversation = came_late(NEW, 1)
    assert texts(edited(conversation, "m1", "another one", at(41))) == ["another one"]
    assert edited(conversation, "m1", None, at(41)).late == ()
    assert texts(edited(conversation, "m2", None, at(41))) == ["question 1"]
