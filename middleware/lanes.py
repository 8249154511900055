"""Lanes: what a process holds and has not finished, and which of it may be begun next. Waits for nothing, does no work.

A lane is worked on strictly one event after the other. Lanes take turns by account, so that one account with very much
to do holds up no other; and of an account only so many are begun as its platform will let send within a moment: what
waits here is an event or a mere key, what was begun holds a lease and a customer's whole context.
"""

import heapq
from bisect import insort
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Container, Iterator
from itertools import count
from typing import Protocol

from middleware.domain.events import Event

AccountKey = tuple[str, str, str]
"""Brand, connector, account id."""

HELD_AT_MOST = 100_000
"""Events that one process holds, nearly all of them by their keys. More are left in the inbox."""

_KEPT_WHOLE = 1_000
"""Fresh events that are kept as they came. More are read again from the inbox when their turn comes."""

_ACCOUNTS_AT_ONCE = 8
"""So many accounts may be worked on at full concurrency; with more of them each gets its share."""


class Paces(Protocol):
    """What the lanes ask before they let an event be begun that calls for a message. By (channel, account id)."""

    def room(self, account: tuple[str, str], at_work: int) -> bool:
        """Whether one more may be begun beside `at_work` others. True beside none."""
        ...

    def paused_for(self, account: tuple[str, str]) -> float:
        """Seconds for which nothing can be sent from the account."""
        ...


class Job:
    """One event that waits on its lane. With `event`: it came in memory, so that nobody else can have finished it."""

    __slots__ = ("account", "begun", "event", "frees", "key", "overtakes", "ready_at", "received_at", "tries")

    def __init__(self, account: AccountKey, event: Event, *, overtakes: bool, frees: bool, whole: bool) -> None:
        self.account = account
        self.key = event.key
        self.received_at = event.received_at
        self.overtakes = overtakes
        """It may go before one that waits for the platform or for an engine."""
        self.frees = frees
        """Once it is over, what waits on its lane is looked at again."""
        self.event = event if whole else None
        self.ready_at = 0.0
        self.tries = 0
        self.begun = False


class Lane:
    """The events of one lane, in their order."""

    __slots__ = ("asked", "brand", "jobs", "key", "noted", "wakes_at", "working")

    def __init__(self, brand: str, key: str) -> None:
        self.brand = brand
        self.key = key
        self.jobs: list[Job] = []
        self.working = False
        self.asked = False
        """It stands in an account's line of those that call for a message."""
        self.noted = False
        """It stands in an account's line of those that call for none."""
        self.wakes_at: float | None = None

    def next(self, now: float) -> Job:
        """The job to work on: the first one.

        While that waits for the platform, only what may overtake goes before it: a STOP must not stand in the queue
        behind the message that it stops.
        """
        head = self.jobs[0]
        if head.ready_at > now or self.asked:
            return next((job for job in self.jobs[1:] if job.ready_at <= now and job.overtakes), head)
        return head

    def behind(self, job: Job) -> list[str]:
        """The keys of those behind a job that wait for their turn."""
        place = self.jobs.index(job) + 1
        return [each.key for each in self.jobs[place:] if not each.overtakes]


class _Line:
    """The lanes of one account that are ready, first come, first served."""

    def __init__(self) -> None:
        self.asking: deque[Lane] = deque()
        self.noting: deque[Lane] = deque()
        self.at_work = 0
        self.calling = 0
        """Of those at work, how many call for a message."""
        self.turn = 0


