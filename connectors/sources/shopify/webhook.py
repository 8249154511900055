"""Shopify's webhooks: signature, topics, and one event for one order or checkout.

The topic and the shop stand in headers, spelled `X-Shopify-...` or, newer, `shopify-...`. A body without
headers (a file that is read in) is recognised by its own keys; an export such as `{"orders": [...]}` gives
several events.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from connectors.body import to_bytes, why_not_storable
from connectors.signatures import is_base64_signed
from connectors.sources.shopify.entities import (
    Telling,
    changed_at,
    checkout_token,
    order_id,
    read_cart,
    read_order,
)
from connectors.sources.shopify.fields import as_moment
from middleware.domain.commerce import Cart, Order
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.record import at_millisecond
from middleware.errors import BodyRefused
from middleware.ports import AccountLookup, WebhookRequest

_PREFIXES = ("x-shopify-", "shopify-")
_SHOP = re.compile(r"[a-z0-9][a-z0-9.-]{0,254}", re.ASCII)
_TOPIC = re.compile(r"[a-z0-9_]{1,60}/[a-z0-9_]{1,60}", re.ASCII)
_DELIVERY_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)

_KINDS = {
    **dict.fromkeys(
        (f"orders/{what}" for what in ("create", "updated", "paid", "cancelled", "fulfilled", "edited")),
        EventKind.ORDER,
    ),
    "checkouts/create": EventKind.CART,
    "checkouts/update": EventKind.CART,
}
"""What a topic tells. Every other topic is kept as an unknown event."""

_WRAPPERS = {
    "order": EventKind.ORDER,
    "orders": EventKind.ORDER,
    "checkout": EventKind.CART,
    "checkouts": EventKind.CART,
}
_MARKS = (
    ("abandoned_checkout_url", EventKind.CART),
    ("financial_status", EventKind.ORDER),
    ("order_number", EventKind.ORDER),
)
"""Keys that only checkouts or only orders have."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One POST, as its headers describe it."""

    shop: str
    topic: str | None
    id: str | None
    triggered_at: datetime | None
    received_at: datetime
    country: str | None
    body: bytes

    def rejected(self, reason: str) -> Rejected:
        return Rejected(reason=reason, raw=self.body, account=self.shop or None)


class Shopify:
    """The connector of Shopify shops. An account's id is the shop's domain, such as `mugs.myshopify.com`."""

    name = "shopify"
    kind: Literal["source"] = "source"

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the `Hmac-Sha256` header, in either spelling, is this secret's signature of the body."""
        headers = (request.headers.get(f"{prefix}hmac-sha256") for prefix in _PREFIXES)
        return any(is_base64_signed(header, request.body, secret) for header in headers)

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events of one webhook body or export. Raises `BodyRefused` for what is no JSON object."""
        if not isinstance(body, dict):
            raise BodyRefused("a body of Shopify is a JSON object")
        delivery = _delivery(body, request, received_at, accounts)
        kind = _KINDS.get(delivery.topic) if delivery.topic else _kind_by_keys(body)
        return [_told(part, kind, its) for part, its in _slices(_parts(body, kind), delivery)]

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`: the body itself, or one part in the wrapper of an export, under an id of its own."""
        if not isinstance(body, dict):
            return {}
        topic = _topic(request)
        parts = _parts(body, _KINDS.get(topic) if topic else _kind_by_keys(body))
        if len(parts) == 1:
            return dict.fromkeys(positions, request)
        wrapper = next(iter(body))
        return {place: _alone(request, wrapper, parts[place], place) for place in positions}


def _delivery(
    body: Mapping[str, Any], request: WebhookRequest, received_at: datetime, accounts: AccountLookup
) -> _Delivery:
    shop = _shop(body, request)
    account = accounts(shop)
    received_at = at_millisecond(received_at)
    return _Delivery(
        shop=shop,
        topic=_topic(request),
        id=_fitting(_DELIVERY_ID, _header(request, "webhook-id")),
        triggered_at=as_moment(_header(request, "triggered-at")),
        received_at=received_at,
        country=account.country if account else None,
        body=request.body,
    )


def _alone(request: WebhookRequest, wrapper: str, part: object, place: int) -> WebhookRequest:
    headers = dict(request.headers)
    for prefix in _PREFIXES:
        if headers.get(f"{prefix}webhook-id"):
            headers[f"{prefix}webhook-id"] += f":{place}"
    return replace(request, headers=headers, body=to_bytes({wrapper: [part]}))


def _topic(request: WebhookRequest) -> str | None:
    return _fitting(_TOPIC, _header(request, "topic"))


def _header(request: WebhookRequest, name: str) -> str | None:
    values = (request.headers.get(prefix + name) for prefix in _PREFIXES)
    return next((value.strip() for value in values if value), None)


