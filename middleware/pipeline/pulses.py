"""When accounts and engines were last heard of. Noted in memory, written together now and then: a message costs nothing
for it, and of what a process knows that dies some seconds are lost.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import chain

from middleware.domain.engines import FAILURES, EngineOutcome
from middleware.domain.events import Event
from middleware.domain.pulse import Pulse
from middleware.errors import StoreUnavailable
from middleware.ports import TRIES_TO_LAND, BrandStore, Clock, Put, Store

WRITTEN_EVERY = 5.0
"""Seconds. Somebody who has just connected a channel waits for the first one."""


class Pulses:
    """What one process has heard since it last wrote, by brand and id of the pulse."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._heard: dict[tuple[str, str], datetime] = {}
        self._failed: dict[tuple[str, str], tuple[datetime, str]] = {}

    def accepted(self, *events: Iterable[tuple[str, Event]]) -> None:
        """Events came in, each with its brand. On the way of every message: one assignment each."""
        for brand, event in chain(*events):
            self._heard[brand, Pulse.of_account(event.connector, event.account)] = event.received_at

    def engine_asked(self, brand: str, engine: str, outcome: EngineOutcome) -> None:
        """An engine was asked; one that was not asked after all tells nothing of itself."""
        what = brand, Pulse.of_engine(engine)
        if outcome not in FAILURES:
            self._heard[what] = self._clock.now()
        elif outcome is not EngineOutcome.NOT_ASKED:
            self._failed[what] = self._clock.now(), outcome.value

    async def write_for_ever(self) -> None:
        """Write what was heard, every few seconds."""
        while True:
            await asyncio.sleep(WRITTEN_EVERY)
            await self.write()

    async def write(self) -> None:
        """Write what was heard. What cannot be written now is, the next time."""
        heard, self._heard = self._heard, {}
        failed, self._failed = self._failed, {}
        pulses: defaultdict[str, dict[str, Pulse]] = defaultdict(dict)
        for (brand, what), at in heard.items():
            pulses[brand][what] = Pulse(id=what, first_at=at, at=at)
        for (brand, what), (at, why) in failed.items():
            known = pulses[brand].get(what, Pulse(id=what))
            pulses[brand][what] = known.model_copy(update={"failed_at": at, "why": why})
        try:
            for brand, some in pulses.items():
                await _written(self._store.brand(brand), some.values())
        except StoreUnavailable:
            self._heard, self._failed = {**heard, **self._heard}, {**failed, **self._failed}


async def _written(store: BrandStore, pulses: Collection[Pulse]) -> None:
    waiting = {pulse.id: pulse for pulse in pulses}
    for _ in range(TRIES_TO_LAND):
        found = await store.get(Pulse, list(waiting))
        puts = [
            found[key].put(found[key].record.with_other(pulse)) if key in found else Put(pulse)
            for key, pulse in waiting.items()
        ]
        landed = await store.write(*puts)
        waiting = {key: pulse for (key, pulse), done in zip(waiting.items(), landed, strict=True) if not done}
        if not waiting:
            return
