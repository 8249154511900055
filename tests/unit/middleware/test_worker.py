"""The worker: lanes strictly in order, many at once, and what becomes of work that cannot go on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import structlog

from middleware.clock import SystemClock
from middleware.domain.events import Event, EventKind
from middleware.errors import LeaseLost, NotStorable, StoreUnavailable
from middleware.lanes import Paces
from middleware.metrics import Metrics
from middleware.pipeline.order import is_awaited, overtakes
from middleware.pipeline.pacing import Pacing
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import LaneBusy, NotYet
from middleware.ports import DeadLetter, Delete, InboxEntry, Put
from middleware.worker import Worker
from tests.unit.middleware.builders import START, at, message, phone
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of

_BLINK = timedelta(milliseconds=20)


OPEN = Pacing(SystemClock(), {}, at_once=1, watch=Metrics())
"""Paces nothing: it knows no account."""


class FastClock:
    """The loop's own time, a hundred times as fast: pauses of the worker are over at once."""

    def now(self) -> datetime:
        """A moment after the start."""
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds of the loop, times a hundred."""
        return asyncio.get_running_loop().time() * 100


@dataclass
class Works:
    """A work function that keeps what it was given, and does with each text what a test wants."""

    begun: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    behind: dict[str, list[str]] = field(default_factory=dict)
    """Text -> the keys of what waited behind it."""
    at_once: int = 0
    most_at_once: int = 0
    deeds: dict[str, Callable[[int], Awaitable[None]]] = field(default_factory=dict)
    """Text -> what happens when it is worked on for the n-th time, counted from 1."""

    async def __call__(self, brand: Brand, event: Event, behind: Sequence[str] = ()) -> None:
        """Work on one event."""
        del brand
        text = text_of(event)
        self.behind[text] = list(behind)
        self.begun.append(text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if text in self.deeds:
                await self.deeds[text](Counter(self.begun)[text])
            else:
                await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        self.done.append(text)


def text_of(event: Event) -> str:
    """What was written."""
    assert event.message is not None
    return event.message.text


def raises(*errors: Exception) -> Callable[[int], Awaitable[None]]:
    """A deed that fails with one error after the other, and then works."""

    async def deed(time: int) -> None:
        if time <= len(errors):
            raise errors[time - 1]

    return deed


def always(error: Exception) -> Callable[[int], Awaitable[None]]:
    """A deed that never works."""

    async def deed(_: int) -> None:
        raise error

    return deed


@dataclass
class Stage:
    """A worker on one brand in memory."""

    worker: Worker
    works: Works
    store: MemoryStore

    def submit(self, *events: Event, brand: str = "glow") -> None:
        """Put events into the inbox and hand them over, as the web process does."""
        self.keep(*events)
        self.worker.submit((brand, event) for event in events)

    def keep(self, *events: Event) -> None:
        """Put events into the inbox only: another process accepted them."""
        for event in events:
            self.store._changed(Put(InboxEntry.of(event)))

    async def idle(self) -> None:
        """Wait until the worker holds nothing."""
        async with asyncio.timeout(30):
            while self.worker.waiting:  # noqa: ASYNC110 - the worker tells nobody when it is idle
                await asyncio.sleep(0.002)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(30):
            while not holds():  # noqa: ASYNC110 - whatever a test waits for
                await asyncio.sleep(0.002)


@asynccontextmanager
async def stage(*, concurrency: int = 8, recovers: bool = False, paces: Paces = OPEN) -> AsyncIterator[Stage]:
    """A worker, stopped at the end."""
    store, works = MemoryStore(), Works()
    worker = Worker(
        {"glow": brand_of(store)},
        works,
        FastClock(),
        overtakes=overtakes,
        frees=is_awaited,
        paces=paces,
        concurrency=concurrency,
        recover_every=_BLINK,
    )
    if recovers:
        worker.start()
    try:
        yield Stage(worker, works, store)
    finally:
        await worker.stop(within=1)


def lane(name: str, *texts: str) -> list[Event]:
    """Messages of one customer, one lane."""
    number = phone(f"+346000{name}")
    return [message(number, text=text, minutes=minute, key=f"{name}-{text}") for minute, text in enumerate(texts)]


@pytest.fixture(autouse=True)
def _silent() -> Iterable[None]:
    """Nothing is printed by a worker that is made to fail."""
    with structlog.testing.capture_logs():
        yield


async def test_a_lane_is_worked_off_in_order() -> None:
    """One after the other, in order of arrival, never two at once, also when one of them takes long."""
    async with stage() as here:

        async def slow(_: int) -> None:
            await asyncio.sleep(0.02)

        here.works.deeds = {"1": slow}
        here.submit(*lane("a", *"12345"))
        await here.idle()
        assert here.works.done == list("12345")
        assert here.works.most_at_once == 1


async def test_lanes_do_not_wait_for_each_other() -> None:
    """While one lane hangs the others are worked off."""
    async with stage() as here:
        go_on = asyncio.Event()
        here.works.deeds = {"slow": lambda _: _wait(go_on)}
        here.submit(*lane("a", "slow", "after"), *lane("b", "1", "2"))
        await here.until(lambda: here.works.done == ["1", "2"])
        assert here.works.begun[0] == "slow"
        go_on.set()
        await here.idle()
        assert here.works.done == ["1", "2", "slow", "after"]


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def test_so_many_lanes_at_once_as_there_are_slots() -> None:
    """Never more than the concurrency, and that many indeed."""
    async with stage(concurrency=3) as here:
        go_on = asyncio.Event()
        names = [str(number) for number in range(8)]
        here.works.deeds = {name: lambda _: _wait(go_on) for name in names}
        here.submit(*(event for name in names for event in lane(name, name)))
        await here.until(lambda: here.works.at_once == 3)
        await asyncio.sleep(0.01)
        assert here.works.most_at_once == 3
        go_on.set()
        await here.idle()
        assert sorted(here.works.done) == names
        assert here.works.most_at_once == 3


async def test_a_waiting_message_lets_a_stop_overtake() -> None:
    """While the platform wants us to wait, a STOP goes first; another message keeps its place."""
    async with stage() as here:
        stopped = asyncio.Event()

        async def not_before_the_stop(_: int) -> None:
            if not stopped.is_set():
                raise NotYet(FastClock().now() + timedelta(seconds=2))

        async def stop(_: int) -> None:
            stopped.set()

        here.works.deeds = {"first": not_before_the_stop, "STOP": stop}
        here.submit(*lane("a", "first", "second", "STOP", "third"))
        await here.idle()
        assert here.works.done == ["STOP", "first", "second", "third"]


async def test_what_waited_for_an_engine_goes_on_as_soon_as_it_has_answered() -> None:
    """The answer overtakes the message that waits for it, and that one does not wait for its next look."""
    async with stage() as here:
        answered = asyncio.Event()

        async def not_before_the_answer(_: int) -> None:
            if not answered.is_set():
                raise NotYet(FastClock().now() + timedelta(hours=1))

        async def answer(_: int) -> None:
            answered.set()

        here.works.deeds = {"next": not_before_the_answer, "answer": answer}
        (waits, comes) = lane("a", "next", "answer")
        here.submit(waits)
        await here.until(lambda: here.works.begun == ["next"])
        here.submit(comes.model_copy(update={"kind": EventKind.ENGINE_REPLY}))
        await here.idle()
        assert here.works.begun == ["next", "answer", "next"]


async def test_a_start_does_not_overtake() -> None:
    """Only what forbids goes first, never what allows."""
    async with stage() as here:
        here.works.deeds = {"first": raises(*[NotYet(at(0))] * 3)}
        here.submit(*lane("a", "first", "START"))
        await here.idle()
        assert here.works.done == ["first", "START"]


async def test_a_waiting_lane_holds_no_slot() -> None:
    """With a single slot another lane goes on while one waits for the platform."""
    async with stage(concurrency=1) as here:
        other_is_done = asyncio.Event()

        async def after_the_other(_: int) -> None:
            if not other_is_done.is_set():
                raise NotYet(FastClock().now() + timedelta(seconds=1))

        async def other(_: int) -> None:
            other_is_done.set()

        here.works.deeds = {"first": after_the_other, "other": other}
        here.submit(*lane("a", "first"), *lane("b", "other"))
        await here.idle()
        assert here.works.done == ["other", "first"]


@pytest.mark.parametrize(
    "reason", [StoreUnavailable(), LeaseLost(), LaneBusy(START), NotYet(START)], ids=lambda each: type(each).__name__
)
async def test_what_will_pass_is_tried_again_and_again(reason: Exception) -> None:
    """A store, a lease, a lane or a platform that is not to be had for the moment is no failure of the event."""
    async with stage() as here:
        here.works.deeds = {"1": raises(*[reason] * 8)}
        here.submit(*lane("a", "1", "2"))
        await here.idle()
        assert here.works.begun == [*["1"] * 9, "2"]
        assert here.works.done == ["1", "2"]
        assert here.store.all(DeadLetter) == {}


async def test_work_that_fails_for_good_becomes_a_dead_letter() -> None:
    """After five tries the event is kept with its reason, leaves the inbox, and the lane goes on."""
    async with stage() as here:
        here.works.deeds = {"bad": always(KeyError("a secret detail"))}
        here.submit(*lane("a", "bad", "good"))
        await here.idle()
        assert here.works.begun == [*["bad"] * 5, "good"]
        (letter,) = here.store.all(DeadLetter).values()
        assert (letter.id, letter.reason) == ("a-bad", "KeyError after 5 tries")
        assert letter.event == lane("a", "bad")[0]
        assert "a-bad" not in here.store.all(InboxEntry)


async def test_a_dead_letter_is_written_over_an_older_one() -> None:
    """An event that fails for good once more has a new letter, in a version that nobody has seen before."""
    async with stage() as here:
        (event,) = lane("a", "bad")
        older = DeadLetter(id=event.key, event=event, reason="older", failed_at=event.received_at)
        await here.store.write(Put(older))
        here.works.deeds = {"bad": always(KeyError())}
        here.submit(event)
        await here.idle()
        (letter,) = here.store.all(DeadLetter).values()
        assert letter.reason == "KeyError after 5 tries"
        await here.store.write(Delete(DeadLetter, event.key, 1))
        assert here.store.all(DeadLetter) == {event.key: letter}


async def test_a_failure_that_passes_leaves_no_dead_letter() -> None:
    """Four times wrong and then right is right."""
    async with stage() as here:
        here.works.deeds = {"1": raises(*[ValueError()] * 4)}
        here.submit(*lane("a", "1"))
        await here.idle()
        assert here.works.done == ["1"]
        assert here.store.all(DeadLetter) == {}


async def test_a_dead_letter_waits_for_the_store() -> None:
    """An event that failed for good is given up only when it is kept."""
    async with stage() as here:
        broken = 3

        async def unavailable() -> None:
            nonlocal broken
            if here.works.begun.count("bad") >= 5 and broken:
                broken -= 1
                raise StoreUnavailable

        here.store.before = unavailable
        here.works.deeds = {"bad": always(KeyError())}
        here.submit(*lane("a", "bad", "good"))
        await here.idle()
        assert list(here.store.all(DeadLetter)) == ["a-bad"]
        assert here.works.done == ["good"]


async def test_a_dead_letter_that_does_not_fit_the_store_stops_nobody() -> None:
    """The lane goes on, and the event stays in the inbox: it is kept somewhere whatever happens."""
    async with stage() as here:

        async def refusing() -> None:
            if here.works.begun.count("bad") >= 5 and "good" not in here.works.done:
                raise NotStorable(0, "does not fit")

        here.store.before = refusing
        here.works.deeds = {"bad": always(KeyError())}
        here.submit(*lane("a", "bad", "good"))
        await here.until(lambda: "good" in here.works.done)
        assert here.store.all(DeadLetter) or "a-bad" in here.store.all(InboxEntry)


async def test_an_event_put_twice_is_worked_once() -> None:
    """Handed over twice, and found in the inbox besides: one event."""
    async with stage(recovers=True) as here:
        go_on = asyncio.Event()
        here.works.deeds = {"1": lambda _: _wait(go_on)}
        (event,) = lane("a", "1")
        here.submit(event)
        here.submit(event)
        await here.until(lambda: here.store.backlogs > 2)
        assert here.worker.waiting == 1
        here.store.records[InboxEntry].clear()
        go_on.set()
        await here.idle()
        assert here.works.begun == ["1"]


async def test_what_comes_again_goes_before_what_comes_next() -> None:
    """An event in the inbox that is told again, held by nobody here: it is worked on, and first; held, it is not taken
    twice; finished meanwhile, it is not worked on again.
    """
    async with stage() as here:
        first, second, third = lane("a", *"123")
        here.keep(first)
        here.worker.submit([], [("glow", first)])
        here.worker.submit([], [("glow", first)])
        here.submit(second)
        await here.idle()
        assert here.works.begun == ["1", "2"]

        here.worker.submit([], [("glow", third)])
        await here.idle()
        assert here.works.begun == ["1", "2"]


async def test_the_same_key_in_two_brands_is_two_events() -> None:
    """Dedup keys count within one brand."""
    store, works = MemoryStore(), Works()
    brands = {"glow": brand_of(store), "shine": brand_of(MemoryStore())}
    worker = Worker(
        brands,
        works,
        FastClock(),
        overtakes=overtakes,
        frees=is_awaited,
        paces=OPEN,
        concurrency=8,
        recover_every=_BLINK,
    )
    (event,) = lane("a", "1")
    worker.submit([("glow", event), ("shine", event)])
    here = Stage(worker, works, store)
    await here.idle()
    await worker.stop()
    assert works.done == ["1", "1"]


async def test_what_has_to_be_worked_on_first_is_taken_over() -> None:
    """Older work of a lane that nobody here holds may be a dead process's: it is taken over, and goes first."""
    async with stage() as here:
        older, newer = lane("a", *"12")
        here.keep(older)

        async def in_order(brand: Brand, event: Event, _: Sequence[str]) -> None:
            if event == newer and "1" not in here.works.done:
                raise LaneBusy(START, older)
            await Works.__call__(here.works, brand, event)

        here.worker._work = in_order
        here.submit(newer)
        await here.idle()
        assert here.works.done == ["1", "2"]


