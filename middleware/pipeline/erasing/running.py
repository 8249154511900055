"""An erasure from its beginning to its receipt. Every step may be repeated: what is found half done is done again."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from middleware.domain.erasing import Erasure, Phase, Work
from middleware.domain.jobs import Job, JobKind
from middleware.domain.record import at_millisecond
from middleware.errors import StoreUnavailable, ThroughlineError
from middleware.pipeline.audit import audit
from middleware.pipeline.erasing.deleting import Counts
from middleware.pipeline.erasing.gathering import Gathered, add_newcomers, gather, members_of
from middleware.pipeline.erasing.sweeping import SWEEPS, Wanted, forget_place, sweep_batch
from middleware.pipeline.erasing.taking import Checkpoint, delete_shells, take_out, work_of
from middleware.pipeline.erasing.underway import StillAtWork, touch, wait_for_lanes, write_hashes
from middleware.pipeline.forgetting import Forgetting
from middleware.ports import TRIES_TO_LAND, BrandStore, Clock, Delete, Put

CARRIED_ON_AFTER = timedelta(minutes=1)
"""A command does it itself; a worker carries it on should that die at it."""

_LONGEST = timedelta(minutes=2)
_LOOKS_EVERY = timedelta(seconds=1)

Keep = Callable[[], Awaitable[None]]


class EraseRefused(ThroughlineError):  # noqa: N818 - a verdict on the request
    """There is no profile with this id."""


def job_of(erasure: Erasure, at: datetime) -> Job:
    """The job that carries an erasure on."""
    return Job.of(JobKind.ERASE, erasure.id, "", "", at)


async def erasure_of(store: BrandStore, erasure_id: str) -> Erasure | None:
    """An erasure, or its receipt."""
    found = (await store.get(Erasure, [erasure_id])).get(erasure_id)
    return found.record if found is not None else None


async def begin_erasure(
    store: BrandStore, forgetting: Forgetting, profile_ids: Collection[str], *,
    by: str, cause: str, now: datetime, first_look: datetime | None = None,
) -> Erasure:  # fmt: skip
    """Write down that these profiles are to be erased, as one person, with the job that does it; `first_look` is when
    that may be taken first. The same `cause` (the nonce of a form, a platform's request) is one erasure.

    Raises EraseRefused where there is none of these profiles, and StoreUnavailable.
    """
    identifier = await forgetting.erasure_id(cause)
    known = await erasure_of(store, identifier)
    if known is not None:
        return known
    members = await members_of(store, profile_ids)
    if not members.profiles:
        raise EraseRefused
    work = Work(profiles=tuple(sorted(members.profiles)), identifiers=tuple(sorted(members.own)))
    erasure = Erasure(id=identifier, by=by, asked_at=at_millisecond(now), work=work)
    landed, _ = await store.write(Put(erasure), Put(job_of(erasure, first_look or now)))
    return erasure if landed else await _there(store, identifier)


async def erase(
    store: BrandStore, forgetting: Forgetting, profile_ids: Collection[str], clock: Clock, *, by: str, cause: str
) -> Erasure:
    """Erase a person now, by whatever cause: a command, a platform's request. Doing it again gives the same receipt.

    It takes at least as long as it has to settle. Raises EraseRefused, StillAtWork while work on the person takes long,
    StoreUnavailable; a job goes on with it then.
    """
    now = clock.now()
    begun = await begin_erasure(
        store, forgetting, profile_ids, by=by, cause=cause, now=now, first_look=now + CARRIED_ON_AFTER
    )
    ends = clock.monotonic() + _LONGEST.total_seconds()
    while True:
        try:
            return await carry_on_erasure(store, forgetting, begun.id, clock)
        except StillAtWork as reason:
            if clock.monotonic() >= ends:
                raise
            # Somebody else may have done it by then.
            await asyncio.sleep(min(reason.again_in, _LOOKS_EVERY).total_seconds())


async def carry_on_erasure(
    store: BrandStore, forgetting: Forgetting, erasure_id: str, clock: Clock,
    checkpoint: Checkpoint = lambda _: None, keep: Keep | None = None,
) -> Erasure:  # fmt: skip
    """Do what is left of an erasure; one that is done stays as it is. `keep` is awaited before each step. Raises
    StillAtWork and StoreUnavailable.
    """
    running = _Running(store, forgetting, await _there(store, erasure_id), clock, checkpoint)
    while running.erasure.phase != "done":
        if keep is not None:
            await keep()
        await running.step()
        checkpoint(f"erase_{running.erasure.phase}")
    return running.erasure


async def _there(store: BrandStore, erasure_id: str) -> Erasure:
    found = await erasure_of(store, erasure_id)
    if found is None:
        raise EraseRefused("there is no erasure with this id")
    return found


class _Running:
    """One erasure while somebody works on it."""

    def __init__(
        self, store: BrandStore, forgetting: Forgetting, erasure: Erasure, clock: Clock, checkpoint: Checkpoint
    ) -> None:
        self.erasure = erasure
        self._store = store
        self._forgetting = forgetting
        self._clock = clock
        self._checkpoint = checkpoint

    @property
    def _work(self) -> Work:
        return self.erasure.work or Work(profiles=())

    async def step(self) -> None:
        """Do one phase, and write down that the next one is up."""
        steps = {"fencing": self._fence, "gathering": self._gather, "deleting": self._delete, "sweeping": self._sweep}
        await steps[self.erasure.phase]()

    async def _fence(self) -> None:
        """From here on nothing of before comes in."""
        own = self._work.identifiers
        await write_hashes(self._store, self._forgetting, own, self.erasure.asked_at, is_open=True)
        self._checkpoint("erase_hashed")
        await touch(self._store, own)
        await wait_for_lanes(self._store, own, self._clock)
        await self._save(phase="gathering")

    async def _gather(self) -> None:
        """With nobody at work, everything that there is can be found."""
        members = Gathered(profiles=set(self._work.profiles), own=set(self._work.identifiers))
        await add_newcomers(self._store, members)
        found = await gather(self._store, self._forgetting.brand, members)
        work = work_of(found)
        keys = {*work.identifiers, *work.orphans}
        await write_hashes(self._store, self._forgetting, keys, self.erasure.asked_at, is_open=True)
        await touch(self._store, keys)
        await wait_for_lanes(self._store, keys, self._clock)
        await self._save(phase="deleting", work=work, shells=tuple(sorted(found.conversations)))

    async def _delete(self) -> None:
        store, work, shells = self._store, self._work, self.erasure.shells
        counts = await take_out(
            store, self._forgetting.brand, work, shells, self._clock, self.erasure.asked_at, self._checkpoint
        )
        keys = {*work.identifiers, *work.orphans}
        await write_hashes(store, self._forgetting, keys, self.erasure.asked_at, is_open=False)
        await self._save(phase="sweeping", counts=counts, deleted_at=at_millisecond(self._clock.now()))

    async def _sweep(self) -> None:
        """One batch of one sweep; with the last one the receipt. Raises StillAtWork before all has settled."""
        left = (self.erasure.deleted_at or self.erasure.asked_at) + self._forgetting.settles - self._clock.now()
        if left > timedelta(0):
            raise StillAtWork(left)
        work, wanted = self._work, Wanted.by(self._work, self.erasure.asked_at)
        if work.sweep == len(SWEEPS):
            await forget_place(self._store, wanted)
            await self._end()
            return
        sweep = SWEEPS[work.sweep]
        store = self._forgetting.common if sweep.common else self._store
        batch = await sweep_batch(store, self._forgetting.brand, sweep, wanted, work.after)
        if batch is None:
            await self._save(work=work.model_copy(update={"sweep": work.sweep + 1, "after": ""}))
        else:
            await self._save(work=work.model_copy(update={"after": batch.after}), counts=batch.counts)

    async def _end(self) -> None:
        """The receipt, in the audit log first: what is done must be on record."""
        await delete_shells(self._store, self.erasure.shells)
        said = {kind: str(number) for kind, number in self.erasure.counts.items()}
        now = self._clock.now()
        await audit(self._store, by=self.erasure.by, what="person.erased", now=now, about=self.erasure.id, details=said)
        await self._save(phase="done", work=None, shells=(), done_at=at_millisecond(now))
        await self._store.write(Delete(Job, job_of(self.erasure, now).id))

    async def _save(self, *, counts: Counts | None = None, phase: Phase | None = None, **update: object) -> None:
        """Write down how far it is. Somebody else who carries it on at the same time has done the same."""
        for _ in range(TRIES_TO_LAND):
            stored = (await self._store.get(Erasure, [self.erasure.id]))[self.erasure.id]
            if (stored.record.phase, stored.record.work) != (self.erasure.phase, self.erasure.work):
                self.erasure = stored.record
                return
            changes = {**update, **({"phase": phase} if phase is not None else {})}
            after = stored.record.counted(counts or {}).model_copy(update=changes)
            (landed,) = await self._store.write(stored.put(after))
            if landed:
                self.erasure = after
                return
        raise StoreUnavailable("others keep carrying on the same erasure")
