"""Pacing: when a message may be claimed, and when its call may leave. The arithmetic is in `pace.py`.

A message waits twice. First for its claim, in the order in which messages became due: for a place in the window of
its account, for the end of a pause, and until its call can leave within a moment. Then, claimed, for the very moment at
which its call may leave: what lies between is the store, and what the store held up must not leave in a bunch.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Protocol

from middleware.domain.messages import Outcome, SendResult
from middleware.domain.rates import Rates, Traffic
from middleware.pipeline.pace import Ease, Pairs, Spacing, Window
from middleware.ports import Clock

PATIENCE = 1.0
"""Seconds for which a message waits with its lane and its lease. Who has to wait longer lets go of both."""

AHEAD = 0.1
"""Seconds before its call can leave at which a message may be claimed."""

SLOW = 0.5
"""Seconds after which a call that is still under way lets another one begin beside the window.

One customer whose call hangs must not hold up all others of the account.
"""

_LEARNS = 1 / 8
_TICK = 0.0005
"""Seconds. No timer is shorter: below a timer's own precision it would only go off again and again."""


class MustWait(Exception):  # noqa: N818 - a state of the account or of the pair
    """It takes longer than a moment: ask again after so many seconds, and hold nothing until then."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the platform's limits do not allow this call yet")
        self.seconds = seconds


class Watch(Protocol):
    """Is told what a message waited, and that an account pauses."""

    def waited(self, channel: str, seconds: float) -> None:
        """A message waited so long until it could be claimed."""
        ...

    def paused(self, channel: str) -> None:
        """An account pauses because the platform refused a call, or was not there."""
        ...


class Call:
    """The permit to claim one message and to make one call. Given back at the end of the block that got it."""

    def __init__(self, pace: "_AccountPace", traffic: Traffic, person: str) -> None:
        self.traffic = traffic
        self.person = person
        self.began_at = 0.0
        self.granted = asyncio.get_running_loop().create_future()
        self.left = asyncio.get_running_loop().create_future()
        self._pace = pace

    async def leaves(self) -> None:
        """Wait for the moment at which the call may leave, after the claim."""
        self._pace.wants_to_leave(self)
        await self.left

    def answered(self, result: SendResult, again_in: float) -> None:
        """What the call ended in; `again_in`: seconds until the message is tried again, with RETRY."""
        self._pace.answered(self, result, again_in)


class _Line:
    """The messages of one class of an account: those that wait for their claim, and those that wait to leave."""

    def __init__(self, per_second: float) -> None:
        self.spacing = Spacing(per_second)
        self.waiting: list[tuple[datetime, int, Call]] = []
        self.leaving: deque[Call] = deque()
        self.claimed = 0
        """Calls that were granted and have not left yet."""

    def head(self) -> tuple[datetime, int, Call] | None:
        """The first that waits for its claim; whoever has given up is forgotten."""
        while self.waiting and self.waiting[0][2].granted.done():
            heapq.heappop(self.waiting)
        return self.waiting[0] if self.waiting else None

    def wait(self, now: float, share: float) -> float:
        """Seconds until the next one may be claimed."""
        return max(0.0, self.spacing.wait(now) + self.claimed * self.spacing.interval(share) - AHEAD)


class _AccountPace:
    """The pace of one account. Whatever changes, `serve` lets go on who can, and comes back when the next one can."""

    def __init__(self, channel: str, clock: Clock, rates: Rates, at_once: int, watch: Watch) -> None:
        self.window = Window(at_once)
        self.ease = Ease()
        self.pairs = Pairs(rates.pair)
        self._channel, self._clock, self._rates, self._at_once, self._watch = channel, clock, rates, at_once, watch
        self._lines = {traffic: _Line(number) for traffic, number in rates.per_second.items()}
        self._under_way: dict[Call, None] = {}
        self._order = count()
        self._seconds = 0.0
        """For how long a call lately kept another one from beginning: from permit to fate, at most `SLOW`."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def under_way(self) -> int:
        """Calls that were granted and are not over."""
        return len(self._under_way)

    def asks(self, traffic: Traffic, person: str, since: datetime) -> Call:
        """Join the line. `since` is when the message became due: first come, first served."""
        call = Call(self, self._rates.traffic(traffic), person)
        heapq.heappush(self._lines[call.traffic].waiting, (since, next(self._order), call))
        self.serve()
        return call

    def wants_to_leave(self, call: Call) -> None:
        """The message is claimed; its call wants to leave."""
        self._lines[call.traffic].leaving.append(call)
        self.serve()

    def answered(self, call: Call, result: SendResult, again_in: float) -> None:
        """Learn from what a call ended in."""
        now = self._clock.monotonic()
        if result.outcome is Outcome.SENT:
            self.window.went_well(self.under_way)
            self.ease.went_well(result.usage)
        elif result.of_pair:
            self.pairs.refused(call.person, now, again_in)
        elif result.outcome in {Outcome.RETRY, Outcome.UNKNOWN}:
            news = self.window.went_wrong(call.began_at, now)
            if result.outcome is Outcome.RETRY:
                self._refused(now, again_in, news=news)

    def _refused(self, now: float, again_in: float, *, news: bool) -> None:
        """The whole account pauses: no other message has to find out for itself."""
        if news:
            self.ease.refused()
            self._watch.paused(self._channel)
        self.ease.pause(now, again_in)

    def over(self, call: Call) -> None:
        """Give back whatever a call still holds, at whatever point it ended."""
        if not call.granted.done():
            call.granted.cancel()
        if call in self._under_way:
            del self._under_way[call]
            took = min(self._clock.monotonic() - call.began_at, SLOW)
            self._seconds += (took - self._seconds) * _LEARNS
            if call.left.cancel() or call.left.cancelled():
                self._lines[call.traffic].claimed -= 1
        self.serve()

    def room(self, at_work: int) -> bool:
        """Whether one more lane may be begun beside `at_work` others, so that its message waits for a moment only."""
        ordinary = self._lines[Traffic.ORDINARY].spacing
        each = max(self._seconds / self.window.size, ordinary.interval(self.ease.share))
        return (at_work - self._slow(self._clock.monotonic())) * each <= PATIENCE / 2

    def serve(self) -> None:
        """Let go on who can."""
        now = self._clock.monotonic()
        for line in self._lines.values():
            self._let_leave(line, now)
        while self._may_begin(now) and (ready := self._next_line(now)) is not None:
            self._grant(ready, now)
        self._look_again(now)

    def _let_leave(self, line: _Line, now: float) -> None:
        while line.leaving and line.spacing.wait(now) <= 0:
            call = line.leaving.popleft()
            if not call.left.done():
                line.spacing.leaves(now, self.ease.share)
                self.pairs.leaves(call.person, now)
                line.claimed -= 1
                call.left.set_result(None)

    def _may_begin(self, now: float) -> bool:
        """Whether pause and window let another call begin."""
        allowed = min(self._at_once, self.window.size + self._slow(now))
        return self.under_way < allowed and self.ease.paused_for(now) <= 0

    def _slow(self, now: float) -> int:
        """How many calls are under way for so long that they let another one begin."""
        return sum(now - call.began_at >= SLOW for call in self._under_way)

    def _next_line(self, now: float) -> _Line | None:
        """The line whose first message has waited longest, of those whose rate allows another."""
        heads = [(head[:2], line) for line in self._lines.values() if (head := line.head()) is not None]
        ready = [each for each in heads if each[1].wait(now, self.ease.share) <= 0]
        return min(ready, key=lambda each: each[0])[1] if ready else None

    def _grant(self, line: _Line, now: float) -> None:
        call = heapq.heappop(line.waiting)[2]
        if not self._under_way:
            self.window.rested(now)
        self.window.begins(now)
        call.began_at = now
        self._under_way[call] = None
        line.claimed += 1
        call.granted.set_result(None)

    def _look_again(self, now: float) -> None:
        """Come back when time alone lets somebody go on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waits = [line.spacing.wait(now) for line in self._lines.values() if line.leaving]
        heads = [line for line in self._lines.values() if line.head() is not None]
        if heads:
            waits.append(max(self.ease.paused_for(now), min(line.wait(now, self.ease.share) for line in heads)))
            waits += [SLOW - age for call in self._under_way if (age := now - call.began_at) < SLOW]
        later = min((wait for wait in waits if wait > 0), default=None)
        if later is not None:
            self._timer = asyncio.get_running_loop().call_later(max(later, _TICK), self.serve)


class Pacing:
    """The pace of all accounts of one process. `accounts`: by (channel, account id) what each may send."""

    def __init__(self, clock: Clock, accounts: Mapping[tuple[str, str], Rates], *, at_once: int, watch: Watch) -> None:
        self._clock = clock
        self._watch = watch
        self._all = {key: _AccountPace(key[0], clock, rates, at_once, watch) for key, rates in accounts.items()}

    @asynccontextmanager
    async def call(
        self, account: tuple[str, str], person: str, traffic: Traffic, since: datetime
    ) -> AsyncIterator[Call]:
        """The permit to claim a message to `person` and to make one call, for the time of the block.

        Raises MustWait when it takes longer than a moment.
        """
        pace, asked_at = self._all[account], self._clock.monotonic()
        await self._paid_back(pace, person)
        call = pace.asks(traffic, person, since)
        try:
            await self._granted(pace, call)
            self._watch.waited(account[0], self._clock.monotonic() - asked_at)
            yield call
        finally:
            pace.over(call)

    async def _paid_back(self, pace: _AccountPace, person: str) -> None:
        """Wait until this person may be written to again. Only their own lane does."""
        wait = pace.pairs.wait(person, self._clock.monotonic())
        if wait > PATIENCE:
            raise MustWait(wait)
        await asyncio.sleep(wait)

    async def _granted(self, pace: _AccountPace, call: Call) -> None:
        if (wait := pace.ease.paused_for(self._clock.monotonic())) > PATIENCE:
            raise MustWait(wait)
        try:
            async with asyncio.timeout(PATIENCE):
                await call.granted
        except TimeoutError:
            raise MustWait(max(PATIENCE, pace.ease.paused_for(self._clock.monotonic()))) from None

    def paused_for(self, account: tuple[str, str]) -> float:
        """Seconds for which an account pauses still."""
        pace = self._all.get(account)
        return pace.ease.paused_for(self._clock.monotonic()) if pace is not None else 0.0

    def room(self, account: tuple[str, str], at_work: int) -> bool:
        """Whether work on another message of the account may begin beside `at_work` others.

        More of them would only wait with all that they hold.
        """
        pace = self._all.get(account)
        return pace is None or pace.room(at_work)

    def windows(self, channel: str) -> int:
        """How many calls of the accounts of a channel may be under way together."""
        return sum(pace.window.size for (name, _), pace in self._all.items() if name == channel)

    def under_way(self, channel: str) -> int:
        """How many are."""
        return sum(pace.under_way for (name, _), pace in self._all.items() if name == channel)