async def test_work_that_others_left_behind_is_recovered() -> None:
    """What stands in the inbox is taken over, sorted by the provider's time."""
    async with stage(recovers=True) as here:
        here.keep(*reversed(lane("a", *"123")))

        async def finished(brand: Brand, event: Event, _: Sequence[str]) -> None:
            await Works.__call__(here.works, brand, event)
            here.store.records[InboxEntry].pop(event.key)

        here.worker._work = finished
        await here.until(lambda: len(here.works.done) == 3)
        await here.idle()
        assert here.works.done == ["1", "2", "3"]


async def test_recovered_work_that_is_finished_already_is_left_alone() -> None:
    """Between reading the backlog and beginning, another process may have ended it."""
    async with stage() as here:
        here.worker._put("glow", lane("a", "1")[0], fresh=False)
        await here.idle()
        assert here.works.begun == []


@pytest.mark.parametrize("error", [StoreUnavailable(), ValueError("an entry of another version")])
async def test_a_backlog_that_cannot_be_read_does_not_end_recovery(error: Exception) -> None:
    """Whatever goes wrong in one look, the next look is taken."""
    async with stage(recovers=True) as here:
        failing = True

        async def before() -> None:
            if failing:
                raise error

        here.store.before = before
        await here.until(lambda: here.store.backlogs > 0)
        failing = False
        here.keep(*lane("a", "1"))
        await here.until(lambda: "1" in here.works.begun)


