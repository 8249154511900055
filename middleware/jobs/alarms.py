"""Looks every half minute who is silent or late, notes it once, and tells whoever wants to be told.

Every process looks. Of all of them one notes that a silence begins or ends, by a compare-and-set, and one tells it, by
another: what was claimed and not told, because a process died, is told a minute later under the same id.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from middleware.domain.alarms import Alarm, Seen, after_a_look
from middleware.errors import StoreUnavailable
from middleware.pipeline.standing import Asked, accounts_of, asked_of, seen_in
from middleware.ports import Account, AlarmPost, BrandStore, Clock, Put, Stored

log = structlog.get_logger(__name__)

EVERY = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched of one brand, and where its alarms are told; None: nowhere but here."""

    store: BrandStore
    accounts: Collection[Account]
    asked: tuple[tuple[Asked, str], ...]
    post: AlarmPost | None = None


Told = Callable[[str, Sequence[Seen], Collection[str]], None]
"""Told, of each look, the brand, what was seen, and the ids of the alarms that are on."""


@dataclass(slots=True)
class Alarms:
    """The alarms of all brands as this process knows them. `brands` by name."""

    brands: Mapping[str, Watched]
    clock: Clock
    told: Told = lambda _, __, ___: None
    _on: dict[str, tuple[Alarm, ...]] = field(default_factory=dict)

    def on(self, brand: str) -> tuple[Alarm, ...]:
        """The alarms that were on at the last look, those that began last first."""
        return self._on.get(brand, ())

    async def watch_for_ever(self) -> None:
        """Look, now and every half minute."""
        while True:
            for name in self.brands:
                try:
                    await self.look(name)
                except StoreUnavailable as error:
                    log.warning("the store does not answer", action="alarms", error=str(error))
                except Exception:
                    log.exception("silence cannot be looked for", action="alarms", brand=name)
            await asyncio.sleep(EVERY)

    async def look(self, brand: str) -> None:
        """Look once at one brand, and tell what is to be told. Raises StoreUnavailable."""
        here, now = self.brands[brand], self.clock.now()
        accounts, asked = await asyncio.gather(
            accounts_of(here.store, here.accounts, now), asked_of(here.store, here.asked, now)
        )
        seen = list(seen_in(accounts, asked))
        known = await here.store.get(Alarm, [each.id for each in seen])
        changed = {
            each.id: alarm
            for each in seen
            if (alarm := after_a_look(_record(known, each.id), each, now, tells=here.post is not None)) is not None
        }
        if changed:
            await here.store.write(*(_put(known, alarm) for alarm in changed.values()))
            # Somebody else may have been quicker: what stands there now holds.
            known = await here.store.get(Alarm, [each.id for each in seen])
        on = [each.record for each in known.values() if each.record.ended_at is None]
        self._on[brand] = tuple(sorted(on, key=lambda each: each.began_at, reverse=True))
        self.told(brand, seen, {each.id for each in on})
        for alarm in changed.values():
            what = "silence ended" if alarm.ended_at is not None else "silence began"
            log.warning(what, action="alarm", brand=brand, what=alarm.what, name=alarm.name)
        if here.post is not None:
            for stored in known.values():
                if stored.record.is_to_be_told(now):
                    await self._tell(brand, here.store, here.post, stored)

    async def _tell(self, brand: str, store: BrandStore, post: AlarmPost, stored: Stored[Alarm]) -> None:
        claimed = stored.record.claimed(self.clock.now())
        (landed,) = await store.write(stored.put(claimed))
        if not landed:
            return
        well = await post.tell(brand, claimed, self.clock.now())
        if not well:
            log.warning("nobody takes the news of an alarm", action="alarm", brand=brand, name=claimed.name)
        await store.write(Put(claimed.after_telling(self.clock.now(), well=well), stored.version + 1))


def _record(known: Mapping[str, Stored[Alarm]], key: str) -> Alarm | None:
    return known[key].record if key in known else None


def _put(known: Mapping[str, Stored[Alarm]], alarm: Alarm) -> Put:
    return known[alarm.id].put(alarm) if alarm.id in known else Put(alarm)
