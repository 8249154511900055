"""What a turn came to, and where a message stands. Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from middleware.domain.conversation import Conversation
from middleware.domain.messages import SendState
from middleware.domain.trace import TraceMessage, TraceOutcome
from middleware.domain.turn import HandedOver, OutboundMessage, Turn

_WORST_FIRST: tuple[tuple[SendState, TraceOutcome], ...] = (
    (SendState.FAILED, "failed"),
    (SendState.UNKNOWN, "unknown"),
    (SendState.SENDING, "under_way"),
    (SendState.QUEUED, "under_way"),
    (SendState.SENT, "sent"),
)


class Standing(NamedTuple):
    """Where a message stands. `not_before`: it is tried again then."""

    state: SendState
    attempts: int
    not_before: datetime | None


def standing(conversation: Conversation | None, message: OutboundMessage) -> Standing:
    """Where a message stands. While its fate is open, the outbox of the conversation knows more than the turn."""
    entry = conversation.entry(message.key) if conversation is not None else None
    if entry is None or message.state is not SendState.QUEUED:
        return Standing(message.state, message.attempts, None)
    return Standing(entry.state, entry.attempts, entry.not_before)


def outcome_of(turn: Turn, messages: Collection[TraceMessage]) -> TraceOutcome:
    """What a turn came to: of several messages the one that came least far counts."""
    if messages:
        # A report of the platform that it failed came after it had been sent.
        reported = any(receipt.status == "failed" for each in messages for receipt in each.receipts)
        states = {each.state for each in messages}
        return "failed" if reported else next(word for state, word in _WORST_FIRST if state in states)
    if turn.act is not None:
        return "acted"
    if turn.part is not None:
        return "gathered"
    if turn.asked() is not None:
        return "asked"
    return "handed_over" if any(isinstance(each, HandedOver) for each in turn.decision.effects) else "silent"
