"""The trace of a turn: what came in, who it was and why, what was known, decided, sent, and what came of it.

Reads only, by `_id`, for people and for tools that show it to them; nothing is kept for it on a message's path.
"""

import asyncio
from collections.abc import Collection, Mapping

from middleware.domain.trace import Trace
from middleware.pipeline.parts import Brand
from middleware.pipeline.trace.finding import NoTrace, Where, find_turns
from middleware.pipeline.trace.reading import read_kept
from middleware.pipeline.trace.telling import told
from middleware.ports import Clock

__all__ = ["NoTrace", "Traces"]


class Traces:
    """The traces of all brands of an installation, `brands` by name."""

    def __init__(self, brands: Mapping[str, Brand], clock: Clock) -> None:
        self._brands = brands
        self._clock = clock

    @property
    def brands(self) -> Collection[str]:
        """The names of the brands."""
        return self._brands.keys()

    async def find(self, brand: str, named: str, last: int = 1) -> list[Trace]:
        """What is traced under an id of a turn, an event, a message, a reply or a conversation, oldest first.

        Of a conversation the `last` turns, at most 50. Raises NoTrace, which says what to give instead.
        """
        home = self._brands[brand]
        turns = await find_turns(Where(home.store, home.name, home.accounts), named, last)
        kept = await asyncio.gather(*(read_kept(home.store, home.name, turn) for turn in turns))
        now = self._clock.now()
        return [told(each, now) for each in kept]
