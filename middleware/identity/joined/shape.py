"""What a joined profile looks like. Every value says where it comes from, how old it is and how far it can be believed.

Money is in minor units, times are aware, everything is bounded. This is for people: it knows no disclosure level.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from middleware.domain.commerce import LineItem, Money, OrderState
from middleware.domain.customer import ConsentState
from middleware.domain.fragment import AdClick
from middleware.domain.identifiers import Evidence
from middleware.domain.record import Record
from middleware.domain.signals import TicketState
from middleware.domain.source_record import Scalar

KEPT_ORDERS = 100
KEPT_ITEMS = 100
KEPT_PARTS = 50
"""Contacts, carts, refunds, products seen, questions, tickets: each at most so many."""
KEPT_FIELDS = 200


class Valued(Record):
    """One value with its source, the time of its version, and what it is worth."""

    value: Scalar
    source: str
    as_of: datetime
    evidence: Evidence
    pinned: bool = False
    """A person of the brand wrote it: it stays until that person lets go."""


class Address(Record):
    """One address of one source, never put together from two. Only what a person pinned is set over it."""

    street: str | None = None
    city: str | None = None
    postcode: str | None = None
    state: str | None = None
    country: str | None = None
    source: str
    as_of: datetime
    evidence: Evidence
    pinned: tuple[str, ...] = ()


class Contact(Record):
    """One way to reach or name the person: the identifier's key, and the best evidence that it is theirs.

    `only` is what the evidence is about where it is not the person as a whole. `suspended` says why it counts for
    nothing at present.
    """

    identifier: str
    kind: str
    evidence: Evidence
    rule: str
    only: str | None = None
    sources: tuple[str, ...] = ()
    as_of: datetime | None = None
    suspended: str | None = None


class Parcel(Record):
    """The parcel of an order that was sent last. `url` is the carrier's page (http or https)."""

    sent_at: datetime
    delivered: bool = False
    carrier: str | None = None
    number: str | None = None
    url: str | None = None


class JoinedOrder(Record):
    """One order. `net` is what it brought after refunds; None where nobody says."""

    id: str
    number: str
    state: OrderState
    created_at: datetime
    as_of: datetime
    total: Money | None = None
    refunded: Money | None = None
    net: Money | None = None
    items: tuple[LineItem, ...] = ()
    parcel: Parcel | None = None


class JoinedRefund(Record):
    """Money that went back. `amount` is None where the shop does not say how much."""

    order: str
    at: datetime
    amount: Money | None = None


class Bought(Record):
    """One thing with how many of it were bought, in how many orders."""

    title: str
    sku: str | None = None
    pieces: int
    orders: int
    last_at: datetime


class Purchases(Record):
    """All that was bought. Cancelled orders count for nothing; amounts of two currencies are never added up."""

    orders: tuple[JoinedOrder, ...] = ()
    order_count: int = 0
    known_count: int = 0
    """All orders, the cancelled ones too: `orders` are the newest of them."""
    refunds: tuple[JoinedRefund, ...] = ()
    items: tuple[Bought, ...] = ()
    bought_again: tuple[Bought, ...] = ()
    lifetime_value: tuple[Money, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None


class JoinedCart(Record):
    """One open cart."""

    shop: str
    items: tuple[LineItem, ...]
    total: Money | None = None
    updated_at: datetime


class SeenProduct(Record):
    """A product that was looked at, how often, and when last."""

    product: str
    title: str | None = None
    times: int
    last_at: datetime


class Engagement(Record):
    """What became of marketing e-mails. What machines opened and clicked is apart: it says nothing of the person."""

    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced_at: datetime | None = None
    complained_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    campaign: str | None = None
    machine_opens: int = 0
    machine_opened_at: datetime | None = None


class JoinedTicket(Record):
    """One ticket. `subject` is what somebody wrote."""

    id: str
    source: str
    state: TicketState
    subject: str = ""
    created_at: datetime
    as_of: datetime
    url: str | None = None


class Said(Record):
    """What one source says of consent."""

    state: ConsentState
    source: str
    as_of: datetime


class Consented(Record):
    """Consent on one channel for one purpose: the most restrictive word, and all that was said."""

    channel: str
    purpose: Literal["messages", "marketing"]
    state: ConsentState
    said: tuple[Said, ...]


class Question(Record):
    """What a person should decide: sources that say different things of one field, or one that may not decide."""

    field: str
    why: Literal["conflict", "ask_a_person", "consent", "suspended"]
    values: tuple[Valued, ...] = ()
    about: str = ""


class Joined(Record):
    """The whole picture of one person, for people."""

    profile_id: str
    created_at: datetime
    name: Valued | None = None
    contacts: tuple[Contact, ...] = ()
    address: Address | None = None
    values: dict[str, Valued] = Field(default_factory=dict)
    """By field: `birth_date`, `language`, `country`, `custom.size` ..."""
    tags: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    refused_names: dict[str, str] = Field(default_factory=dict)
    """Tags and segments that cannot be called so, each with the reason."""
    purchases: Purchases = Purchases()
    carts: tuple[JoinedCart, ...] = ()
    seen: tuple[SeenProduct, ...] = ()
    first_click: AdClick | None = None
    last_click: AdClick | None = None
    engagement: Engagement = Engagement()
    open_tickets: tuple[JoinedTicket, ...] = ()
    solved_tickets: tuple[JoinedTicket, ...] = ()
    consents: tuple[Consented, ...] = ()
    open_questions: tuple[Question, ...] = ()
