"""How replies of templates did, as it is told: counts, shares with intervals, and what a comparison carries."""

from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.proportions import Share, wilson
from middleware.domain.record import Record
from middleware.domain.reply_results import ANSWERED_WITHIN, ORDERED_WITHIN

Goal = Literal["delivered", "read", "answered", "ordered"]
By = Literal["variant", "version"]
"""What replies are counted by, beside template and locale: by variant alone, or by version and variant."""

GOALS: dict[Goal, timedelta] = {
    "delivered": ANSWERED_WITHIN,
    "read": ANSWERED_WITHIN,
    "answered": ANSWERED_WITHIN,
    "ordered": ORDERED_WITHIN,
}
"""What a reply can lead to, each with how long after it that is waited for."""


USUAL_DAYS = 28
"""How many days are looked at if nobody says: whole weeks, and long enough for orders."""


class Rate(Record):
    """A share of customers, with the 95 % interval in which it lies (Wilson). `early`: too early to say of so many."""

    hits: int
    of: int
    share: float | None
    low: float
    high: float
    early: int = 0


def rate_of(hits: int, of: int, early: int = 0) -> Rate:
    """The share that `hits` are of `of`, with its interval."""
    low, high = wilson(Share(hits, of))
    share = round(hits / of, 4) if of else None
    return Rate(hits=hits, of=of, share=share, low=round(low, 4), high=round(high, 4), early=early)


class VariantResults(Record):
    """How the replies of one template in one locale and variant did. `variant` is None where there is no split.

    `version` is None where nobody asked for versions, and for replies that were decided before it was kept; 0 is the
    file. `ordered` are orders, each counted for the last reply before it. `rates` are of customers.
    """

    template: str
    locale: str
    variant: str | None
    version: int | None = None
    replies: int
    sent: int
    delivered: int
    read: int
    answered: int
    ordered: int
    failed: int
    held_back: int
    unknown: int
    waiting: int
    fell_back: int
    customers: int
    rates: dict[str, Rate]


class VariantComparison(Record):
    """What can be said of the variants of one template. `says` is the same in words."""

    template: str
    goal: Goal
    variants: tuple[str, ...]
    winner: str | None = None
    leader: str | None = None
    more: int | None = None
    says: str


class TemplateResults(Record):
    """The results of a brand's templates for replies to what customers wrote from `since` on.

    Without `complete` the reading was ended early: `conversations` were read, as good as drawn by lot.
    """

    since: datetime
    at: datetime
    complete: bool
    conversations: int
    goal: Goal
    rows: tuple[VariantResults, ...]
    comparisons: tuple[VariantComparison, ...]
