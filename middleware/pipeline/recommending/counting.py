"""Counting what is bought together. Beside the messages: an order that is absorbed calls for a job.

An order is never added to a count. Its present state is read and put in its place, so that it is the same however often
it is done, in which order, and by how many at once: what is written is read first, and where it comes from after that,
so that whoever wrote last had seen the newest order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from middleware.domain.co_purchases import CoPurchases, CountedOrder, order_hash
from middleware.domain.commerce import Order
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.product import product_key
from middleware.errors import StoreUnavailable
from middleware.pipeline.catalogue import Catalogue
from middleware.ports import TRIES_TO_LAND, BrandStore, Put, Stored

CAME_BACK = frozenset({"cancelled", "refunded"})
"""States of an order that nobody bought anything with in the end."""

_CHANGE_AN_ORDER = frozenset({EventKind.ORDER, EventKind.REFUND})


def wanted_counting(event: Event) -> tuple[Job, ...]:
    """The job that an order calls for when it is told of, or of money that went back."""
    if event.kind not in _CHANGE_AN_ORDER or event.anchor is None or event.anchor.kind is not IdentifierKind.SHOP_ORDER:
        return ()
    job = Job.of(JobKind.CO_PURCHASES, event.key, event.connector, event.account, event.received_at)
    return (job.model_copy(update={"about": event.anchor.key}),)


async def count_orders(store: BrandStore, catalogue: Catalogue, keys: Collection[str]) -> int:
    """Bring what is counted of some orders, by the keys of their identifiers, to their present state.

    The number of orders that there are. Raises StoreUnavailable.
    """
    orders = await _noted(store, catalogue, keys)
    for _ in range(TRIES_TO_LAND):
        shops = {order_hash(key): Identifier.from_key(key).scope for key in keys}
        places = {
            product_key(shops[order.id], number): (shops[order.id], number) for order in orders for number in order.ever
        }
        known = await store.get(CoPurchases, places)
        orders = await _counted(store, [order.id for order in orders])
        puts = _changed(known, orders, shops)
        if all(await store.write(*puts)):
            return len(orders)
    raise StoreUnavailable("others keep counting the same products")


async def _noted(store: BrandStore, catalogue: Catalogue, keys: Collection[str]) -> list[CountedOrder]:
    """What is counted of the orders as they are now, written down before any product hears of it."""
    for _ in range(TRIES_TO_LAND):
        known = await store.get(CountedOrder, [order_hash(key) for key in keys])
        told = await store.get(Identity, keys)
        after = {
            key: _present(known.get(order_hash(key)), key, order, catalogue)
            for key, identity in told.items()
            if (order := _order_of(identity.record, key)) is not None
        }
        puts = [each.put(each.record) for each in after.values() if each != known.get(each.record.id)]
        if all(await store.write(*puts)):
            return [each.record for each in after.values()]
    raise StoreUnavailable("others keep counting the same orders")


def _order_of(identity: Identity, key: str) -> Order | None:
    own = Identifier.from_key(key).value
    return next((order for order in identity.fragment.orders if order.id == own), None)


def _present(known: Stored[CountedOrder] | None, key: str, order: Order, catalogue: Catalogue) -> Stored[CountedOrder]:
    """What is counted of an order, from its present state."""
    stored = known or Stored(CountedOrder(id=order_hash(key), at=order.created_at), 0)
    products = () if order.present_state() in CAME_BACK else tuple(_products(order, catalogue))
    return Stored(stored.record.with_present(order.created_at, products), stored.version)


def _products(order: Order, catalogue: Catalogue) -> Iterable[str]:
    """The shop's ids of the products in an order. Orders that came without them are read by the catalogue."""
    for item in order.items:
        known = catalogue.of_item(item) if item.product_id is None else None
        number = item.product_id if known is None else known.number
        if number is not None and item.quantity > 0:
            yield number


async def _counted(store: BrandStore, hashes: Collection[str]) -> list[CountedOrder]:
    return [each.record for each in (await store.get(CountedOrder, hashes)).values()]


def _changed(
    known: Mapping[str, Stored[CoPurchases]], orders: Sequence[CountedOrder], shops: Mapping[str, str]
) -> list[Put]:
    """What has to be written of the products that the orders are or were about."""
    after: dict[str, CoPurchases] = {}
    for order in orders:
        for number in order.ever:
            key = product_key(shops[order.id], number)
            before = after.get(key) or (known[key].record if key in known else CoPurchases(id=key))
            after[key] = before.with_order(order, number)
    nothing = Stored(CoPurchases(id=""), 0)
    return [
        known.get(key, nothing).put(each)
        for key, each in sorted(after.items())
        if key not in known or each != known[key].record
    ]