def _fitting(pattern: re.Pattern[str], text: object) -> str | None:
    # Headers are not covered by the signature: only what looks right goes into keys and scopes.
    return text if isinstance(text, str) and pattern.fullmatch(text) else None


def _shop(body: Mapping[str, Any], request: WebhookRequest) -> str:
    """The shop's domain from the header, else from the body (the compliance topics name it), else empty."""
    named = _header(request, "shop-domain") or body.get("shop_domain")
    return _fitting(_SHOP, named.lower() if isinstance(named, str) else None) or ""


def _kind_by_keys(body: Mapping[str, Any]) -> EventKind | None:
    wrapped = _WRAPPERS.get(next(iter(body))) if len(body) == 1 else None
    return wrapped or next((kind for mark, kind in _MARKS if mark in body), None)


def _parts(body: dict[str, Any], kind: EventKind | None) -> list[object]:
    """The bodies inside the body: itself, or what the only key of an export holds."""
    for wrapper, content in body.items() if len(body) == 1 else ():
        if kind is not None and _WRAPPERS.get(wrapper) is kind:
            return content if isinstance(content, list) else [content]
    return [body]


def _slices(parts: Sequence[object], delivery: _Delivery) -> Iterator[tuple[object, _Delivery]]:
    """Each part with what holds for it alone: a delivery id, and the bytes to keep should it be rejected."""
    if len(parts) == 1:
        yield parts[0], delivery
        return
    for place, part in enumerate(parts):
        yield part, replace(delivery, id=delivery.id and f"{delivery.id}:{place}", body=to_bytes(part))


def _told(part: object, kind: EventKind | None, delivery: _Delivery) -> Event | Rejected:
    reason = why_not_storable(part)
    if reason is not None:
        return delivery.rejected(reason)
    if not isinstance(part, dict):
        return delivery.rejected("an order or checkout is a JSON object")
    key = f"shopify:{delivery.shop}:{delivery.id or _content_id(part, delivery)}"
    telling = Telling(
        shop=delivery.shop,
        country=delivery.country,
        key=key,
        at=delivery.triggered_at or delivery.received_at,
        triggered_at=delivery.triggered_at,
    )
    try:
        return _MAKERS[kind](part, telling, delivery)
    except Exception as error:  # noqa: BLE001 - an exception would make the shop retry, and then unsubscribe
        return delivery.rejected(f"not understood ({type(error).__name__})")


def _content_id(part: Mapping[str, Any], delivery: _Delivery) -> str:
    """What names a body that came without a delivery id: the same content is the same event."""
    content = to_bytes([delivery.shop, delivery.topic, part])
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _order_event(part: dict[str, Any], telling: Telling, delivery: _Delivery) -> Event | Rejected:
    number = order_id(part)
    if number is None:
        return delivery.rejected("an order without an id")
    return _event(
        EventKind.ORDER, part, telling, delivery,
        occurred_at=changed_at(part, telling),
        anchor=Identifier(IdentifierKind.SHOP_ORDER, delivery.shop, number),
        order=read_order(part, number, telling),
    )  # fmt: skip


def _cart_event(part: dict[str, Any], telling: Telling, delivery: _Delivery) -> Event | Rejected:
    token = checkout_token(part)
    if token is None:
        return delivery.rejected("a checkout without a token")
    return _event(
        EventKind.CART, part, telling, delivery,
        occurred_at=changed_at(part, telling),
        anchor=Identifier(IdentifierKind.SHOP_CHECKOUT, delivery.shop, token),
        cart=read_cart(part, token, telling),
    )  # fmt: skip


def _unknown_event(part: dict[str, Any], telling: Telling, delivery: _Delivery) -> Event | Rejected:
    return _event(EventKind.UNKNOWN, part, telling, delivery, occurred_at=telling.at)


_MAKERS: Mapping[EventKind | None, Callable[[dict[str, Any], Telling, _Delivery], Event | Rejected]] = {
    EventKind.ORDER: _order_event,
    EventKind.CART: _cart_event,
    None: _unknown_event,
}


def _event(
    kind: EventKind,
    part: dict[str, Any],
    telling: Telling,
    delivery: _Delivery,
    *,
    occurred_at: datetime,
    anchor: Identifier | None = None,
    order: Order | None = None,
    cart: Cart | None = None,
) -> Event:
    return Event(
        key=telling.key,
        kind=kind,
        connector=Shopify.name,
        account=delivery.shop,
        occurred_at=occurred_at,
        received_at=delivery.received_at,
        anchor=anchor,
        order=order,
        cart=cart,
        topic=delivery.topic,
        raw=part,
    )
