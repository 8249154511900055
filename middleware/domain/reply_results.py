"""What became of one reply: whether it went out, arrived, was read and answered. Pure.

Worked out from what is on record, so that a status told twice or a turn carried out again counts once.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from middleware.domain.events import Receipt
from middleware.domain.messages import Reply, SendState
from middleware.domain.outgoing import AS_WANTED
from middleware.domain.turn import OutboundMessage, Turn

ANSWERED_WITHIN = timedelta(hours=24)
"""The customer has answered who writes again within this time after the reply went out."""

ORDERED_WITHIN = timedelta(days=7)
"""A reply has led to an order that was placed within this time after it went out."""

Fate = Literal["sent", "failed", "held_back", "unknown", "waiting"]
"""What became of a reply as a whole. `held_back`: it was not to go out any more, since the customer had said STOP or a
person had taken over. `waiting`: its sending is not over."""

_FAR = frozenset({"delivered", "read", "played"})
_READ = frozenset({"read", "played"})
_OPEN = frozenset({SendState.QUEUED, SendState.SENDING})


class Receipts:
    """What the platform has reported of the messages of one conversation. The order of the reports does not matter."""

    def __init__(self, receipts: Iterable[Receipt]) -> None:
        self._said: dict[str, set[str]] = {}
        self._until: dict[str, datetime] = {}
        for receipt in receipts:
            for name in (*receipt.message_ids, receipt.correlation_key):
                if name is not None:
                    self._said.setdefault(name, set()).add(receipt.status)
            mark, known = receipt.watermark, self._until.get(receipt.status)
            if mark is not None and (known is None or known < mark):
                self._until[receipt.status] = mark

    def of(self, message: OutboundMessage) -> frozenset[str]:
        """Every status that a message has reached."""
        named = self._said.get(message.key, set()) | self._said.get(message.message_id or "", set())
        at = message.settled_at
        passed = {status for status, mark in self._until.items() if at is not None and at <= mark}
        return frozenset(named | passed)


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """What became of one reply. `id` is the key of its first message, `at` when all of it was out.

    One that a template said in several messages is one reply, and has come as far as the message that came least far.
    `template` is None for what no template said; `version` is the number under which it was published, 0 for a file's,
    None where that is not on record.
    """

    id: str
    conversation: str
    sender: str
    template: str | None
    locale: str
    variant: str | None
    version: int | None
    fell_back: bool
    decided_at: datetime
    fate: Fate
    at: datetime | None = None
    delivered: bool = False
    read: bool = False
    answered: bool = False


def results_of(turn: Turn, receipts: Receipts, written: Sequence[datetime]) -> list[ReplyResult]:
    """What became of each reply of a turn. `written` says when the customer wrote in the conversation, sorted."""
    said = groupby(turn.messages, key=lambda message: _said_by(message.reply))
    return [_result(turn, tuple(messages), receipts, written) for _, messages in said]


def _said_by(reply: Reply) -> tuple[str | None, str | None, str | None]:
    return reply.template, reply.locale, reply.variant


def _result(
    turn: Turn, messages: Sequence[OutboundMessage], receipts: Receipts, written: Sequence[datetime]
) -> ReplyResult:
    reply = messages[0].reply
    reached = [receipts.of(message) for message in messages]
    fate = _fate(messages, failed=any("failed" in each for each in reached))
    times = [message.settled_at for message in messages if message.settled_at is not None]
    at = max(times) if fate == "sent" and times else None
    return ReplyResult(
        id=messages[0].key,
        conversation=turn.conversation_id,
        sender=turn.recipient[0].key if turn.recipient else "",
        template=reply.template,
        locale=reply.locale or "",
        variant=reply.variant,
        version=reply.version,
        fell_back=any(message.reply.fallback for message in messages),
        decided_at=turn.decided_at,
        fate=fate,
        at=at,
        delivered=at is not None and all(each & _FAR for each in reached),
        read=at is not None and all(each & _READ for each in reached),
        answered=at is not None and _is_answered(at, written),
    )


def _fate(messages: Sequence[OutboundMessage], *, failed: bool) -> Fate:
    states = {message.state for message in messages}
    if SendState.FAILED in states or failed:
        reasons = {message.reason for message in messages if message.state is SendState.FAILED}
        return "held_back" if not failed and reasons <= AS_WANTED else "failed"
    if SendState.UNKNOWN in states:
        return "unknown"
    return "waiting" if states & _OPEN else "sent"


def _is_answered(at: datetime, written: Sequence[datetime]) -> bool:
    """Whether the customer wrote after the reply, and in time."""
    following = bisect_right(written, at)
    return following < len(written) and written[following] <= at + ANSWERED_WITHIN
