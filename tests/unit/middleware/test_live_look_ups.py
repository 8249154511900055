"""A live look-up: what it asks, when it does not, what it keeps, and what there is when it fails."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from middleware.domain.context import Block, LookUpView
from middleware.domain.identifiers import Level
from middleware.domain.look_up_reading import FieldRule
from middleware.domain.look_ups import LookUpAnswer, LookUpOutcome
from middleware.domain.profile import Profile
from middleware.pipeline.breaker import FAILURES_TO_OPEN
from middleware.pipeline.enriching import Enriching, Wanted
from middleware.pipeline.live_look_ups import KEPT_FOR, LEFT_ALONE, LiveLookUp, LookUpRules
from tests.unit.middleware.builders import START, message, phone
from tests.unit.middleware.handover.filled import context
from tests.unit.middleware.virtual_time import LoopClock, in_virtual_time

WITHIN = timedelta(milliseconds=300)
FAILED = LookUpAnswer(LookUpOutcome.FAILED, detail="HTTP 500")


def answered(**body: Any) -> LookUpAnswer:
    """An answer with this in it."""
    return LookUpAnswer(LookUpOutcome.ANSWERED, body=body)


@dataclass
class Source:
    """A system that answers what it is told to, after so many seconds, and keeps what it was asked."""

    answer: LookUpAnswer
    takes: float = 0
    asked: list[Mapping[str, str]] = field(default_factory=list)

    async def ask(self, send: Mapping[str, str], *, timeout: float) -> LookUpAnswer:  # noqa: ARG002, ASYNC109 - the port's
        """See `LookUpSource.ask`."""
        self.asked.append(send)
        await asyncio.sleep(self.takes)
        return self.answer


@dataclass
class Stock:
    """The look-up `stock` of a source, with what its question is made of."""

    source: Source
    send: dict[str, str] = field(default_factory=lambda: {"sku": "A1"})
    level: Level = Level.NEW
    keep: timedelta = timedelta(0)
    outcomes: list[LookUpOutcome] = field(default_factory=list)
    look_up: LiveLookUp = field(init=False)

    def __post_init__(self) -> None:
        fields = {"left": FieldRule("number", ("left",)), "color": FieldRule("text", ("color",))}
        self.look_up = LiveLookUp(
            LookUpRules("stock", frozenset({"sku"}), fields, self.level, WITHIN, self.keep),
            self.source,
            lambda _context, _answers: self.send,
            LoopClock(),
            lambda _name, outcome, _took: self.outcomes.append(outcome),
        )

    async def asks(self, level: Level = Level.LINKED) -> Block[LookUpView]:
        """What a message of somebody of this level gets."""
        sender = phone()
        wanted = Wanted(context(level=level), message(sender), Profile(id="p", created_at=START), sender.key)
        found = await Enriching({"lookups.stock": self.look_up}, WITHIN).blocks(wanted, ("lookups.stock",))
        return found["lookups.stock"]


def fields_of(block: Block[LookUpView]) -> Mapping[str, Any] | None:
    """What it says."""
    return block.value.fields if block.value is not None else None


def test_an_answer_is_fresh_with_what_could_not_be_read_of_it() -> None:
    """A field that lies about its type is missing, and that is said."""
    block = in_virtual_time(Stock(Source(answered(left=3, color=7, other="x"))).asks)
    assert (block.state, fields_of(block)) == ("fresh", {"left": 3})
    assert (block.why, block.source, block.as_of) == ("color is no text", "stock", START)


def test_an_answer_of_which_nothing_can_be_used_is_a_failure_with_its_reasons() -> None:
    """An object of another shape, for one."""
    block = in_virtual_time(Stock(Source(answered(error="x"))).asks)
    assert (block.state, block.value) == ("error", None)
    assert block.why == "nothing in the answer can be used: left is not there, color is not there"


def test_nobody_below_its_level_is_told_and_nobody_is_asked() -> None:
    """Withheld; from that level on it is asked."""
    stock = Stock(Source(answered(left=3)), level=Level.LINKED)
    assert in_virtual_time(lambda: stock.asks(Level.CARRIED)).state == "withheld"
    assert stock.source.asked == []
    assert in_virtual_time(lambda: stock.asks(Level.LINKED)).needs_level is Level.LINKED


@pytest.mark.parametrize(
    ("send", "why"),
    [({}, "there is no value for sku"), ({"sku": "x" * 501}, "sku is longer than 500 characters")],
)
def test_where_a_value_of_the_question_is_missing_nobody_is_asked(send: dict[str, str], why: str) -> None:
    """Missing, with the name of the value; half a value would be another question."""
    stock = Stock(Source(answered(left=3)), send=send)
    block = in_virtual_time(stock.asks)
    assert (block.state, block.why, stock.source.asked) == ("missing", f"nobody was asked: {why}", [])


def test_a_value_that_is_empty_is_left_out_of_the_question() -> None:
    """It is optional, in the words of the settings."""
    stock = Stock(Source(answered(left=3)), send={"sku": "A1", "size": ""})
    in_virtual_time(stock.asks)
    assert stock.source.asked == [{"sku": "A1"}]


def test_the_same_question_is_answered_from_memory_for_so_long() -> None:
    """Then it is asked again; another question is another one."""
    stock = Stock(Source(answered(left=3)), keep=timedelta(seconds=60))

    async def main() -> list[Block[LookUpView]]:
        found = [await stock.asks()]
        await asyncio.sleep(59)
        found.append(await stock.asks())
        stock.send = {"sku": "B2"}
        found.append(await stock.asks())
        stock.send = {"sku": "A1"}
        await asyncio.sleep(2)
        return [*found, await stock.asks()]

    found = in_virtual_time(main)
    assert [each["sku"] for each in stock.source.asked] == ["A1", "B2", "A1"]
    assert [each.state for each in found] == ["fresh"] * 4
    assert found[1].as_of == START


def test_without_keep_nothing_is_kept() -> None:
    """Every message asks, and a failure leaves nothing older."""
    stock = Stock(Source(answered(left=3)))

    async def main() -> Block[LookUpView]:
        await stock.asks()
        stock.source.answer = FAILED
        return await stock.asks()

    assert in_virtual_time(main).state == "error"
    assert len(stock.source.asked) == 2


@pytest.mark.parametrize(
    ("answer", "takes", "why"),
    [
        (FAILED, 0, "HTTP 500"),
        (answered(left=1), 9, "no answer within 300 ms"),
        (answered(), 0, "nothing in the answer"),
    ],
)
def test_a_failure_or_lateness_leaves_what_was_kept_marked_stale(answer: LookUpAnswer, takes: float, why: str) -> None:
    """Up to an hour; whoever is below the level is not told that either."""
    stock = Stock(Source(answered(left=3)), level=Level.LINKED, keep=timedelta(seconds=60))

    async def main() -> tuple[Block[LookUpView], ...]:
        await stock.asks()
        await asyncio.sleep(61)
        stock.source.answer, stock.source.takes = answer, takes
        stale, below = await stock.asks(), await stock.asks(Level.CARRIED)
        await asyncio.sleep(KEPT_FOR.total_seconds())
        return stale, below, await stock.asks()

    stale, below, later = in_virtual_time(main)
    assert (stale.state, fields_of(stale), stale.as_of) == ("stale", {"left": 3}, START)
    assert stale.why is not None
    assert stale.why.startswith(why)
    assert (below.state, below.value) == ("withheld", None)
    assert (later.state, later.value) == ("error", None)


def test_what_was_kept_is_not_shown_below_the_level_either() -> None:
    """Where there was no time to ask, as little as where there was."""
    stock = Stock(Source(answered(left=3)), level=Level.LINKED, keep=timedelta(seconds=60))

    async def main() -> Block[LookUpView]:
        await stock.asks()
        sender = phone()
        below = Wanted(context(level=Level.CARRIED), message(sender), Profile(id="p", created_at=START), sender.key)
        return stock.look_up.instead(below, "no time was left to ask")

    block = in_virtual_time(main)
    assert (block.state, block.value) == ("error", None)


def test_what_there_is_none_of_is_missing_and_forgotten() -> None:
    """What was kept of it is not shown any more."""
    stock = Stock(Source(answered(left=3)), keep=timedelta(seconds=60))

    async def main() -> tuple[Block[LookUpView], ...]:
        await stock.asks()
        await asyncio.sleep(61)
        stock.source.answer = LookUpAnswer(LookUpOutcome.NONE, detail="there is none (HTTP 404)")
        none = await stock.asks()
        stock.source.answer = FAILED
        return none, await stock.asks()

    none, then = in_virtual_time(main)
    assert (none.state, none.why) == ("missing", "there is none (HTTP 404)")
    assert then.state == "error"


def test_a_system_that_hangs_again_and_again_is_left_alone() -> None:
    """Nobody waits for it any more; after a while one message tries, and if that goes well all ask again."""
    stock = Stock(Source(answered(left=3), takes=60))

    async def main() -> tuple[float, Block[LookUpView], Block[LookUpView]]:
        loop = asyncio.get_running_loop()
        for _ in range(FAILURES_TO_OPEN):
            await stock.asks()
        began = loop.time()
        left_alone = await stock.asks()
        took = loop.time() - began
        stock.source.takes = 0
        await asyncio.sleep(31)
        return took, left_alone, await stock.asks()

    took, left_alone, again = in_virtual_time(main)
    assert (took, left_alone.why) == (0, LEFT_ALONE)
    assert again.state == "fresh"
    assert stock.outcomes == [LookUpOutcome.LATE] * FAILURES_TO_OPEN + [LookUpOutcome.ANSWERED]


def test_many_at_once_are_bounded_and_each_gets_a_block_in_time() -> None:
    """A hundred messages ask a system that hangs: at most 32 questions are under way, and nobody waits longer."""
    stock = Stock(Source(answered(left=3), takes=60))

    async def main() -> tuple[list[Block[LookUpView]], float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        return await asyncio.gather(*(stock.asks() for _ in range(100))), loop.time() - began

    found, took = in_virtual_time(main)
    assert {each.state for each in found} == {"error"}
    assert took == pytest.approx(0.3)
    assert len(stock.source.asked) == 32
