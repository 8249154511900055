"""The latest turns of a brand, for commands that people start.

One walk along the conversations finds those in which something happened last; of these, turns are read by id, the
latest first, and only as far back as they can be among the wanted ones.
"""

import heapq
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.turn import Turn
from middleware.ports import BrandStore

GoOn = Callable[[int], bool]
"""Told how many conversations were read; whether to read on."""

_READ_AT_ONCE = 100


async def latest_turns(store: BrandStore, most: int, go_on: GoOn) -> list[str]:
    """The ids of at most so many turns, the latest first. Of one conversation the last 50 are known.

    Raises StoreUnavailable. Where `go_on` ends it, those of the conversations that were read.
    """
    applied = await _latest_conversations(store, most, go_on)
    found: list[tuple[datetime, str]] = []
    in_play, step = dict.fromkeys(applied, 0), 1
    while in_play:
        wanted = {key: applied[key][: -done or None][-step:] for key, done in in_play.items()}
        times = await _times(store, [each for ids in wanted.values() for each in ids])
        found = heapq.nlargest(most, [*found, *((at, each) for each, at in times.items())])
        oldest = found[-1][0] if len(found) == most else None
        in_play = {
            key: in_play[key] + len(ids)
            for key, ids in wanted.items()
            if in_play[key] + len(ids) < len(applied[key]) and _goes_further_back(ids, times, oldest)
        }
        step = min(2 * step, _READ_AT_ONCE)
    return [each for _, each in found]


async def _latest_conversations(store: BrandStore, most: int, go_on: GoOn) -> dict[str, tuple[str, ...]]:
    """The turns that so many conversations remember, by conversation: those in which something happened last."""
    latest: list[tuple[datetime, str, tuple[str, ...]]] = []
    read = 0
    async with aclosing(store.scan(Conversation)) as batches:
        async for batch in batches:
            read += len(batch)
            some = [stored.record for stored in batch if stored.record.applied]
            heard = [(each.last_inbound_at or each.started_at, each.id, each.applied) for each in some]
            latest = heapq.nlargest(most, [*latest, *heard])
            if not go_on(read):
                break
    return {key: applied for _, key, applied in latest}


async def _times(store: BrandStore, ids: list[str]) -> dict[str, datetime]:
    """When turns were decided, by id. Read in parts, so that only so many are held at once."""
    found: dict[str, datetime] = {}
    for start in range(0, len(ids), _READ_AT_ONCE):
        stored = await store.get(Turn, ids[start : start + _READ_AT_ONCE])
        found |= {key: each.record.decided_at for key, each in stored.items()}
    return found


def _goes_further_back(ids: tuple[str, ...], times: dict[str, datetime], oldest: datetime | None) -> bool:
    """Whether what is before these turns can be later than the oldest of the wanted ones. Some may be gone."""
    known = [times[each] for each in ids if each in times]
    return oldest is None or not known or min(known) > oldest
