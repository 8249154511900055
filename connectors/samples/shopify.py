"""Samples of Shopify: REST-shaped bodies of orders and carts, with the headers that carry topic and shop."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.samples import shopify_records
from connectors.samples.request import SampleBuilder, SampleItem, SampleRequest
from connectors.samples.shopify_delivery import told

_AGE = timedelta(minutes=5)
"""How long ago an order or checkout was begun that has changed since."""


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _total(request: SampleRequest) -> str:
    return str(sum((Decimal(item.price) * item.quantity for item in request.items), Decimal(0)))


def _line(item: SampleItem, place: int) -> dict[str, Any]:
    return {
        "id": 13_000_000_000_000 + place,
        "product_id": item.product_id or 8_200_000_000_000 + place,
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


def _cart_token(request: SampleRequest) -> str | None:
    return request.cart_token or (f"c1-{request.checkout_token}" if request.checkout_token else None)


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
        "cart_token": _cart_token(request),
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


def _shipment(request: SampleRequest) -> dict[str, Any]:
    return {
        "id": 4_900_000_000_000 + request.order_id % 1_000_000,
        "order_id": request.order_id,
        "name": f"#{request.order_number}.1",
        "status": "success",
        "shipment_status": None,
        "created_at": _time(request.at),
        "updated_at": _time(request.at),
        "tracking_company": "Correos",
        "tracking_number": request.tracking_number,
        "tracking_numbers": [request.tracking_number],
        "tracking_url": f"https://tracking.example/{request.tracking_number}",
        "tracking_urls": [f"https://tracking.example/{request.tracking_number}"],
    }


def _delivered(request: SampleRequest) -> dict[str, Any]:
    return {**_shipment(request), "created_at": _time(request.at - _AGE), "shipment_status": "delivered"}


def _fulfilled_order(request: SampleRequest) -> dict[str, Any]:
    return {**_paid_order(request), "fulfillment_status": "fulfilled", "fulfillments": [_shipment(request)]}


def _refund(request: SampleRequest) -> dict[str, Any]:
    payment = {
        "id": 6_300_000_000_001,
        "order_id": request.order_id,
        "kind": "refund",
        "gateway": "bogus",
        "status": "success",
        "amount": request.refunded,
        "currency": request.currency,
    }
    return {
        "id": 9_400_000_000_000 + request.order_id % 1_000_000,
        "order_id": request.order_id,
        "created_at": _time(request.at),
        "processed_at": _time(request.at),
        "note": None,
        "refund_line_items": [],
        "order_adjustments": [],
        "transactions": [payment],
    }


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


def _cart(request: SampleRequest) -> dict[str, Any]:
    token = _cart_token(request)
    return {
        "id": token,
        "token": token,
        "note": None,
        "line_items": [_line(item, place) for place, item in enumerate(request.items)],
        "created_at": _time(request.at - _AGE),
        "updated_at": _time(request.at),
    }


SAMPLES: Mapping[str, SampleBuilder] = {
    "order_created": told("orders/create", _new_order),
    "order_paid": told("orders/paid", _paid_order),
    "order_fulfilled": told("orders/fulfilled", _fulfilled_order),
    "order_cancelled": told("orders/cancelled", _cancelled_order),
    "order_updated": told("orders/updated", _order),
    "refund_created": told("refunds/create", _refund),
    "shipment_created": told("fulfillments/create", _shipment),
    "shipment_delivered": told("fulfillments/update", _delivered),
    "cart_created": told("carts/create", _cart),
    "cart_updated": told("carts/update", _cart),
    "checkout_created": told("checkouts/create", _new_checkout),
    "checkout_updated": told("checkouts/update", _checkout),
    **shopify_records.SAMPLES,
}
