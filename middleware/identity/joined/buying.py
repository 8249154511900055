"""What a person bought, in all: orders, refunds, things, and what it was worth by currency."""

from collections.abc import Iterable, Sequence

from middleware.domain.commerce import Cart, LineItem, Money, Order, Refund, newest_parts
from middleware.domain.fragment import newest_cart, newest_order
from middleware.domain.profile import Member
from middleware.identity.joined.shape import (
    KEPT_ITEMS,
    KEPT_ORDERS,
    KEPT_PARTS,
    Bought,
    JoinedCart,
    JoinedOrder,
    JoinedRefund,
    Parcel,
    Purchases,
)


def purchases_of(members: Sequence[Member]) -> Purchases:
    """All that was bought, newest first. Counts and sums are over all orders, lists are bounded."""
    orders = sorted(orders_of(members), key=lambda each: (each.created_at, each.id), reverse=True)
    counted = [order for order in orders if order.present_state() != "cancelled"]
    items = bought_in(counted)
    times = [order.created_at for order in counted]
    return Purchases(
        orders=tuple(_shown(order) for order in orders[:KEPT_ORDERS]),
        order_count=len(counted),
        known_count=len(orders),
        refunds=_refunds(members, orders),
        items=items[:KEPT_ITEMS],
        bought_again=tuple(each for each in items if each.orders > 1)[:KEPT_ITEMS],
        lifetime_value=added_up(net_of(order) for order in counted),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
    )


def orders_of(members: Iterable[Member]) -> list[Order]:
    """The newest version of each order, with all that was told of it under any identifier."""
    newest: dict[str, Order] = {}
    for member in members:
        for order in member.fragment.orders:
            newest[order.id] = newest_order(newest.get(order.id), order)
    return list(newest.values())


def net_of(order: Order) -> Money | None:
    """What an order brought: what it cost when it was placed less all that went back; an order that grew since, or of
    which a refund says no amount, what it costs by now.
    """
    paid, now, refunded = order.original_total, order.total, order.refunded()
    if order.present_state() == "refunded":
        known = paid or now
        return known.model_copy(update={"amount": 0}) if known is not None else None
    if paid is None or refunded is None or not _are_alike(paid, refunded):
        return now or paid
    grew = now is not None and _are_alike(now, paid) and now.amount > paid.amount
    return now if grew else paid.model_copy(update={"amount": max(0, paid.amount - refunded.amount)})


def _are_alike(left: Money, right: Money) -> bool:
    return (left.currency, left.exponent) == (right.currency, right.exponent)


def added_up(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    """The sum in each currency, by currency."""
    sums: dict[tuple[str, int], int] = {}
    for amount in amounts:
        if amount is not None:
            key = (amount.currency, amount.exponent)
            sums[key] = sums.get(key, 0) + amount.amount
    return tuple(
        Money(currency=currency, exponent=exponent, amount=amount)
        for (currency, exponent), amount in sorted(sums.items())
    )


def bought_in(orders: Sequence[Order]) -> tuple[Bought, ...]:
    """The things of some orders, what was bought most on top. The newest order says what a thing is called."""
    found: dict[str, Bought] = {}
    for order in sorted(orders, key=lambda each: (each.created_at, each.id)):
        for key, items in sorted(_by_thing(order.items).items()):
            known = found.get(key)
            found[key] = Bought(
                title=items[0].title,
                sku=items[0].sku,
                pieces=sum(max(0, item.quantity) for item in items) + (known.pieces if known is not None else 0),
                orders=1 + (known.orders if known is not None else 0),
                last_at=order.created_at,
            )
    ordered = sorted(found.items(), key=lambda each: (-each[1].pieces, -each[1].last_at.timestamp(), each[0]))
    return tuple(each for _, each in ordered)


def _by_thing(items: Iterable[LineItem]) -> dict[str, list[LineItem]]:
    """The lines of one order by what they are about: the SKU, else the variant, else the title."""
    lines: dict[str, list[LineItem]] = {}
    for item in items:
        lines.setdefault(item.sku or item.variant_id or item.title.strip().casefold(), []).append(item)
    return lines


def _shown(order: Order) -> JoinedOrder:
    state = order.present_state()
    return JoinedOrder(
        id=order.id,
        number=order.number,
        state=state,
        created_at=order.created_at,
        as_of=order.version.at,
        total=order.total,
        refunded=order.refunded(),
        net=net_of(order) if state != "cancelled" else None,
        items=order.items[:KEPT_ITEMS],
        parcel=_last_parcel(order),
    )


def _last_parcel(order: Order) -> Parcel | None:
    parcels = order.parcels()
    if not parcels:
        return None
    last = parcels[-1]
    return Parcel(
        sent_at=last.sent_at,
        delivered=last.delivered,
        carrier=last.carrier,
        number=last.tracking_number,
        url=last.tracking_url,
    )


def _refunds(members: Sequence[Member], orders: Sequence[Order]) -> tuple[JoinedRefund, ...]:
    """All refunds, the latest first; also those of orders that nobody has told of yet."""
    numbers = {order.id: order.number for order in orders}
    refunds: list[Refund] = [refund for order in orders for refund in order.refunds]
    refunds += [refund for member in members for refund in member.fragment.refunds]
    latest = sorted(newest_parts(refunds), key=lambda each: (each.version.rank(), each.id), reverse=True)
    return tuple(
        JoinedRefund(order=numbers.get(each.order_id, each.order_id), at=each.version.at, amount=each.amount)
        for each in latest[:KEPT_PARTS]
    )


def carts_of(members: Sequence[Member]) -> tuple[JoinedCart, ...]:
    """Open carts, the one changed last first. What any member knows to be closed is closed; one basket is one cart."""
    closed = {token for member in members for token in member.fragment.closed_carts}
    carts: dict[tuple[str, str], Cart] = {}
    for member in members:
        for cart in member.fragment.carts:
            key = (cart.shop, cart.token)
            carts[key] = newest_cart(carts.get(key), cart)
    done = {(cart.shop, cart.basket) for cart in carts.values() if cart.completed_at is not None}
    still_open = [
        cart
        for cart in carts.values()
        if cart.items and (cart.shop, cart.basket) not in done and not {cart.token, cart.basket} & closed
    ]
    in_order = sorted(still_open, key=lambda each: (each.version.rank(), each.token))
    newest = {(cart.shop, cart.basket): cart for cart in in_order}
    ordered = sorted(newest.values(), key=lambda each: (each.version.rank(), each.token), reverse=True)
    return tuple(
        JoinedCart(shop=cart.shop, items=cart.items[:KEPT_ITEMS], total=cart.total, updated_at=cart.version.at)
        for cart in ordered[:KEPT_PARTS]
    )