async def test_stop_waits_for_what_is_under_way() -> None:
    """The step that was begun ends; the next one of its lane is not begun."""
    async with stage() as here:
        go_on = asyncio.Event()
        here.works.deeds = {"1": lambda _: _wait(go_on)}
        here.submit(*lane("a", "1", "2"))
        await here.until(lambda: here.works.begun == ["1"])
        stopping = asyncio.create_task(here.worker.stop(within=5))
        await asyncio.sleep(0.01)
        assert not stopping.done()
        go_on.set()
        await stopping
        assert here.works.done == here.works.begun == ["1"]


async def test_stop_begins_nothing_that_waited_for_a_slot() -> None:
    """A lane that stood in line for a slot when the worker was stopped does not begin any more."""
    async with stage(concurrency=1) as here:
        go_on = asyncio.Event()
        here.works.deeds = {"1": lambda _: _wait(go_on)}
        here.submit(*lane("a", "1"), *lane("b", "2"), *lane("c", "3"))
        await here.until(lambda: here.works.begun == ["1"])
        stopping = asyncio.create_task(here.worker.stop(within=5))
        await asyncio.sleep(0.01)
        go_on.set()
        await stopping
        assert here.works.begun == ["1"]


async def test_stop_does_not_wait_for_ever() -> None:
    """What hangs is cancelled when the time is over."""
    async with stage() as here:
        here.works.deeds = {"1": lambda _: _wait(asyncio.Event())}
        here.submit(*lane("a", "1"))
        await here.until(lambda: here.works.begun == ["1"])
        await here.worker.stop(within=0.01)
        assert here.works.done == []
        assert here.worker.waiting == 0


