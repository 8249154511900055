"""How a page gets into the inbox: as a delivery of its source, through the same stages as a webhook."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from middleware.domain.events import Event
from middleware.pipeline.accept import Intake, Submit
from middleware.pipeline.normalise import Delivery
from middleware.pipeline.seals import Signer
from middleware.ports import Account, BrandStore, Clock, Recorded, Store, WebhookRequest

ROOM = 500
"""Entries in the inbox. A pull waits while there are more, so that customers who write now are not kept waiting."""

_LOOKS_EVERY = 0.5


class InboxFull(Exception):  # noqa: N818 - a state of the installation, caught by whoever pulls
    """The inbox has no room, and did not get any in time."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of a page. `known` were absorbed before, or wait in the inbox already."""

    fresh: int
    known: int
    quarantined: int


class Arrivals:
    """The way into the inbox for all brands. `submit` is told what is fresh, and what came again."""

    def __init__(self, intake: Intake, store: Store, clock: Clock, submit: Submit) -> None:
        self._intake = intake
        self._store = store
        self._clock = clock
        self._submit = submit

    async def room(self, brand: str, within: float) -> None:
        """Wait until the inbox has room. Raises InboxFull when it has none in time."""
        ends = self._clock.monotonic() + within
        while len(await self._store.brand(brand).backlog(ROOM)) >= ROOM:
            if self._clock.monotonic() >= ends:
                raise InboxFull
            await asyncio.sleep(_LOOKS_EVERY)

    async def arrive(self, account: Account, delivery: WebhookRequest) -> Arrived:
        """Store what is in a page. What was absorbed already is not stored again. Raises StoreUnavailable."""
        secrets = tuple(secret.get_secret_value().encode() for secret in account.secrets)
        connector = self._intake.connectors[account.connector]
        signer = Signer((account,), tuple(each for each in secrets if each), account.name)
        found = self._intake.sort(Delivery(connector, delivery, signer, self._clock.now()))
        events = found.events[account.brand]
        recorded = await _recorded(self._store.brand(account.brand), events)
        found.events[account.brand] = [event for event in events if event.key not in recorded]
        accepted = await self._intake.store(found)
        self._submit(accepted.fresh, accepted.again)
        return Arrived(len(accepted.fresh), len(recorded) + accepted.duplicates, accepted.quarantined)


async def _recorded(store: BrandStore, events: Iterable[Event]) -> set[str]:
    """The keys of those that are in the timeline."""
    return set(await store.get(Recorded, [event.key for event in events]))
