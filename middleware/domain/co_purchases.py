"""What is bought together: for each product the newest orders that have it, and what else is in them.

Nothing in here is of a person: orders are named by a hash, products by the shop's ids. Counts are worked out on
reading, so that there is none that could be added to twice.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from middleware.domain.record import Record

KEPT_ORDERS = 200
"""Orders of one product, the newest ones."""
KEPT_PRODUCTS = 20
"""Products of one order that are counted with each other."""


def order_hash(key: str) -> str:
    """What an order is called here; `key` is that of its identifier."""
    return hashlib.blake2b(key.encode(), digest_size=9).hexdigest()


def counted_products(numbers: Iterable[str]) -> tuple[str, ...]:
    """The products of one order that are counted, sorted; of too many the ones with the smallest ids."""
    return tuple(sorted(set(numbers))[:KEPT_PRODUCTS])


class CountedOrder(Record):
    """What of one order is counted. `id` is the hash of its identifier's key.

    `products` are in it now, and none once it was cancelled or paid back. `ever` are all that were in it when it was
    looked at: each of them has to hear of what becomes of the order.
    """

    id: str
    at: datetime
    products: tuple[str, ...] = ()
    ever: tuple[str, ...] = ()

    def with_present(self, at: datetime, products: Iterable[str]) -> "CountedOrder":
        """The same order as it is now."""
        now = counted_products(products)
        return self.model_copy(update={"at": at, "products": now, "ever": tuple(sorted({*self.ever, *now}))})


class OrderWith(Record):
    """One order that has or had a product. `others` are the products beside it."""

    order: str
    at: datetime
    counts: bool = True
    others: tuple[str, ...] = ()

    def rank(self) -> tuple[datetime, str]:
        """The order of orders in time: by what never changes of them."""
        return (self.at, self.order)


class Together(Record):
    """How often one product was bought with another: in `count` of the newest `of` orders that have the one."""

    count: int
    of: int


class CoPurchases(Record):
    """The newest orders of one product. `id` is the key of the product's identifier.

    Which ones are kept depends on nothing but when each was placed: so it is the same however often they are told, and
    in which order. One that does not count any more keeps its place.
    """

    id: str
    orders: tuple[OrderWith, ...] = ()

    def with_order(self, counted: CountedOrder, number: str) -> "CoPurchases":
        """The same after the present state of an order in which the product `number`, this one, is or was."""
        others = tuple(each for each in counted.products if each != number)
        counts = number in counted.products
        told = OrderWith(order=counted.id, at=counted.at, counts=counts, others=others if counts else ())
        known = {each.order: each for each in self.orders} | {told.order: told}
        kept = sorted(known.values(), key=OrderWith.rank)[-KEPT_ORDERS:]
        return self.model_copy(update={"orders": tuple(kept)})

    def together(self) -> dict[str, Together]:
        """How often it was bought with each other product, by the shop's ids of those."""
        counting = [each for each in self.orders if each.counts]
        found = Counter(number for each in counting for number in each.others)
        return {number: Together(count=count, of=len(counting)) for number, count in sorted(found.items())}
