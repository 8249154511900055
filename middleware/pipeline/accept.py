"""Stages 1 to 4: receive, verify, normalise, accept. What is acknowledged is stored; what is not stored is not."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from middleware.domain.events import Event
from middleware.errors import NotStorable
from middleware.pipeline.normalise import ReadJson, Sorted, normalise
from middleware.pipeline.verify import verify
from middleware.ports import Account, Clock, Connector, InboxEntry, Put, Quarantined, Store, WebhookRequest


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was stored of one delivery. `fresh` are the events that were not in the inbox yet, with their brand."""

    fresh: tuple[tuple[str, Event], ...]
    duplicates: int
    quarantined: int


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
        self._accounts = accounts
        self._store = store
        self._clock = clock
        self._read_json = read_json

    def accounts(self, connector: str, name: str | None = None) -> tuple[Account, ...]:
        """The accounts that a webhook address speaks for: all of a connector, or those of one name."""
        return tuple(
            account
            for account in self._accounts
            if account.connector == connector and (name is None or account.name == name)
        )

    async def accept(self, connector: str, name: str | None, request: WebhookRequest) -> Accepted | None:
        """Store one delivery. None: it is not signed by anyone we know, and nothing was stored.

        Raises StoreUnavailable when not everything could be stored: the provider has to send it again.
        """
        reader = self.connectors[connector]
        trusted = verify(reader, request, self.accounts(connector, name))
        if not trusted:
            return None
        delivery = normalise(reader, self._read_json, request, trusted, self._clock.now())
        return await self._store_all(delivery)

    async def _store_all(self, delivery: Sorted) -> Accepted:
        kept = [self._quarantine(brand, each) for brand, each in delivery.quarantined.items()]
        stored = [self._store_events(brand, events) for brand, events in delivery.events.items()]
        answers = await asyncio.gather(*stored, *kept)
        fresh = tuple(event for events in answers[: len(stored)] for event in events)
        return Accepted(
            fresh=fresh,
            duplicates=sum(map(len, delivery.events.values())) - len(fresh),
            quarantined=sum(map(len, delivery.quarantined.values())),
        )

    async def _store_events(self, brand: str, events: Sequence[Event]) -> list[tuple[str, Event]]:
        """Store a brand's events in one write; those that were not there yet. One that does not fit goes alone."""
        try:
            landed = await self._store.brand(brand).write(*(Put(InboxEntry.of(event)) for event in events))
        except NotStorable as error:
            bad = events[error.position]
            await self._quarantine(brand, [_not_storable(bad, error)])
            return await self._store_events(brand, [event for event in events if event is not bad])
        return [(brand, event) for event, new in zip(events, landed, strict=True) if new]

    async def _quarantine(self, brand: str | None, quarantined: Sequence[Quarantined]) -> list[tuple[str, Event]]:
        """Keep what could not be understood; nothing of it is work."""
        store = self._store.common if brand is None else self._store.brand(brand)
        await store.write(*(Put(each) for each in quarantined))
        return []


def _not_storable(event: Event, error: NotStorable) -> Quarantined:
    return Quarantined(
        id=hashlib.blake2b(event.key.encode(errors="replace"), digest_size=16).hexdigest(),
        connector=event.connector,
        reason=str(error),
        raw=json.dumps(event.raw).encode(),
        received_at=event.received_at,
    )
