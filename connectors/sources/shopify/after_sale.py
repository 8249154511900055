"""What happens to an order after it was placed: refunds and parcels, on their own or inside the order's body.

Field names are those of the REST Admin API resources `Refund`, `Transaction` and `Fulfillment`.
"""

from collections.abc import Mapping
from typing import Any

from connectors.fields import as_moment, as_objects, as_text
from connectors.sources.shopify.fields import as_id, as_link, as_money
from connectors.sources.shopify.telling import Telling, changed_at
from middleware.domain.commerce import Money, Refund, Shipment

_FAILED = frozenset({"cancelled", "error", "failure"})


def refunds_of(order: Mapping[str, Any], number: str, telling: Telling) -> tuple[Refund, ...]:
    """The refunds inside an order's body, by id."""
    named = ((as_id(each.get("id")), each) for each in as_objects(order.get("refunds")))
    version = telling.version(changed_at(order, telling))
    found = {own: read_refund(each, own, number, telling) for own, each in named if own}
    return tuple(found[own].model_copy(update={"version": version}) for own in sorted(found))


def shipments_of(order: Mapping[str, Any], number: str, telling: Telling) -> tuple[Shipment, ...]:
    """The parcels inside an order's body, by id."""
    named = ((as_id(each.get("id")), each) for each in as_objects(order.get("fulfillments")))
    found = {own: read_shipment(each, own, number, telling) for own, each in named if own}
    return tuple(found[own] for own in sorted(found))


def read_refund(body: Mapping[str, Any], own: str, order: str, telling: Telling) -> Refund:
    """The refund with the id `own` of an order."""
    at = as_moment(body.get("processed_at")) or as_moment(body.get("created_at"))
    return Refund(id=own, order_id=order, version=telling.version(at), amount=_refunded(body))


def _refunded(body: Mapping[str, Any]) -> Money | None:
    """What its transactions gave back, in their own currency.

    Only what has succeeded counts: a refund that is under way is none yet. None where it cannot be added up.
    """
    amounts = [
        as_money(each.get("amount"), each.get("currency"))
        for each in as_objects(body.get("transactions"))
        if each.get("kind") == "refund" and each.get("status") == "success"
    ]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) != len(amounts) or len({(each.currency, each.exponent) for each in known}) != 1:
        return None
    return known[0].model_copy(update={"amount": sum(each.amount for each in known)})


def read_shipment(body: Mapping[str, Any], own: str, order: str, telling: Telling) -> Shipment:
    """The parcel with the id `own` of an order."""
    sent_at = as_moment(body.get("created_at"))
    version = telling.version(as_moment(body.get("updated_at")) or sent_at)
    return Shipment(
        id=own,
        order_id=order,
        version=version,
        sent_at=sent_at or version.at,
        failed=has_failed(body),
        delivered=as_text(body.get("shipment_status")) == "delivered",
        carrier=as_text(body.get("tracking_company")),
        tracking_number=as_text(body.get("tracking_number")) or _first_text(body.get("tracking_numbers")),
        tracking_url=as_link(body.get("tracking_url")) or _first_link(body.get("tracking_urls")),
    )


def has_failed(shipment: Mapping[str, Any]) -> bool:
    """Whether a parcel was called off or never came about."""
    return as_text(shipment.get("status")) in _FAILED


def _first_text(values: object) -> str | None:
    return next(filter(None, map(as_text, values)), None) if isinstance(values, list) else None


def _first_link(values: object) -> str | None:
    return next(filter(None, map(as_link, values)), None) if isinstance(values, list) else None
