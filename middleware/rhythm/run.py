"""One run: page after page of what changed, each stored before the next one is asked for.

The cursor is written after its page was stored. A process that dies in between leaves the page to be asked for again,
with the same keys: nothing is lost, and nothing comes twice.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from middleware.domain.pulls import COMPLETE, Pull, PullRun
from middleware.ports import Account, Clock, Page, PullPosition, PullRefused, PullSource, PullWaits
from middleware.rhythm.arrival import Arrivals, InboxFull
from middleware.rhythm.holder import Hold

log = structlog.get_logger(__name__)

ASKED_WITHIN = 60.0
"""Seconds for one page."""
MOST_FAILURES = 8
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 3600.0
WAITED_FOR = 45.0
"""Seconds for which the hold is kept while the source wants to be left alone; for longer it is let go."""
_ROOM_WITHIN = 30.0
_AFTER_GIVING_UP = timedelta(minutes=5)

Sleep = Callable[[float], Awaitable[Any]]
Told = Callable[[Pull], None]


@dataclass(frozen=True, slots=True)
class Pulling:
    """What a run is made of. `told` is told how far it is, after every step."""

    arrivals: Arrivals
    clock: Clock
    sleep: Sleep
    told: Told = lambda _: None


async def run_on(pulling: Pulling, source: PullSource, account: Account, hold: Hold, began: datetime) -> None:
    """Go on with the run that the hold is on, or begin the next one, until it is over or has to wait for long.

    `began` is the start of a run that begins now. Raises HoldLost, and StoreUnavailable.
    """
    if hold.pull.run is None:
        await _begin_next(hold, source, began)
    while hold.pull.run is not None:
        try:
            await pulling.arrivals.room(account.brand, _ROOM_WITHIN)
        except InboxFull:
            await _wait(pulling, account, hold, PullWaits("the inbox is full, and nobody works it off"))
            continue
        pull = hold.pull
        position = PullPosition(pull.stream or source.streams[0], _of(pull).since, pull.cursor)
        answer = await source.page(account, position, timeout=ASKED_WITHIN)
        if isinstance(answer, Page):
            await _take(pulling, source, account, hold, answer)
        elif isinstance(answer, PullWaits):
            await _wait(pulling, account, hold, answer)
        else:
            await _refused(pulling, account, hold, answer)
        if hold.pull.owner is None:
            return


async def begin(hold: Hold, source: PullSource, now: datetime, since: datetime | None) -> None:
    """Begin a run in place of whatever was under way. Raises HoldLost."""
    run = PullRun(started_at=now, since=since)
    await hold.change(run=run, stream=source.streams[0], cursor=None, failures=0, not_before=now)


async def _begin_next(hold: Hold, source: PullSource, now: datetime) -> None:
    """Begin where the last run stopped; after a complete one, what changed since it began."""
    pull = hold.pull
    if pull.stream is not None and pull.history:
        last = pull.history[-1]
        # It counts from the first attempt: what changed since then behind the cursor has not been seen.
        await hold.change(run=PullRun(started_at=last.started_at, since=last.since), failures=0, not_before=now)
        return
    await begin(hold, source, now, pull.through - source.overlap if pull.through is not None else None)


def _of(pull: Pull) -> PullRun:
    assert pull.run is not None  # noqa: S101 - for the type checker
    return pull.run


async def _take(pulling: Pulling, source: PullSource, account: Account, hold: Hold, page: Page) -> None:
    """Store a page, then write down that it is stored."""
    arrived = await pulling.arrivals.arrive(account, page.delivery)
    run = _of(hold.pull)
    counted = {
        "pages": run.pages + 1,
        "fresh": run.fresh + arrived.fresh,
        "known": run.known + arrived.known,
        "quarantined": run.quarantined + arrived.quarantined,
    }
    run = run.model_copy(update=counted)
    stream, more = hold.pull.stream, page.cursor is not None
    if not more:
        stream = _after(source, stream)
    if stream is None:
        await _complete(pulling, account, hold, run)
        return
    await hold.change(run=run, stream=stream, cursor=page.cursor, failures=0)
    pulling.told(hold.pull)
    if page.wait > 0:
        await pulling.sleep(min(page.wait, WAITED_FOR))


def _after(source: PullSource, stream: str | None) -> str | None:
    """The stream after this one; None after the last."""
    place = source.streams.index(stream) + 1 if stream in source.streams else 0
    return source.streams[place] if place < len(source.streams) else None


async def _complete(pulling: Pulling, account: Account, hold: Hold, run: PullRun) -> None:
    """Everything is there up to the start of this run, unless there is a gap before its beginning."""
    through = hold.pull.through
    if run.since is None or (through is not None and run.since <= through):
        through = max(run.started_at, through or run.started_at)
    due = max(pulling.clock.now(), run.started_at + (account.pull_every or timedelta(0)))
    await _end(pulling, hold, run, COMPLETE, due, through=through, stream=None, cursor=None)


async def _wait(pulling: Pulling, account: Account, hold: Hold, answer: PullWaits) -> None:
    """Try again later; give the run up for this time after too many tries."""
    failures = hold.pull.failures + 1
    if failures >= MOST_FAILURES:
        await _give_up(pulling, account, hold, answer.reason)
        return
    pause = min(FIRST_PAUSE * 4.0 ** (failures - 1), LONGEST_PAUSE) if answer.seconds is None else answer.seconds
    run = _of(hold.pull).model_copy(update={"why": answer.reason})
    if pause > WAITED_FOR:
        await hold.let_go(pulling.clock.now() + timedelta(seconds=pause), run=run, failures=failures)
        pulling.told(hold.pull)
        return
    await hold.change(run=run, failures=failures)
    pulling.told(hold.pull)
    await pulling.sleep(pause)


async def _refused(pulling: Pulling, account: Account, hold: Hold, answer: PullRefused) -> None:
    place = {"stream": None, "cursor": None} if answer.begin_again else {}
    await _give_up(pulling, account, hold, answer.reason, **place)


async def _give_up(pulling: Pulling, account: Account, hold: Hold, why: str, **update: object) -> None:
    """End the run unfinished: the next one goes on from where it stood, and further back if that is no good."""
    run = _of(hold.pull)
    log.warning("a pull stopped", action="pull", brand=account.brand, account=account.name, why=why)
    again = max(account.pull_every or timedelta(0), _AFTER_GIVING_UP)
    await _end(pulling, hold, run, why, pulling.clock.now() + again, **update)


async def _end(pulling: Pulling, hold: Hold, run: PullRun, why: str, due: datetime, **update: object) -> None:
    await hold.end(run.model_copy(update={"ended_at": pulling.clock.now(), "why": why}), due, **update)
    pulling.told(hold.pull)
