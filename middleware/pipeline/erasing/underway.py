"""Work on a person that is under way when they are erased: it ends first, and nothing else begins.

Once the hashes are written, what happened before is dropped and what happens anew waits. What had looked before they
were is stopped by a touch: each identity gets another version, so that whoever had read it writes nothing. Then only
those are left who have the lane, or a job, and they have it for a bounded time.
"""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from middleware.domain.erasing import Forgotten
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.errors import StoreUnavailable
from middleware.pipeline.erasing.gathering import event_keys_of, read_all
from middleware.pipeline.forgetting import OF_EVENTS, Forgetting
from middleware.pipeline.records import records
from middleware.pipeline.unlisting import in_parts
from middleware.ports import TRIES_TO_LAND, BrandStore, Clock, Delete, Put, Stored

_LOOKS_EVERY = 0.05
_LONGEST = 30.0
"""Seconds between two words to whoever carries the erasure on."""


class StillAtWork(Exception):  # noqa: N818 - a state of the work, caught by whoever carries the erasure on
    """Somebody still works on the person, or may: go on after a while."""

    def __init__(self, again_in: timedelta = timedelta(seconds=1)) -> None:
        super().__init__("work on the person is still under way")
        self.again_in = again_in


async def write_hashes(
    store: BrandStore, forgetting: Forgetting, keys: Collection[str], at: datetime, *, is_open: bool
) -> None:
    """Keep the hashes of these identifiers. An older erasure's are replaced."""
    hashes = await forgetting.hashed(keys)
    for some in in_parts(sorted(hashes.values())):
        for _ in range(TRIES_TO_LAND):
            known = await store.get(Forgotten, some)
            puts = list(_changed(some, known, at, is_open=is_open))
            if not puts or all(await store.write(*puts)):
                break
        else:
            raise StoreUnavailable("others keep changing the same hashes")


def _changed(
    hashes: Iterable[str], known: dict[str, Stored[Forgotten]], at: datetime, *, is_open: bool
) -> Iterable[Put]:
    for each in hashes:
        stored = known.get(each, Stored(Forgotten(id=each, at=at), 0))
        after = Forgotten(id=each, at=max(at, stored.record.at), is_open=is_open)
        if stored.version == 0 or after != stored.record:
            yield stored.put(after)


async def touch(store: BrandStore, keys: Collection[str]) -> None:
    """Give each identity another version."""
    for some in in_parts(sorted(keys)):
        for _ in range(TRIES_TO_LAND):
            found = await store.get(Identity, some)
            landed = await store.write(*(each.put(each.record) for each in found.values()))
            some = [key for key, there in zip(found, landed, strict=True) if not there]  # noqa: PLW2901 - what is left
            if not some:
                break
        else:
            raise StoreUnavailable("others keep changing the same identifiers")


async def wait_for_lanes(store: BrandStore, keys: Collection[str], clock: Clock) -> None:
    """Wait until nobody has the lane of any of these. Raises StillAtWork."""
    ends = clock.monotonic() + _LONGEST
    while any(_is_held(each.record, clock.now()) for each in (await read_all(store, keys)).values()):
        if clock.monotonic() >= ends:
            raise StillAtWork
        await asyncio.sleep(_LOOKS_EVERY)


def _is_held(identity: Identity, now: datetime) -> bool:
    return identity.lease is not None and now < identity.lease.until


async def end_jobs(store: BrandStore, keys: Collection[str], clock: Clock) -> int:
    """Take back the jobs about these identifiers and their events; how many. Raises StillAtWork while one is done."""
    ends, ended = clock.monotonic() + _LONGEST, 0
    while True:
        jobs = await _jobs_about(store, keys)
        free = [each for each in jobs if each.record.owner is None or each.record.not_before <= clock.now()]
        await store.write(*(Delete(Job, each.record.id, each.version) for each in free))
        ended += len(free)
        if len(free) == len(jobs):
            # One that was taken at this very moment is still there.
            if not jobs or not await store.get(Job, [each.record.id for each in jobs]):
                return ended
            ended -= len(free)
        if clock.monotonic() >= ends:
            raise StillAtWork
        await asyncio.sleep(_LOOKS_EVERY)


async def _jobs_about(store: BrandStore, keys: Collection[str]) -> list[Stored[Job]]:
    every = [each async for each in records(store, Job) if each.record.kind is not JobKind.ERASE]
    if not every:
        return []
    about = {each.record.id for each in every if each.record.about in keys}
    events = {each.record.event_key for each in every if each.record.kind in OF_EVENTS}
    async for some in event_keys_of(store, keys):
        mine = events.intersection(some)
        about |= {each.record.id for each in every if each.record.event_key in mine}
    return [each for each in every if each.record.id in about]
