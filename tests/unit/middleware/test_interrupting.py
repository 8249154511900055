"""Ctrl-C while a command reads for long."""

import asyncio
import os
import signal

import pytest

from middleware.cli.interrupting import until_interrupted


async def _reading(going_on: object, batches: int) -> int:
    """Read until asked to end; Ctrl-C comes with the third batch, and another one with the fifth."""
    assert callable(going_on)
    for number in range(1, batches + 1):
        if number in {3, 5}:
            os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
        if batches == 5 and not going_on():
            return number
    return batches


def test_the_first_one_asks_to_end() -> None:
    """What was read by then is there; afterwards Ctrl-C means what it meant before."""
    before = signal.getsignal(signal.SIGINT)
    with until_interrupted() as going_on:
        assert going_on()
        assert asyncio.run(_reading(going_on, 5)) == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_one_ends_at_once() -> None:
    """Whatever the command is waiting for."""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), until_interrupted() as going_on:
        asyncio.run(_reading(going_on, 6))
    assert signal.getsignal(signal.SIGINT) is before
