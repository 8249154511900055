"""Timers: when a flow that waits goes on by itself, or a cart may have been left. Each becomes one event, whoever lets
it ring and however often.
"""

from datetime import UTC, datetime

from middleware.domain.events import Event, EventKind, TimerRung, event_key
from middleware.domain.record import Record
from middleware.domain.turn import Turn


class Timer(Record):
    """One timer. `id` begins with its time, so that those that are due come first; `event` is what it becomes.

    It belongs to a waiting of a conversation and is written when the turn is carried out that began or kept that
    (again, it is the same), or to a cart and is written when that is absorbed (`pipeline/left_carts.py`).
    """

    id: str
    rings_at: datetime
    event: Event

    @classmethod
    def of(cls, turn: Turn, asked_by: Event) -> "Timer | None":
        """The timer that a turn needs, or None if it needs none; `asked_by` is the event of the turn."""
        state = turn.decision.next_state
        if state is None or state.rings_at is None:
            return None
        waiting = f"{turn.conversation_id}:{state.since.isoformat()}"
        event = Event(
            key=event_key(turn.channel, turn.account, f"timer:{waiting}"),
            kind=EventKind.TIMER,
            connector=turn.channel,
            account=turn.account,
            occurred_at=state.rings_at,
            received_at=state.rings_at,
            anchor=asked_by.anchor,
            also=asked_by.also,
            timer=TimerRung(flow=state.flow, step=state.step, since=state.since),
        )
        return cls(id=f"{moment(state.rings_at)}|{waiting}", rings_at=state.rings_at, event=event)

    def rung(self, now: datetime) -> Event:
        """The event, as it happens at `now`: what is late is not old."""
        return self.event.model_copy(update={"occurred_at": now, "received_at": now})


def moment(at: datetime) -> str:
    """A time as ids begin with it: they sort as the times do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
