"""Samples of Shopify that are about no purchase: records of customers, and the catalogue."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.samples.request import SampleBuilder, SampleItem, SampleRequest
from connectors.samples.shopify_delivery import told

_AGE = timedelta(days=90)
"""How old a record is that has changed since."""


def _customer(request: SampleRequest) -> dict[str, Any]:
    first, _, last = request.name.partition(" ")
    return {
        "id": request.customer_id,
        "admin_graphql_api_id": f"gid://shopify/Customer/{request.customer_id}",
        "email": request.email,
        "phone": request.phone,
        "first_name": first,
        "last_name": last,
        "state": "disabled",
        "verified_email": True,
        "tags": "newsletter, vip",
        "note": None,
        "currency": request.currency,
        "addresses": [],
        "email_marketing_consent": _consent(request),
        "sms_marketing_consent": None,
        "created_at": (request.at - _AGE).isoformat(timespec="seconds"),
        "updated_at": request.at.isoformat(timespec="seconds"),
    }


def _consent(request: SampleRequest) -> dict[str, Any]:
    return {
        "state": request.consent,
        "opt_in_level": "single_opt_in",
        "consent_updated_at": request.at.isoformat(timespec="seconds"),
    }


def _with_account(request: SampleRequest) -> dict[str, Any]:
    return {**_customer(request), "state": "enabled"}


def _customer_gone(request: SampleRequest) -> dict[str, Any]:
    gid = f"gid://shopify/Customer/{request.customer_id}"
    return {"id": request.customer_id, "addresses": [], "tax_exemptions": [], "admin_graphql_api_id": gid}


def _merged(request: SampleRequest) -> dict[str, Any]:
    return {
        "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{request.merged_into}",
        "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{request.customer_id}",
        "admin_graphql_api_job_id": None,
        "status": "completed",
        "errors": [],
    }


def _email_consent(request: SampleRequest) -> dict[str, Any]:
    return {
        "customer_id": request.customer_id,
        "email_address": request.email,
        "email_marketing_consent": _consent(request),
    }


def _text_message_consent(request: SampleRequest) -> dict[str, Any]:
    consent = {**_consent(request), "consent_collected_from": "OTHER"}
    return {"id": request.customer_id, "phone": request.phone, "sms_marketing_consent": consent}


def _variant(request: SampleRequest, item: SampleItem, place: int) -> dict[str, Any]:
    return {
        "id": item.variant_id,
        "product_id": request.product_id,
        "title": item.variant,
        "option1": item.variant,
        "price": item.price,
        "sku": item.sku,
        "position": place + 1,
        "inventory_policy": "deny",
        "inventory_management": "shopify",
        "inventory_quantity": item.quantity,
    }


def _product(request: SampleRequest) -> dict[str, Any]:
    """A product whose variants are the request's items; its title is the first one's, a quantity is what is left."""
    return {
        "id": request.product_id,
        "admin_graphql_api_id": f"gid://shopify/Product/{request.product_id}",
        "title": request.items[0].title,
        "handle": request.handle,
        "body_html": request.description,
        "vendor": "Glow",
        "product_type": "",
        "tags": "bestseller",
        "status": "active",
        "published_scope": "global",
        "published_at": (request.at - _AGE).isoformat(timespec="seconds"),
        "created_at": (request.at - _AGE).isoformat(timespec="seconds"),
        "updated_at": request.at.isoformat(timespec="seconds"),
        "variants": [_variant(request, item, place) for place, item in enumerate(request.items)],
        "images": [],
        "image": {"src": f"https://cdn.shop.example/{request.handle}.jpg"},
    }


def _product_gone(request: SampleRequest) -> dict[str, Any]:
    return {"id": request.product_id}


SAMPLES: Mapping[str, SampleBuilder] = {
    "customer_created": told("customers/create", _customer),
    "customer_updated": told("customers/update", _customer),
    "customer_enabled": told("customers/enable", _with_account),
    "customer_disabled": told("customers/disable", _customer),
    "customer_deleted": told("customers/delete", _customer_gone),
    "customer_merged": told("customers/merge", _merged),
    "email_consent": told("customers_email_marketing_consent/update", _email_consent),
    "text_message_consent": told("customers_marketing_consent/update", _text_message_consent),
    "product_created": told("products/create", _product),
    "product_updated": told("products/update", _product),
    "product_deleted": told("products/delete", _product_gone),
}
