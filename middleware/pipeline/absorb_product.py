"""Stage 6 for news about a product: into the catalogue, which is everybody's and nobody's.

Two documents, each by compare-and-set: the product, and the page that lists it. Absorbing commutes, so that it needs no
lease; a page that a crash left behind is put right when the event is begun again.
"""

import asyncio

from middleware.domain.events import Event
from middleware.domain.product import CataloguePage, Product, newest_product, page_of
from middleware.errors import StoreUnavailable
from middleware.pipeline.parts import Brand
from middleware.ports import TRIES_TO_LAND, Put, Recorded, Stored


async def absorb_product(brand: Brand, event: Event, told: Product) -> None:
    """Absorb one version of a product. This process knows it at once, others when they look at the pages."""
    for _ in range(TRIES_TO_LAND):
        product, puts = await _changed(brand, told)
        landed = await brand.store.write(*puts, Put(Recorded(id=event.key, event=event)))
        if all(landed[: len(puts)]):
            brand.catalogue.take(product)
            return
    raise StoreUnavailable("others keep changing the same page of the catalogue")


async def _changed(brand: Brand, told: Product) -> tuple[Product, list[Put]]:
    """The product as it is now, and what has to be written."""
    page_id = page_of(told.shop, told.number)
    products, pages = await asyncio.gather(
        brand.store.get(Product, [told.id]), brand.store.get(CataloguePage, [page_id])
    )
    known = products.get(told.id)
    page = pages.get(page_id, Stored(CataloguePage(id=page_id, shop=told.shop), 0))
    newest = newest_product(known.record if known is not None else None, told)
    listed = page.record.with_product(newest)
    puts = []
    if known is None or newest != known.record:
        puts.append(Put(newest, known.version if known is not None else 0))
    if listed != page.record or page.version == 0:
        puts.append(page.put(listed))
    return newest, puts
