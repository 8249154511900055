"""The blocks of the context that tell what somebody buys: orders, cart, and the ad that was clicked."""

from datetime import datetime

from middleware.domain.commerce import Cart
from middleware.domain.context import AdClickView, Block, CartView, ClickView, OrdersView
from middleware.domain.fragment import AdClick
from middleware.domain.identifiers import Level
from middleware.identity.disclosure import Sight
from middleware.pipeline.freshness import freshness
from middleware.pipeline.order_view import order_view
from middleware.pipeline.parts import Brand
from middleware.pipeline.products import product_of_click

SHOWN_ORDERS = 10


def orders_block(sight: Sight | None, now: datetime) -> Block[OrdersView]:
    """The orders along the path, newest first. Needs `linked`."""
    orders = sight.orders(now=now) if sight is not None else ()
    if not orders:
        return Block[OrdersView](state="missing", needs_level=Level.LINKED)
    shown = tuple(order_view(order) for order in orders[:SHOWN_ORDERS])
    as_of = orders[0].version.at
    return Block[OrdersView](
        state=freshness("orders", as_of, now),
        needs_level=Level.LINKED,
        value=OrdersView(latest=shown[0], all=shown, count=len(orders)),
        source="shopify",
        as_of=as_of,
    )


def cart_block(cart: Cart | None, now: datetime, *, withheld: bool) -> Block[CartView]:
    """The cart that was changed last. Needs `carried`; `withheld` says that there is one which bears another's name."""
    if cart is None:
        return Block[CartView](state="withheld" if withheld else "missing", needs_level=Level.CARRIED)
    return Block[CartView](
        state=freshness("cart", cart.version.at, now),
        needs_level=Level.CARRIED,
        value=CartView(items=cart.items, total=cart.total, updated_at=cart.version.at),
        source="shopify",
        as_of=cart.version.at,
    )


def ad_click_block(brand: Brand, clicks: tuple[AdClick, AdClick] | None, now: datetime) -> Block[AdClickView]:
    """The first and the last click on an ad or a referral link. Needs `channel`."""
    if clicks is None:
        return Block[AdClickView](state="missing", needs_level=Level.CHANNEL)
    first, last = (_click(brand, click) for click in clicks)
    return Block[AdClickView](
        state=freshness("ad_click", last.at, now),
        needs_level=Level.CHANNEL,
        value=AdClickView(**last.model_dump(), first=first),
        source=last.channel,
        as_of=last.at,
    )


def _click(brand: Brand, click: AdClick) -> ClickView:
    found = product_of_click(brand, click)
    return ClickView(
        at=click.at,
        channel=click.channel,
        source=click.source,
        ad_id=click.ad_id,
        ref=click.ref,
        headline=click.headline,
        product=found.title if found is not None else None,
        click_id=click.click_id,
    )
