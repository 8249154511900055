"""What is kept of a turn beside the turn itself: read by `_id`, in three rounds, whatever the turn came to."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind, event_key
from middleware.domain.jobs import Job, JobKind
from middleware.domain.record import Record
from middleware.domain.template_versions import THE_FILE, TemplateHead, TemplateVersion, version_id
from middleware.domain.timeline import TimelineHead
from middleware.domain.turn import Turn, turn_id_of
from middleware.pipeline.engines import reply_key
from middleware.ports import BrandStore, InboxEntry, Recorded, Stored

_REPORTS = frozenset({EventKind.STATUS, EventKind.DELIVERY, EventKind.READ})
REACHED = ("sent", "delivered", "read", "played", "failed")
"""What a platform reports of a message, in the order in which it happens."""
_MOST_REPORTS = 50
_MOST_PARTS = 12
"""Turns that are looked at for the parts of a burst, which lasts a few seconds."""
_VERSIONS_BACK = 50
"""Versions of a template that are looked at to find the one of a turn."""

SEEN_WITHIN = timedelta(seconds=2)
"""How long it takes at most until every process says a version that was published."""

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one turn. `before` and `after` are the turns around it in its conversation, as far as these are
    remembered, in the order in which they were applied.
    """

    brand: str
    turn: Turn
    event: Event | None = None
    is_waiting: bool = False
    conversation: Conversation | None = None
    before: tuple[Turn, ...] = ()
    after: tuple[Turn, ...] = ()
    events: Mapping[str, Event] = field(default_factory=dict)
    """Events of other turns, by key: parts of the burst, an engine's answer."""
    reports: tuple[Event, ...] = ()
    """What the platform reported about that time."""
    job: Job | None = None
    """The asking of its engine, while that is not over."""
    asked: Turn | None = None
    """The turn that asked what this one answers."""
    answers: tuple[Turn, ...] = ()
    """The turns that answer what this one asked."""
    versions: Mapping[str, tuple[TemplateVersion, ...]] = field(default_factory=dict)
    """Published versions of the templates that were said, newest first; none of one that was never edited."""


async def read_kept(store: BrandStore, brand: str, turn: Turn) -> Kept:
    """Everything that a trace of this turn is made of. Raises StoreUnavailable."""
    job_id, answer = Job.id_of(JobKind.ENGINE, turn.event_key), reply_key(turn.id)
    names = {message.reply.template for message in turn.messages if message.reply.template is not None}
    recorded, inbox, conversations, jobs, heads, asked = await asyncio.gather(
        store.get(Recorded, [turn.event_key, answer]),
        store.get(InboxEntry, [turn.event_key, answer]),
        store.get(Conversation, [turn.conversation_id]),
        store.get(Job, [job_id] if turn.asked() is not None else []),
        store.get(TimelineHead, [each.key for each in turn.recipient] if turn.messages else []),
        store.get(Turn, [each for each in (turn.answers, turn_id_of(brand, answer)) if each is not None]),
    )
    conversation = _record(conversations, turn.conversation_id)
    around = await _around(store, turn, conversation)
    answers = [each.record for each in asked.values() if each.record.answers == turn.id]
    answers += [each for each in around[1] if each.answers == turn.id and each.id not in asked]
    parts = (each.event_key for each in (*around[0], *around[1]) if each.part is not None)
    keys = {*parts, *(each.event_key for each in answers)}
    others, reports, versions = await asyncio.gather(
        store.get(Recorded, keys),
        store.get(Recorded, _report_keys(turn, [each.record for each in heads.values()])),
        _versions(store, names, turn.decided_at),
    )
    known = {key: each.record.event for key, each in inbox.items()}
    known |= {key: each.record.event for key, each in (*recorded.items(), *others.items())}
    return Kept(
        brand=brand,
        turn=turn,
        event=known.get(turn.event_key),
        is_waiting=turn.event_key in inbox,
        conversation=conversation,
        before=around[0],
        after=around[1],
        events=known,
        reports=tuple(sorted((each.record.event for each in reports.values()), key=lambda each: each.occurred_at)),
        job=_record(jobs, job_id),
        asked=_record(asked, turn.answers or ""),
        answers=tuple(answers),
        versions=versions,
    )


def _record(found: Mapping[str, Stored[R]], key: str) -> R | None:
    stored = found.get(key)
    return stored.record if stored is not None else None


async def _around(
    store: BrandStore, turn: Turn, conversation: Conversation | None
) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """The turns before one that may end a burst, and those after one that goes on or asked an engine."""
    applied = conversation.applied if conversation is not None else ()
    if turn.id not in applied:
        return (), ()
    place = applied.index(turn.id)
    before = applied[max(0, place - _MOST_PARTS) : place] if turn.ends_burst else ()
    most = len(applied) if turn.asked() is not None else _MOST_PARTS if turn.part is not None else 0
    after = applied[place + 1 :][:most]
    stored = await store.get(Turn, [*before, *after])
    return _in_order(stored, before), _in_order(stored, after)


def _in_order(stored: Mapping[str, Stored[Turn]], ids: Iterable[str]) -> tuple[Turn, ...]:
    return tuple(stored[each].record for each in ids if each in stored)


def _report_keys(turn: Turn, heads: Iterable[TimelineHead]) -> set[str]:
    """The keys of what the platform may have reported of the turn's messages: those that stand in the timeline lately,
    and those that follow from the messages' ids.
    """
    settled = [each.settled_at for each in turn.messages if each.settled_at is not None]
    if not settled:
        return set()
    entries = (entry for head in heads for entry in (*head.full, *head.entries))
    told = sorted((each.at, each.event) for each in entries if each.kind in _REPORTS and each.at >= turn.sent_at)
    own = {
        event_key(turn.channel, turn.account, f"{message.message_id}:status:{status}")
        for message in turn.messages
        if message.message_id is not None
        for status in REACHED
    }
    return own | {key for _, key in told[:_MOST_REPORTS]}


async def _versions(store: BrandStore, names: Collection[str], at: datetime) -> dict[str, tuple[TemplateVersion, ...]]:
    """For each template the published versions back to the one that was said at a time, newest first."""
    heads = await store.get(TemplateHead, names)
    found: dict[str, tuple[TemplateVersion, ...]] = dict.fromkeys(names, ())
    numbers = {name: each.record.published for name, each in heads.items()}
    for _ in range(_VERSIONS_BACK):
        ids = [version_id(name, number) for name, number in numbers.items() if number != THE_FILE]
        read = [each.record for each in (await store.get(TemplateVersion, ids)).values()] if ids else []
        found |= {each.name: (*found[each.name], each) for each in read}
        # One further back than needed: processes may not have seen the newest one yet.
        numbers = {each.name: each.before for each in read if each.at > at - SEEN_WITHIN}
        if not numbers:
            break
    return found
