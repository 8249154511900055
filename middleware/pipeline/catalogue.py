"""The catalogue of one brand as this process knows it: every product that may be shown, in memory.

A message must not wait for the catalogue, nor cost a store command for it (docs/decisions/0010). So all of it is kept
here: what this process absorbs it knows at once; what others absorbed it finds by the pages, in its own time.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from middleware.domain.commerce import LineItem
from middleware.domain.naming import named, words_of
from middleware.domain.product import CataloguePage, Product, pages_of, product_key
from middleware.errors import StoreUnavailable
from middleware.ports import BrandStore

LOOKS_EVERY = 30.0
"""Seconds after which the pages are read again."""

_READ_AT_ONCE = 200
_COMPARED_TITLES = 200
"""Titles that are compared with one text: those that share most words with it."""
_COMMON_TO = 500
"""A word in more titles than this names nothing: the brand's own name, "shirt" in a shop of shirts."""

Reference = Literal["product", "variant", "handle", "sku"]

_RETAILER_IDS: tuple[Reference, ...] = ("variant", "product", "sku")
"""What a platform's catalogue may call a product by, where it was filled from the shop; the most exact first."""


class Catalogue:
    """The products of some shops."""

    def __init__(self, shops: Iterable[str] = ()) -> None:
        self._shops = tuple(shops)
        self._products: dict[str, Product] = {}
        self._marks: dict[str, str] = {}
        self._by_reference: dict[tuple[Reference, str], set[str]] = defaultdict(set)
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._taken: set[str] = set()
        self._looks_at = -math.inf

    def __len__(self) -> int:
        return len(self._products)

    def take(self, product: Product) -> None:
        """Learn the present state of a product; of one that is not shown, that it is not."""
        self._taken.add(product.id)
        self._drop(product.id)
        if product.is_shown:
            self._keep(product)

    def find(self, by: Reference, value: str | None) -> Product | None:
        """The one product with this id, variant id, handle or SKU; None if there is none or more than one."""
        keys = self._by_reference.get((by, value), set()) if value else set()
        return self._products[next(iter(keys))] if len(keys) == 1 else None

    def by_retailer_id(self, value: str | None) -> tuple[Product, str | None] | None:
        """The product that a platform's catalogue calls so, with the variant's id if it is one."""
        for by in _RETAILER_IDS:
            product = self.find(by, value)
            if product is not None:
                return product, _variant_id(product, by, value)
        return None

    def of_item(self, item: LineItem) -> Product | None:
        """The product that a line of an order or a cart is about, the most exact name first."""
        return (
            self.find("variant", item.variant_id) or self.find("product", item.product_id) or self.find("sku", item.sku)
        )

    def named_in(self, text: str) -> Product | None:
        """The product whose title a text names; None when unsure."""
        said = words_of(text)
        shared: dict[str, int] = defaultdict(int)
        for word in set(said):
            keys = self._by_word.get(word, set())
            for key in keys if len(keys) <= _COMMON_TO else ():
                shared[key] += len(word)
        likely = sorted(shared, key=lambda key: (-shared[key], key))[:_COMPARED_TITLES]
        found = named(said, {key: words_of(self._products[key].title) for key in likely})
        return self._products[found] if found is not None else None

    async def look(self, store: BrandStore, now: float) -> None:
        """Read what others have absorbed, if it is time (`now` in seconds that never go back).

        Raises StoreUnavailable; then the next look is a first one again.
        """
        if now < self._looks_at:
            return
        self._looks_at = now + LOOKS_EVERY
        try:
            await self._read(store)
        except StoreUnavailable:
            self._looks_at = now
            raise

    async def _read(self, store: BrandStore) -> None:
        """Read the pages, and the products whose mark is another one. What was taken meanwhile is newer."""
        self._taken.clear()
        listed = await self._listed(store)
        changed = [key for key, mark in listed.items() if self._marks.get(key) != mark]
        for start in range(0, len(changed), _READ_AT_ONCE):
            for stored in (await store.get(Product, changed[start : start + _READ_AT_ONCE])).values():
                if stored.record.id not in self._taken:
                    self._drop(stored.record.id)
                    self._keep(stored.record)
        for key in [key for key in self._products if key not in listed and key not in self._taken]:
            self._drop(key)

    async def _listed(self, store: BrandStore) -> Mapping[str, str]:
        pages = await store.get(CataloguePage, pages_of(self._shops))
        records = [stored.record for stored in pages.values()]
        return {product_key(page.shop, each.number): each.mark for page in records for each in page.products}

    def _keep(self, product: Product) -> None:
        if not product.is_shown:
            return
        self._products[product.id] = product
        self._marks[product.id] = product.mark()
        for reference in _references(product):
            self._by_reference[reference].add(product.id)
        for word in set(words_of(product.title)):
            self._by_word[word].add(product.id)

    def _drop(self, key: str) -> None:
        product = self._products.pop(key, None)
        if product is None:
            return
        del self._marks[key]
        for reference in _references(product):
            self._by_reference[reference].discard(key)
        for word in set(words_of(product.title)):
            self._by_word[word].discard(key)


def _references(product: Product) -> set[tuple[Reference, str]]:
    """Everything that a product can be found by."""
    found: set[tuple[Reference, str]] = {("product", product.number)}
    if product.handle:
        found.add(("handle", product.handle))
    for variant in product.variants:
        found.add(("variant", variant.id))
        if variant.sku:
            found.add(("sku", variant.sku))
    return found


def _variant_id(product: Product, by: Reference, value: str | None) -> str | None:
    if by == "sku":
        return next((variant.id for variant in product.variants if variant.sku == value), None)
    return value if by == "variant" else None
