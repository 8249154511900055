"""One conversation as agents read it: what was said, by whom, what became of it, and what agents did in between.

The conversation keeps its latest lines; what is older is read back from the timelines of the identifiers under which
the customer writes here, a page at a time, newest first. Reads by `_id` only, a bounded number of them.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.agents import Act, Noted, Replied, Tried, in_words
from middleware.domain.attachments import with_ids
from middleware.domain.conversation import Conversation
from middleware.domain.events import Attachment, Event, EventKind, Referral
from middleware.domain.fragment import AdClick
from middleware.domain.identity import Identity
from middleware.domain.record import Record
from middleware.domain.timeline import Entry
from middleware.domain.turn import OutboundMessage, Turn, turn_id_of, turn_of_key
from middleware.pipeline.senders import sender_in_doubt
from middleware.pipeline.timeline import read_timeline_of
from middleware.ports import BrandStore, Recorded

MOST_LINES = 50
_ROUNDS = 5
"""Times that the timelines are read for one page: most of what stands there may be receipts."""
_ROUNDS_BACK = 20
"""The same for a page that goes back to a certain time."""

_WROTE = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.STANDBY, EventKind.REFERRAL})
_DECIDED = frozenset(
    {EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.ENGINE_REPLY, EventKind.TIMER, EventKind.NEWS}
)
_SHOWN = _WROTE | _DECIDED | {EventKind.ECHO, EventKind.EDIT, EventKind.UNSEND, EventKind.AGENT}


class ThreadLine(Record):
    """One line: something that was said (`customer`, `bot`, `human`), a `note` of an agent, or an `act` in words.

    `id` is the platform's id of the message, our key, or the event's. `status` is how far a message of ours has come
    and `reason` why it did not go. `turn`, `flow` and `template` say where the bot's words come from. A text of ""
    was taken back.
    """

    id: str
    by: Literal["customer", "bot", "human", "note", "act"]
    at: datetime
    text: str
    author: str | None = None
    status: str | None = None
    reason: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    referral: Referral | None = None
    turn: str | None = None
    flow: str | None = None
    template: str | None = None
    test: bool = False
    """A template was tried out with it."""
    act: Act | None = None
    """What was done, of an act."""

    @property
    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by id."""
        return (self.at, self.id)


