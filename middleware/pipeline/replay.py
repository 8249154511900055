"""Replay: what was set aside, or is on record, goes through the stages once more.

Every way ends in the inbox, under the event's own dedup key, so that all promises of the path hold: what is done
already changes nothing, and what has its turn is not answered again. Each writes where something goes before it
removes it from where it was: a crash in between leaves it in both places, and replaying it again is harmless.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.events import Event
from middleware.domain.jobs import Job, JobKind
from middleware.pipeline.accept import Intake
from middleware.pipeline.normalise import Delivery, Sorted
from middleware.pipeline.order import is_answered
from middleware.pipeline.seals import Signer, signer_of
from middleware.ports import (
    Account,
    BrandStore,
    Clock,
    DeadLetter,
    Delete,
    InboxEntry,
    Put,
    Quarantined,
    Store,
    Stored,
    WebhookRequest,
)

NO_SEAL = "it does not say whose secret signed it; name the account that it speaks for with --account"
NO_SIGNER = "no account of the settings has the secret that signed it; put the old secret beside the new one"

_ROOM = 500
"""Entries in the inbox. Replaying waits while there are more, so that customers who write now are not kept waiting."""

_LOOKS_EVERY = 0.2

Fate = Literal["replayed", "waiting", "refused"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one thing, or would become of it.

    `waiting`: the event is in the inbox already, so it was left as it is. `late` counts the messages in it that are
    older than `reply_max_age`: they are absorbed, and the bot does not answer them.
    """

    id: str
    fate: Fate
    events: tuple[str, ...] = ()
    late: int = 0
    reason: str = ""


class NoWorker(Exception):  # noqa: N818 - a state of the installation, caught by the command
    """The inbox is full, and nobody works it off."""


class Replay:
    """The way back into the inbox. `dry`: everything is read and judged, and nothing is written."""

    def __init__(
        self, intake: Intake, store: Store, clock: Clock, max_ages: Mapping[str, timedelta], *, dry: bool
    ) -> None:
        self._intake = intake
        self._store = store
        self._clock = clock
        self._max_ages = max_ages
        self._dry = dry

    async def dead_letter(self, brand: str, letter: Stored[DeadLetter]) -> Replayed:
        """Put the event of a dead letter back into the inbox, or what could not be passed on among the jobs; then
        remove the letter.

        The letter stays if its event is in the inbox already (a worker may just have written it), or if it was
        written anew meanwhile.
        """
        store, event = self._store.brand(brand), letter.record.event
        if letter.record.passing is not None:
            return await self._passed_on_again(store, letter, letter.record.passing)
        late = self._late(brand, [event])
        if not await self._entered(store, event):
            return Replayed(letter.record.id, "waiting", late=late, reason="its event is in the inbox already")
        if not self._dry:
            await store.write(Delete(DeadLetter, letter.record.id, letter.version))
        return Replayed(letter.record.id, "replayed", (event.key,), late)

    async def _passed_on_again(self, store: BrandStore, letter: Stored[DeadLetter], passing: str) -> Replayed:
        event = letter.record.event
        job = Job.of(JobKind.PASS_ON, passing, event.connector, event.account, self._clock.now())
        if not self._dry:
            await store.write(Put(job))
            await store.write(Delete(DeadLetter, letter.record.id, letter.version))
        return Replayed(letter.record.id, "replayed", (event.key,))

    async def recorded(self, brand: str, events: Sequence[Event]) -> list[Replayed]:
        """Put events of the timeline through again, as they were normalised then."""
        entries = {event.key: InboxEntry.of(event) for event in events}
        store = self._store.brand(brand)
        if self._dry:
            there = set(await store.get(InboxEntry, list(entries)))
            landed = tuple(key not in there for key in entries)
        else:
            landed = await store.write(*map(Put, entries.values()))
        return [
            Replayed(event.key, "replayed" if new else "waiting", (event.key,), self._late(brand, [event]))
            for event, new in zip(events, landed, strict=True)
        ]

    async def room(self, brand: str, patience: float) -> None:
        """Wait until the inbox has room. Raises NoWorker when it stays as full as it is for `patience` seconds."""
        store, fullest, waited = self._store.brand(brand), set[str](), 0.0
        while not self._dry and len(entries := await store.backlog(_ROOM)) >= _ROOM:
            keys = {entry.id for entry in entries}
            waited = waited + _LOOKS_EVERY if keys == fullest else 0.0
            fullest = keys
            if waited > patience:
                raise NoWorker
            await asyncio.sleep(_LOOKS_EVERY)

    async def quarantined(
        self, home: str | None, kept: Stored[Quarantined], *, body: bytes | None = None, account: Account | None = None
    ) -> Replayed:
        """Read what is in quarantine again, with connectors, settings and accounts of today.

        What is understood goes into the inbox; parts that are not, back to quarantine on their own. If nothing is
        understood it stays, with its new reason. `body` is read in its place: it speaks for the same accounts.
        `account` is whom an operator says it speaks for; it counts only for what bears no seal.
        """
        document = kept.record
        signer = self._signer(document, account)
        if not signer.accounts:
            return Replayed(document.id, "refused", reason=NO_SIGNER if document.seals else NO_SEAL)
        found = self._read(document, document.raw if body is None else body, signer)
        events = [event for some in found.events.values() for event in some]
        if not events:
            reasons = [each.reason for some in found.quarantined.values() for each in some]
            return await self._stays(home, kept, next(iter(reasons), "there is no event in it"))
        late = sum(self._late(brand, some) for brand, some in found.events.items())
        if not self._dry:
            accepted = await self._intake.store(found)
            if document.id in {each.id for each in accepted.kept}:
                return await self._stays(home, kept, accepted.kept[0].reason)
            await self._home(home).write(Delete(Quarantined, document.id, kept.version))
            if not accepted.fresh and not accepted.duplicates:
                # Written another way it is kept under another id.
                return Replayed(document.id, "refused", reason=accepted.kept[0].reason)
        return Replayed(document.id, "replayed", tuple(event.key for event in events), late)

    def _signer(self, document: Quarantined, account: Account | None) -> Signer:
        if document.seals or account is None or account.connector != document.connector:
            return signer_of(document, self._intake.accounts(document.connector))
        secrets = tuple(secret.get_secret_value().encode() for secret in account.secrets[:1])
        return Signer((account,), secrets, document.address)

    def _read(self, document: Quarantined, body: bytes, signer: Signer) -> Sorted:
        reader = self._intake.connectors[document.connector]
        request = WebhookRequest(headers=document.headers, body=body, address=document.address)
        return self._intake.sort(Delivery(reader, request, signer, document.received_at))

    async def _stays(self, home: str | None, kept: Stored[Quarantined], reason: str) -> Replayed:
        if not self._dry and reason != kept.record.reason:
            await self._home(home).write(kept.put(kept.record.model_copy(update={"reason": reason})))
        return Replayed(kept.record.id, "refused", reason=reason)

    async def _entered(self, store: BrandStore, event: Event) -> bool:
        """Whether the event was not in the inbox and is now, or would be."""
        if self._dry:
            return not await store.get(InboxEntry, [event.key])
        return all(await store.write(Put(InboxEntry.of(event))))

    def _late(self, brand: str, events: Collection[Event]) -> int:
        oldest: datetime = self._clock.now() - self._max_ages[brand]
        return sum(is_answered(event) and event.occurred_at < oldest for event in events)

    def _home(self, brand: str | None) -> BrandStore:
        return self._store.common if brand is None else self._store.brand(brand)
