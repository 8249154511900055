"""The state in which a flow waits, made when it comes to a step that does."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flows.engine.captures import Answer
from flows.engine.loading import Flow
from flows.engine.steps import Ask, Wait
from middleware.domain.conversation import FlowState

_WAITS_FOR_THE_CUSTOMER = timedelta(hours=24)
"""As long as most channels let us write after a customer's message."""

_LATE_AT_MOST = timedelta(hours=24)
"""How much later than it was set a timer may ring, before what waits for it is forgotten."""


def state_of(flow: Flow, step: Ask | Wait, now: datetime, answers: Mapping[str, Answer], tries: int) -> FlowState:
    """The state of a flow that begins to wait at a step, at `now`."""
    rings_at = now + step.after if isinstance(step, Wait) and step.after is not None else None
    return FlowState(
        flow=flow.name,
        version=flow.version,
        step=step.name,
        since=now,
        expires_at=_end(step, now, rings_at),
        rings_at=rings_at,
        tries=tries,
        answers=dict(answers),
    )


def _end(step: Ask | Wait, now: datetime, rings_at: datetime | None) -> datetime:
    if isinstance(step, Ask):
        return now + step.within
    return now + _WAITS_FOR_THE_CUSTOMER if rings_at is None else rings_at + _LATE_AT_MOST
