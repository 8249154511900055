"""A circuit breaker: what fails again and again is left alone for a while, and then tried with one call."""

from collections.abc import Callable
from enum import StrEnum

FAILURES_TO_OPEN = 5
"""Failures one after the other."""

OPEN_FOR = 30.0
"""Seconds."""


class BreakerState(StrEnum):
    """Whether calls are let through."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    """One call is let through; what it comes to decides."""
    OPEN = "open"


class Breaker:
    """The breaker of one thing, in one process. `monotonic` in seconds."""

    def __init__(
        self, monotonic: Callable[[], float], *, failures: int = FAILURES_TO_OPEN, open_for: float = OPEN_FOR
    ) -> None:
        self._monotonic = monotonic
        self._most = failures
        self._open_for = open_for
        self._failures = 0
        self._closes_at = 0.0
        self._trying = False

    @property
    def state(self) -> BreakerState:
        """Its state now."""
        if self._failures < self._most:
            return BreakerState.CLOSED
        is_over = self._monotonic() >= self._closes_at
        return BreakerState.HALF_OPEN if is_over else BreakerState.OPEN

    @property
    def left(self) -> float | None:
        """Seconds until one call is let through again, below 0 once it is; None while all are."""
        return None if self.state is BreakerState.CLOSED else self._closes_at - self._monotonic()

    def lets_through(self) -> bool:
        """Whether a call may be made; of those that ask while it is half open, the first one may."""
        state = self.state
        if state is BreakerState.HALF_OPEN and not self._trying:
            self._trying = True
            return True
        return state is BreakerState.CLOSED

    def over(self, *, well: bool) -> None:
        """Told how each call ended that was let through."""
        self._trying = False
        if well:
            self._failures = 0
            return
        self._failures = min(self._failures + 1, self._most)
        self._closes_at = self._monotonic() + self._open_for
