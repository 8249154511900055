"""What no id leads to: collections that are gone through along their ids, with a place to go on from after a crash.

All but the last few hold only work that is not done and questions that are open. The last ones, events and checkouts,
are as long as the brand's history: a cart that was typed into and never came back stands in no timeline.
"""

from collections.abc import Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from middleware.domain.candidates import SCAN, Candidate, ScanState
from middleware.domain.erasing import Work, happened_at
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.journal import JournalEntry, Verdict
from middleware.domain.passing import Passing
from middleware.domain.proof import Proof
from middleware.domain.record import Record
from middleware.domain.timers import Timer
from middleware.pipeline.erasing.deleting import Counts, add_to, delete_these, goes
from middleware.pipeline.erasing.needles import Needles
from middleware.pipeline.forgetting import is_empty, scrubbed
from middleware.pipeline.senders import WRITES
from middleware.ports import BrandStore, DeadLetter, Delete, InboxEntry, Put, Quarantined, Recorded, Stored

MOST_LOOKED_AT = 1_500
"""Records of each kind that a look before goes through."""


@dataclass(slots=True)
class Wanted:
    """What is looked for. `before`: what happened later belongs to somebody new."""

    profiles: Collection[str]
    gone: frozenset[str]
    before: datetime
    needles: Needles = field(init=False)
    senders: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.needles = Needles(self.gone)
        named = [Identifier.from_key(key) for key in self.gone]
        self.senders = frozenset(each.value for each in named if each.kind in WRITES)

    @classmethod
    def by(cls, work: Work, at: datetime) -> "Wanted":
        """What an erasure looks for."""
        return cls(work.profiles, frozenset({*work.identifiers, *work.orphans}), at)

    def names(self, event: Event) -> bool:
        """Whether an event goes."""
        return happened_at(event) <= self.before and (goes(event, self.gone) or self._bears(event))

    def _bears(self, event: Event) -> bool:
        """Whether an event of no identifier, or a checkout that only they were typed into, is about them."""
        if event.anchor is None:
            return self.needles.are_in(orjson.dumps(event.raw))
        typed = event.cart.contacts if event.cart is not None else ()
        return bool(typed) and self.gone.issuperset(typed)


Judge = Callable[[Wanted, Any], bool]


class Sweep(NamedTuple):
    """One collection to go through: which of its records go, and as what they are counted."""

    name: str
    kind: type[Record]
    counted: str
    goes: Judge
    prefix: str = ""
    common: bool = False
    by_webhook: bool = False
    """Only what a webhook delivered is kept there: whoever none speaks for has nothing in it."""


def _of_event(wanted: Wanted, record: InboxEntry | DeadLetter | Timer) -> bool:
    return wanted.names(record.event)


def _of_timer(wanted: Wanted, record: Timer) -> bool:
    # A timer's event comes in when it rings.
    return goes(record.event, wanted.gone)


def _of_job(wanted: Wanted, record: Job) -> bool:
    return record.kind is not JobKind.ERASE and record.about in wanted.gone


def _of_passing(wanted: Wanted, record: Passing) -> bool:
    return record.received_at <= wanted.before and (
        record.sender in wanted.senders or (bool(record.body) and wanted.needles.are_in(record.body))
    )


def _of_quarantine(wanted: Wanted, record: Quarantined) -> bool:
    return record.received_at <= wanted.before and wanted.needles.are_in(record.raw)


def _of_journal(wanted: Wanted, record: JournalEntry) -> bool:
    return record.stays in wanted.profiles or record.moves in wanted.profiles


def _of_verdict(wanted: Wanted, record: Verdict) -> bool:
    return not set(record.id.split("|")).isdisjoint(wanted.profiles)


def _of_candidate(wanted: Wanted, record: Candidate) -> bool:
    return not {*record.profiles, *record.records}.isdisjoint({*wanted.profiles, *wanted.gone})


def _of_proof(wanted: Wanted, record: Proof) -> bool:
    return record.id in wanted.gone or record.target in wanted.gone


def _of_checkout(wanted: Wanted, record: Identity) -> bool:
    return any(wanted.gone.intersection(cart.contacts) for cart in record.fragment.carts)


def _of_events(wanted: Wanted, record: Recorded) -> bool:
    event = record.event
    if wanted.names(event):
        return True
    named = (*(event.order.contacts if event.order else ()), *(event.cart.contacts if event.cart else ()))
    return happened_at(event) <= wanted.before and not wanted.gone.isdisjoint(named)


SMALL: tuple[Sweep, ...] = (
    Sweep("inbox", InboxEntry, "jobs", _of_event),
    Sweep("timers", Timer, "jobs", _of_timer),
    Sweep("jobs", Job, "jobs", _of_job),
    Sweep("dead letters", DeadLetter, "set_aside", _of_event),
    Sweep("quarantine", Quarantined, "set_aside", _of_quarantine, by_webhook=True),
    Sweep("quarantine of no brand", Quarantined, "set_aside", _of_quarantine, common=True, by_webhook=True),
    Sweep("candidates", Candidate, "review", _of_candidate),
)
"""What is not done yet, or waits for a person: a look before goes through these, too."""

