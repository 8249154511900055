"""Stages 1 to 4: receive, verify, normalise, accept. What is acknowledged is stored; what is not stored is not."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from middleware.domain.events import Event
from middleware.domain.jobs import Job
from middleware.errors import NotStorable
from middleware.pipeline.normalise import Delivery, ReadJson, Sorted, normalise
from middleware.pipeline.pass_on import job_of, passings_of
from middleware.pipeline.site_ties import refuse_somebody_elses
from middleware.pipeline.verify import Address
from middleware.ports import Account, Clock, Connector, InboxEntry, Put, Quarantined, Store, WebhookRequest

Submit = Callable[[Iterable[tuple[str, Event]], Iterable[tuple[str, Event]]], None]
"""Hands a worker what is fresh and what came again, each event with its brand."""

Wanted = Callable[[str, Job], None]
"""Told brand and job of something that was just written and should be done at once."""

_Landed = tuple[str, Event | Job, bool]
"""Brand, event or job, and whether it is new."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was stored of one delivery, each event with its brand.

    `fresh` are the events that were not in the inbox yet. `again` are those that were: nobody has finished them, and
    perhaps nobody has begun, as when they were stored in the very moment in which the store was given up.
    """

    fresh: tuple[tuple[str, Event], ...]
    again: tuple[tuple[str, Event], ...]
    kept: tuple[Quarantined, ...]
    """What went to quarantine."""
    jobs: tuple[tuple[str, Job], ...] = ()
    """What there is to do beside the events, and nobody has begun: parts that go on to a bot."""

    @property
    def duplicates(self) -> int:
        """How many were there already."""
        return len(self.again)

    @property
    def quarantined(self) -> int:
        """How much went to quarantine."""
        return len(self.kept)


class Intake:
    """The way from a webhook to the inbox, for all brands."""

    def __init__(
        self,
        connectors: Mapping[str, Connector],
        accounts: Sequence[Account],
        store: Store,
        clock: Clock,
        read_json: ReadJson,
    ) -> None:
        self.connectors = connectors
        self._addresses: dict[tuple[str, str | None], Address] = {}
        self._store = store
        self._clock = clock
        self._read_json = read_json
        self._passing = frozenset(account.connector for account in accounts if account.pass_to is not None)

        for each in connectors:
            for name in {None, *(account.name for account in accounts if account.connector == each)}:
                meant = (a for a in accounts if a.connector == each and name in {None, a.name})
                self._addresses[each, name] = Address(connectors[each], meant, name)

    def accounts(self, connector: str, name: str | None = None) -> tuple[Account, ...]:
        """The accounts that a webhook address speaks for: all of a connector, or those of one name."""
        address = self._addresses.get((connector, name))
        return address.accounts if address is not None else ()

    async def accept(self, connector: str, name: str | None, request: WebhookRequest) -> Accepted | None:
        """Store one delivery. None: it is not signed by anyone we know, and nothing was stored.

        Raises StoreUnavailable when not everything could be stored: the provider has to send it again.
        """
        address, now = self._addresses.get((connector, name)), self._clock.now()
        signer = address.verify(replace(request, received_at=now)) if address is not None else None
        if signer is None or not signer.accounts:
            return None
        found = self.sort(Delivery(self.connectors[connector], request, signer, now))
        if connector in self._passing:
            found.passings = passings_of(found)
        return await self.store(found)

    def sort(self, delivery: Delivery) -> Sorted:
        """Take a verified delivery apart."""
        return normalise(delivery, self._read_json)

    async def store(self, found: Sorted) -> Accepted:
        """Store what is in a delivery. Raises StoreUnavailable when not everything could be stored."""
        await refuse_somebody_elses(found, self._store, self._clock.now())
        kept = [self._quarantine(brand, each) for brand, each in found.quarantined.items()]
        brands = found.events if not found.passings else {**found.events, **found.passings}
        stored = [self._store_events(brand, found) for brand in brands]
        waiting = (*stored, *kept)
        # One brand and nothing to quarantine is what nearly every delivery is: it needs no tasks of its own.
        answers = [await waiting[0]] if len(waiting) == 1 else await asyncio.gather(*waiting)
        landed = [each for events in answers[: len(stored)] for each in events]
        return Accepted(
            fresh=tuple((brand, each) for brand, each, new in landed if new and isinstance(each, Event)),
            again=tuple((brand, each) for brand, each, new in landed if not new and isinstance(each, Event)),
            kept=tuple(each for some in found.quarantined.values() for each in some),
            jobs=tuple((brand, each) for brand, each, new in landed if new and isinstance(each, Job)),
        )

    async def _store_events(self, brand: str, found: Sorted) -> list[_Landed]:
        """Store a brand's events in one write, with what is passed on of them. One that does not fit goes alone, to
        quarantine; it is passed on all the same.
        """
        events, passings = found.events.get(brand, []), found.passings.get(brand, [])
        jobs = [job_of(each) for each in passings]
        try:
            landed = await self._store.brand(brand).write(
                *(Put(InboxEntry.of(event)) for event in events), *map(Put, passings), *map(Put, jobs)
            )
        except NotStorable as error:
            bad = events[error.position]
            await self._quarantine(brand, [found.refuse(brand, bad, str(error))])
            return await self._store_events(brand, found)
        of_jobs = landed[len(events) + len(passings) :]
        return [
            *((brand, event, new) for event, new in zip(events, landed, strict=False)),
            *((brand, job, new) for job, new in zip(jobs, of_jobs, strict=True)),
        ]

    async def _quarantine(self, brand: str | None, quarantined: Sequence[Quarantined]) -> list[_Landed]:
        """Keep what could not be understood; nothing of it is work."""
        store = self._store.common if brand is None else self._store.brand(brand)
        await store.write(*(Put(each) for each in quarantined))
        return []
