"""How long the store may take, and what its errors mean to everybody else."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from pymongo.errors import BulkWriteError, ClientBulkWriteException, PyMongoError

from middleware.errors import StoreUnavailable

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds that a command of the command line gives the store: no webhook waits for it."""

ANSWER_WITHIN = 2.0
"""Seconds, unless more is asked for. A webhook that cannot be stored is answered 503 within 2.5 s."""


async def in_time(answer: Awaitable[T], within: float | None = None) -> T:
    """The store's answer, or StoreUnavailable: late, gone, or refusing. What a group of writes says passes."""
    try:
        # Not `wait_for`: on Python 3.11 that swallows a cancellation that comes together with the answer.
        async with asyncio.timeout(ANSWER_WITHIN if within is None else within):
            return await answer
    except (ClientBulkWriteException, BulkWriteError):
        raise
    except (PyMongoError, TimeoutError) as error:
        raise StoreUnavailable(f"the store does not answer: {type(error).__name__}") from error
