"""The runner: each job by one process at a time, again after a failure, given up in the end, and never lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from middleware.domain.events import Event, EventKind
from middleware.domain.jobs import Job, JobKind
from middleware.errors import StoreUnavailable
from middleware.jobs.claim import Claim, ClaimLost, KindOfJob, Later, Over
from middleware.jobs.runner import FIRST_PAUSE, GIVEN_UP, LONGEST_PAUSE, MOST_ATTEMPTS, Runner
from middleware.ports import InboxEntry, Put, Stored
from tests.unit.middleware.builders import START
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of

KIND = JobKind.ATTACHMENTS
TIMEOUT = timedelta(seconds=60)
LEASE = timedelta(seconds=120)

Deed = Callable[[Claim], Awaitable[Over | Later]]


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """A moment after the start."""
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.seconds


@dataclass
class Stage:
    """Runners over one store, and what they did."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: HandClock = field(default_factory=HandClock)
    begun: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    arrived: list[tuple[str, Event]] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    def want(self, *names: str) -> None:
        """Jobs that are due now."""
        for name in names:
            self.store._changed(Put(Job.of(KIND, name, "messenger", "1001", self.clock.now())))

    def job(self, name: str = "a") -> Job:
        """A job as it is in the store."""
        return self.store.all(Job)[f"{KIND}|{name}"]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(30):
            while not holds():  # noqa: ASYNC110 - whatever a test waits for
                await asyncio.sleep(0.002)

    @asynccontextmanager
    async def runner(
        self, deed: Deed, *, owner: str = "one", at_once: int = 4, look_every: timedelta = timedelta(milliseconds=5)
    ) -> AsyncIterator[Runner]:
        """A runner that does `deed`, stopped at the end."""

        async def work(claim: Claim) -> Over | Later:
            self.begun.append(claim.job.event_key)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                return await deed(claim)
            finally:
                self._at_once -= 1

        async def give_up(_: Claim, reason: str) -> Over:
            self.gave_up.append(reason)
            return Over("")

        runner = Runner(
            {"glow": brand_of(self.store)},
            [KindOfJob(KIND, work, give_up)],
            self.clock,
            lambda kind, result, _: self.told.append((kind, result)),
            lambda brand, event: self.arrived.append((brand, event)),
            owner=owner,
            at_once=at_once,
            timeout=TIMEOUT,
            look_every=look_every,
        )
        runner.start()
        try:
            yield runner
        finally:
            await runner.stop(0.05)


async def done(_: Claim) -> Over:
    """Done at once."""
    await asyncio.sleep(0.005)
    return Over("done")


async def fails(_: Claim) -> Later:
    """Comes to nothing."""
    return Later("no luck")


async def test_what_is_wanted_is_done_once_and_is_over() -> None:
    """Wanted twice is done once; afterwards nothing of it is left."""
    stage = Stage()
    stage.want("a", "a", "b")
    async with stage.runner(done):
        await stage.until(lambda: not stage.store.all(Job))
    assert Counter(stage.begun) == {"a": 1, "b": 1}
    assert stage.told == [(KIND, "done")] * 2


async def test_two_processes_do_it_once() -> None:
    """Of many that look at the same time, one does each job."""
    stage, names = Stage(), [str(number) for number in range(30)]
    stage.want(*names)
    stage.store.before = lambda: asyncio.sleep(0.001)
    async with stage.runner(done), stage.runner(done, owner="two"), stage.runner(done, owner="three"):
        await stage.until(lambda: not stage.store.all(Job))
    assert sorted(stage.begun) == sorted(names)


async def test_so_many_at_once_and_no_more() -> None:
    """The slots are all used, never more than those, and the next job does not wait for the next look."""
    stage = Stage()
    stage.want(*map(str, range(20)))
    async with stage.runner(done, at_once=3):
        await stage.until(lambda: not stage.store.all(Job))
    assert stage.most_at_once == 3


async def test_a_failure_is_tried_again_later_and_later() -> None:
    """5 s, 20 s, 80 s ... at most an hour; the reason stands in the job."""
    stage, waited = Stage(), []
    stage.want("a")
    async with stage.runner(fails):
        for attempt in range(1, MOST_ATTEMPTS):
            await stage.until(lambda attempt=attempt: stage.job().attempts == attempt and stage.job().owner is None)
            waited.append(stage.job().not_before - stage.clock.now())
            assert (stage.job().reason, len(stage.begun)) == ("no luck", attempt)
            await asyncio.sleep(0.02)
            assert len(stage.begun) == attempt
            stage.clock.seconds += waited[-1].total_seconds()
        await stage.until(lambda: not stage.store.all(Job))
    assert waited[:3] == [FIRST_PAUSE, FIRST_PAUSE * 4, FIRST_PAUSE * 16]
    assert waited == sorted(waited)
    assert waited[-1] == LONGEST_PAUSE
    assert stage.gave_up == ["no luck"]
    assert stage.told == [(KIND, GIVEN_UP)]


@pytest.mark.parametrize(("after", "waits"), [(1.0, 5.0), (60.0, 60.0), (1e6, 3600.0)])
async def test_a_platform_that_says_when_is_heard(after: float, waits: float) -> None:
    """Longer than the rule if it says so, an hour at most, never shorter."""
    stage = Stage()
    stage.want("a")

    async def later(_: Claim) -> Later:
        return Later("wait", timedelta(seconds=after))

    async with stage.runner(later):
        await stage.until(lambda: stage.job().reason is not None)
    assert (stage.job().not_before - stage.clock.now()).total_seconds() == waits


