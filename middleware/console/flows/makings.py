"""The releases of one brand that this process makes: so many at once, and one after the other."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

MOST_AT_ONCE = 10
"""All but one of them wait for their turn."""


@dataclass
class Makings:
    """Those that are under way. `turn` is held by the one whose tests run."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def full(self) -> bool:
        """Whether no other one may begin."""
        return len(self._tasks) >= MOST_AT_ONCE

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work beside all else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End what is under way: none of it becomes a release."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
