"""Blocks on demand on the path of a message: what a flow wants is asked for while it decides, side by side, inside one
deadline for the whole message, whatever a source does.

A new kind of block is an `Enricher` under its name in `Brand.enrichers`; the step that wants it raises NotEnriched.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from middleware.domain.context import Block, Context
from middleware.domain.events import Event
from middleware.domain.identifiers import Level
from middleware.domain.on_demand import all_missing, missing
from middleware.domain.profile import Profile

MOST_ROUNDS = 5
"""How often one message is decided again because a flow wants another block. Beyond that there is none."""

ENRICH_WITHIN = timedelta(milliseconds=300)
"""How long one message waits for its blocks on demand, all together, unless the brand says otherwise."""

NO_TIME = "no time was left to ask"
TOO_OFTEN = f"this message has waited for other blocks {MOST_ROUNDS} times"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a block on demand is made from: the message with what is known, and who writes.

    `sender` is the key of the identity; `answers` are what they answered to the flow that wants it: nobody has verified
    them; `signed_in` are the browsers that `identity.disclosure.Sight` takes.
    """

    context: Context
    event: Event
    profile: Profile
    sender: str
    answers: Mapping[str, str | int] = field(default_factory=dict)
    signed_in: Collection[str] = frozenset()


class NotToBeHad(Exception):  # noqa: N818 - a state of the source
    """There is no new block. `why` is for the trace: no word of the source, and nothing of the customer."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Enricher(Protocol):
    """Makes one block on demand. It is asked by many messages at once."""

    async def block(self, wanted: Wanted) -> Block[Any]:
        """The block, nothing in it above the level of the sender. Raises NotToBeHad.

        It is cancelled at the deadline, and whatever else it raises is a failure.
        """
        ...

    def instead(self, wanted: Wanted, why: str) -> Block[Any]:
        """What there is where the block was not to be had, or not in time: something older marked `stale`, or none."""
        ...


@dataclass(slots=True)
class Enriching:
    """The blocks on demand of one message. The time runs from when the first one is wanted."""

    enrichers: Mapping[str, Enricher]
    within: timedelta
    _until: float | None = field(init=False, default=None)
    """On the clock of the event loop."""
    _rounds: int = field(init=False, default=0)

    async def blocks(self, wanted: Wanted, names: Collection[str]) -> dict[str, Block[Any]]:
        """A block for each of the names, whatever happens. Takes no longer than the message has left."""
        now = asyncio.get_running_loop().time()
        if self._until is None:
            self._until = now + self.within.total_seconds()
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            return all_missing(names, TOO_OFTEN)
        found = await asyncio.gather(*(self._block(wanted, name, self._until) for name in names))
        level = wanted.context.identity.level
        return {name: _told(block, level) for name, block in zip(names, found, strict=True)}

    async def _block(self, wanted: Wanted, name: str, until: float) -> Block[Any]:
        enricher = self.enrichers.get(name)
        if enricher is None:
            return missing("there is nothing of this name in the settings")
        if asyncio.get_running_loop().time() >= until:
            return enricher.instead(wanted, NO_TIME)
        try:
            async with asyncio.timeout_at(until):
                return await enricher.block(wanted)
        except NotToBeHad as error:
            return enricher.instead(wanted, error.why)
        except TimeoutError:
            return enricher.instead(wanted, no_answer_within(self.within))
        except Exception as error:  # noqa: BLE001 - whatever a source does, the customer gets an answer
            return enricher.instead(wanted, f"it failed ({type(error).__name__})")


def no_answer_within(length: timedelta) -> str:
    """Why there is no new block, where the time for asking was over."""
    return f"no answer within {length / timedelta(milliseconds=1):.0f} ms"


def _told(block: Block[Any], level: Level) -> Block[Any]:
    """The block as somebody of this level is told it, whatever its enricher thought of that."""
    if block.needs_level <= level:
        return block
    return Block[Any](state="withheld", needs_level=block.needs_level)
