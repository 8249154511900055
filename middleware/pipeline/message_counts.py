"""How many messages there were, and what became of turns: worked out when somebody asks, as results of templates are
(docs/decisions/0019). Nothing is counted while messages are worked on.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Literal

from middleware.domain.conversation import Conversation
from middleware.domain.events import TURN_KINDS
from middleware.domain.messages import SendState
from middleware.domain.turn import Turn, turn_id_of
from middleware.pipeline.recent import GoOn, entries_since, recent_conversations
from middleware.ports import BrandStore

Fate = Literal["sent", "waiting", "unknown", "failed", "part", "asked", "silent"]
"""What became of a turn: its reply was sent, waits, may have been sent, was not sent; it is a part of a burst that is
answered with the next one; an engine was asked; nothing was to be said.
"""

_FATES: dict[SendState, Fate] = {
    SendState.SENT: "sent",
    SendState.QUEUED: "waiting",
    SendState.SENDING: "waiting",
    SendState.UNKNOWN: "unknown",
    SendState.FAILED: "failed",
}
"""Of a turn with several messages the first of these that one of them has."""


@dataclass(slots=True)
class MessageCounts:
    """What was counted from `since` to `at`. Without `complete` the reading was ended early.

    `written` by customers and `sent` to them: by day, where the brand is, and channel. `fates` by flow, empty for none.
    """

    since: datetime
    at: datetime
    complete: bool = True
    conversations: int = 0
    written: Counter[tuple[date, str]] = field(default_factory=Counter)
    sent: Counter[tuple[date, str]] = field(default_factory=Counter)
    fates: Counter[tuple[str, Fate]] = field(default_factory=Counter)

    def add(self, turn: Turn, zone: tzinfo) -> None:
        """Count one turn. What agents did is no turn of the bot, and what a timer began nobody wrote."""
        for message in turn.messages:
            if message.state is SendState.SENT:
                self.sent[(message.settled_at or turn.decided_at).astimezone(zone).date(), turn.channel] += 1
        if turn.act is not None:
            return
        if not turn.unasked and turn.answers is None:
            self.written[turn.sent_at.astimezone(zone).date(), turn.channel] += 1
        self.fates[turn.decision.flow or "", fate_of(turn)] += 1


def fate_of(turn: Turn) -> Fate:
    """What became of a turn."""
    if turn.part is not None and not turn.messages:
        return "part"
    if not turn.messages:
        return "asked" if turn.asked() is not None else "silent"
    states = {message.state for message in turn.messages}
    return next(fate for state, fate in _FATES.items() if state in states)


async def message_counts(
    store: BrandStore, brand: str, since: datetime, now: datetime, zone: tzinfo, go_on: GoOn = lambda _: True
) -> MessageCounts:
    """Count them. Reads the conversations once along their ids; `go_on` may end that. Raises StoreUnavailable."""
    counts = MessageCounts(since, now)

    def told(number: int) -> bool:
        counts.complete = go_on(number)
        return counts.complete

    async with aclosing(recent_conversations(store, since, told)) as batches:
        async for number, conversations in batches:
            counts.conversations = number
            for turn in await _turns(store, brand, conversations, since):
                counts.add(turn, zone)
    return counts


async def _turns(
    store: BrandStore, brand: str, conversations: Sequence[Conversation], since: datetime
) -> Iterable[Turn]:
    """The turns of these conversations. Their timelines name the events, and those their turns."""
    if not conversations:
        return ()
    timelines = await entries_since(store, {alias for each in conversations for alias in each.aliases}, since)
    events = {entry.event for entries in timelines.values() for entry in entries if entry.kind in TURN_KINDS}
    # Agents' acts and answers of engines are in no timeline; the conversation knows the latest turns by itself.
    ids = {turn_id_of(brand, event) for event in events} | {turn for each in conversations for turn in each.applied}
    here = {each.id for each in conversations}
    found = await store.get(Turn, ids)
    turns = (each.record for each in found.values())
    return (each for each in turns if each.conversation_id in here and each.decided_at >= since)
