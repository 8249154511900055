"""Orders and carts out of Shopify's bodies.

Field names are those of the REST Admin API resources `Order` and `Checkout`, which the webhooks carry.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.fields import as_moment, as_objects, as_text
from connectors.sources.shopify.after_sale import has_failed, refunds_of, shipments_of
from connectors.sources.shopify.fields import as_id, as_money
from connectors.sources.shopify.people import ADDRESSES, contacts_of
from connectors.sources.shopify.telling import Telling, changed_at
from middleware.domain.commerce import Cart, LineItem, Money, Order, OrderState

LINK_ATTRIBUTE = "throughline"
"""The cart attribute in which a personal link's id comes back."""

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_NO_VARIANT = "Default Title"
"""What Shopify calls the only variant of a product without variants."""
_MOST_PIECES = 2**31


def order_id(body: Mapping[str, Any]) -> str | None:
    """The order's id in its shop."""
    return as_id(body.get("id"))


def checkout_token(body: Mapping[str, Any]) -> str | None:
    """The checkout's token; very old bodies carry none and are told apart by cart or id."""
    return as_id(body.get("token")) or as_id(body.get("cart_token")) or as_id(body.get("id"))


def read_order(body: Mapping[str, Any], number: str, telling: Telling) -> Order:
    """The order with the id `number`."""
    version = telling.version(changed_at(body, telling))
    return Order(
        id=number,
        number=_order_number(body) or number,
        state=_state(body),
        created_at=as_moment(body.get("created_at")) or version.at,
        version=version,
        total=_total(body),
        original_total=as_money(body.get("total_price"), body.get("currency")),
        items=_items(body),
        refunds=refunds_of(body, number, telling),
        shipments=shipments_of(body, number, telling),
        shipped_at=_shipped_at(body),
        cancelled_at=as_moment(body.get("cancelled_at")),
        contacts=contacts_of(body, telling),
        checkout_token=as_id(body.get("checkout_token")),
        cart_token=as_id(body.get("cart_token")),
        links=_links(body.get("note_attributes")),
    )


def read_checkout(body: Mapping[str, Any], token: str, telling: Telling) -> Cart:
    """The checkout with the given token."""
    cart_token = as_id(body.get("cart_token"))
    cart = read_cart(body, token, telling)
    return cart.model_copy(update={"cart_token": cart_token if cart_token != token else None})


def read_cart(body: Mapping[str, Any], token: str, telling: Telling) -> Cart:
    """The cart with the given token: what cart and checkout have in common."""
    version = telling.version(changed_at(body, telling))
    return Cart(
        token=token,
        created_at=as_moment(body.get("created_at")) or version.at,
        version=version,
        shop=telling.shop,
        items=_items(body),
        total=_total(body),
        completed_at=as_moment(body.get("completed_at")),
        contacts=contacts_of(body, telling),
        is_personal=_is_personal(body),
        links=_links(body.get("note_attributes")),
    )


def _is_personal(body: Mapping[str, Any]) -> bool:
    """Whether anybody has typed who they are, readable or not."""
    typed = (body.get("email"), body.get("phone"), body.get("customer"), *(body.get(field) for field in ADDRESSES))
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
    times = (as_moment(one.get("created_at")) for one in shipments if not has_failed(one))
    return max((time for time in times if time), default=None)


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
        product_id=as_id(line.get("product_id")),
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


def _links(attributes: object) -> tuple[str, ...]:
    """The ids of personal links among the attributes, each once, in their order."""
    values = (value for name, value in _named(attributes) if name == LINK_ATTRIBUTE)
    ids = (value for value in values if isinstance(value, str) and _LINK_ID.fullmatch(value))
    return tuple(dict.fromkeys(ids))


def _named(attributes: object) -> Iterable[tuple[object, object]]:
    if isinstance(attributes, dict):
        return attributes.items()
    return ((one.get("name"), one.get("value")) for one in as_objects(attributes))
