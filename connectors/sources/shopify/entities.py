"""Orders and carts out of Shopify's bodies.

Field names are those of the REST Admin API resources `Order` and `Checkout`, which the webhooks carry.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.contacts import email_identifier, phone_identifier
from connectors.sources.shopify.fields import as_id, as_moment, as_money, as_object, as_objects, as_text
from middleware.domain.commerce import Cart, LineItem, Money, Order, OrderState, Version
from middleware.domain.identifiers import Identifier, IdentifierKind

LINK_ATTRIBUTE = "throughline"
"""The cart attribute in which a personal link's id comes back."""

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_ADDRESSES = ("billing_address", "shipping_address")
_FAILED_FULFILLMENTS = frozenset({"cancelled", "error", "failure"})
_NO_VARIANT = "Default Title"
"""What Shopify calls the only variant of a product without variants."""
_MOST_PIECES = 2**31


@dataclass(frozen=True, slots=True)
class Telling:
    """What the delivery adds to a body.

    `country` reads national phone numbers; `key` is the event's; `at` counts where the body has no time;
    `triggered_at` is when the shop says that it told us.
    """

    shop: str
    country: str | None
    key: str
    at: datetime
    triggered_at: datetime | None = None


def order_id(body: Mapping[str, Any]) -> str | None:
    """The order's id in its shop."""
    return as_id(body.get("id"))


def checkout_token(body: Mapping[str, Any]) -> str | None:
    """The checkout's token; very old bodies carry none and are told apart by cart or id."""
    return as_id(body.get("token")) or as_id(body.get("cart_token")) or as_id(body.get("id"))


def changed_at(body: Mapping[str, Any], telling: Telling) -> datetime:
    """When this state of the order or checkout came about."""
    return as_moment(body.get("updated_at")) or telling.at


def read_order(body: Mapping[str, Any], number: str, telling: Telling) -> Order:
    """The order with the id `number`."""
    version = Version(at=changed_at(body, telling), told_at=telling.triggered_at, event=telling.key)
    return Order(
        id=number,
        number=_order_number(body) or number,
        state=_state(body),
        created_at=as_moment(body.get("created_at")) or version.at,
        version=version,
        total=_total(body),
        items=_items(body),
        shipped_at=_shipped_at(body),
        cancelled_at=as_moment(body.get("cancelled_at")),
        contacts=_contacts(body, telling),
        checkout_token=as_id(body.get("checkout_token")),
        links=_links(body.get("note_attributes")),
    )


def read_cart(body: Mapping[str, Any], token: str, telling: Telling) -> Cart:
    """The checkout with the given token."""
    version = Version(at=changed_at(body, telling), told_at=telling.triggered_at, event=telling.key)
    return Cart(
        token=token,
        created_at=as_moment(body.get("created_at")) or version.at,
        version=version,
        shop=telling.shop,
        items=_items(body),
        total=_total(body),
        completed_at=as_moment(body.get("completed_at")),
        contacts=_contacts(body, telling),
        is_personal=_is_personal(body),
        links=_links(body.get("note_attributes")),
    )


def _is_personal(body: Mapping[str, Any]) -> bool:
    """Whether anybody has typed who they are, readable or not."""
    typed = (body.get("email"), body.get("phone"), body.get("customer"), *(body.get(field) for field in _ADDRESSES))
    return any(bool(value) for value in typed)


def _order_number(body: Mapping[str, Any]) -> str | None:
    return as_text(body.get("name")) or as_text(body.get("order_number")) or as_text(body.get("number"))


def _state(body: Mapping[str, Any]) -> OrderState:
    """The first sign that holds: what ended an order says more than how far it had come."""
    money, goods = body.get("financial_status"), body.get("fulfillment_status")
    signs: tuple[tuple[bool, OrderState], ...] = (
        (bool(body.get("cancelled_at")), "cancelled"),
        (money == "refunded", "refunded"),
        (goods == "fulfilled", "shipped"),
        (goods == "partial", "partly_shipped"),
        (money in ("paid", "partially_refunded"), "paid"),
    )
    return next((state for holds, state in signs if holds), "open")


