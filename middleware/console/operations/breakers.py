"""How the circuit breakers of one engine, look-up or bot stand: in this process, and in the others."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from middleware.console.visit import Visit
from middleware.pipeline.breaker import BreakerState
from middleware.pipeline.standing import AskedStanding

_SHOWN_OF_A_PROCESS = 6


@dataclass(frozen=True, slots=True)
class BreakerStanding:
    """One breaker. `process`: the beginning of its process's name, empty for this one; `until`: it lets one call
    through from then on.
    """

    process: str
    state: BreakerState
    until: datetime | None = None


def breakers_of(visit: Visit, asked: AskedStanding) -> list[BreakerStanding]:
    """That of this process, and those of others that are not closed, as they last told."""
    pulses, now = visit.console.pulses, visit.now
    own = pulses.breaker(visit.brand.name, asked.id)
    found = [_own(own.state, own.left, now)] if own is not None else []
    others = asked.pulse.breakers(now) if asked.pulse is not None else ()
    return [
        *found,
        *(
            BreakerStanding(each.process[:_SHOWN_OF_A_PROCESS], _state(each.until, now), each.until)
            for each in others
            if each.process != pulses.process and each.until is not None
        ),
    ]


def _own(state: BreakerState, left: float | None, now: datetime) -> BreakerStanding:
    return BreakerStanding("", state, now + timedelta(seconds=left) if left is not None else None)


def _state(until: datetime, now: datetime) -> BreakerState:
    return BreakerState.OPEN if now < until else BreakerState.HALF_OPEN