class Lanes:
    """All lanes of one process. `begin` is told what to work on now."""

    def __init__(
        self, paces: Paces, monotonic: Callable[[], float], begin: Callable[[Lane, Job], None], *, concurrency: int
    ) -> None:
        self._paces = paces
        self._monotonic = monotonic
        self._begin = begin
        self._concurrency = concurrency
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._lines: dict[AccountKey, _Line] = defaultdict(_Line)
        self._turns: deque[AccountKey] = deque()
        self._held: dict[str, set[str]] = defaultdict(set)
        self._whole = 0
        self._at_work = 0
        self._closed = False
        self._sleeping: list[tuple[float, int, Lane]] = []
        self._order = count()
        self.of_account: Counter[AccountKey] = Counter()
        """How many events are held of each account."""

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def holds(self, brand: str, key: str) -> bool:
        """Whether an event is here already."""
        return key in self._held[brand]

    def held(self, brand: str) -> Container[str]:
        """The keys of the events of a brand that are here."""
        return self._held[brand]

    def put(self, brand: str, event: Event, *, fresh: bool, overtakes: bool, frees: bool, held: float) -> None:
        """Take an event: a fresh one at the end of its lane, a recovered one at its place by arrival. It is begun in
        `held` seconds at the earliest.
        """
        account = (brand, event.connector, event.account)
        whole = fresh and self._whole < _KEPT_WHOLE
        job = Job(account, event, overtakes=overtakes, frees=frees, whole=whole)
        job.ready_at = self._monotonic() + held if held else 0.0
        self._whole += whole
        self._held[brand].add(event.key)
        self.of_account[account] += 1
        name = (brand, event.lane)
        lane = self._lanes.setdefault(name, Lane(*name))
        if fresh:
            lane.jobs.append(job)
        else:
            insort(lane.jobs, job, key=lambda each: each.received_at)
        if not (held or overtakes or lane.jobs[0].begun):
            # What is held in front of it waits for more of its kind, and this is something else.
            lane.jobs[0].ready_at = 0.0
        self._place(lane)
        self.go_on()

    def over(self, lane: Lane, job: Job, pause: float | None) -> None:
        """The work on a job is over, or goes on after `pause` seconds."""
        line = self._lines[job.account]
        line.at_work -= 1
        line.calling -= not job.overtakes
        self._at_work -= 1
        lane.working = False
        self._whole -= job.event is not None
        job.event, job.begun = None, True
        if pause is None:
            self._finished(lane, job)
        else:
            job.ready_at = self._monotonic() + pause
        if lane.jobs:
            self._place(lane)
        else:
            del self._lanes[lane.brand, lane.key]
        self.go_on()

    def _finished(self, lane: Lane, job: Job) -> None:
        lane.jobs.remove(job)
        self._held[lane.brand].discard(job.key)
        self.of_account[job.account] -= 1
        if not self.of_account[job.account]:
            del self.of_account[job.account]
        if job.frees and lane.jobs:
            lane.jobs[0].ready_at = self._monotonic()

    def close(self) -> None:
        """Begin nothing any more."""
        self._closed = True

    def clear(self) -> None:
        """Let go of everything. Nothing is at work any more."""
        self._lanes.clear()
        self._held.clear()
        self._turns.clear()
        self._sleeping.clear()

    def wake(self) -> float | None:
        """Place the lanes whose time has come; seconds until the next one's."""
        now = self._monotonic()
        while self._sleeping and self._sleeping[0][0] <= now:
            wakes_at, _, lane = heapq.heappop(self._sleeping)
            if lane.wakes_at == wakes_at:
                lane.wakes_at = None
                self._place(lane)
        self.go_on()
        return self._sleeping[0][0] - now if self._sleeping else None

    def _place(self, lane: Lane) -> None:
        """Let a lane stand where it belongs: in a line of its account, or asleep until its time comes."""
        if lane.working or not lane.jobs:
            return
        now = self._monotonic()
        job = lane.next(now)
        self._let_pause(job, now)
        if job.ready_at > now:
            self._sleep(lane, job.ready_at)
        elif job.overtakes and not lane.noted:
            lane.noted = True
            self._line(job).noting.append(lane)
        elif not job.overtakes and not lane.asked:
            lane.asked = True
            self._line(job).asking.append(lane)

    def _line(self, job: Job) -> _Line:
        if job.account not in self._turns:
            self._turns.append(job.account)
        return self._lines[job.account]

    def _let_pause(self, job: Job, now: float) -> None:
        """A message that was tried before waits with its account; one that was not is read and decided meanwhile."""
        if job.begun and not job.overtakes and job.ready_at <= now:
            job.ready_at = now + self._paces.paused_for(job.account[1:])

    def _sleep(self, lane: Lane, until: float) -> None:
        if lane.wakes_at is None or until < lane.wakes_at:
            lane.wakes_at = until
            heapq.heappush(self._sleeping, (until, next(self._order), lane))

    def go_on(self) -> None:
        """Begin what may begin, one lane of each account in turn."""
        while self._may_begin() and (found := self._pick()) is not None:
            lane, job = found
            line = self._lines[job.account]
            line.at_work += 1
            line.calling += not job.overtakes
            self._at_work += 1
            lane.working = True
            self._begin(lane, job)

    def _may_begin(self) -> bool:
        return not self._closed and self._at_work < _ACCOUNTS_AT_ONCE * self._concurrency

    def _pick(self) -> tuple[Lane, Job] | None:
        """The next lane of the next account that may begin one."""
        for _ in range(len(self._turns)):
            account = self._turns.popleft()
            line = self._lines[account]
            found = next(self._ready(account, line), None)
            if line.asking or line.noting:
                self._turns.append(account)
            if found is not None:
                return found
        return None

    def _ready(self, account: AccountKey, line: _Line) -> Iterator[tuple[Lane, Job]]:
        """What the account may begin: in turn something that calls for a message, and something that does not."""
        line.turn += 1
        for asks in (True, False) if line.turn % 2 else (False, True):
            queue = line.asking if asks else line.noting
            while queue and line.at_work < self._concurrency:
                if asks and not self._paces.room(account[1:], line.calling):
                    break
                if (found := self._first(queue, asks=asks)) is not None:
                    yield found

    def _first(self, queue: deque[Lane], *, asks: bool) -> tuple[Lane, Job] | None:
        """The job of the first lane in a queue; None if that lane has something else to do by now."""
        lane = queue.popleft()
        if asks:
            lane.asked = False
        else:
            lane.noted = False
        if lane.working or not lane.jobs:
            return None
        now = self._monotonic()
        job = lane.next(now)
        self._let_pause(job, now)
        if job.overtakes is asks or job.ready_at > now:
            self._place(lane)
            return None
        return lane, job
