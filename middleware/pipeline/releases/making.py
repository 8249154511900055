"""Making a release beside other work: one attempt at a time for each draft, in whatever process, and each tells how far
it is.
"""

import asyncio
from collections.abc import Collection
from datetime import datetime

from middleware.domain.flow_makings import FlowMaking, Then
from middleware.errors import StoreUnavailable
from middleware.pipeline.templates.parts import made
from middleware.ports import TRIES_TO_LAND, BrandStore, Clock, Stored


async def making_of(store: BrandStore, file: str) -> Stored[FlowMaking] | None:
    """The last attempt with the draft of a file."""
    return (await store.get(FlowMaking, [file])).get(file)


async def under_way(store: BrandStore, files: Collection[str], now: datetime) -> frozenset[str]:
    """The files of these with whose drafts somebody is at it."""
    found = await store.get(FlowMaking, files) if files else {}
    return frozenset(file for file, each in found.items() if each.record.is_under_way(now))


async def begin_making(
    store: BrandStore, file: str, *, by: str, now: datetime, then: Then
) -> Stored[FlowMaking] | None:
    """Begin an attempt; None where somebody is at it already."""
    before = await making_of(store, file)
    if before is not None and before.record.is_under_way(now):
        return None
    begun = made(FlowMaking, id=file, by=by, begun_at=now, at=now, then=then)
    stored = before if before is not None else Stored(begun, 0)
    (landed,) = await store.write(stored.put(begun))
    return Stored(begun, stored.version + 1) if landed else None


async def stop_making(store: BrandStore, file: str, now: datetime) -> None:
    """Stop an attempt, whoever is at it: they find that it is not theirs any more."""
    stored = await making_of(store, file)
    if stored is not None and stored.record.state == "running":
        await store.write(stored.put(stored.record.model_copy(update={"state": "stopped", "at": now})))


class Telling:
    """Writes how far an attempt is, one word after the other."""

    def __init__(self, store: BrandStore, clock: Clock, begun: Stored[FlowMaking]) -> None:
        self._store, self._clock, self._held = store, clock, begun
        self._telling = asyncio.Lock()

    async def tell(self, **changed: object) -> bool:
        """Write it; False where it was stopped, or somebody else has gone on with it. Raises StoreUnavailable."""
        async with self._telling:
            for _ in range(TRIES_TO_LAND):
                after = self._held.record.model_copy(update={**changed, "at": self._clock.now()})
                (landed,) = await self._store.write(self._held.put(after))
                if landed:
                    self._held = Stored(after, self._held.version + 1)
                    return True
                # A word of ours may have landed though the store was not there to say so.
                stored = await making_of(self._store, after.id)
                if stored is None or not self._is_ours(stored.record):
                    return False
                self._held = stored
        raise StoreUnavailable("others keep writing how far a release is")

    def _is_ours(self, found: FlowMaking) -> bool:
        ours = self._held.record
        return found.state == "running" and (found.by, found.begun_at) == (ours.by, ours.begun_at)