async def test_what_should_not_happen_is_tried_again_as_well() -> None:
    """An exception ends neither the runner nor the job, and shows by its class alone."""
    stage = Stage()
    stage.want("a", "b")

    async def breaks(claim: Claim) -> Over:
        if claim.job.event_key == "a":
            raise RuntimeError("https://secret.example/")
        return Over("done")

    async with stage.runner(breaks):
        await stage.until(lambda: stage.job().reason is not None and len(stage.store.all(Job)) == 1)
    assert stage.job().reason == "RuntimeError"


async def test_a_process_that_died_leaves_its_job_to_others() -> None:
    """A claim runs out; until then nobody else touches the job."""
    stage = Stage()
    stage.want("a")
    dead = await Claim.taken(brand_of(stage.store), _stored(stage), stage.clock, LEASE, "dead")
    assert dead is not None
    async with stage.runner(done):
        await asyncio.sleep(0.03)
        assert stage.begun == []
        stage.clock.seconds += LEASE.total_seconds()
        await stage.until(lambda: not stage.store.all(Job))
    assert stage.begun == ["a"]
    with pytest.raises(ClaimLost):
        await dead.keep()
    with pytest.raises(ClaimLost):
        await dead.end(Over("done"))


def _stored(stage: Stage) -> Stored[Job]:
    return stage.store.records[Job][f"{KIND}|a"]


async def test_a_job_that_ends_its_process_is_given_up() -> None:
    """Eight claims of which none came back: it is not begun once more."""
    stage = Stage()
    stage.want("a")
    for _ in range(MOST_ATTEMPTS):
        assert await Claim.taken(brand_of(stage.store), _stored(stage), stage.clock, LEASE, "dead") is not None
        stage.clock.seconds += LEASE.total_seconds()
    async with stage.runner(done):
        await stage.until(lambda: not stage.store.all(Job))
    assert stage.begun == []
    assert stage.gave_up == ["every attempt ended its process"]


async def test_a_claim_that_is_kept_outlasts_its_first_time() -> None:
    """Work of many steps keeps its claim; another process finds nothing due."""
    stage = Stage()
    stage.want("a")

    async def long(claim: Claim) -> Over:
        for _ in range(5):
            stage.clock.seconds += LEASE.total_seconds() * 0.6
            await claim.keep()
            await asyncio.sleep(0.01)
        return Over("done")

    async with stage.runner(long), stage.runner(long, owner="two"):
        await stage.until(lambda: not stage.store.all(Job))
    assert stage.begun == ["a"]


async def test_a_claim_that_ran_out_writes_nothing_more() -> None:
    """Who was too slow neither ends the job nor writes what would follow from it."""
    stage = Stage()
    stage.want("a")
    claim = await Claim.taken(brand_of(stage.store), _stored(stage), stage.clock, LEASE, "slow")
    assert claim is not None
    stage.clock.seconds += LEASE.total_seconds()
    with pytest.raises(ClaimLost):
        await claim.end(Over("done"))
    assert stage.job().owner == "slow"


async def test_a_stop_waits_and_gives_back_what_does_not_end() -> None:
    """What is under way may end; the rest is due at once for others, and the broken attempt does not count."""
    stage = Stage()
    stage.want("a")

    async def hangs(_: Claim) -> Over:
        await asyncio.sleep(60)
        return Over("done")

    async with stage.runner(hangs):
        await stage.until(lambda: stage.begun == ["a"])
    assert (stage.job().attempts, stage.job().not_before) == (0, stage.clock.now())
    stage.want("b")
    async with stage.runner(done, owner="two"):
        await stage.until(lambda: not stage.store.all(Job))


async def test_a_store_that_is_away_costs_nothing() -> None:
    """Neither the look nor the end of a job is lost when the store comes back."""
    stage = Stage()
    stage.want("a")
    away = [StoreUnavailable()] * 3

    async def fails_at_first() -> None:
        if away:
            raise away.pop()

    stage.store.before = fails_at_first
    async with stage.runner(done):
        await stage.until(lambda: not away)
        stage.clock.seconds += LEASE.total_seconds()
        await stage.until(lambda: not stage.store.all(Job))
    assert "a" in stage.begun


async def test_what_a_job_brings_is_in_the_inbox_before_anybody_is_told() -> None:
    """The event of a job that is over is stored with its end, and handed on at once."""
    stage = Stage()
    event = Event(
        key="engine:t",
        kind=EventKind.ENGINE_REPLY,
        connector="messenger",
        account="1001",
        occurred_at=START,
        received_at=START,
    )

    async def brings(_: Claim) -> Over:
        return Over("answered", event=event)

    stage.want("a")
    async with stage.runner(brings):
        await stage.until(lambda: bool(stage.arrived))
    assert stage.arrived == [("glow", event)]
    assert stage.store.all(InboxEntry)["engine:t"].event == event
    assert not stage.store.all(Job)


async def test_a_job_that_was_just_written_is_begun_at_once() -> None:
    """It does not wait for the next look; with no slot free it is found by one."""
    stage = Stage()
    async with stage.runner(done, look_every=timedelta(hours=1), at_once=1) as runner:
        await asyncio.sleep(0.01)
        stage.want("a", "b")
        runner.submit("glow", stage.job("a"))
        runner.submit("glow", stage.job("b"))
        await stage.until(lambda: stage.begun == ["a"] and "done" in [result for _, result in stage.told])
        assert list(stage.store.all(Job)) == [f"{KIND}|b"]
    async with stage.runner(done):
        await stage.until(lambda: not stage.store.all(Job))
    assert stage.begun == ["a", "b"]
