"""What may be told about one order, once it is sure that the sender may be told about it at all."""

from collections.abc import Sequence

from middleware.domain.commerce import Order, Shipment
from middleware.domain.context import OrderView, TrackingView


def order_view(order: Order) -> OrderView:
    """The order by all that was told of it: its own news, refunds and parcels."""
    parcels = order.parcels()
    state = order.present_state()
    left_at = (order.shipped_at, *(parcel.sent_at for parcel in parcels))
    return OrderView(
        number=order.number,
        state=state,
        created_at=order.created_at,
        total=order.total,
        refunded=order.refunded(),
        items=order.items,
        shipped_at=max((moment for moment in left_at if moment is not None), default=None),
        delivered=state == "shipped" and bool(parcels) and all(parcel.delivered for parcel in parcels),
        tracking=_tracking(parcels),
        cancelled_at=order.cancelled_at,
    )


def _tracking(parcels: Sequence[Shipment]) -> TrackingView | None:
    """Of the parcel sent last that can be followed."""
    followed = [parcel for parcel in parcels if parcel.tracking_number or parcel.tracking_url]
    if not followed:
        return None
    last = followed[-1]
    return TrackingView(carrier=last.carrier, number=last.tracking_number, url=last.tracking_url)
