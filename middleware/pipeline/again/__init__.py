"""Turns decided again with the flows and templates of today, side effects off: what a change would do.

Reads by `_id`, and for the latest turns one walk along the conversations. Nothing is written or sent, and no engine
asked: what one said then is on record as the event of the turn that answers.
"""

from collections.abc import Callable, Mapping

from middleware.domain.again import TurnAgain, TurnsAgain, summed_up
from middleware.domain.engines import EngineAsked
from middleware.domain.turn import Turn
from middleware.pipeline.again.deciding import decided_again
from middleware.pipeline.again.latest import latest_turns
from middleware.pipeline.parts import Brand
from middleware.pipeline.trace.finding import Where, find_turns
from middleware.pipeline.trace.reading import read_kept
from middleware.ports import Channel, FlowRunner, Recorded

__all__ = ["DecidingAgain"]

GoingOn = Callable[[str, int, int | None], bool]
"""Told the stage, how much of it is done and of how much; whether to go on."""

_AT_ONCE = 50


class DecidingAgain:
    """Decides turns of one brand again, with these flows."""

    def __init__(self, brand: Brand, flows: FlowRunner, channels: Mapping[str, Channel]) -> None:
        self._brand = brand
        self._flows = flows
        self._channels = channels

    async def turn(self, named: str) -> TurnAgain:
        """One turn, by any id that a trace is found by; with the answers of the engine that it asked, if the flows
        still ask it. Raises NoTrace.
        """
        where = Where(self._brand.store, self._brand.name, self._brand.accounts)
        turn = (await find_turns(where, named))[-1]
        kept = await read_kept(self._brand.store, self._brand.name, turn)
        again = await decided_again(turn, kept.event, self._flows, self._channels)
        asked = [each.engine for each in turn.decision.effects if isinstance(each, EngineAsked)]
        if again.verdict == "not_possible" or "effects" in again.differs or not asked:
            return again
        answers = [
            await decided_again(each, kept.events.get(each.event_key), self._flows, self._channels)
            for each in kept.answers
        ]
        return again.model_copy(update={"answers": tuple(answers)})

    async def latest(self, last: int, flow: str | None, going_on: GoingOn) -> TurnsAgain:
        """The `last` turns; with `flow`, those of them that it answered or would answer now. Raises StoreUnavailable.

        Where `going_on` ends it, what was decided again by then.
        """
        early = False

        def go_on(stage: str, done: int, of: int | None) -> bool:
            nonlocal early
            early = early or not going_on(stage, done, of)
            return not early

        ids = await latest_turns(self._brand.store, last, lambda read: go_on("reading conversations", read, None))
        found: list[TurnAgain] = []
        for start in range(0, len(ids), _AT_ONCE):
            found += await self._some(ids[start : start + _AT_ONCE], flow)
            if not go_on("deciding again", min(start + _AT_ONCE, len(ids)), len(ids)):
                break
        return summed_up(found, last, early=early)

    async def _some(self, ids: list[str], flow: str | None) -> list[TurnAgain]:
        """These turns decided again, in this order. What they say is not kept: only what differs is looked at."""
        turns = await self._brand.store.get(Turn, ids)
        events = await self._brand.store.get(Recorded, {each.record.event_key for each in turns.values()})
        found = []
        for turn in (turns[each].record for each in ids if each in turns):
            event = events[turn.event_key].record.event if turn.event_key in events else None
            again = await decided_again(turn, event, self._flows, self._channels)
            if flow is None or flow in {again.then.flow, again.now.flow if again.now is not None else None}:
                found.append(_without_words(again))
        return found


def _without_words(again: TurnAgain) -> TurnAgain:
    told = {what: each.model_copy(update={"messages": (), "why": ()})
            for what, each in (("then", again.then), ("now", again.now)) if each is not None}  # fmt: skip
    return again.model_copy(update={"diff": "", **told})
