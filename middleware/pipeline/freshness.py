"""How old a block of the context may be before it says so itself."""

from datetime import datetime, timedelta

from middleware.domain.context import BlockState

STALE_AFTER = {
    "orders": timedelta(days=30),
    "cart": timedelta(days=7),
    "ad_click": timedelta(days=7),
    "browsing": timedelta(days=7),
    "marketing": timedelta(days=90),
    "support": timedelta(days=30),
}
"""From this age on a block says that it is stale. It is handed over all the same."""


def freshness(block: str, as_of: datetime, now: datetime) -> BlockState:
    """Whether the newest that a block tells, as of a time, is fresh or stale."""
    return "stale" if now - as_of > STALE_AFTER[block] else "fresh"
