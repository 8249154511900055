"""The catalogue: products as a shop tells them, and the pages on which a shop's products are listed.

A product is found by its `_id` alone. To find all of them without a query there are pages, a fixed number for each
shop: which products there are, each with a mark that changes when its content does.
"""

import hashlib
from collections.abc import Iterable

from middleware.domain.commerce import Money, Version
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.record import Record

PAGES = 32
"""Pages of one shop. Fixed for ever: a product's page follows from its id."""

LISTED_AT_MOST = 1_000
"""Products on one page: 32,000 of a shop."""


class Variant(Record):
    """One thing of a product that can be bought. `available` is None where the shop does not say for sure."""

    id: str
    title: str | None = None
    sku: str | None = None
    price: Money | None = None
    available: bool | None = None


class Product(Record):
    """One product of a shop. `id` is the key of its identifier, `number` what the shop calls it.

    Only a product that `is_public` is in the catalogue: what is not published yet is the shop's secret. `description`
    is plain text, one line for each paragraph. `gone`: the shop deleted it; then nothing else of it is kept.
    """

    id: str
    shop: str
    number: str
    version: Version
    title: str = ""
    handle: str | None = None
    image: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    is_public: bool = False
    gone: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether a customer may be told about it."""
        return self.is_public and not self.gone and bool(self.title)

    def prices(self) -> tuple[Money, Money] | None:
        """The lowest and the highest price; None unless every variant has one, all in one currency."""
        prices = [variant.price for variant in self.variants if variant.price is not None]
        one_currency = len({(price.currency, price.exponent) for price in prices}) == 1
        if len(prices) != len(self.variants) or not one_currency:
            return None
        ordered = sorted(prices, key=lambda price: price.amount)
        return ordered[0], ordered[-1]

    def available(self) -> bool | None:
        """Whether any variant can be bought; None where that is not sure."""
        known = {variant.available for variant in self.variants}
        if True in known:
            return True
        return False if known == {False} else None

    def mark(self) -> str:
        """What changes exactly when the content does."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=8).hexdigest()


def product_key(shop: str, number: str) -> str:
    """The `_id` of a product."""
    return Identifier(IdentifierKind.SHOP_PRODUCT, shop, number).key


def newest_product(known: Product | None, incoming: Product) -> Product:
    """The newer of two versions of one product. One that is gone stays gone: shops never give an id twice."""
    both = [each for each in (known, incoming) if each is not None]
    gone = [each for each in both if each.gone]
    newest = max(gone or both, key=lambda each: each.version.rank())
    if not gone:
        return newest
    return Product(id=newest.id, shop=newest.shop, number=newest.number, version=newest.version, gone=True)


class Listed(Record):
    """One product on a page: the shop's id of it, and the mark of its content."""

    number: str
    mark: str


class CataloguePage(Record):
    """One page of the list of a shop's products, sorted so that equal content is equal bytes."""

    id: str
    shop: str
    products: tuple[Listed, ...] = ()

    def with_product(self, product: Product) -> "CataloguePage":
        """The page after a product's present state. Of too many the ones with the smallest ids are not listed."""
        listed = {each.number: each for each in self.products}
        listed.pop(product.number, None)
        if product.is_shown:
            listed[product.number] = Listed(number=product.number, mark=product.mark())
        kept = sorted(listed, key=lambda number: (len(number), number))[-LISTED_AT_MOST:]
        return self.model_copy(update={"products": tuple(listed[number] for number in kept)})


def page_of(shop: str, number: str) -> str:
    """The `_id` of the page on which a product is listed."""
    digest = hashlib.blake2b(number.encode(), digest_size=4).digest()
    return _page(shop, int.from_bytes(digest) % PAGES)


def pages_of(shops: Iterable[str]) -> list[str]:
    """The `_id`s of all pages of some shops."""
    return [_page(shop, page) for shop in shops for page in range(PAGES)]


def _page(shop: str, page: int) -> str:
    return f"{shop}|{page}"