async def test_a_stopped_worker_takes_nothing() -> None:
    """What comes after the stop stays in the inbox, for another process."""
    async with stage() as here:
        await here.worker.stop()
        here.submit(*lane("a", "1"))
        assert here.worker.waiting == 0
        assert list(here.store.all(InboxEntry)) == ["a-1"]


async def test_stop_ends_a_lane_that_waits_for_the_platform() -> None:
    """A message that has to wait for an hour does not keep the process alive for it."""
    async with stage() as here:
        here.works.deeds = {"1": always(NotYet(FastClock().now() + timedelta(days=30)))}
        here.submit(*lane("a", "1"))
        await here.until(lambda: here.works.begun == ["1"])
        await here.worker.stop(within=5)
        assert here.works.begun == ["1"]
        assert here.worker.waiting == 0


@dataclass
class Closed:
    """Paces that let nothing be begun beside what is at work, or that have accounts pause."""

    paused: dict[str, float] = field(default_factory=dict)
    most: int = 1

    def room(self, account: tuple[str, str], at_work: int) -> bool:
        """See `Paces.room`."""
        del account
        return at_work < self.most

    def paused_for(self, account: tuple[str, str]) -> float:
        """See `Paces.paused_for`."""
        return self.paused.get(account[1], 0.0)


