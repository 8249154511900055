"""Timers: each becomes one event when it is due, whatever happens in between."""

from datetime import datetime, timedelta

import pytest

from middleware.domain.conversation import FlowState
from middleware.domain.events import EventKind
from middleware.domain.timers import Timer
from middleware.domain.turn import Decision, Turn
from middleware.errors import StoreUnavailable
from middleware.jobs.timers import ring
from middleware.ports import InboxEntry, Put
from tests.unit.middleware.builders import at, message, phone
from tests.unit.middleware.memory_store import MemoryStore

ASKED_BY = message(phone())


def turn(state: FlowState | None) -> Turn:
    """A turn after which a flow waits, or none does."""
    return Turn(
        id="1" * 32,
        event_key=ASKED_BY.key,
        conversation_id="c_1",
        profile_id="p_1",
        channel="whatsapp",
        account="777",
        recipient=(phone(),),
        decided_at=at(0),
        sent_at=at(0),
        decision=Decision(next_state=state),
    )


class Clock:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The time."""
        return self._now

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self._now.timestamp()


def a_timer(minutes: float, since: float = 0) -> Timer:
    """The timer of a flow that began to wait at `since` and goes on at `minutes`."""
    state = FlowState(flow="f", step="s", since=at(since), rings_at=at(minutes))
    timer = Timer.of(turn(state), ASKED_BY)
    assert timer is not None
    return timer


async def rung(store: MemoryStore, minutes: float) -> list[str]:
    """The keys in the inbox after all timers rang that are due by then."""
    await ring(store, Clock(at(minutes)), lambda _: None)
    return sorted(store.all(InboxEntry))


async def test_those_that_are_due_ring_and_no_others() -> None:
    """At its time and not before, in the order of time, and then the timer is gone."""
    store = MemoryStore()
    timers = [a_timer(minutes, minutes / 100) for minutes in (30, 10, 20)]
    await store.write(*map(Put, timers))
    assert await rung(store, 9.9) == []
    assert await rung(store, 20) == sorted([timers[1].event.key, timers[2].event.key])
    assert list(store.all(Timer)) == [timers[0].id]


async def test_the_event_happens_when_it_rings() -> None:
    """What is late is not old: the event has the time at which it rang, and says what it was set for."""
    store = MemoryStore()
    timer = a_timer(10)
    await store.write(Put(timer))
    await rung(store, 300)
    (entry,) = store.all(InboxEntry).values()
    assert entry.event.kind is EventKind.TIMER
    assert entry.event.occurred_at == entry.event.received_at == at(300)
    assert entry.event.timer is not None
    assert (entry.event.timer.flow, entry.event.timer.since) == ("f", at(0))
    assert (entry.event.anchor, entry.lane) == (ASKED_BY.anchor, ASKED_BY.lane)


async def test_a_crash_between_event_and_timer_lets_it_ring_again() -> None:
    """The timer is still there, and the second event is the first one."""
    store = MemoryStore()
    timer = a_timer(10)
    await store.write(Put(timer))

    def dies(_: str) -> None:
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        await ring(store, Clock(at(11)), dies)
    assert list(store.all(Timer)) == [timer.id]
    assert await rung(store, 12) == [timer.event.key]
    assert store.all(InboxEntry)[timer.event.key].event.received_at == at(11)
    assert store.all(Timer) == {}


def test_one_waiting_has_one_timer() -> None:
    """Two turns that leave a flow waiting as it was need the same timer; another waiting needs another."""
    assert a_timer(10) == a_timer(10)
    assert a_timer(10, since=1).event.key != a_timer(10).event.key
    assert Timer.of(turn(None), ASKED_BY) is None


def test_ids_sort_as_times_do() -> None:
    """Across days, and whatever the zone in which a time is written."""
    times = [at(minutes) for minutes in (0, 1, 60, 60 * 24, 60 * 24 * 40)]
    ids = [a_timer((time - at(0)) / timedelta(minutes=1), since=0.5).id for time in times]
    assert ids == sorted(ids)
