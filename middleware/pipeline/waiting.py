"""What waits and what was set aside, for whoever runs a brand. Everything here is read to a bound."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from middleware.domain.messages import SendState
from middleware.domain.record import Record
from middleware.domain.turn import Turn, turn_id_of
from middleware.ports import BrandStore, DeadLetter, InboxEntry, Quarantined, Stored

COUNTED_AT_MOST = 500
SHOWN_AT_MOST = 50

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Counted:
    """How much there is of something (`more`: at least), and since when the oldest has waited."""

    count: int
    more: bool
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The inbox; and of what is in it, the replies that are decided and not sent yet (`outbox`), and on their way."""

    inbox: Counted
    outbox: Counted
    under_way: Counted


@dataclass(frozen=True, slots=True)
class SetAside:
    """How much was set aside."""

    letters: Counted
    quarantined: Counted


@dataclass(frozen=True, slots=True)
class Kept:
    """Some of what was set aside; `more`: there is more than is shown."""

    letters: Sequence[Stored[DeadLetter]]
    quarantined: Sequence[Stored[Quarantined]]
    more: bool


async def waiting_in(store: BrandStore, brand: str) -> Waiting:
    """The inbox, and the replies to what is in it: an event stays there until all of them have a fate."""
    entries = await store.backlog(COUNTED_AT_MOST)
    turns = await store.get(Turn, [turn_id_of(brand, each.id) for each in entries])
    more = len(entries) >= COUNTED_AT_MOST
    open_ = [(each.record.decided_at, message.state) for each in turns.values() for message in each.record.messages]
    return Waiting(
        _counted((_since(each) for each in entries), more=more),
        _counted((at for at, state in open_ if state is SendState.QUEUED), more=more),
        _counted((at for at, state in open_ if state is SendState.SENDING), more=more),
    )


async def set_aside_in(store: BrandStore, common: BrandStore | None = None) -> SetAside:
    """How much was set aside of a brand; and, with `common`, of what no account has claimed."""
    homes = [store, *([common] if common is not None else [])]
    letters, *quarantined = await asyncio.gather(
        store.count(DeadLetter, COUNTED_AT_MOST), *(each.count(Quarantined, COUNTED_AT_MOST) for each in homes)
    )
    return SetAside(_up_to_the_most(letters), _up_to_the_most(sum(quarantined)))


async def kept_in(store: BrandStore, common: BrandStore | None = None) -> Kept:
    """Dead letters and quarantine of a brand; and, with `common`, what no account has claimed."""
    letters, own = await asyncio.gather(_some(store, DeadLetter), _some(store, Quarantined))
    nobodys = await _some(common, Quarantined) if common is not None else []
    quarantined = [*own, *nobodys]
    more = len(letters) > SHOWN_AT_MOST or len(quarantined) > SHOWN_AT_MOST
    return Kept(letters[:SHOWN_AT_MOST], quarantined[:SHOWN_AT_MOST], more)


def _counted(since: Iterable[datetime], *, more: bool) -> Counted:
    times = list(since)
    return Counted(len(times), more and bool(times), min(times, default=None))


def _up_to_the_most(count: int) -> Counted:
    return Counted(min(count, COUNTED_AT_MOST), count > COUNTED_AT_MOST)


def _since(entry: InboxEntry) -> datetime:
    return entry.event.received_at


async def _some(store: BrandStore, kind: type[R]) -> list[Stored[R]]:
    found: list[Stored[R]] = []
    async with aclosing(store.scan(kind)) as batches:
        async for batch in batches:
            found += batch
            if len(found) > SHOWN_AT_MOST:
                break
    return found
