"""The blocks of a context that come from what sources know of a person, beside orders and carts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from middleware.domain.commerce import Money
from middleware.domain.customer import ConsentChannel, ConsentState
from middleware.domain.record import Record
from middleware.domain.signals import TicketState
from middleware.domain.source_record import Scalar
from middleware.domain.untrusted import Name, Title, Untrusted, Word

PROVEN_FIELDS = frozenset({"street", "city", "postcode", "state", "birth_date"})
"""Details that only a proven path opens, `verified`: docs/identity.md, levels."""


class SeenProductView(Record):
    """A product that was looked at on the brand's site. `product` is what the site calls it."""

    title: Title
    product: Word | None = None
    price: Money | None = None
    at: datetime


class BrowsingView(Record):
    """What was looked at on the brand's site, latest first; each product once, at most ten.

    `searches` only where the browser is the sender's own: what somebody searched for is theirs.
    """

    products: tuple[SeenProductView, ...] = ()
    searches: tuple[Title, ...] = ()
    last_at: datetime


class MarketingView(Record):
    """What became of marketing e-mails. `opened_at` and `clicked_at` are those of a person: what proxies and scanners
    open is not counted. `unsubscribed_at`, `bounced_at` and `complained_at` say that none should be written.
    """

    campaign: Title | None = None
    """The one that was opened or clicked last."""
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced_at: datetime | None = None
    complained_at: datetime | None = None
    unsubscribed_at: datetime | None = None


class TicketView(Record):
    """One ticket. `subject` is what somebody wrote: untrusted text."""

    id: Word
    state: TicketState
    subject: Title = ""
    priority: Word | None = None
    created_at: datetime
    updated_at: datetime


class SupportView(Record):
    """Tickets of the help desk: the open ones (at most ten, the one opened last first), and the one solved last."""

    open: tuple[TicketView, ...] = ()
    open_count: int = 0
    solved: TicketView | None = None


class ConsentView(Record):
    """Consent on one channel for one purpose: the most restrictive word, and who said it.

    `purpose` is `messages` (STOP and START) or `marketing`.
    """

    channel: ConsentChannel
    purpose: Literal["messages", "marketing"]
    state: ConsentState
    source: str
    as_of: datetime


class ConsentsView(Record):
    """Consent by channel and purpose, as far as the sender may be told."""

    all: tuple[ConsentView, ...]


class DetailView(Record):
    """One value that a source has on record, and when it said so."""

    value: Annotated[Scalar, Untrusted(500)]
    source: str
    as_of: datetime


class DetailsView(Record):
    """What the brand's sources have on record of the customer: by field, with tags and segments normalised."""

    fields: dict[Word, DetailView] = Field(default_factory=dict)
    tags: tuple[Name, ...] = ()
    segments: tuple[Name, ...] = ()
