"""Timers: when a flow that waits goes on by itself, or a cart may have been left. Each becomes one event, whoever lets
it ring and however often.
"""

from datetime import UTC, datetime

from middleware.domain.conversation import Conversation, FlowState
from middleware.domain.events import Event, EventKind, TimerRung, event_key
from middleware.domain.identifiers import Identifier
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
        state, where = turn.decision.next_state, (turn.channel, turn.account)
        if state is None:
            return None
        return cls._of(state, turn.conversation_id, where, asked_by.anchor, asked_by.also)

    @classmethod
    def of_waiting(cls, state: FlowState, conversation: Conversation, sender: Identifier) -> "Timer | None":
        """The timer of a flow that waits in a conversation already, or None if it waits for no time."""
        return cls._of(state, conversation.id, (conversation.channel, conversation.account), sender, ())

    @classmethod
    def _of(
        cls,
        state: FlowState,
        conversation_id: str,
        where: tuple[str, str],
        anchor: Identifier | None,
        also: tuple[Identifier, ...],
    ) -> "Timer | None":
        if state.rings_at is None:
            return None
        waiting = f"{conversation_id}:{state.since.isoformat()}"
        event = Event(
            key=event_key(*where, f"timer:{waiting}"),
            kind=EventKind.TIMER,
            connector=where[0],
            account=where[1],
            occurred_at=state.rings_at,
            received_at=state.rings_at,
            anchor=anchor,
            also=also,
            timer=TimerRung(flow=state.flow, step=state.step, since=state.since),
        )
        return cls(id=f"{moment(state.rings_at)}|{waiting}", rings_at=state.rings_at, event=event)

    def rung(self, now: datetime) -> Event:
        """The event, as it happens at `now`: what is late is not old."""
        return self.event.model_copy(update={"occurred_at": now, "received_at": now})


def moment(at: datetime) -> str:
    """A time as ids begin with it: they sort as the times do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
