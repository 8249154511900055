"""What takes seconds to work out is kept for some minutes, and worked out by one at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_FOR = timedelta(minutes=10)


@dataclass
class Kept(Generic[T]):
    """One thing that was worked out."""

    _value: T | None = None
    _at: datetime | None = None
    _working: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, now: datetime, work: Callable[[], Awaitable[T]]) -> T:
        """What was worked out not long ago, or is now."""
        async with self._working:
            if self._value is None or self._at is None or now - self._at >= KEPT_FOR:
                self._value, self._at = await work(), now
            return self._value
