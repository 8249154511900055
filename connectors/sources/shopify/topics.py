"""What each topic of Shopify's webhooks tells, and how it is read. What is not in this table is kept as unknown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.sources.shopify.after_sale import read_refund, read_shipment
from connectors.sources.shopify.customers import (
    customer_id,
    gone_customer,
    read_consents,
    read_customer,
    read_merge,
    read_record,
)
from connectors.sources.shopify.entities import checkout_token, order_id, read_cart, read_checkout, read_order
from connectors.sources.shopify.fields import as_id
from connectors.sources.shopify.products import gone_product, product_id, read_product
from connectors.sources.shopify.telling import Telling, changed_at
from middleware.domain.events import EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind


@dataclass(frozen=True, slots=True)
class Told:
    """What one body tells: the kind of the event, where it belongs, when it happened, and the facts by field."""

    kind: EventKind
    occurred_at: datetime
    anchor: Identifier | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


Body = dict[str, Any]
Reader = Callable[[Body, Telling], Told | str]
"""Reads a body; a text says why it cannot be understood."""


def _anchor(kind: IdentifierKind, telling: Telling, own: str) -> Identifier:
    return Identifier(kind, telling.shop, own)


def order(body: Body, telling: Telling) -> Told | str:
    """One version of an order."""
    number = order_id(body)
    if number is None:
        return "an order without an id"
    at, anchor = changed_at(body, telling), _anchor(IdentifierKind.SHOP_ORDER, telling, number)
    return Told(EventKind.ORDER, at, anchor, {"order": read_order(body, number, telling)})


def refund(body: Body, telling: Telling) -> Told | str:
    """A refund of an order. It may come before the order does."""
    own, number = as_id(body.get("id")), as_id(body.get("order_id"))
    if own is None or number is None:
        return "a refund without an id, or of no order"
    told = read_refund(body, own, number, telling)
    anchor = _anchor(IdentifierKind.SHOP_ORDER, telling, number)
    return Told(EventKind.REFUND, told.version.at, anchor, {"refund": told})


def shipment(body: Body, telling: Telling) -> Told | str:
    """A parcel of an order. It may come before the order does."""
    own, number = as_id(body.get("id")), as_id(body.get("order_id"))
    if own is None or number is None:
        return "a fulfillment without an id, or of no order"
    told = read_shipment(body, own, number, telling)
    anchor = _anchor(IdentifierKind.SHOP_ORDER, telling, number)
    return Told(EventKind.SHIPMENT, told.version.at, anchor, {"shipment": told})


def checkout(body: Body, telling: Telling) -> Told | str:
    """One version of a checkout."""
    token = checkout_token(body)
    if token is None:
        return "a checkout without a token"
    at, anchor = changed_at(body, telling), _anchor(IdentifierKind.SHOP_CHECKOUT, telling, token)
    return Told(EventKind.CART, at, anchor, {"cart": read_checkout(body, token, telling)})


def cart(body: Body, telling: Telling) -> Told | str:
    """One version of a cart. It bears nobody's name; whose it is comes from its checkout, if ever."""
    token = as_id(body.get("token")) or as_id(body.get("id"))
    if token is None:
        return "a cart without a token"
    at, anchor = changed_at(body, telling), _anchor(IdentifierKind.SHOP_CART, telling, token)
    return Told(EventKind.CART, at, anchor, {"cart": read_cart(body, token, telling)})


def customer(body: Body, telling: Telling) -> Told | str:
    """One version of a shop's record of a customer."""
    own = customer_id(body)
    if own is None:
        return "a customer without an id"
    at, anchor = changed_at(body, telling), _anchor(IdentifierKind.SHOP_CUSTOMER, telling, own)
    facts = {
        "customer": read_customer(body, own, telling),
        "record": read_record(body, own, telling),
        "consents": read_consents(body, telling),
    }
    return Told(EventKind.CUSTOMER, at, anchor, facts)


def consent(body: Body, telling: Telling) -> Told | str:
    """What the shop says of a customer's consent, alone."""
    own = customer_id(body)
    if own is None:
        return "a consent of no customer"
    anchor = _anchor(IdentifierKind.SHOP_CUSTOMER, telling, own)
    return Told(EventKind.CUSTOMER, telling.at, anchor, {"consents": read_consents(body, telling)})


def customer_gone(body: Body, telling: Telling) -> Told | str:
    """A shop deleted its record of a customer."""
    own = customer_id(body)
    if own is None:
        return "a customer without an id"
    anchor = _anchor(IdentifierKind.SHOP_CUSTOMER, telling, own)
    return Told(EventKind.CUSTOMER, telling.at, anchor, {"customer": gone_customer(own, telling)})


def merge(body: Body, telling: Telling) -> Told:
    """Two records became one. A merge that failed, or is still under way, changes nothing."""
    gone = read_merge(body, telling)
    if gone is None:
        return unknown(body, telling)
    anchor = _anchor(IdentifierKind.SHOP_CUSTOMER, telling, gone.id)
    return Told(EventKind.CUSTOMER, telling.at, anchor, {"customer": gone})


def product(body: Body, telling: Telling) -> Told | str:
    """One version of a product."""
    own = product_id(body)
    if own is None:
        return "a product without an id"
    at, anchor = changed_at(body, telling), _anchor(IdentifierKind.SHOP_PRODUCT, telling, own)
    return Told(EventKind.PRODUCT, at, anchor, {"product": read_product(body, own, telling)})


def product_gone(body: Body, telling: Telling) -> Told | str:
    """A shop deleted a product."""
    own = product_id(body)
    if own is None:
        return "a product without an id"
    anchor = _anchor(IdentifierKind.SHOP_PRODUCT, telling, own)
    return Told(EventKind.PRODUCT, telling.at, anchor, {"product": gone_product(own, telling)})


def unknown(_: Body, telling: Telling) -> Told:
    """Something that is not read yet: kept as it came."""
    return Told(EventKind.UNKNOWN, telling.at)


TOPICS: Mapping[str, Reader] = {
    **dict.fromkeys(
        (f"orders/{what}" for what in ("create", "updated", "paid", "cancelled", "fulfilled", "edited")), order
    ),
    "refunds/create": refund,
    "fulfillments/create": shipment,
    "fulfillments/update": shipment,
    "checkouts/create": checkout,
    "checkouts/update": checkout,
    "carts/create": cart,
    "carts/update": cart,
    **dict.fromkeys((f"customers/{what}" for what in ("create", "update", "enable", "disable")), customer),
    "customers/delete": customer_gone,
    "customers/merge": merge,
    "customers_marketing_consent/update": consent,
    "customers_email_marketing_consent/update": consent,
    "products/create": product,
    "products/update": product,
    "products/delete": product_gone,
}

WRAPPERS: Mapping[str, Reader] = {
    f"{name}{plural}": reader
    for name, reader in {
        "order": order,
        "refund": refund,
        "fulfillment": shipment,
        "checkout": checkout,
        "cart": cart,
        "customer": customer,
        "product": product,
    }.items()
    for plural in ("", "s")
}
"""The only key of a body that was exported over the REST Admin API, such as `{"orders": [...]}`."""

MARKS: tuple[tuple[str, Reader], ...] = (
    ("abandoned_checkout_url", checkout),
    ("financial_status", order),
    ("order_number", order),
    ("body_html", product),
)
"""Keys that only checkouts, orders or products have."""
