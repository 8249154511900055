"""Ctrl-C for commands that read for long: the first one ends them with what they have, the second one at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from middleware.cli.output import chatter


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Whether to go on."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)
        chatter.print("Ending with what was read so far; Ctrl-C once more ends at once.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: not asked
    finally:
        signal.signal(signal.SIGINT, before)
