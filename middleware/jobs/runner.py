"""The runner: takes jobs that are due and does them, several at once, beside the worker and never in its way.

A job is taken by compare-and-set, so that of many processes one does it; what a process that died had taken is due
again once its claim has run out. What fails is tried again after 5 s, 20 s, 80 s ... up to an hour, and given up after
eight attempts.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from middleware.domain.events import Event
from middleware.domain.jobs import Job, JobKind
from middleware.errors import NotStorable, StoreUnavailable
from middleware.jobs.claim import Claim, ClaimLost, KindOfJob, Later, Over
from middleware.pipeline.parts import Brand
from middleware.ports import Clock, Stored

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
_WRITES_WITHIN = timedelta(seconds=60)
"""How long writing what an attempt brought may take: a claim lasts this much longer than the attempt."""

GIVEN_UP = "given_up"

Arrived = Callable[[str, Event], None]
"""Hands the worker an event that a job brought, with the name of its brand."""

Told = Callable[[JobKind, str, float], None]
"""Told kind, result and seconds since the event, of every job that is over."""


class Runner:
    """All jobs of one process."""

    def __init__(
        self,
        brands: Mapping[str, Brand],
        kinds: Sequence[KindOfJob],
        clock: Clock,
        told: Told,
        arrived: Arrived,
        *,
        owner: str,
        at_once: int,
        timeout: timedelta,
        look_every: timedelta = timedelta(seconds=1),
    ) -> None:
        self._brands = brands
        self._kinds = kinds
        self._clock = clock
        self._told = told
        self._arrived = arrived
        self._owner = owner
        self._at_once = at_once
        self._lease = timeout + _WRITES_WITHIN
        self._look_every = look_every
        self._running: dict[JobKind, set[asyncio.Task[None]]] = {kind.kind: set() for kind in kinds}
        self._of_kind = {kind.kind: kind for kind in kinds}
        self._slot_free = asyncio.Event()
        self._look: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to look for jobs, and go on doing so."""
        self._look = asyncio.create_task(self._look_for_ever(), name="jobs")

    async def stop(self, within: float = 5.0) -> None:
        """Take nothing new, let what is under way end, at most `within` seconds; the rest is given back."""
        self._stopping = True
        if self._look is not None:
            self._look.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._look
        tasks = [task for running in self._running.values() for task in running]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def submit(self, brand: str, job: Job) -> None:
        """Begin a job that was just written, if there is a slot for it. If not, it is found when one is free."""
        kind = self._of_kind[job.kind]
        if not self._stopping and self._free(kind) > 0:
            self._start(kind, self._take(kind, self._brands[brand], Stored(job, 1)))

    @property
    def running(self) -> int:
        """Jobs that are under way in this process."""
        return sum(map(len, self._running.values()))

    async def _look_for_ever(self) -> None:
        while not self._stopping:
            self._slot_free.clear()
            more = False
            for brand in self._brands.values():
                try:
                    more = await self._look_into(brand) or more
                except StoreUnavailable as error:
                    log.warning("the store does not answer", action="jobs", brand=brand.name, error=str(error))
                except Exception:
                    log.exception("the jobs cannot be read", action="jobs", brand=brand.name)
            await self._pause(until_slot_free=more)

    async def _pause(self, *, until_slot_free: bool) -> None:
        """Wait for the next look: at once when a slot is free again and more was waiting than could be taken."""
        seconds = self._look_every.total_seconds()
        if not until_slot_free:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._slot_free.wait()

    async def _look_into(self, brand: Brand) -> bool:
        """Begin what is due, as far as slots are free; whether more may be waiting."""
        more = False
        for kind in self._kinds:
            free = self._free(kind)
            due = await brand.store.due_jobs(kind.kind, self._clock.now(), free) if free > 0 else []
            for stored in due:
                claim = await self._claim(kind, brand, stored)
                if claim is not None:
                    self._start(kind, self._attempt(kind, claim))
            more = more or free <= 0 or len(due) == free
        return more

    def _free(self, kind: KindOfJob) -> int:
        return (kind.at_once or self._at_once) - len(self._running[kind.kind])

    async def _claim(self, kind: KindOfJob, brand: Brand, stored: Stored[Job]) -> Claim | None:
        return await Claim.taken(brand, stored, self._clock, kind.lease or self._lease, self._owner)

    async def _take(self, kind: KindOfJob, brand: Brand, stored: Stored[Job]) -> None:
        """Claim one job and attempt it. What cannot be claimed now is found later."""
        try:
            claim = await self._claim(kind, brand, stored)
        except StoreUnavailable as error:
            log.warning("the store does not answer", action="jobs", brand=brand.name, error=str(error))
            return
        if claim is not None:
            await self._attempt(kind, claim)

    def _start(self, kind: KindOfJob, work: Coroutine[None, None, None]) -> None:
        running = self._running[kind.kind]
        task = asyncio.create_task(work)
        running.add(task)

        def over(task: asyncio.Task[None]) -> None:
            running.discard(task)
            self._slot_free.set()

        task.add_done_callback(over)

    async def _attempt(self, kind: KindOfJob, claim: Claim) -> None:
        """One attempt, whatever comes of it. What cannot be written now is due again when the claim has run out."""
        try:
            result = await self._result(kind, claim)
            if isinstance(result, Over):
                await self._end(claim, result)
            elif claim.job.attempts >= MOST_ATTEMPTS:
                await self._give_up(kind, claim, result.reason)
            else:
                await claim.postpone(_pause_before(claim.job.attempts, result), result.reason, claim.job.attempts)
        except (StoreUnavailable, ClaimLost) as error:
            log.warning("a job is left for later", action="job", kind=kind.kind, brand=claim.brand.name, why=str(error))
        except asyncio.CancelledError:
            await self._give_back(claim)
            raise
        except Exception:
            log.exception("a job cannot be ended", action="job", kind=kind.kind, brand=claim.brand.name)

    async def _result(self, kind: KindOfJob, claim: Claim) -> Over | Later:
        """What an attempt comes to; something that should not happen is tried again like what may."""
        if claim.job.attempts > MOST_ATTEMPTS:
            return Later("every attempt ended its process")
        try:
            return await kind.work(claim)
        except (StoreUnavailable, ClaimLost):
            raise
        except NotStorable as error:
            return Later(str(error))
        except Exception as error:
            log.exception("a job failed", action="job", kind=kind.kind, brand=claim.brand.name, job=claim.job.id)
            return Later(type(error).__name__)

    async def _end(self, claim: Claim, over: Over) -> None:
        await claim.end(over)
        if over.event is not None:
            self._arrived(claim.brand.name, over.event)
        self._told(claim.job.kind, over.result, (self._clock.now() - claim.job.created_at).total_seconds())

    async def _give_up(self, kind: KindOfJob, claim: Claim, reason: str) -> None:
        over = await kind.give_up(claim, reason)
        log.warning("a job is given up", action="job", kind=kind.kind, brand=claim.brand.name, why=reason)
        await self._end(claim, replace(over, result=GIVEN_UP))

    async def _give_back(self, claim: Claim) -> None:
        """Somebody else may do it at once; the attempt that was broken off does not count."""
        with contextlib.suppress(StoreUnavailable, ClaimLost):
            await claim.postpone(timedelta(0), "the process was stopped", claim.job.attempts - 1)


def _pause_before(attempts: int, later: Later) -> timedelta:
    """How long to wait after so many attempts: what is asked for, and never less than the rule."""
    rule = min(FIRST_PAUSE * (1 << 2 * (attempts - 1)), LONGEST_PAUSE)
    return max(rule, min(later.after or rule, LONGEST_PAUSE))
