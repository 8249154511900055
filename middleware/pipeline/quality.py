"""What is wrong with the data of a brand, counted: for the weekly report. Reads along whole collections."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.candidates import Candidate, RuleRecord
from middleware.domain.identity import Identity
from middleware.pipeline.records import records
from middleware.ports import BrandStore, Quarantined

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
    refused = [_reason(each.record) async for each in records(store, Quarantined)]
    open_ones = [(each.record.created_at, bool(each.record.conflicts)) async for each in records(store, Candidate)]
    reasons = [each.record.suspended async for each in records(store, Identity) if each.record.suspended is not None]
    return Quality(
        quarantine=dict(Counter(refused).most_common()),
        ages=tuple(sorted((now - at).total_seconds() / 86_400 for at, _ in open_ones)),
        conflicts=sum(conflicting for _, conflicting in open_ones),
        rules=tuple([each.record.at(now) async for each in records(store, RuleRecord)]),
        suspended=dict(Counter(reasons).most_common()),
    )


def _reason(kept: Quarantined) -> tuple[str, str]:
    return kept.connector, kept.reason[:LONGEST_REASON]
