"""The worker: takes events from the inbox to their end, one lane at a time, many lanes at once.

Fresh events come from the web process in memory. The store is read for work only to recover it: what another process
accepted or left behind when it died. Knows no stage: it is given the function that works one event off.
"""

import asyncio
import contextlib
from bisect import insort
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from middleware.domain.events import Event
from middleware.errors import LeaseLost, NotStorable, StoreUnavailable
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import LaneBusy, NotYet
from middleware.ports import Clock, DeadLetter, Delete, InboxEntry, Put

log = structlog.get_logger(__name__)

Work = Callable[[Brand, Event], Awaitable[None]]
Look = Callable[[Brand], Awaitable[None]]
"""Brings what a process knows of a brand up to date, if it is time for that: the catalogue."""

_TAKEN_AT_ONCE = 1_000
_HELD_AT_MOST = 20_000
_TRIES = 5
_BUSY_PAUSE = timedelta(milliseconds=50)
_STORE_PAUSE = timedelta(milliseconds=500)
_LOST_PAUSE = timedelta(milliseconds=50)
_LOOKS_AGAIN = 0.1
_WAITS_AT_MOST = 30.0
"""Seconds. A message that the platform wants much later is looked at in between: it may have become too old."""


class Job:
    """One event that waits on its lane. `fresh`: it came in memory, so that nobody else can have finished it."""

    __slots__ = ("event", "fresh", "ready_at", "tries")

    def __init__(self, event: Event, *, fresh: bool) -> None:
        self.event = event
        self.fresh = fresh
        self.ready_at = 0.0
        self.tries = 0


