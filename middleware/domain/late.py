"""What customers wrote that was too old for the bot when its turn came: how a conversation keeps it for agents. Pure;
doing it twice is once.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from middleware.domain.conversation import KEPT_LATE, Conversation, Late, LateBefore, Line
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


def with_late(conversation: Conversation, turn: Turn, now: datetime) -> dict[str, object]:
    """What changes of what was too late, with what this turn should have answered."""
    before = conversation.late_before
    is_counted = before is not None and before.last == turn.id
    if turn.unasked or is_counted or any(each.id == turn.id for each in conversation.late):
        return {}
    line = _line_of(conversation, turn)
    late = Late(
        id=turn.id,
        message=line.id if line is not None else None,
        text=line.text[:KEPT_TEXT] if line is not None else "",
        at=turn.sent_at,
        since=now,
    )
    known = sorted((*conversation.late, late), key=lambda each: (each.at, each.id))
    for each in known[:-KEPT_LATE]:
        before = _with_one(before, each)
    return {"late": tuple(known[-KEPT_LATE:]), "late_before": before}


def seen_to(conversation: Conversation, ids: Collection[str], until: datetime | None) -> dict[str, object]:
    """What changes when an agent has seen to these, and to what is only counted as far as it was known `until` then."""
    left = tuple(each for each in conversation.late if each.id not in ids)
    before = _known_later(conversation.late_before, until) if until is not None else conversation.late_before
    waits = bool(left) or before is not None or conversation.needs_person != TOO_OLD_FOR_BOT
    return {"late": left, "late_before": before, "needs_person": conversation.needs_person if waits else None}


def answered(conversation: Conversation, at: datetime) -> dict[str, object]:
    """What changes after a person answered at that time: too late is still what nobody could see by then."""
    left = tuple(each for each in conversation.late if each.since > at)
    return {"late": left, "late_before": _known_later(conversation.late_before, at)}


def how_many(late: Collection[Late], before: LateBefore | None) -> int:
    """How many there are, with those that are only counted."""
    return len(late) + (before.count if before is not None else 0)


def first_of(late: Sequence[Late], before: LateBefore | None) -> Late | LateBefore | None:
    """The one that was written first."""
    return before or next(iter(late), None)


def seen_until(late: Collection[Late], before: LateBefore | None) -> datetime | None:
    """Until when whoever sees all of this has seen to what is known."""
    return max((each.since for each in (*late, before) if each is not None), default=None)


def reworded(conversation: Conversation, message_id: str, text: str | None) -> tuple[Late, ...]:
    """What is too late after the customer edited a message, or took it back (None): that wants no answer."""
    kept = (each for each in conversation.late if text is not None or each.message != message_id)
    return tuple(
        each.model_copy(update={"text": (text or "")[:KEPT_TEXT]}) if each.message == message_id else each
        for each in kept
    )


def _with_one(before: LateBefore | None, late: Late) -> LateBefore:
    """What is only counted, with one more."""
    if before is None:
        return LateBefore(count=1, at=late.at, message=late.message, since=late.since, last=late.id)
    is_first = late.at < before.at
    return LateBefore(
        count=before.count + 1,
        at=late.at if is_first else before.at,
        message=late.message if is_first else before.message,
        since=max(before.since, late.since),
        last=late.id,
    )


def _known_later(before: LateBefore | None, at: datetime) -> LateBefore | None:
    """What is only counted, unless all of it was known at `at`. Some of it later: which, nobody knows any more."""
    return before if before is not None and before.since > at else None


def _line_of(conversation: Conversation, turn: Turn) -> Line | None:
    """What the customer wrote, as the conversation has it."""
    said = [line for line in conversation.lines if line.by == "customer"]
    own = (line for line in said if event_key(turn.channel, turn.account, line.id) == turn.event_key)
    # An engine's answer has a key of its own, and the time of what it answers.
    return next(own, None) or next((line for line in reversed(said) if line.at == turn.sent_at), None)
