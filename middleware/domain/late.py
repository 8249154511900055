"""What customers wrote that was too old for the bot when its turn came: how a conversation keeps it for agents. Pure;
doing it twice is once.
"""

from collections.abc import Collection
from datetime import datetime

from middleware.domain.conversation import KEPT_LATE, Conversation, Late, Line, keep_last
from middleware.domain.events import event_key
from middleware.domain.policy import TOO_OLD, UNREACHABLE, WINDOW_CLOSED
from middleware.domain.turn import Turn

TOO_OLD_FOR_BOT = "a message was too old for the bot when its turn came"
"""What a conversation waits for a person for."""

KEPT_TEXT = 300
"""Characters of it that a list shows."""

_BY_AGE = frozenset({TOO_OLD, WINDOW_CLOSED, UNREACHABLE})
"""Reasons that come with age. Where there is another one, the bot would not have answered in time either."""


def is_late(turn: Turn) -> bool:
    """Whether the bot did not answer what a customer wrote because of its age."""
    return TOO_OLD in turn.reasons and not turn.unasked and _BY_AGE.issuperset(turn.reasons)


def with_late(conversation: Conversation, turn: Turn, now: datetime) -> tuple[Late, ...]:
    """What was too late, with what this turn should have answered."""
    if turn.unasked or any(each.id == turn.id for each in conversation.late):
        return conversation.late
    line = _line_of(conversation, turn)
    late = Late(
        id=turn.id,
        message=line.id if line is not None else None,
        text=line.text[:KEPT_TEXT] if line is not None else "",
        at=turn.sent_at,
        since=now,
    )
    return keep_last(tuple(sorted((*conversation.late, late), key=lambda each: (each.at, each.id))), KEPT_LATE)


def seen_to(conversation: Conversation, ids: Collection[str]) -> dict[str, object]:
    """What changes when an agent has seen to these."""
    left = tuple(each for each in conversation.late if each.id not in ids)
    waits = bool(left) or conversation.needs_person != TOO_OLD_FOR_BOT
    return {"late": left, "needs_person": conversation.needs_person if waits else None}


def answered(conversation: Conversation, at: datetime) -> tuple[Late, ...]:
    """What is still too late after a person answered at that time: what nobody could see by then."""
    return tuple(each for each in conversation.late if each.since > at)


def reworded(conversation: Conversation, message_id: str, text: str | None) -> tuple[Late, ...]:
    """What is too late after the customer edited a message, or took it back (None): that wants no answer."""
    kept = (each for each in conversation.late if text is not None or each.message != message_id)
    return tuple(
        each.model_copy(update={"text": (text or "")[:KEPT_TEXT]}) if each.message == message_id else each
        for each in kept
    )


def _line_of(conversation: Conversation, turn: Turn) -> Line | None:
    """What the customer wrote, as the conversation has it."""
    said = [line for line in conversation.lines if line.by == "customer"]
    own = (line for line in said if event_key(turn.channel, turn.account, line.id) == turn.event_key)
    # An engine's answer has a key of its own, and the time of what it answers.
    return next(own, None) or next((line for line in reversed(said) if line.at == turn.sent_at), None)
