"""An event loop whose time is made up: every wait is over at once, and the loop's clock has moved by it."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.unit.middleware.builders import START

T = TypeVar("T")


class _NoWait(selectors.BaseSelector):
    """The selector of the machine; instead of waiting it moves the loop's clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._real = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > 0:
            self.now += timeout
            timeout = 0
        return self._real.select(timeout)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on made-up time, and the clock that shows it."""

    def __init__(self) -> None:
        self._made_up = _NoWait()
        super().__init__(self._made_up)

    def time(self) -> float:
        return self._made_up.now


class LoopClock:
    """The time of the running loop, as `middleware.ports.Clock`."""

    def now(self) -> datetime:
        """The made-up time of day."""
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """The loop's seconds."""
        return asyncio.get_running_loop().time()


def in_virtual_time(main: Callable[[], Awaitable[T]]) -> T:
    """Run something to its end on made-up time."""

    async def run() -> T:
        return await main()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())
