"""The garbage collector of a long-running process."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from middleware.garbage import settle


class Knot:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_was_built_at_the_start_is_not_walked_through_again() -> None:
    """Nothing that exists when the process settles is in the collector's sight any more."""
    built = [{"key": number} for number in range(1_000)]
    settle()
    assert gc.get_freeze_count() >= len(built)
    assert not any(each is built for each in gc.get_objects())


def test_garbage_that_comes_later_is_still_found() -> None:
    """What refers to itself goes by itself, before there are many of its kind."""
    settle()
    first = weakref.ref(Knot())
    for _ in range(50_000):
        Knot()
    assert first() is None
