"""How the rules of merging do: counted with each merge and each that is undone. Called by whoever merges."""

from datetime import datetime

import structlog

from middleware.domain.candidates import RuleRecord
from middleware.errors import StoreUnavailable
from middleware.ports import TRIES_TO_LAND, BrandStore, Stored

log = structlog.get_logger(__name__)


async def count_merge(store: BrandStore, rule: str, now: datetime) -> RuleRecord:
    """Count a merge by a rule; the record as it is now."""
    return await _count(store, rule, now, merges=1, unmerges=0)


async def count_unmerge(store: BrandStore, rule: str, now: datetime) -> RuleRecord:
    """Count that a merge by a rule was undone. A rule whose merges are undone too often may only propose."""
    return await _count(store, rule, now, merges=0, unmerges=1)


async def is_review_only(store: BrandStore, rule: str, now: datetime) -> bool:
    """Whether a rule may only propose: asked before it merges anything by itself."""
    found = (await store.get(RuleRecord, [rule])).get(rule)
    return found is not None and found.record.at(now).is_review_only


async def _count(store: BrandStore, rule: str, now: datetime, *, merges: int, unmerges: int) -> RuleRecord:
    for _ in range(TRIES_TO_LAND):
        stored = (await store.get(RuleRecord, [rule])).get(rule, Stored(RuleRecord(id=rule), 0))
        after = stored.record.after(now, merges=merges, unmerges=unmerges)
        (landed,) = await store.write(stored.put(after))
        if landed:
            if after.is_review_only and not stored.record.is_review_only:
                log.warning(
                    "too many merges of this rule were undone: it proposes only",
                    action="rule_review_only", rule=rule, merges=after.merges, unmerges=after.unmerges,
                )  # fmt: skip
            return after
    raise StoreUnavailable("others keep counting the same rule")
