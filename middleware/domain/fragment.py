"""Fragments: what one identifier has brought.

Absorbing is commutative and idempotent by construction: entities are keyed by their source id and the newest source
version wins (ties by event key), first and last are a minimum and a maximum, closed carts are a set. Whatever the
order and however often, the same events give the same fragment, byte for byte. Lists are bounded by a rule that only
looks at what never changes (when the entity was created), so that bounding commutes too.
"""

from collections.abc import Iterable
from datetime import datetime

from middleware.domain.commerce import Cart, Order, Refund, Shipment, newest_parts
from middleware.domain.customer import Customer, SourceConsent, newest_consents, newest_customer
from middleware.domain.record import Record
from middleware.domain.signals import (
    KEPT_EMAILS,
    KEPT_VIEWS,
    EmailActivity,
    PageView,
    Ticket,
    latest,
    newest_tickets,
)
from middleware.domain.source_record import SourceRecord, newest_record

KEPT_ORDERS = 50
KEPT_CARTS = 20
KEPT_CLOSED = 200


class AdClick(Record):
    """One click on an ad or a referral link: one shape for all channels. `key` is the event that brought it."""

    key: str
    at: datetime
    channel: str
    source: str | None = None
    ad_id: str | None = None
    ref: str | None = None
    headline: str | None = None
    click_id: str | None = None
    product_id: str | None = None
    url: str | None = None

    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by event key."""
        return (self.at, self.key)


class Name(Record):
    """A display name as the customer set it on a channel, or another such value: a claim, with source and time."""

    value: str
    at: datetime
    event: str
    source: str | None = None

    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by event key."""
        return (self.at, self.event)


