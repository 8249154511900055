"""The worker: takes events from the inbox to their end, one lane at a time, many lanes at once.

Fresh events come from the web process in memory. The store is read for work only to recover it: what another process
accepted or left behind when it died. Which lane is next, `lanes.py` knows. Knows no stage: it is given the function
that works one event off.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from middleware.domain.events import Event
from middleware.errors import LeaseLost, NotStorable, StoreUnavailable
from middleware.lanes import HELD_AT_MOST, Job, Lane, Lanes, Paces
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import LaneBusy, NotYet
from middleware.ports import Clock, DeadLetter, Delete, InboxEntry, Put

log = structlog.get_logger(__name__)

Work = Callable[[Brand, Event, Sequence[str]], Awaitable[None]]
"""Works one event off, given the keys of those that wait behind it on its lane."""

HeldFor = Callable[[Brand, Event, datetime], float]
"""Seconds for which a fresh event is not begun yet, as others may belong to it."""

Look = Callable[[Brand], Awaitable[None]]
"""Brings what a process knows of a brand up to date, if it is time for that: the catalogue."""

_TAKEN_AT_ONCE = 1_000
_PLENTY = 1_000
"""Events of one account that are held. While there are so many, recovery looks for those of others only."""

_LOOKS_FOR_A_TENTH = 10
"""A look into a long inbox takes time of the store: the next one comes after so many times as long, at least."""

_LOOKS_AFTER_AT_MOST = 5.0
"""Seconds, however long a look took: one that the store did not answer must not leave the work of others lying."""

_TRIES = 5
_BUSY_PAUSE = timedelta(milliseconds=50)
_STORE_PAUSE = timedelta(milliseconds=500)
_LOST_PAUSE = timedelta(milliseconds=50)
_LOOKS_AGAIN = 0.1
_WAITS_AT_MOST = 30.0
"""Seconds. A message that the platform wants much later is looked at in between: it may have become too old."""


class Worker:
    """All work of one process. `concurrency` counts lanes of one account."""

    def __init__(
        self,
        brands: Mapping[str, Brand],
        work: Work,
        clock: Clock,
        *,
        overtakes: Callable[[Event], bool],
        frees: Callable[[Event], bool],
        paces: Paces,
        concurrency: int,
        recover_every: timedelta,
        held_for: HeldFor = lambda _brand, _event, _now: 0.0,
        look: Look | None = None,
    ) -> None:
        self._brands = brands
        self._work = work
        self._clock = clock
        self._overtakes = overtakes
        self._frees = frees
        self._lanes = Lanes(paces, clock.monotonic, self._begin, concurrency=concurrency)
        self._recover_every = recover_every
        self._held_for = held_for
        self._look = look
        self._tasks: set[asyncio.Task[None]] = set()
        self._recovery: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._behind: set[str] = set()
        """Brands of which an event was left in the inbox: what comes later has to wait until that is here."""
        self._stopping = False
        self.last_recovery: datetime | None = None

    def start(self) -> None:
        """Begin to recover work from the store, and go on doing so."""
        self._recovery = asyncio.create_task(self._recover_for_ever(), name="recovery")

    async def stop(self, within: float = 10.0) -> None:
        """Take nothing new, let what is under way end, at most `within` seconds."""
        self._stopping = True
        self._lanes.close()
        if self._alarm is not None:
            self._alarm.cancel()
        if self._recovery is not None:
            self._recovery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._recovery
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._lanes.clear()

    def submit(self, fresh: Iterable[tuple[str, Event]], again: Iterable[tuple[str, Event]] = ()) -> None:
        """Take events that were just stored, in their order of arrival; and those that came `again` while they stand in
        the inbox: what was stored without our hearing of it must not be overtaken by what comes next.
        """
        for brand, event in again:
            self._put(brand, event, fresh=False)
        for brand, event in fresh:
            self._put(brand, event, fresh=True)

    @property
    def waiting(self) -> int:
        """Events that this process holds and has not finished."""
        return len(self._lanes)

    def holds(self, brand: str, key: str) -> bool:
        """Whether this process holds an event and has not finished it."""
        return self._lanes.holds(brand, key)

    def _put(self, brand: str, event: Event, *, fresh: bool) -> None:
        if self._stopping or self._lanes.holds(brand, event.key):
            return
        if len(self._lanes) >= HELD_AT_MOST or (fresh and brand in self._behind):
            self._behind.add(brand)
            return
        overtakes, frees = self._overtakes(event), self._frees(event)
        held = self._held_for(self._brands[brand], event, self._clock.now())
        self._lanes.put(brand, event, fresh=fresh, overtakes=overtakes, frees=frees, held=held)
        if held:
            self._wake()

    def _begin(self, lane: Lane, job: Job) -> None:
        task = asyncio.create_task(self._work_on(lane, job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_on(self, lane: Lane, job: Job) -> None:
        """Work on one event, and see to it that the others go on."""
        pause: timedelta | None = _STORE_PAUSE
        try:
            pause = await self._step(lane.brand, job, lane.behind(job))
        finally:
            seconds = None if pause is None else min(max(pause.total_seconds(), 0.01), _WAITS_AT_MOST)
            self._lanes.over(lane, job, seconds)
            self._wake()

    def _wake(self) -> None:
        """Let lanes go on whose time has come, now and when the next one's comes."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if not self._stopping and (later := self._lanes.wake()) is not None:
            self._alarm = asyncio.get_running_loop().call_later(min(later, _LOOKS_AGAIN), self._wake)

    async def _step(self, brand_name: str, job: Job, behind: Sequence[str]) -> timedelta | None:
        """Work on one event; None when it is over, else how long to wait before going on with it."""
        brand, event = self._brands[brand_name], job.event
        try:
            if event is None:
                entry = (await brand.store.get(InboxEntry, [job.key])).get(job.key)
                if entry is None:
                    return None
                event = entry.record.event
            await self._work(brand, event, behind)
        except (LaneBusy, NotYet, LeaseLost, StoreUnavailable) as reason:
            if isinstance(reason, LaneBusy) and reason.older is not None:
                self._put(brand_name, reason.older, fresh=False)
            return self._pause_for(reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other events of the lane go on
            return await self._failed(brand, job, event, error)
        return None

    def _pause_for(self, reason: Exception) -> timedelta:
        """How long to wait before an event is begun again, by why it could not be finished."""
        if isinstance(reason, LaneBusy):
            return min(max(reason.until - self._clock.now(), timedelta(milliseconds=20)), _BUSY_PAUSE)
        if isinstance(reason, NotYet):
            return reason.at - self._clock.now()
        return _LOST_PAUSE if isinstance(reason, LeaseLost) else _STORE_PAUSE

    async def _failed(self, brand: Brand, job: Job, event: Event | None, error: Exception) -> timedelta | None:
        """Something that should not happen: try again a few times, then keep it as a dead letter and go on."""
        job.tries += 1
        log.error(
            "work on an event failed",
            action="work_failed",
            brand=brand.name,
            event_key=job.key,
            tries=job.tries,
            error=type(error).__name__,
            exc_info=error,
        )
        if job.tries < _TRIES or event is None:
            return timedelta(seconds=0.1 * 2**job.tries)
        reason = f"{type(error).__name__} after {_TRIES} tries"
        letter = DeadLetter(id=job.key, event=event, reason=reason, failed_at=self._clock.now())
        try:
            await _bury(brand, letter)
            await brand.store.write(Delete(InboxEntry, job.key))
        except StoreUnavailable:
            return _STORE_PAUSE
        except NotStorable:
            log.exception("a dead letter does not fit the store", action="dead_letter", event_key=job.key)
        return None

    async def _recover_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping:
            began_at = loop.time()
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
            took = loop.time() - began_at
            rest = min(_LOOKS_FOR_A_TENTH * took, _LOOKS_AFTER_AT_MOST)
            await asyncio.sleep(max(self._recover_every.total_seconds(), rest))

    async def _recover(self, name: str, brand: Brand) -> None:
        """Take over unfinished events of a brand: a backlog is sorted by the provider's time."""
        held = {account: number for (of, _, account), number in self._lanes.of_account.items() if of == name}
        plenty = {account for account, number in held.items() if number >= _PLENTY}
        was_behind = name in self._behind
        self._behind.discard(name)
        try:
            entries = await brand.store.backlog(_TAKEN_AT_ONCE, self._lanes.held(name), plenty)
        except BaseException:
            self._behind |= {name} if was_behind else set()
            raise
        if was_behind and (plenty or len(entries) >= _TAKEN_AT_ONCE):
            self._behind.add(name)
        events = [entry.event for entry in entries]
        for event in sorted(events, key=lambda each: (each.occurred_at, each.received_at, each.key)):
            self._put(name, event, fresh=False)


async def _bury(brand: Brand, letter: DeadLetter) -> None:
    """Write a dead letter, over an older one of the same event: whoever replays that one must not remove this one."""
    while not all(await brand.store.write(Put(letter))):
        older = (await brand.store.get(DeadLetter, [letter.id])).get(letter.id)
        if older is not None and all(await brand.store.write(older.put(letter))):
            return
