"""The engine in the trace of a turn: the turn that asks and the one that answers name each other. Pure."""

from datetime import datetime, timedelta

from middleware.domain.engines import EngineAsked, EngineOutcome
from middleware.domain.trace import TraceEngine
from middleware.domain.turn import Turn
from middleware.pipeline.engines import AWAITS_LATER, reply_key
from middleware.pipeline.trace.reading import Kept


def engine_of(kept: Kept, now: datetime) -> TraceEngine | None:
    """The engine that a turn asked, or whose answer it is; None where there is none."""
    asked = kept.turn.asked()
    if asked is not None:
        return _asked(kept, asked, now)
    return _answering(kept) if kept.turn.answers is not None else None


def _asked(kept: Kept, asked: EngineAsked, now: datetime) -> TraceEngine:
    turn = kept.turn
    answer = kept.events.get(reply_key(turn.id)) or next(
        (event for each in kept.answers if (event := kept.events.get(each.event_key)) is not None), None
    )
    until = _until(kept, asked)
    told = answer.engine.answer if answer is not None and answer.engine is not None else None
    return TraceEngine(
        engine=asked.engine,
        outcome=told.outcome if told is not None else _so_far(kept, until, now),
        detail=told.detail if told is not None else "",
        seconds=_between(turn, answer.received_at) if answer is not None else None,
        until=until if told is None else None,
        answered_by=tuple(each.id for each in kept.answers),
    )


def _until(kept: Kept, asked: EngineAsked) -> datetime:
    """When it has failed, if nothing came by then: an answer that comes later has more time."""
    if kept.job is not None and kept.job.reason == AWAITS_LATER:
        return kept.job.not_before
    return kept.turn.decided_at + timedelta(seconds=asked.within)


def _so_far(kept: Kept, until: datetime, now: datetime) -> str:
    """How it stands while there is no answer."""
    if not kept.turn.context:
        return EngineOutcome.NOT_ASKED
    if kept.job is not None:
        return "awaited" if kept.job.reason == AWAITS_LATER else "being_asked"
    return "being_asked" if now < until else "lost"


def _answering(kept: Kept) -> TraceEngine:
    turn, event = kept.turn, kept.event
    asked = kept.asked.asked() if kept.asked is not None else None
    reply = event.engine if event is not None else None
    if reply is None:
        return TraceEngine(engine=asked.engine if asked else "", outcome="lost", asked_by=turn.answers)
    return TraceEngine(
        engine=reply.engine,
        outcome=reply.answer.outcome,
        detail=reply.answer.detail,
        seconds=_between(kept.asked, event.received_at) if kept.asked is not None and event is not None else None,
        asked_by=turn.answers,
    )


def _between(asked: Turn, answered_at: datetime) -> float:
    return (answered_at - asked.decided_at) / timedelta(seconds=1)
