"""Live look-ups: another system is asked while a message is decided. What is asked, who may be told, what is kept.

A look-up asks with values that the sender may be told anyway, and what comes back needs the highest level of these, or
more where the settings say so: whoever has less is told nothing, and nobody is asked.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from middleware.domain.context import Block, BlockState, Context, LookUpView
from middleware.domain.identifiers import Level
from middleware.domain.look_up_reading import FieldRule, read_answer
from middleware.domain.look_ups import LookUpAnswer, LookUpOutcome
from middleware.pipeline.breaker import Breaker
from middleware.pipeline.enriching import NotToBeHad, Wanted, no_answer_within
from middleware.ports import Clock, LookUpSource

log = structlog.get_logger(__name__)

AT_ONCE = 256
"""Questions that one process has under way, to all systems together."""

AT_ONCE_OF_ONE = 32
"""Questions to one system: one that hangs leaves room for the others."""

MOST_KEPT = 1_200
"""Answers of one look-up that one process keeps, each at most a few KiB."""

KEPT_FOR = timedelta(hours=1)
"""An answer that is older is not shown any more, not even as stale."""

LONGEST_SENT = 500
"""Characters of one value of a question. Half a value would be another question, so that nobody is asked."""

LEFT_ALONE = "it is left alone for a while, after failing again and again"

_ENDED_EARLY = LookUpAnswer(LookUpOutcome.LATE)

Question = tuple[tuple[str, str], ...]
Told = Callable[[str, LookUpOutcome, float], None]
"""Told look-up, outcome and seconds of every question."""


@dataclass(frozen=True, slots=True)
class LookUpRules:
    """How one look-up is made. `send` are the names of the values that the question has; `keep`: the same question is
    answered from memory for so long.
    """

    name: str
    send: frozenset[str]
    fields: Mapping[str, FieldRule]
    level: Level
    within: timedelta
    keep: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Kept:
    view: LookUpView
    as_of: datetime
    at: float
    notes: tuple[str, ...]


@dataclass(slots=True)
class LiveLookUp:
    """One look-up of one brand (`Enricher`). `values` gives the values of the question that are there, by name."""

    rules: LookUpRules
    source: LookUpSource
    values: Callable[[Context, Mapping[str, str | int]], Mapping[str, str]]
    clock: Clock
    told: Told = lambda _, __, ___: None
    breaker: Breaker = field(init=False)
    _slots: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE_OF_ONE))
    _kept: OrderedDict[Question, _Kept] = field(init=False, default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.clock.monotonic)

    async def block(self, wanted: Wanted) -> Block[LookUpView]:
        """See `Enricher.block`."""
        if wanted.context.identity.level < self.rules.level:
            return Block[LookUpView](state="withheld", needs_level=self.rules.level)
        question, lacking = self._question(wanted)
        if question is None:
            return self._none("missing", f"nobody was asked: {lacking}")
        kept = self._kept_for(question, self.rules.keep)
        if kept is not None:
            return self._there("fresh", kept)
        if not self.breaker.lets_through():
            raise NotToBeHad(LEFT_ALONE)
        return self._read(question, await self._asked(question))

    def instead(self, wanted: Wanted, why: str) -> Block[LookUpView]:
        """See `Enricher.instead`: the same question's last answer, if that is kept."""
        question, _ = self._question(wanted)
        is_told = wanted.context.identity.level >= self.rules.level
        kept = self._kept_for(question, KEPT_FOR) if question is not None and is_told else None
        return self._there("stale", kept, why) if kept is not None else self._none("error", why)

    def _question(self, wanted: Wanted) -> tuple[Question | None, str]:
        """What is asked, or why nobody can be. A value that is empty is left out."""
        values = self.values(wanted.context, wanted.answers)
        lacking = sorted(self.rules.send - values.keys())
        if lacking:
            return None, f"there is no value for {', '.join(lacking)}"
        too_long = sorted(name for name, value in values.items() if len(value) > LONGEST_SENT)
        if too_long:
            return None, f"{', '.join(too_long)} is longer than {LONGEST_SENT} characters"
        return tuple(sorted((name, value) for name, value in values.items() if value)), ""

    async def _asked(self, question: Question) -> LookUpAnswer:
        """What asking comes to, within the look-up's own time; the deadline of the message may end it earlier."""
        seconds, began = self.rules.within.total_seconds(), self.clock.monotonic()
        answer = _ENDED_EARLY
        try:
            async with asyncio.timeout(seconds), self._slots:
                answer = await self.source.ask(dict(question), timeout=seconds)
        except TimeoutError:
            raise NotToBeHad(no_answer_within(timedelta(seconds=seconds))) from None
        finally:
            self.breaker.over(well=answer.outcome in {LookUpOutcome.ANSWERED, LookUpOutcome.NONE})
            self.told(self.rules.name, answer.outcome, self.clock.monotonic() - began)
            if answer.outcome in {LookUpOutcome.FAILED, LookUpOutcome.LATE}:
                log.warning(
                    "a look-up came to nothing",
                    action="look_up", look_up=self.rules.name, outcome=answer.outcome, why=answer.detail,
                )  # fmt: skip
        return answer

    def _read(self, question: Question, answer: LookUpAnswer) -> Block[LookUpView]:
        """The block of an answer. Raises NotToBeHad for one that says nothing."""
        match answer.outcome:
            case LookUpOutcome.NONE:
                self._kept.pop(question, None)
                return self._none("missing", answer.detail)
            case LookUpOutcome.FAILED | LookUpOutcome.LATE:
                raise NotToBeHad(answer.detail)
        read = read_answer(answer.body, self.rules.fields)
        if not read.fields:
            raise NotToBeHad(f"nothing in the answer can be used: {', '.join(read.notes)}")
        found = _Kept(LookUpView(fields=dict(read.fields)), self.clock.now(), self.clock.monotonic(), read.notes)
        self._keep(question, found)
        return self._there("fresh", found)

    def _keep(self, question: Question, found: _Kept) -> None:
        if not self.rules.keep:
            return
        self._kept[question] = found
        self._kept.move_to_end(question)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _kept_for(self, question: Question, longest: timedelta) -> _Kept | None:
        kept = self._kept.get(question)
        if kept is None or self.clock.monotonic() - kept.at > longest.total_seconds():
            return None
        return kept

    def _there(self, state: BlockState, found: _Kept, why: str = "") -> Block[LookUpView]:
        """A block with values. What could not be read of them is said."""
        return Block[LookUpView](
            state=state,
            needs_level=self.rules.level,
            value=found.view,
            source=self.rules.name,
            as_of=found.as_of,
            why="; ".join(filter(None, (why, *found.notes))) or None,
        )

    def _none(self, state: BlockState, why: str) -> Block[LookUpView]:
        return Block[LookUpView](state=state, needs_level=self.rules.level, source=self.rules.name, why=why)
