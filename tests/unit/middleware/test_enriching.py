"""Blocks on demand: side by side inside one deadline for the whole message, whatever a source does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from middleware.domain.context import Block, Context, LookUpView
from middleware.domain.identifiers import Level
from middleware.domain.profile import Profile
from middleware.pipeline.enriching import MOST_ROUNDS, TOO_OFTEN, Enriching, NotToBeHad, Wanted
from tests.unit.middleware.builders import START, message, phone
from tests.unit.middleware.handover.filled import context as filled_context
from tests.unit.middleware.virtual_time import in_virtual_time

WITHIN = timedelta(milliseconds=300)


def block(says: str = "yes", level: Level = Level.NEW, state: Any = "fresh") -> Block[LookUpView]:
    """What a source said."""
    return Block[LookUpView](state=state, needs_level=level, value=LookUpView(fields={"says": says}))


@dataclass(frozen=True, slots=True)
class Source:
    """An enricher that does what it is told to."""

    act: Callable[[], Awaitable[Block[Any]]]

    async def block(self, wanted: Wanted) -> Block[Any]:  # noqa: ARG002 - the protocol's
        """What it is told to do."""
        return await self.act()

    def instead(self, wanted: Wanted, why: str) -> Block[Any]:  # noqa: ARG002 - the protocol's
        """Nothing, and why."""
        return Block[Any](state="error", needs_level=Level.NEW, why=why)


def answers(after: float = 0, **about: Any) -> Source:
    """A source that answers after so many seconds."""

    async def act() -> Block[Any]:
        await asyncio.sleep(after)
        return block(**about)

    return Source(act)


def raises(error: Exception) -> Source:
    """A source that fails."""

    async def act() -> Block[Any]:
        raise error

    return Source(act)


def wanted(level: Level = Level.LINKED) -> Wanted:
    """What a message of somebody of this level brings."""
    sender = phone()
    context: Context = filled_context(level=level)
    return Wanted(context, message(sender), Profile(id="p", created_at=START), sender.key)


def rounds_of(sources: dict[str, Source], *rounds: tuple[str, ...], level: Level = Level.LINKED) -> tuple[Any, float]:
    """The blocks of the last round, and how many seconds all of them took."""

    async def main() -> tuple[Any, float]:
        loop = asyncio.get_running_loop()
        enriching, began = Enriching(sources, WITHIN), loop.time()
        for names in rounds:
            found = await enriching.blocks(wanted(level), names)
        return found, loop.time() - began

    return in_virtual_time(main)


def test_all_of_a_step_are_asked_side_by_side() -> None:
    """Two that take 200 ms each take 200 ms."""
    found, took = rounds_of({"a": answers(0.2), "b": answers(0.2)}, ("a", "b"))
    assert {name: each.state for name, each in found.items()} == {"a": "fresh", "b": "fresh"}
    assert took == 0.2


def test_one_that_hangs_costs_the_deadline_and_the_others_nothing() -> None:
    """The one is late, in words; what the others said is there."""
    found, took = rounds_of({"hangs": answers(3600), "b": answers(0.1)}, ("hangs", "b"))
    assert found["b"].value.fields == {"says": "yes"}
    assert (found["hangs"].state, found["hangs"].why) == ("error", "no answer within 300 ms")
    assert took == 0.3


def test_the_deadline_is_for_the_whole_message() -> None:
    """What is wanted in a second round has what the first one left; after it nobody is asked."""
    found, took = rounds_of({"a": answers(0.2), "b": answers(0.2)}, ("a",), ("b",))
    assert found["b"].state == "error"
    assert took == 0.3
    found, took = rounds_of({"a": answers(9), "b": answers(0)}, ("a",), ("b",))
    assert found["b"].why == "no time was left to ask"


def test_whatever_a_source_raises_there_is_a_block() -> None:
    """With the reason it gives, or the class of what it raised: never its words."""
    sources = {"says": raises(NotToBeHad("HTTP 500")), "breaks": raises(RuntimeError("secret"))}
    found, _ = rounds_of(sources, ("says", "breaks", "unknown"))
    whys = {name: each.why for name, each in found.items()}
    assert whys["says"] == "HTTP 500"
    assert whys["breaks"] == "it failed (RuntimeError)"
    assert (found["unknown"].state, whys["unknown"]) == ("missing", "there is nothing of this name in the settings")


def test_nothing_above_the_level_of_the_sender() -> None:
    """A block that needs more is withheld without its value, whatever its source thought of that."""
    source = {"a": answers(level=Level.LINKED)}
    assert rounds_of(source, ("a",), level=Level.LINKED)[0]["a"].value is not None
    found, _ = rounds_of(source, ("a",), level=Level.CARRIED)
    assert (found["a"].state, found["a"].value) == ("withheld", None)


def test_a_message_does_not_wait_again_and_again() -> None:
    """After so many rounds nobody is asked any more, though there is time."""
    found, _ = rounds_of({"a": answers()}, *[("a",)] * (MOST_ROUNDS + 1))
    assert (found["a"].state, found["a"].why) == ("missing", TOO_OFTEN)
