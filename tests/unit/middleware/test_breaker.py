"""A circuit breaker: open after failures in a row, tried with one call after a while, closed by one that goes well."""

import pytest

from middleware.pipeline.breaker import FAILURES_TO_OPEN, OPEN_FOR, Breaker, BreakerState


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def failing(times: int) -> tuple[Breaker, Seconds]:
    """A breaker of which so many calls have failed."""
    clock = Seconds()
    breaker = Breaker(clock)
    for _ in range(times):
        assert breaker.lets_through()
        breaker.over(well=False)
    return breaker, clock


def test_it_opens_after_failures_in_a_row_only() -> None:
    """One success in between, and the failures before it are forgotten."""
    breaker, _ = failing(FAILURES_TO_OPEN - 1)
    breaker.over(well=True)
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.over(well=False)
    assert breaker.lets_through()
    breaker.over(well=False)
    assert breaker.state is BreakerState.OPEN
    assert not breaker.lets_through()


@pytest.mark.parametrize("well", [True, False])
def test_after_a_while_one_call_decides(*, well: bool) -> None:
    """Half open, it lets one of those through that ask; that one closes the breaker, or opens it for as long again."""
    breaker, clock = failing(FAILURES_TO_OPEN)
    clock.now = OPEN_FOR
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.over(well=well)
    assert breaker.lets_through() is well
    clock.now += OPEN_FOR - 0.1
    assert breaker.lets_through() is well
    clock.now += 0.1
    assert breaker.lets_through()
