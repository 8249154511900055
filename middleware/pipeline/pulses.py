"""When accounts, engines and look-ups were last heard of. Noted in memory, written together now and then: a message
costs nothing for it, and of what a process knows that dies some seconds are lost.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import chain

from middleware.domain.engines import FAILURES, EngineOutcome
from middleware.domain.events import Event
from middleware.domain.look_ups import LookUpOutcome
from middleware.domain.passing import PassOutcome
from middleware.domain.pulse import ITSELF, UNSIGNED, OpenBreaker, Pulse
from middleware.domain.silence import hours_of
from middleware.errors import StoreUnavailable
from middleware.pipeline.breaker import Breaker
from middleware.ports import TRIES_TO_LAND, Account, BrandStore, Clock, Put, Store

WRITTEN_EVERY = 5.0
"""Seconds. Somebody who has just connected a channel waits for the first one."""

_What = tuple[str, str]
"""A brand, and the id of a pulse in it."""

_NEAR = timedelta(seconds=1)
"""The time at which a breaker lets a call through is worked out anew at every look: it is the same within this."""


class Pulses:
    """What one process has heard since it last wrote, by brand and id of the pulse. `process` names it."""

    def __init__(self, store: Store, clock: Clock, process: str = "") -> None:
        self._store = store
        self._clock = clock
        self.process = process
        self._heard: dict[_What, datetime] = {}
        self._failed: dict[_What, tuple[datetime, str]] = {}
        self._asked: dict[_What, datetime] = {}
        self._there: dict[_What, datetime] = {}
        self._breakers: dict[_What, Breaker] = {}
        self._open: dict[_What, datetime] = {}
        """Breakers that the store has as open."""

    def watch(self, brand: str, what: str, breaker: Breaker) -> None:
        """Tell the other processes how this breaker stands."""
        self._breakers[brand, what] = breaker

    def breaker(self, brand: str, what: str) -> Breaker | None:
        """The breaker of this process, where it has one."""
        return self._breakers.get((brand, what))

    def accepted(self, *events: Iterable[tuple[str, Event]]) -> None:
        """Events came in, each with its brand. On the way of every message: one assignment each."""
        for brand, event in chain(*events):
            self._heard[brand, Pulse.of_account(event.connector, event.account)] = event.received_at

    def refused(self, accounts: Collection[Account]) -> None:
        """Something came that is signed with no secret. Told where it is plain for which account it was meant."""
        if len(accounts) == 1:
            (account,) = accounts
            self._failed[account.brand, Pulse.of_account(account.connector, account.id)] = self._clock.now(), UNSIGNED

    def verified(self, accounts: Collection[Account]) -> None:
        """A platform made sure that an address is ours."""
        for account in accounts:
            self._asked[account.brand, Pulse.of_account(account.connector, account.id)] = self._clock.now()

    def engine_asked(self, brand: str, engine: str, outcome: EngineOutcome) -> None:
        """An engine was asked; one that was not asked after all tells nothing of itself."""
        if outcome is not EngineOutcome.NOT_ASKED:
            self._told((brand, Pulse.of_engine(engine)), outcome.value, well=outcome not in FAILURES)

    def looked_up(self, brand: str, look_up: str, outcome: LookUpOutcome) -> None:
        """Another system was asked."""
        well = outcome in {LookUpOutcome.ANSWERED, LookUpOutcome.NONE}
        self._told((brand, Pulse.of_look_up(look_up)), outcome.value, well=well)

    def handed_on(self, account: Account, outcome: PassOutcome) -> None:
        """The bot of an account was handed something; one that was not handed it after all tells nothing of itself."""
        if outcome is not PassOutcome.NOT_TRIED:
            self._told((account.brand, Pulse.of_bot(account.name)), outcome.value, well=outcome is PassOutcome.PASSED)

    async def write_for_ever(self, serving: Collection[str] = ()) -> None:
        """Write what was heard, every few seconds; for the brands that are served, that we are there to hear it."""
        while True:
            await asyncio.sleep(WRITTEN_EVERY)
            await self.write(serving)

    async def write(self, serving: Collection[str] = ()) -> None:
        """Write what was heard. What cannot be written now is, the next time."""
        heard, failed, asked = self._heard, self._failed, self._asked
        self._heard, self._failed, self._asked = {}, {}, {}
        breakers, there = self._changed_breakers(), self._new_hours(serving)
        pulses = _pulses(heard, failed, asked, there)
        for (brand, what), until in breakers.items():
            known = pulses[brand].get(what, Pulse(id=what))
            pulses[brand][what] = known.model_copy(update={"open": (OpenBreaker(process=self.process, until=until),)})
        try:
            for brand, some in pulses.items():
                await _written(self._store.brand(brand), some.values())
        except StoreUnavailable:
            self._heard, self._failed = {**heard, **self._heard}, {**failed, **self._failed}
            self._asked = {**asked, **self._asked}
            return
        self._there |= there
        self._open = {what: at for what, at in {**self._open, **breakers}.items() if at is not None}

    async def leave(self) -> None:
        """Write what is left, and that no breaker of this process is open: it asks nobody any more."""
        self._breakers.clear()
        await self.write()

    def _told(self, what: _What, outcome: str, *, well: bool) -> None:
        if well:
            self._heard[what] = self._clock.now()
        else:
            self._failed[what] = self._clock.now(), outcome

    def _changed_breakers(self) -> dict[_What, datetime | None]:
        """The breakers that stand otherwise than the store has it: when each lets a call through; None once closed."""
        now = self._clock.now()
        left = {what: breaker.left for what, breaker in self._breakers.items()}
        until = {what: now + timedelta(seconds=each) for what, each in left.items() if each is not None}
        changed: dict[_What, datetime | None] = {
            what: at for what, at in until.items() if what not in self._open or abs(at - self._open[what]) > _NEAR
        }
        return {**changed, **dict.fromkeys(self._open.keys() - until.keys())}

    def _new_hours(self, serving: Collection[str]) -> dict[_What, datetime]:
        """For each brand that is served, the present hour, unless it is written already."""
        now = self._clock.now()
        return {
            (brand, ITSELF): now
            for brand in serving
            if (known := self._there.get((brand, ITSELF))) is None or hours_of(known) != hours_of(now)
        }


def _pulses(
    heard: dict[_What, datetime],
    failed: dict[_What, tuple[datetime, str]],
    asked: dict[_What, datetime],
    there: dict[_What, datetime],
) -> defaultdict[str, dict[str, Pulse]]:
    pulses: defaultdict[str, dict[str, Pulse]] = defaultdict(dict)
    for (brand, what), at in {**heard, **there}.items():
        pulses[brand][what] = Pulse(id=what, first_at=at, at=at, hours=hours_of(at))
    for (brand, what), (at, why) in failed.items():
        known = pulses[brand].get(what, Pulse(id=what))
        pulses[brand][what] = known.model_copy(update={"failed_at": at, "why": why})
    for (brand, what), at in asked.items():
        known = pulses[brand].get(what, Pulse(id=what))
        pulses[brand][what] = known.model_copy(update={"asked_at": at})
    return pulses


async def _written(store: BrandStore, pulses: Collection[Pulse]) -> None:
    waiting = {pulse.id: pulse for pulse in pulses}
    for _ in range(TRIES_TO_LAND):
        found = await store.get(Pulse, list(waiting))
        puts = [
            found[key].put(found[key].record.with_other(pulse))
            if key in found
            else Put(Pulse(id=key).with_other(pulse))
            for key, pulse in waiting.items()
        ]
        landed = await store.write(*puts)
        waiting = {key: pulse for (key, pulse), done in zip(waiting.items(), landed, strict=True) if not done}
        if not waiting:
            return