SWEEPS: tuple[Sweep, ...] = (
    *SMALL,
    Sweep("passings", Passing, "passings", _of_passing, by_webhook=True),
    Sweep("journal", JournalEntry, "review", _of_journal),
    Sweep("verdicts", Verdict, "review", _of_verdict),
    Sweep("proofs", Proof, "proofs", _of_proof),
    Sweep("checkouts", Identity, "things", _of_checkout, prefix=f"{IdentifierKind.SHOP_CHECKOUT}|"),
    Sweep("carts", Identity, "things", _of_checkout, prefix=f"{IdentifierKind.SHOP_CART}|"),
    Sweep("events", Recorded, "events", _of_events),
)


class Batch(NamedTuple):
    """What one batch brought, and the id after which to go on."""

    after: str
    counts: Counts


async def sweep_batch(store: BrandStore, brand: str, sweep: Sweep, wanted: Wanted, after: str) -> Batch | None:
    """Go through one batch; None at the end."""
    async with aclosing(store.scan(sweep.kind, after=after, prefix=sweep.prefix)) as batches:
        async for batch in batches:
            found = [each for each in batch if sweep.goes(wanted, each.record)]
            last: Any = batch[-1].record  # every kind that is kept has an id
            return Batch(last.id, await _take(store, brand, sweep, wanted, found) if found else Counts())
    return None


async def look_through(store: BrandStore, sweep: Sweep, wanted: Wanted) -> tuple[int, bool]:
    """How many of the first records go, and whether those were all of them."""
    found = seen = 0
    async with aclosing(store.scan(sweep.kind, prefix=sweep.prefix)) as batches:
        async for batch in batches:
            seen += len(batch)
            found += sum(sweep.goes(wanted, each.record) for each in batch)
            if seen >= MOST_LOOKED_AT:
                return found, False
    return found, True


async def _take(store: BrandStore, brand: str, sweep: Sweep, wanted: Wanted, found: list[Stored[Any]]) -> Counts:
    if sweep.kind is Recorded:
        return await _take_events(store, brand, wanted, {each.record.id: each for each in found})
    if sweep.kind is Identity:
        return await _take_carts(store, wanted, found)
    if sweep.kind is Passing:
        # Its id is a hash of the bytes: the same delivery told again is known, and passed on to nobody.
        await store.write(*(each.put(_nobodys(each.record)) for each in found))
        letters = (Delete(DeadLetter, f"passing:{each.record.id}") for each in found)
        await store.write(*letters, *(Delete(Job, Job.id_of(JobKind.PASS_ON, each.record.id)) for each in found))
    else:
        await store.write(*(Delete(sweep.kind, each.record.id) for each in found))
    return {sweep.counted: len(found)}


def _nobodys(passing: Passing) -> Passing:
    return passing.passed(passing.received_at).model_copy(update={"sender": None, "keys": ()})


async def _take_events(store: BrandStore, brand: str, wanted: Wanted, found: dict[str, Stored[Recorded]]) -> Counts:
    """Those that are about nobody else go as if their own identifiers were erased."""
    own = {each.record.event.anchor.key for each in found.values()
           if each.record.event.anchor is not None and wanted.names(each.record.event)}  # fmt: skip
    nobodys = [key for key, each in found.items() if each.record.event.anchor is None]
    counts = await delete_these(store, brand, found, [key for key in found if key not in nobodys], wanted.gone | own)
    await store.write(*(Delete(Recorded, key) for key in nobodys))
    add_to(counts, {"events": len(nobodys)})
    return counts


async def _take_carts(store: BrandStore, wanted: Wanted, found: list[Stored[Identity]]) -> Counts:
    """A checkout that only they were typed into goes; out of another one they are taken."""
    changes: list[Put | Delete] = []
    for each in found:
        typed = {key for cart in each.record.fragment.carts for key in cart.contacts}
        left = scrubbed(each.record, wanted.gone)
        whole = wanted.gone.issuperset(typed) or is_empty(left)
        changes.append(Delete(Identity, each.record.id, each.version) if whole else each.put(left))
    await store.write(*changes)
    return {"things": len(changes)}


async def forget_place(store: BrandStore, wanted: Wanted) -> None:
    """A scan of the index that was broken off goes on from a little before an identifier that was erased."""
    stored = (await store.get(ScanState, [SCAN])).get(SCAN)
    if stored is not None and stored.record.after in wanted.gone:
        await store.write(stored.put(stored.record.model_copy(update={"after": stored.record.after[:-1]})))