class Worker:
    """All lanes of one process."""

    def __init__(
        self,
        brands: Mapping[str, Brand],
        work: Work,
        clock: Clock,
        *,
        overtakes: Callable[[Event], bool],
        concurrency: int,
        recover_every: timedelta,
        look: Look | None = None,
    ) -> None:
        self._brands = brands
        self._work = work
        self._clock = clock
        self._overtakes = overtakes
        self._slots = asyncio.Semaphore(concurrency)
        self._recover_every = recover_every
        self._look = look
        self._lanes: dict[tuple[str, str], list[Job]] = {}
        self._held: dict[str, set[str]] = defaultdict(set)
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._recovery: asyncio.Task[None] | None = None
        self._stopping = False
        self.last_recovery: datetime | None = None

    def start(self) -> None:
        """Begin to recover work from the store, and go on doing so."""
        self._recovery = asyncio.create_task(self._recover_for_ever(), name="recovery")

    async def stop(self, within: float = 10.0) -> None:
        """Take nothing new, let what is under way end, at most `within` seconds."""
        self._stopping = True
        if self._recovery is not None:
            self._recovery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._recovery
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def submit(self, fresh: Iterable[tuple[str, Event]]) -> None:
        """Take events that were just stored, in their order of arrival."""
        for brand, event in fresh:
            self._put(brand, event, fresh=True)

    @property
    def waiting(self) -> int:
        """Events that this process holds and has not finished."""
        return sum(map(len, self._held.values()))

    def _put(self, brand: str, event: Event, *, fresh: bool) -> None:
        held = self._held[brand]
        if self._stopping or event.key in held or self.waiting >= _HELD_AT_MOST:
            return
        held.add(event.key)
        lane = (brand, event.lane)
        jobs = self._lanes.setdefault(lane, [])
        if fresh:
            jobs.append(Job(event, fresh=True))
        else:
            insort(jobs, Job(event, fresh=False), key=lambda job: job.event.received_at)
        if lane not in self._tasks:
            self._tasks[lane] = asyncio.create_task(self._work_lane(lane))

    async def _work_lane(self, lane: tuple[str, str]) -> None:
        """Work a lane off, strictly one after the other, until nothing waits on it."""
        jobs = self._lanes[lane]
        try:
            while jobs and self._goes_on():
                job, wait = self._next(jobs)
                if wait > 0:
                    await asyncio.sleep(min(wait, _LOOKS_AGAIN))
                    continue
                async with self._slots:
                    pause = await self._step(lane[0], job) if self._goes_on() else _STORE_PAUSE
                if pause is None:
                    jobs.remove(job)
                    self._held[lane[0]].discard(job.event.key)
                else:
                    seconds = min(max(pause.total_seconds(), 0.01), _WAITS_AT_MOST)
                    job.ready_at = self._clock.monotonic() + seconds
        finally:
            del self._lanes[lane], self._tasks[lane]
            for job in jobs:
                self._held[lane[0]].discard(job.event.key)

    def _goes_on(self) -> bool:
        """Whether something new may be begun. Asked again after every wait."""
        return not self._stopping

    def _next(self, jobs: list[Job]) -> tuple[Job, float]:
        """The job to work on and the seconds until it is ready.

        It is the first one. While that waits, only what may overtake goes before it: a STOP must not stand in the
        queue behind the message that it stops.
        """
        now = self._clock.monotonic()
        if jobs[0].ready_at > now:
            for job in jobs[1:]:
                if job.ready_at <= now and self._overtakes(job.event):
                    return job, 0.0
        return jobs[0], jobs[0].ready_at - now

    async def _step(self, brand_name: str, job: Job) -> timedelta | None:
        """Work on one event; None when it is over, else how long to wait before going on with it."""
        brand = self._brands[brand_name]
        try:
            if not job.fresh and not await brand.store.get(InboxEntry, [job.event.key]):
                return None
            job.fresh = False
            await self._work(brand, job.event)
        except (LaneBusy, NotYet, LeaseLost, StoreUnavailable) as reason:
            return self._pause_for(reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other events of the lane go on
            return await self._failed(brand, job, error)
        return None

    def _pause_for(self, reason: Exception) -> timedelta:
        """How long to wait before an event is begun again, by why it could not be finished."""
        if isinstance(reason, LaneBusy):
            return min(max(reason.until - self._clock.now(), timedelta(milliseconds=20)), _BUSY_PAUSE)
        if isinstance(reason, NotYet):
            return reason.at - self._clock.now()
        return _LOST_PAUSE if isinstance(reason, LeaseLost) else _STORE_PAUSE

    async def _failed(self, brand: Brand, job: Job, error: Exception) -> timedelta | None:
        """Something that should not happen: try again a few times, then keep it as a dead letter and go on."""
        job.tries += 1
        log.error(
            "work on an event failed",
            action="work_failed",
            brand=brand.name,
            event_key=job.event.key,
            tries=job.tries,
            error=type(error).__name__,
            exc_info=error,
        )
        if job.tries < _TRIES:
            return timedelta(seconds=0.1 * 2**job.tries)
        reason = f"{type(error).__name__} after {_TRIES} tries"
        letter = DeadLetter(id=job.event.key, event=job.event, reason=reason, failed_at=self._clock.now())
        try:
            await _bury(brand, letter)
            await brand.store.write(Delete(InboxEntry, job.event.key))
        except StoreUnavailable:
            return _STORE_PAUSE
        except NotStorable:
            log.exception("a dead letter does not fit the store", action="dead_letter", event_key=job.event.key)
        return None

    async def _recover_for_ever(self) -> None:
        while self._goes_on():
            for name, brand in self._brands.items():
                try:
                    await self._recover(name, brand)
                    if self._look is not None:
                        await self._look(brand)
                except StoreUnavailable as error:
                    log.warning("the store does not answer", action="recover", brand=name, error=str(error))
                except Exception:
                    log.exception("inbox or catalogue cannot be read", action="recover", brand=name)
            self.last_recovery = self._clock.now()
            await asyncio.sleep(self._recover_every.total_seconds())

    async def _recover(self, name: str, brand: Brand) -> None:
        """Take over unfinished events of a brand: a backlog is sorted by the provider's time."""
        entries = await brand.store.backlog(_TAKEN_AT_ONCE, self._held[name])
        events = [entry.event for entry in entries]
        for event in sorted(events, key=lambda each: (each.occurred_at, each.received_at, each.key)):
            self._put(name, event, fresh=False)


async def _bury(brand: Brand, letter: DeadLetter) -> None:
    """Write a dead letter, over an older one of the same event: whoever replays that one must not remove this one."""
    while not all(await brand.store.write(Put(letter))):
        older = (await brand.store.get(DeadLetter, [letter.id])).get(letter.id)
        if older is not None and all(await brand.store.write(older.put(letter))):
            return