def _shipped_at(body: Mapping[str, Any]) -> datetime | None:
    shipments = as_objects(body.get("fulfillments"))
    times = (as_moment(one.get("created_at")) for one in shipments if not _has_failed(one))
    return max((time for time in times if time), default=None)


def _has_failed(shipment: Mapping[str, Any]) -> bool:
    return as_text(shipment.get("status")) in _FAILED_FULFILLMENTS


def _total(body: Mapping[str, Any]) -> Money | None:
    currency = body.get("currency")
    return as_money(body.get("current_total_price"), currency) or as_money(body.get("total_price"), currency)


def _items(body: Mapping[str, Any]) -> tuple[LineItem, ...]:
    lines = as_objects(body.get("line_items"))
    items = (_item(line, body.get("currency")) for line in lines)
    return tuple(item for item in items if item.quantity > 0)


def _item(line: Mapping[str, Any], currency: object) -> LineItem:
    return LineItem(
        title=_title(line),
        quantity=_quantity(line),
        variant_id=as_id(line.get("variant_id")),
        sku=as_text(line.get("sku")),
        price=as_money(line.get("price"), currency),
    )


def _title(line: Mapping[str, Any]) -> str:
    title = as_text(line.get("title")) or as_text(line.get("name")) or ""
    variant = as_text(line.get("variant_title"))
    return f"{title} ({variant})" if variant and variant != _NO_VARIANT else title


def _quantity(line: Mapping[str, Any]) -> int:
    """How many pieces are left in the line after edits and refunds; one where it is not said."""
    for field in ("current_quantity", "quantity"):
        value = line.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return min(value, _MOST_PIECES)
    return 1


def _contacts(body: Mapping[str, Any], telling: Telling) -> tuple[str, ...]:
    return tuple(sorted({found.key for found in _identifiers(body, telling) if found}))


def _identifiers(body: Mapping[str, Any], telling: Telling) -> Iterable[Identifier | None]:
    customer = as_object(body.get("customer"))
    addresses = [as_object(body.get(field)) for field in _ADDRESSES]
    country = _country(addresses, telling)
    yield _phone(body.get("phone"), country)
    yield _phone(customer.get("phone"), country)
    for address in addresses:
        yield _phone(address.get("phone"), as_text(address.get("country_code")) or country)
    for email in (body.get("email"), body.get("contact_email"), customer.get("email")):
        yield email_identifier(email) if isinstance(email, str) else None
    number = as_id(customer.get("id"))
    yield Identifier(IdentifierKind.SHOP_CUSTOMER, telling.shop, number) if number else None


def _country(addresses: list[Mapping[str, Any]], telling: Telling) -> str | None:
    """The country in which a national number is read: that of the addresses, if they agree; without any, the brand's.

    A number read in the wrong country is a stranger's.
    """
    named = {as_text(address.get("country_code")) for address in addresses} - {None}
    if not named:
        return telling.country
    return named.pop() if len(named) == 1 else None


def _phone(value: object, country: str | None) -> Identifier | None:
    return phone_identifier(value, country) if isinstance(value, str) else None


def _links(attributes: object) -> tuple[str, ...]:
    """The ids of personal links among the attributes, each once, in their order."""
    values = (value for name, value in _named(attributes) if name == LINK_ATTRIBUTE)
    ids = (value for value in values if isinstance(value, str) and _LINK_ID.fullmatch(value))
    return tuple(dict.fromkeys(ids))


def _named(attributes: object) -> Iterable[tuple[object, object]]:
    if isinstance(attributes, dict):
        return attributes.items()
    return ((one.get("name"), one.get("value")) for one in as_objects(attributes))