class Thread(Record):
    """Some lines, newest first. `next` asks for what is older; None at the end. `began_with` is the ad or link through
    which the customer came here first, on the first page only.
    """

    conversation: Conversation
    lines: tuple[ThreadLine, ...]
    next: str | None = None
    began_with: AdClick | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for some entries: events by key, turns by the key of their event."""

    events: Mapping[str, Event]
    turns: Mapping[str, Turn]


async def read_thread(
    store: BrandStore, brand: str, conversation_id: str, *, before: str | None = None, most: int = MOST_LINES,
    back_to: datetime | None = None,
) -> Thread | None:  # fmt: skip
    """About `most` lines (up to 50 and what comes with the last of them), older than the cursor `before`; None if there
    is no such conversation. With `back_to` as many as there are since then, up to a thousand. Raises CursorError for a
    cursor that no thread gave, and StoreUnavailable.
    """
    stored = (await store.get(Conversation, [conversation_id])).get(conversation_id)
    if stored is None:
        return None
    conversation = stored.record
    most = max(1, min(most, MOST_LINES))
    writers = conversation.aliases or [each.key for each in await sender_in_doubt(store, conversation)]
    began_with = await _began_with(store, writers) if before is None else None
    lines: dict[str, ThreadLine] = {}
    following = before
    for _ in range(_ROUNDS if back_to is None else _ROUNDS_BACK):
        view = await read_timeline_of(store, writers, before=following, most=most)
        read = await _read(store, brand, conversation, view.entries)
        for line in _lines(conversation, read):
            lines.setdefault(line.id, line)
        following = view.next
        is_there = back_to is None or any(entry.at < back_to for entry in view.entries)
        if following is None or (len(lines) >= most and is_there):
            break
    shown = sorted(_as_they_are(conversation, lines.values()), key=lambda line: line.rank, reverse=True)
    return Thread(conversation=conversation, lines=tuple(shown), next=following, began_with=began_with)


async def _read(store: BrandStore, brand: str, conversation: Conversation, entries: Sequence[Entry]) -> _Read:
    keys = [entry.event for entry in entries if entry.kind in _SHOWN]
    decided = {
        turn_id_of(brand, each.event): each.event for each in entries if each.kind in _DECIDED | {EventKind.AGENT}
    }
    recorded, turns = await asyncio.gather(store.get(Recorded, keys), store.get(Turn, decided))
    here = (conversation.channel, conversation.account)
    events = {key: each.record.event for key, each in recorded.items()}
    return _Read(
        events={key: each for key, each in events.items() if (each.connector, each.account) == here},
        turns={
            decided[key]: each.record for key, each in turns.items() if each.record.conversation_id == conversation.id
        },
    )


def _lines(conversation: Conversation, read: _Read) -> Iterable[ThreadLine]:
    ours = {each.message_id for turn in read.turns.values() for each in turn.messages} | set(conversation.own_ids)
    changed = {
        each.edit.message_id: each.edit.text or ""
        for each in sorted(read.events.values(), key=lambda event: event.occurred_at)
        if each.edit is not None
    }
    for event in read.events.values():
        if event.agent is not None:
            yield from _of_agent(event)
        elif event.kind in _WROTE:
            yield from _of_customer(event, changed)
        elif event.kind is EventKind.ECHO and event.message is not None:
            key = event.message.correlation_key
            if event.message.id not in ours and (key is None or turn_of_key(key) is None):
                yield from _of_elsewhere(conversation, event)
    for turn in read.turns.values():
        for message in turn.messages:
            yield _of_ours(turn, message)


def _of_customer(event: Event, changed: Mapping[str, str]) -> Iterable[ThreadLine]:
    message, referral = event.message, event.referral
    if message is None or message.group is not None:
        if message is None and referral is not None:
            yield ThreadLine(id=event.key, by="customer", at=_written_at(event), text="", referral=referral)
        return
    yield ThreadLine(
        id=message.id,
        by="customer",
        at=_written_at(event),
        text=changed.get(message.id, message.text or ("" if not event.raw else f"[{message.kind}]")),
        attachments=with_ids(event),
        reply_to=message.reply_to,
        referral=referral,
    )


def _of_elsewhere(conversation: Conversation, event: Event) -> Iterable[ThreadLine]:
    """What the brand sent past us: a person, or the bot that answers in our place, as the conversation took it."""
    if event.message is None:
        return
    known = next((line for line in conversation.lines if line.id == event.message.id), None)
    by = known.by if known is not None else "human"
    text = event.message.text or f"[{event.message.kind}]"
    yield ThreadLine(id=event.message.id, by=by, at=_written_at(event), text=text, attachments=with_ids(event))


def _written_at(event: Event) -> datetime:
    """When it was written; of a platform that tells whole seconds, when it came within that second: a second question
    stands behind the answer to the first one, however quick both were.
    """
    if event.occurred_at.microsecond:
        return event.occurred_at
    later = min(event.received_at - event.occurred_at, timedelta(seconds=1) - timedelta.resolution)
    return event.occurred_at + max(later, timedelta())


def _of_agent(event: Event) -> Iterable[ThreadLine]:
    did = event.agent
    if did is None or isinstance(did.act, Replied | Tried):
        return
    is_note = isinstance(did.act, Noted)
    yield ThreadLine(
        id=event.key,
        by="note" if is_note else "act",
        at=event.occurred_at,
        text=did.act.text if isinstance(did.act, Noted) else in_words(did),
        author=did.by,
        act=None if is_note else did.act,
    )


def _of_ours(turn: Turn, message: OutboundMessage) -> ThreadLine:
    return ThreadLine(
        id=message.message_id or message.key,
        by="bot" if message.author is None else "human",
        at=message.settled_at or turn.decided_at,
        text=message.reply.shown(),
        author=message.author,
        status=message.state.value,
        reason=message.reason,
        reply_to=message.reply.reply_to,
        turn=turn.id,
        flow=turn.decision.flow,
        template=message.reply.template,
        test=turn.is_test,
    )


def _as_they_are(conversation: Conversation, lines: Iterable[ThreadLine]) -> Iterable[ThreadLine]:
    """The lines as the conversation knows them by now: what was edited or taken back, and how far ours have come."""
    kept = {line.id: line for line in conversation.lines}
    for line in lines:
        known = kept.get(line.id)
        if known is None:
            yield line
        elif line.by == "customer":
            is_gone = not known.text
            is_edited = not is_gone and known.text not in {line.text, line.text[: len(known.text)]}
            yield line.model_copy(
                update={
                    "text": "" if is_gone else known.text if is_edited else line.text,
                    "attachments": () if is_gone else line.attachments,
                }
            )
        else:
            yield line.model_copy(update={"status": known.status or line.status})


async def _began_with(store: BrandStore, writers: Sequence[str]) -> AdClick | None:
    """The first ad or link through which one of the customer's identifiers came."""
    identities = await store.get(Identity, writers)
    clicks = [each.record.fragment.first_click for each in identities.values()]
    return min((each for each in clicks if each is not None), key=AdClick.rank, default=None)