def on(account: str, events: list[Event]) -> list[Event]:
    """The same events on another account."""
    return [event.model_copy(update={"account": account}) for event in events]


async def test_one_account_with_very_much_holds_up_no_other() -> None:
    """Behind 2,000 messages of one account, which all hang, those of another are worked on at once."""
    async with stage(concurrency=4) as here:
        go_on = asyncio.Event()
        many = [event for number in range(2_000) for event in lane(f"{number:05}", f"m{number}")]
        here.works.deeds = {text_of(event): lambda _: _wait(go_on) for event in many}
        here.submit(*many)
        here.submit(*on("2002", lane("b", "1", "2", "3")))
        await here.until(lambda: here.works.done == ["1", "2", "3"])
        assert here.works.most_at_once == 5
        go_on.set()
        await here.idle()
        assert len(here.works.done) == 2_003


async def test_with_very_many_accounts_each_gets_its_share() -> None:
    """All accounts together have their most, and take turns: nobody's third comes before somebody's first."""
    async with stage(concurrency=1) as here:
        for number in range(20):
            mine = [event for own in "abc" for event in lane(f"{number}{own}", f"{number}{own}")]
            here.submit(*on(f"{number:04}", mine))
        await here.idle()
        assert here.works.most_at_once == 8
        order = [text[-1] for text in here.works.done]
        assert order.count("a") == order.count("c") == 20
        assert order.index("c") > max(place for place, own in enumerate(order) if own == "a")


