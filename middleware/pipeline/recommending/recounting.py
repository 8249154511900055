"""Counting all orders that there are: for a command that people start, and safe beside the jobs that count new ones."""

from contextlib import aclosing

from middleware.domain.identifiers import IdentifierKind
from middleware.domain.identity import Identity
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.recommending.counting import count_orders
from middleware.ports import BrandStore

_ORDERS = f"{IdentifierKind.SHOP_ORDER}|"


async def recount(store: BrandStore, catalogue: Catalogue) -> int:
    """Bring what is counted of every order to its present state; how many there are.

    Repeating it changes nothing; one that was broken off is begun again. Raises StoreUnavailable.
    """
    counted = 0
    async with aclosing(store.scan(Identity, prefix=_ORDERS)) as batches:
        async for batch in batches:
            counted += await count_orders(store, catalogue, [each.record.id for each in batch])
    return counted
