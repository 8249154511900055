"""What may be sent when the customer has not written for a day: approved templates, and a person's late answer."""

from datetime import timedelta
from typing import Any

import pytest

from middleware.domain.conversation import Consent, Owner
from middleware.domain.forms import Approved, Reaction
from middleware.domain.messages import Reply
from middleware.domain.policy import GROUP, STOPPED, TOO_OLD, UNREACHABLE, WINDOW_CLOSED, may_send
from middleware.domain.turn import Decision
from middleware.pipeline.decide import untagged
from tests.unit.middleware.builders import START, at, conversation

DAY = 24 * 60
APPROVED = Reply(text="Your order is on its way", form=Approved(name="order_update", language="en"))
LATE = Reply(text="I have found it", tag="human_agent")
TEXT = Reply(text="Hello")


def reasons(reply: Reply | None, days: float, channel: str, **state: Any) -> tuple[str, ...]:
    """Why this may not go out so many days after the customer wrote; age left aside."""
    by_person, group = state.pop("by_person", False), state.pop("group", False)
    return may_send(
        conversation(channel=channel, **state),
        asked_at=at(days * DAY),
        now=at(days * DAY),
        max_age=timedelta(minutes=15),
        group=group,
        reply=reply,
        by_person=by_person,
    ).reasons


@pytest.mark.parametrize(
    ("reply", "channel", "days", "by_person", "expected"),
    [
        (APPROVED, "whatsapp", 2, False, ()),
        (APPROVED, "whatsapp", 400, False, ()),
        (APPROVED, "messenger", 2, False, ()),
        (APPROVED, "instagram", 2, False, (WINDOW_CLOSED,)),
        (APPROVED.model_copy(update={"to_comment": "c"}), "messenger", 2, False, (WINDOW_CLOSED,)),
        (LATE, "messenger", 6.99, True, ()),
        (LATE, "instagram", 6.99, True, ()),
        (LATE, "messenger", 7, True, (WINDOW_CLOSED,)),
        (LATE, "whatsapp", 2, True, (WINDOW_CLOSED,)),
        (LATE, "messenger", 2, False, (WINDOW_CLOSED,)),
        (TEXT, "messenger", 2, True, (WINDOW_CLOSED,)),
        (TEXT, "whatsapp", 2, False, (WINDOW_CLOSED,)),
        (Reply(text="", form=Reaction(message_id="m")), "whatsapp", 2, False, (WINDOW_CLOSED,)),
        (Reply(text="x", to_comment="c"), "messenger", 2, False, (WINDOW_CLOSED,)),
        (None, "whatsapp", 2, False, (WINDOW_CLOSED,)),
        (TEXT, "whatsapp", 0.99, False, ()),
    ],
)
def test_what_may_go_outside(
    reply: Reply | None,
    channel: str,
    days: float,
    by_person: bool,  # noqa: FBT001 - a case
    expected: tuple[str, ...],
) -> None:
    """Templates on WhatsApp and Messenger, what a person wrote for seven days on Messenger and Instagram, no more."""
    assert reasons(reply, days, channel, by_person=by_person) == expected


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"group": True}, GROUP),
        ({"consent": Consent(granted=False, at=START)}, STOPPED),
        ({"unreachable": "400/131026"}, UNREACHABLE),
    ],
)
@pytest.mark.parametrize("reply", [APPROVED, LATE])
def test_some_doors_stay_closed(state: dict[str, Any], reason: str, reply: Reply) -> None:
    """A group, a STOP and a person who cannot be reached: neither a template nor a person gets past them."""
    assert reasons(reply, 2, "messenger", by_person=True, **state) == (reason,)


def test_a_person_is_not_held_back_by_the_bot() -> None:
    """Who owns the conversation and how old the question is are the bot's concern, not a person's."""
    held = conversation(channel="messenger", owner=Owner.HUMAN)
    asked = {"asked_at": START, "now": at(2 * DAY), "max_age": timedelta(minutes=15), "reply": LATE}
    assert may_send(held, **asked, by_person=True).may_reply
    assert TOO_OLD in may_send(held, **asked).reasons


@pytest.mark.parametrize(
    ("channel", "days", "kinds"),
    [
        ("whatsapp", 2, ("approved",)),
        ("messenger", 2, ("approved", "human_agent")),
        ("messenger", 8, ("approved",)),
        ("instagram", 2, ("human_agent",)),
        ("instagram", 8, ()),
        ("fax", 2, ()),
    ],
)
def test_the_window_says_what_it_lets_through(channel: str, days: float, kinds: tuple[str, ...]) -> None:
    """Whoever looks at a closed window sees what may be sent all the same."""
    assert conversation(channel=channel).window(at(days * DAY)).allowed_kinds == kinds


def test_an_open_window_lets_every_form_through() -> None:
    """Text, quick replies and all forms that the channel has."""
    kinds = conversation(channel="instagram").window(at(1)).allowed_kinds
    assert kinds == ("text", "quick_replies", "buttons", "cards", "media", "reaction")


def test_a_flow_is_no_person() -> None:
    """A tag in what a flow or an engine decides is taken off, and the trace says so."""
    decided = untagged(Decision(replies=(LATE, TEXT)))
    assert [reply.tag for reply in decided.replies] == [None, None]
    assert decided.why == ("a tag that is for people only is left out",)
    assert untagged(Decision(replies=(TEXT,))) == Decision(replies=(TEXT,))
