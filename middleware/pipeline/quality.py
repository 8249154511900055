"""What is wrong with the data of a brand, counted: for the weekly report. Reads along whole collections."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from middleware.domain.candidates import Candidate, RuleRecord
from middleware.domain.identity import Identity
from middleware.domain.record import Record
from middleware.ports import BrandStore, Quarantined

R = TypeVar("R", bound=Record)

LONGEST_REASON = 120


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of one brand at one time.

    `quarantine`: (connector, reason) and how many. `ages`: days since each open candidate was found. `suspended`: why
    identifiers neither link nor disclose, and how many.
    """

    quarantine: dict[tuple[str, str], int]
    ages: tuple[float, ...]
    conflicts: int
    rules: tuple[RuleRecord, ...]
    suspended: dict[str, int]


async def quality_of(store: BrandStore, now: datetime) -> Quality:
    """Count. Raises StoreUnavailable."""
    quarantine = Counter([(each.connector, each.reason[:LONGEST_REASON]) async for each in _all(store, Quarantined)])
    open_ones = [(each.created_at, bool(each.conflicts)) async for each in _all(store, Candidate)]
    suspended = Counter([each.suspended async for each in _all(store, Identity) if each.suspended is not None])
    return Quality(
        quarantine=dict(quarantine.most_common()),
        ages=tuple(sorted((now - at).total_seconds() / 86_400 for at, _ in open_ones)),
        conflicts=sum(conflicting for _, conflicting in open_ones),
        rules=tuple([each.at(now) async for each in _all(store, RuleRecord)]),
        suspended=dict(suspended.most_common()),
    )


async def _all(store: BrandStore, kind: type[R]) -> AsyncIterator[R]:
    async with aclosing(store.scan(kind)) as batches:
        async for batch in batches:
            for stored in batch:
                yield stored.record
