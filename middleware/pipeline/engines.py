"""Engines on the path of a message: what the customer writes next waits for the answer, a turn that asks one leaves a
job behind, and what an engine says comes in as an event. Asking itself is that job's work (`jobs/asking.py`), so that
nothing of it holds a lane.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from middleware.domain.context import Context
from middleware.domain.engines import EngineAnswer, EngineAsked, EngineReply
from middleware.domain.events import Event, EventKind
from middleware.domain.jobs import Job, JobKind
from middleware.domain.turn import Turn
from middleware.handover import offers_of
from middleware.pipeline.order import overtakes, waiting
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import NotYet, Passage
from middleware.ports import Clock, Delete, InboxEntry, Put, Recorded

AWAITS_LATER = "its answer comes later"
"""Why the job that asks an engine is put off, when the engine said so."""

_LOOKS_AGAIN_AFTER = timedelta(seconds=1)
"""An answer that this very process works on is seen at once."""


async def await_answer(passage: Passage) -> None:
    """Raise NotYet while an engine is being asked about what the customer wrote before. Takes no lease.

    Otherwise two messages would be with the engine at once, and the answers in any order.
    """
    awaiting, now = passage.conversation.record.awaiting, passage.now()
    if awaiting is None or now >= awaiting.until or overtakes(passage.event):
        return
    lease = passage.sender.record.lease
    if lease is not None and (wanted := lease.wanted_for(waiting(passage.event))) != lease:
        # Nothing newer goes before this one, whoever works on it.
        sender = passage.sender.record.model_copy(update={"lease": wanted})
        await passage.brand.store.write(passage.sender.put(sender))
    raise NotYet(min(awaiting.until, now + _LOOKS_AGAIN_AFTER))


async def ask_engine(passage: Passage, turn: Turn) -> None:
    """Leave the job behind. A turn whose consequences are in the conversation has had its job."""
    if turn.id in passage.conversation.record.applied:
        return
    job = Job.of(JobKind.ENGINE, turn.event_key, turn.channel, turn.account, turn.decided_at)
    (landed,) = await passage.write(Put(job))
    if landed:
        passage.process.wanted(passage.brand.name, job)


def reply_key(turn: str, own: str = "") -> str:
    """The dedup key of an engine's answer to a turn; `own` tells later answers to one turn apart."""
    return f"engine:{turn}:{own}" if own else f"engine:{turn}"


def reply_of(turn: Turn, asked: EngineAsked, blocks: Collection[str], answer: EngineAnswer) -> EngineReply:
    """What an engine that gets these blocks said, with what it answers and which personal links it was offered.

    Of a message that the customer took back nothing is left, and nothing is on offer.
    """
    return EngineReply(
        engine=asked.engine,
        flow=turn.decision.flow,
        turn=turn.id,
        locale=asked.locale,
        offers=offers_of(Context.model_validate(turn.context), blocks) if turn.context else {},
        answer=answer,
    )


def reply_event(key: str, asked_about: Event, reply: EngineReply, now: datetime) -> Event:
    """An engine's answer as an event on the lane of whom it is for. `occurred_at` is when they wrote: that is what it
    answers, and what its age is counted from.
    """
    return Event(
        key=key,
        kind=EventKind.ENGINE_REPLY,
        connector=asked_about.connector,
        account=asked_about.account,
        occurred_at=asked_about.occurred_at,
        received_at=now,
        anchor=asked_about.anchor,
        also=asked_about.also,
        engine=reply,
    )


class LaterReplies:
    """Where engines' later answers come in. `brands` by name."""

    def __init__(self, brands: Mapping[str, Brand], clock: Clock) -> None:
        self._brands = brands
        self._clock = clock

    async def take(
        self, brands: Collection[str], turn_id: str, own: str, answer: EngineAnswer
    ) -> tuple[str, Event] | None:
        """Take an answer to a turn of one of the brands; `own` is the engine's id for it.

        The brand and the event of it, which is in the inbox from now on; None where the turn asked no engine, or waits
        no longer. Taken twice it is once.
        """
        for name in sorted(brands & self._brands.keys()):
            event = await self._taken(self._brands[name], turn_id, own, answer)
            if event is not None:
                return name, event
        return None

    async def _taken(self, brand: Brand, turn_id: str, own: str, answer: EngineAnswer) -> Event | None:
        stored = (await brand.store.get(Turn, [turn_id])).get(turn_id)
        asked = stored.record.asked() if stored is not None else None
        terms = brand.engines.get(asked.engine) if asked is not None else None
        if stored is None or asked is None or terms is None:
            return None
        turn, now = stored.record, self._clock.now()
        recorded = (await brand.store.get(Recorded, [turn.event_key])).get(turn.event_key)
        if recorded is None or now >= turn.decided_at + terms.answer_within:
            return None
        event = reply_event(
            reply_key(turn.id, own), recorded.record.event, reply_of(turn, asked, terms.blocks, answer), now
        )
        # The job would say, once the time is over, that nothing came.
        await brand.store.write(Put(InboxEntry.of(event)), Delete(Job, Job.id_of(JobKind.ENGINE, turn.event_key)))
        return event
