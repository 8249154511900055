"""Jobs of the kind `engine`: a bot engine is asked for the answer to a turn.

What comes back, and that nothing came back, goes through the inbox as an event of its own: it is decided on, sent and
replayed like everything else, and however long an engine takes, no lane and no worker waits for it. What may have been
asked is asked again only of an engine for which that is once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from middleware.domain.context import Context
from middleware.domain.engine_contract import ReplyTo
from middleware.domain.engines import FAILURES, EngineAnswer, EngineAsked, EngineOutcome, EngineReply, Question
from middleware.domain.events import Event
from middleware.domain.jobs import JobKind
from middleware.domain.turn import Turn, turn_id_of
from middleware.handover import turn_request
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.breaker import Breaker
from middleware.pipeline.engines import AWAITS_LATER, reply_event, reply_key, reply_of
from middleware.pipeline.parts import BrandEngine
from middleware.ports import Clock, InboxEntry, Recorded

log = structlog.get_logger(__name__)

AT_ONCE = 256
"""Questions that one process has under way, to all engines together."""

AT_ONCE_OF_ONE = 64
"""Questions to one engine: one that hangs leaves room for the others."""

_WRITES_WITHIN = timedelta(seconds=10)
_PAUSE = 0.3
_LONGEST_PROMPT = 4_000
_NOT_ASKED = "not_asked"

Told = Callable[[str, str, EngineOutcome, float], None]
"""Told brand, engine, outcome and seconds of every question."""


@dataclass(slots=True)
class _Seat:
    """What a process knows of one engine."""

    breaker: Breaker
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_OF_ONE))


@dataclass(slots=True)
class AskEngines:
    """How engines are asked. `reply_url` gives the address for later answers to a turn; None where there is none.

    `longest` is the longest that any engine may take.
    """

    clock: Clock
    told: Told
    reply_url: Callable[[str], str | None]
    longest: timedelta
    _seats: dict[tuple[str, str], _Seat] = field(default_factory=dict)

    def kind(self) -> KindOfJob:
        """The kind of job."""
        lease = self.longest + _WRITES_WITHIN
        return KindOfJob(JobKind.ENGINE, self.work, self.give_up, at_once=AT_ONCE, lease=lease)

    def breaker(self, brand: str, engine: str) -> Breaker:
        """The breaker of one engine."""
        return self._seat(brand, engine).breaker

    async def work(self, claim: Claim) -> Over | Later:
        """Ask, unless the answer is there."""
        brand, turn_id = claim.brand, turn_id_of(claim.brand.name, claim.job.event_key)
        key = reply_key(turn_id)
        recorded, turns, inbox = await asyncio.gather(
            brand.store.get(Recorded, [claim.job.event_key, key]),
            brand.store.get(Turn, [turn_id]),
            brand.store.get(InboxEntry, [key]),
        )
        if key in recorded or key in inbox:
            return Over(EngineOutcome.ANSWERED)
        if claim.job.event_key not in recorded or turn_id not in turns:
            return Later("event or turn is not in the store")
        about, turn = recorded[claim.job.event_key].record.event, turns[turn_id].record
        asked = turn.asked()
        if asked is None or not turn.context:
            # The customer took the message back: there is nothing to ask any more.
            return Over(_NOT_ASKED)
        answer = await self._answered(claim, about, turn, asked)
        if isinstance(answer, Later):
            return answer
        terms = brand.engines.get(asked.engine)
        blocks = terms.blocks if terms is not None else frozenset[str]()
        return self._over(about, turn, reply_of(turn, asked, blocks, answer))

    async def give_up(self, claim: Claim, reason: str) -> Over:  # noqa: ARG002 - the log says it
        """A turn that is in the store was answered long before; of one that is not, nobody waits for an answer."""
        return Over("")

    async def _answered(self, claim: Claim, about: Event, turn: Turn, asked: EngineAsked) -> EngineAnswer | Later:
        """What the engine says, or why it was not asked."""
        job, terms = claim.job, claim.brand.engines.get(asked.engine)
        made_up = claim.account is not None and claim.account.made_up
        if terms is None or made_up:
            why = "it is about somebody made up" if made_up else "the settings have no such engine any more"
            return EngineAnswer(outcome=EngineOutcome.NOT_ASKED, detail=why)
        until = turn.decided_at + terms.answer_within
        if job.reason == AWAITS_LATER or self.clock.now() >= until:
            return EngineAnswer(outcome=EngineOutcome.OVERDUE)
        if job.begun_at is not None and not terms.engine.once:
            return EngineAnswer(outcome=EngineOutcome.UNKNOWN, detail="the process that asked did not report back")
        answer = await self._asked(claim, terms, self._question(about, turn, asked, terms, until), asked)
        if answer.outcome is EngineOutcome.LATER:
            return Later(AWAITS_LATER, until - self.clock.now())
        if answer.outcome is EngineOutcome.SILENT and not terms.silence_is_an_answer:
            # What it noted of the customer stands.
            return answer.model_copy(update={"outcome": EngineOutcome.REFUSED, "detail": "it said nothing"})
        return answer

    async def _asked(self, claim: Claim, terms: BrandEngine, question: Question, asked: EngineAsked) -> EngineAnswer:
        seat = self._seat(claim.brand.name, asked.engine)
        if not seat.breaker.lets_through():
            return EngineAnswer(outcome=EngineOutcome.NOT_ASKED, detail="its circuit breaker is open")
        began_at = self.clock.monotonic()
        ends_at = began_at + terms.timeout.total_seconds()
        answer = EngineAnswer(outcome=EngineOutcome.UNKNOWN, detail="the process was stopped")
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + terms.timeout.total_seconds()):
                await seat.slots.acquire()
        except TimeoutError:
            seat.breaker.over(well=False)
            return EngineAnswer(outcome=EngineOutcome.NOT_ASKED, detail="too many questions to it are under way")
        try:
            await claim.begin()
            answer = await self._asked_within(terms, question, ends_at)
        finally:
            seat.slots.release()
            seat.breaker.over(well=answer.outcome not in FAILURES)
        self.told(claim.brand.name, asked.engine, answer.outcome, self.clock.monotonic() - began_at)
        return answer

    async def _asked_within(self, terms: BrandEngine, question: Question, ends_at: float) -> EngineAnswer:
        """What one question comes to: asked again only where it certainly did not arrive, and only once."""
        answer = EngineAnswer(outcome=EngineOutcome.UNREACHABLE)
        for least in (0.0, _PAUSE):
            pause = max(least, answer.retry_after or 0.0)
            left = ends_at - self.clock.monotonic() - pause
            if left <= 0:
                return answer
            await asyncio.sleep(pause)
            answer = await terms.engine.ask(question, timeout=left)
            if answer.outcome is not EngineOutcome.UNREACHABLE:
                break
        return answer

    def _question(self, about: Event, turn: Turn, asked: EngineAsked, terms: BrandEngine, until: datetime) -> Question:
        """What the engine is asked: the context as it was decided on, and of it the minimum."""
        context = Context.model_validate(turn.context)
        message, asked_with, url = about.message, context.message, self.reply_url(turn.id)
        request = turn_request(
            turn.id,
            context,
            at=turn.decided_at,
            blocks=terms.blocks,
            prompt=_LONGEST_PROMPT,
            values=terms.values(context),
            reply=ReplyTo(url=url, until=until) if url is not None else None,
        )
        return Question(
            turn=turn.id,
            conversation=turn.conversation_id,
            channel=turn.channel,
            account=turn.account,
            # That of the context has all the words of a burst.
            text=asked_with.text if asked_with is not None else "",
            payload=message.payload if message is not None else None,
            locale=asked.locale,
            at=turn.decided_at,
            request=request,
        )

    def _over(self, about: Event, turn: Turn, reply: EngineReply) -> Over:
        answer = reply.answer
        if answer.outcome in FAILURES:
            log.warning(
                "an engine did not answer",
                action="engine", engine=reply.engine, outcome=answer.outcome, why=answer.detail,
            )  # fmt: skip
        event = reply_event(reply_key(turn.id), about, reply, self.clock.now())
        return Over(answer.outcome, event=event)

    def _seat(self, brand: str, engine: str) -> _Seat:
        return self._seats.setdefault((brand, engine), _Seat(Breaker(self.clock.monotonic)))