class Fragment(Record):
    """The state of one identifier, sorted so that equal content is equal bytes."""

    orders: tuple[Order, ...] = ()
    carts: tuple[Cart, ...] = ()
    closed_carts: tuple[str, ...] = ()
    """Tokens of carts that became orders. Sorted; a cart is open only if neither its token nor its cart's is here."""
    first_click: AdClick | None = None
    last_click: AdClick | None = None
    name: Name | None = None
    locale: Name | None = None
    """The language that the customer has set on the platform, such as `de_DE`."""
    time_zone: Name | None = None
    first_seen: datetime | None = None
    """When the person first wrote here."""
    refunds: tuple[Refund, ...] = ()
    """Refunds of an order that has not been told yet. Once it is, they are its own."""
    shipments: tuple[Shipment, ...] = ()
    """Parcels of an order that has not been told yet."""
    customer: Customer | None = None
    consents: tuple[SourceConsent, ...] = ()
    record: SourceRecord | None = None
    tickets: tuple[Ticket, ...] = ()
    emails: tuple[EmailActivity, ...] = ()
    """What became of marketing e-mails, latest last."""
    views: tuple[PageView, ...] = ()
    """What was looked at on the brand's site, latest last."""

    def with_order(self, order: Order) -> "Fragment":
        """The fragment after one version of an order, with what was told of it before it came."""
        early = {
            "refunds": (*order.refunds, *(each for each in self.refunds if each.order_id == order.id)),
            "shipments": (*order.shipments, *(each for each in self.shipments if each.order_id == order.id)),
        }
        known = {kept.id: kept for kept in self.orders}
        known[order.id] = newest_order(known.get(order.id), order.model_copy(update=early))
        orders = sorted(known.values(), key=lambda kept: (kept.created_at, kept.id))[-KEPT_ORDERS:]
        return self.model_copy(
            update={
                "orders": tuple(orders),
                "refunds": tuple(each for each in self.refunds if each.order_id != order.id),
                "shipments": tuple(each for each in self.shipments if each.order_id != order.id),
            }
        )

    def with_refund(self, refund: Refund) -> "Fragment":
        """The fragment after one refund: of its order, or waiting for it."""
        order = next((kept for kept in self.orders if kept.id == refund.order_id), None)
        if order is not None:
            return self.with_order(order.model_copy(update={"refunds": (*order.refunds, refund)}))
        return self.model_copy(update={"refunds": newest_parts((*self.refunds, refund))})

    def with_shipment(self, shipment: Shipment) -> "Fragment":
        """The fragment after one version of a parcel: of its order, or waiting for it."""
        order = next((kept for kept in self.orders if kept.id == shipment.order_id), None)
        if order is not None:
            return self.with_order(order.model_copy(update={"shipments": (*order.shipments, shipment)}))
        return self.model_copy(update={"shipments": newest_parts((*self.shipments, shipment))})

    def with_customer(self, customer: Customer) -> "Fragment":
        """The fragment after one version of a shop's record of a customer. Once it is gone nothing is left of it."""
        newest = newest_customer(self.customer, customer)
        return self.model_copy(update={"customer": newest, **({"consents": (), "record": None} if newest.gone else {})})

    def with_record(self, record: SourceRecord) -> "Fragment":
        """The fragment after one telling of a source's record of a person. Once it is gone nothing is left of it."""
        if self.customer is not None and self.customer.gone:
            return self
        newest = newest_record(self.record, record)
        if not newest.gone:
            return self.model_copy(update={"record": newest})
        return self.model_copy(update={"record": newest, "consents": (), "emails": (), "views": (), "tickets": ()})

    def with_ticket(self, ticket: Ticket) -> "Fragment":
        """The fragment after one version of a ticket."""
        if self._is_gone():
            return self
        return self.model_copy(update={"tickets": newest_tickets((*self.tickets, ticket))})

    def with_email(self, activity: EmailActivity) -> "Fragment":
        """The fragment after something became of a marketing e-mail."""
        if self._is_gone():
            return self
        return self.model_copy(update={"emails": latest((*self.emails, activity), KEPT_EMAILS)})

    def with_view(self, view: PageView) -> "Fragment":
        """The fragment after a page of the brand's site was looked at."""
        if self._is_gone():
            return self
        return self.model_copy(update={"views": latest((*self.views, view), KEPT_VIEWS)})

    def _is_gone(self) -> bool:
        """Whether the source's record behind it was deleted: nothing comes into it any more."""
        return any(each is not None and each.gone for each in (self.customer, self.record))

    def with_consents(self, consents: Iterable[SourceConsent]) -> "Fragment":
        """The fragment after what a source says of a customer's consent to marketing: the newest of each channel."""
        if self._is_gone():
            return self
        return self.model_copy(update={"consents": newest_consents((*self.consents, *consents))})

    def with_cart(self, cart: Cart) -> "Fragment":
        """The fragment after one version of a cart."""
        known = {kept.token: kept for kept in self.carts}
        known[cart.token] = newest_cart(known.get(cart.token), cart)
        carts = sorted(known.values(), key=lambda kept: (kept.created_at, kept.token))[-KEPT_CARTS:]
        return self.model_copy(update={"carts": tuple(carts)})

    def with_closed_carts(self, tokens: Iterable[str]) -> "Fragment":
        """The fragment after the carts with these tokens became orders."""
        closed = sorted({*self.closed_carts, *tokens})[-KEPT_CLOSED:]
        return self.model_copy(update={"closed_carts": tuple(closed)})

    def with_click(self, click: AdClick) -> "Fragment":
        """The fragment after one click: only the first and the last are kept."""
        clicks = [kept for kept in (self.first_click, self.last_click) if kept] + [click]
        return self.model_copy(
            update={
                "first_click": min(clicks, key=AdClick.rank),
                "last_click": max(clicks, key=AdClick.rank),
            }
        )

    def with_name(self, name: Name) -> "Fragment":
        """The fragment after the customer was seen under a display name: the latest one counts."""
        return self.model_copy(update={"name": max(filter(None, (self.name, name)), key=Name.rank)})

    def with_locale(self, locale: Name) -> "Fragment":
        """The fragment after the platform said which language the customer has set: the latest word counts."""
        return self.model_copy(update={"locale": max(filter(None, (self.locale, locale)), key=Name.rank)})

    def with_time_zone(self, zone: Name) -> "Fragment":
        """The fragment after the platform said in which time zone the customer is: the latest word counts."""
        return self.model_copy(update={"time_zone": max(filter(None, (self.time_zone, zone)), key=Name.rank)})

    def claimed(self) -> dict[str, Name]:
        """What the customer has set about themselves, as far as it is known, by what it is."""
        known = {"name": self.name, "locale": self.locale, "time_zone": self.time_zone}
        return {what: value for what, value in known.items() if value is not None}

    def seen_at(self, moment: datetime) -> "Fragment":
        """The fragment after the person wrote at `moment`."""
        first = min(filter(None, (self.first_seen, moment)))
        return self if first == self.first_seen else self.model_copy(update={"first_seen": first})

    def open_carts(self) -> tuple[Cart, ...]:
        """Carts that have not become orders, oldest version first."""
        still_open = [
            cart
            for cart in self.carts
            if cart.completed_at is None and cart.items and not {cart.token, cart.basket} & set(self.closed_carts)
        ]
        return tuple(sorted(still_open, key=lambda cart: (cart.version.at, cart.version.event)))

    def of_one_basket(self, cart: Cart) -> tuple[Cart, ...]:
        """A cart with all checkouts that were begun from it: who was typed into one of them was typed into all."""
        return tuple(each for each in self.carts if each.basket == cart.basket)


def newest_order(known: Order | None, incoming: Order) -> Order:
    """The newer of two versions of one order, with the earliest creation time and all links and parts of both."""
    known = known or incoming
    newer = incoming if known.version < incoming.version else known
    return newer.model_copy(
        update={
            "created_at": min(known.created_at, incoming.created_at),
            "links": tuple(sorted({*known.links, *incoming.links})),
            "refunds": newest_parts((*known.refunds, *incoming.refunds)),
            "shipments": newest_parts((*known.shipments, *incoming.shipments)),
        }
    )


def newest_cart(known: Cart | None, incoming: Cart) -> Cart:
    """The newer of two versions of one cart, with the earliest creation time and all links of both.

    Who was ever typed into it stays, whichever version is newer: what is withheld once stays withheld.
    """
    known = known or incoming
    newer = incoming if known.version < incoming.version else known
    return newer.model_copy(
        update={
            "created_at": min(known.created_at, incoming.created_at),
            "contacts": tuple(sorted({*known.contacts, *incoming.contacts})),
            "is_personal": known.is_personal or incoming.is_personal,
            "links": tuple(sorted({*known.links, *incoming.links})),
        }
    )