async def test_what_waits_is_known_by_its_key_and_keeps_its_order() -> None:
    """More fresh events than are kept whole are read again from the inbox, each lane in its order."""
    async with stage() as here:
        lanes = [lane(f"{number:04}", *(f"{number}.{place}" for place in range(3))) for number in range(500)]
        here.submit(*(each[place] for place in range(3) for each in lanes))
        whole = [job for each in here.worker._lanes._lanes.values() for job in each.jobs if job.event is not None]
        assert len(whole) <= 1_000 < here.worker.waiting
        await here.idle()
        for number in range(500):
            mine = [text for text in here.works.done if text.startswith(f"{number}.")]
            assert mine == [f"{number}.{place}" for place in range(3)]


async def test_no_more_is_begun_than_can_be_sent() -> None:
    """While the platform allows one message only one is worked on; what calls for none goes on beside it."""
    async with stage(paces=Closed()) as here:
        go_on = asyncio.Event()
        here.works.deeds = {"1": lambda _: _wait(go_on)}
        here.submit(*lane("a", "1"), *lane("b", "2"), *lane("c", "STOP"))
        await here.until(lambda: "STOP" in here.works.done)
        assert here.works.begun == ["1", "STOP"]
        go_on.set()
        await here.idle()
        assert here.works.done == ["STOP", "1", "2"]


async def test_a_stop_goes_before_a_message_that_could_not_be_begun() -> None:
    """A message that waits for its account before it is begun lets the STOP of its customer pass as well."""
    async with stage(paces=Closed()) as here:
        go_on = asyncio.Event()
        here.works.deeds = {"1": lambda _: _wait(go_on)}
        here.submit(*lane("a", "1"), *lane("b", "2", "STOP", "3"))
        await here.until(lambda: "STOP" in here.works.done)
        assert here.works.begun == ["1", "STOP"]
        go_on.set()
        await here.idle()
        assert here.works.done == ["STOP", "1", "2", "3"]


async def test_a_pausing_account_is_not_tried_again_and_again() -> None:
    """A message is worked on once while its account pauses, and again when the pause is over; not in between."""
    async with stage(paces=Closed({lane("a", "1")[0].account: 1e9}, most=8)) as here:
        here.works.deeds = {"1": raises(NotYet(at(0)), NotYet(at(0)))}
        here.submit(*lane("a", "1"))
        await here.until(lambda: here.works.begun == ["1"])
        await asyncio.sleep(0.05)
        assert here.works.begun == ["1"]


async def test_recovery_looks_past_an_account_that_has_plenty() -> None:
    """While very many events of one account are held, those of others are found in the inbox all the same."""
    async with stage(recovers=True, concurrency=1) as here:
        go_on = asyncio.Event()
        many = [event for number in range(1_200) for event in lane(f"{number:05}", f"m{number}")]
        here.works.deeds = {text_of(event): lambda _: _wait(go_on) for event in many}
        here.submit(*many)
        here.keep(*[event for number in range(3_000) for event in lane(f"9{number:05}", f"k{number}")])
        here.keep(*on("2002", lane("b", "other")))
        await here.until(lambda: "other" in here.works.begun)
        assert here.worker.waiting < 1_300
        go_on.set()
