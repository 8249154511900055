"""Samples of Shopify: REST-shaped orders and checkouts with the headers that carry topic and shop."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleItem, SampleRequest

_Body = Callable[[SampleRequest], dict[str, Any]]
_AGE = timedelta(minutes=5)
"""How long ago an order or checkout was begun that has changed since."""


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _total(request: SampleRequest) -> str:
    return str(sum((Decimal(item.price) * item.quantity for item in request.items), Decimal(0)))


def _line(item: SampleItem, place: int) -> dict[str, Any]:
    return {
        "id": 13_000_000_000_000 + place,
        "product_id": 8_200_000_000_000 + place,
        "variant_id": item.variant_id,
        "title": item.title,
        "variant_title": item.variant,
        "name": f"{item.title} - {item.variant}",
        "sku": item.sku,
        "quantity": item.quantity,
        "price": item.price,
    }


def _customer(request: SampleRequest) -> dict[str, Any] | None:
    if request.customer_id is None:
        return None
    first, _, last = request.name.partition(" ")
    return {
        "id": request.customer_id,
        "email": request.email,
        "phone": request.phone,
        "first_name": first,
        "last_name": last,
        "state": "disabled",
        "tags": "",
        "verified_email": True,
    }


def _address(request: SampleRequest) -> dict[str, Any] | None:
    if request.customer_id is None:
        return None
    return {
        "name": request.name,
        "address1": "Calle Mayor 1",
        "city": "Madrid",
        "zip": "28013",
        "country_code": request.country,
        "phone": request.phone,
    }


def _attributes(request: SampleRequest) -> list[dict[str, str]]:
    return [{"name": "throughline", "value": request.link_id}] if request.link_id else []


def _bought(request: SampleRequest) -> dict[str, Any]:
    """What orders and checkouts have in common."""
    return {
        "email": request.email,
        "phone": request.phone,
        "currency": request.currency,
        "presentment_currency": request.currency,
        "total_price": _total(request),
        "created_at": _time(request.at - _AGE),
        "updated_at": _time(request.at),
        "buyer_accepts_marketing": False,
        "cart_token": "c1-7d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a",
        "customer": _customer(request),
        "billing_address": _address(request),
        "shipping_address": _address(request),
        "note_attributes": _attributes(request),
        "discount_codes": [],
        "source_name": "web",
        "referring_site": "",
        "landing_site": "/",
    }


def _order(request: SampleRequest) -> dict[str, Any]:
    lines = [{**_line(item, place), "current_quantity": item.quantity} for place, item in enumerate(request.items)]
    return {
        **_bought(request),
        "id": request.order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{request.order_id}",
        "name": f"#{request.order_number}",
        "order_number": request.order_number,
        "number": request.order_number - 1000,
        "contact_email": request.email,
        "checkout_token": request.checkout_token,
        "current_total_price": _total(request),
        "financial_status": "pending",
        "fulfillment_status": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "processed_at": _time(request.at - _AGE),
        "line_items": lines,
        "fulfillments": [],
        "refunds": [],
        "test": False,
    }


def _new_order(request: SampleRequest) -> dict[str, Any]:
    now = _time(request.at)
    return {**_order(request), "created_at": now, "processed_at": now}


def _paid_order(request: SampleRequest) -> dict[str, Any]:
    return {**_order(request), "financial_status": "paid"}


def _fulfilled_order(request: SampleRequest) -> dict[str, Any]:
    shipment = {
        "id": 4_900_000_000_001,
        "order_id": request.order_id,
        "status": "success",
        "created_at": _time(request.at),
        "tracking_company": "Correos",
        "tracking_number": "PQ7XY80012345670128013A",
    }
    return {**_paid_order(request), "fulfillment_status": "fulfilled", "fulfillments": [shipment]}


def _cancelled_order(request: SampleRequest) -> dict[str, Any]:
    return {**_order(request), "cancelled_at": _time(request.at), "cancel_reason": "customer"}


def _checkout(request: SampleRequest) -> dict[str, Any]:
    return {
        **_bought(request),
        "id": 34_567_890_123_456,
        "token": request.checkout_token,
        "name": "#34567890123456",
        "abandoned_checkout_url": f"https://{request.account_id}/checkouts/{request.checkout_token}/recover",
        "completed_at": None,
        "closed_at": None,
        "line_items": [_line(item, place) for place, item in enumerate(request.items)],
    }


def _new_checkout(request: SampleRequest) -> dict[str, Any]:
    return {**_checkout(request), "created_at": _time(request.at)}


def _told(topic: str, body: _Body) -> SampleBuilder:
    """A builder that adds the headers of one delivery."""

    def build(request: SampleRequest) -> Sample:
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": request.account_id,
            "x-shopify-webhook-id": request.message_id,
            "x-shopify-event-id": f"event-{request.message_id}",
            "x-shopify-triggered-at": request.at.isoformat(timespec="milliseconds"),
            "x-shopify-api-version": "2026-10",
        }
        return Sample(body(request), headers)

    return build


SAMPLES: Mapping[str, SampleBuilder] = {
    "order_created": _told("orders/create", _new_order),
    "order_paid": _told("orders/paid", _paid_order),
    "order_fulfilled": _told("orders/fulfilled", _fulfilled_order),
    "order_cancelled": _told("orders/cancelled", _cancelled_order),
    "order_updated": _told("orders/updated", _order),
    "checkout_created": _told("checkouts/create", _new_checkout),
    "checkout_updated": _told("checkouts/update", _checkout),
}
