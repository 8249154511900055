"""Which product a message is about, and what may be said of it. Pure, over what is in memory.

The catalogue is public, so there is no level to reach: who asks learns nothing but what the shop shows everybody. How a
product is found never depends on who somebody is, only on their own message and their own click.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from middleware.domain.commerce import LineItem, Money
from middleware.domain.context import Block, LinkOffer, ProductView
from middleware.domain.events import Event
from middleware.domain.fragment import AdClick
from middleware.domain.identifiers import Level
from middleware.domain.product import Product, Variant
from middleware.pipeline.parts import AdProduct, Brand

CLICK_COUNTS_FOR = timedelta(days=1)
"""How long what somebody asks is about the ad that they clicked, unless they say otherwise."""

Why = Literal["ad_click", "referred", "named"]


@dataclass(frozen=True, slots=True)
class Found:
    """A product: what the brand's map says of it, and what the catalogue knows. One of them is there."""

    ad: AdProduct
    product: Product | None
    variant: Variant | None
    why: Why

    @property
    def title(self) -> str | None:
        """What it is called: the map wins."""
        return self.ad.title or (self.product.title if self.product is not None else None)

    def variant_id(self) -> str | None:
        """The variant that a cart can be offered with: the map's, the one that was found, else the only one."""
        if self.ad.variant_id or self.product is None:
            return self.ad.variant_id
        variants = self.product.variants
        only = variants[0] if len(variants) == 1 else None
        chosen = self.variant or only
        return chosen.id if chosen is not None and chosen.available is not False else None


def product_of_message(brand: Brand, event: Event | None, click: AdClick | None, now: datetime) -> Found | None:
    """The product that a message is about: that of its own click, the one it was referred to, the one that it names;
    else that of a click that is not long ago.
    """
    if event is not None and event.referral is not None:
        referral = event.referral
        found = _by_keys(brand, (referral.ad_id, referral.ref, referral.product_id), referral.product_id, "ad_click")
        if found is not None:
            return found
    if event is not None and event.message is not None:
        referred = event.message.product_id
        found = _by_keys(brand, (referred,), referred, "referred") or _named(brand, event.message.text)
        if found is not None:
            return found
    return product_of_click(brand, click) if click is not None and now - click.at <= CLICK_COUNTS_FOR else None


def product_of_click(brand: Brand, click: AdClick) -> Found | None:
    """The product that a click leads to, the most telling key first."""
    return _by_keys(brand, (click.ad_id, click.ref, click.product_id), click.product_id, "ad_click")


def _by_keys(brand: Brand, keys: tuple[str | None, ...], retailer_id: str | None, why: Why) -> Found | None:
    """By the brand's map, which wins; else by the platform's id of the product, where it is the shop's."""
    for key in keys:
        ad = brand.products.get(key) if key is not None else None
        found = _of_map(brand, ad, why) if ad is not None else None
        if found is not None:
            return found
    product = brand.catalogue.by_retailer_id(retailer_id)
    return Found(AdProduct(), product[0], _variant(product[0], product[1]), why) if product is not None else None


def _of_map(brand: Brand, ad: AdProduct, why: Why) -> Found | None:
    """What the map names; None where it has no title and the catalogue does not know the product."""
    catalogue = brand.catalogue
    product = (
        catalogue.find("variant", ad.variant_id)
        or catalogue.find("product", ad.product_id)
        or catalogue.find("handle", ad.handle)
    )
    if product is None:
        return Found(ad, None, None, why) if ad.title else None
    return Found(ad, product, _variant(product, ad.variant_id), why)


def _named(brand: Brand, text: str) -> Found | None:
    product = brand.catalogue.named_in(text)
    return Found(AdProduct(), product, None, "named") if product is not None else None


def _variant(product: Product, variant_id: str | None) -> Variant | None:
    return next((each for each in product.variants if each.id == variant_id), None)


def product_block(brand: Brand, found: Found | None) -> Block[ProductView]:
    """The block for a message. Nothing in it needs a level."""
    title = found.title if found is not None else None
    if found is None or title is None:
        return Block[ProductView](state="missing", needs_level=Level.NEW)
    product = found.product
    if product is None:
        view = ProductView(title=title, why=found.why)
        return Block[ProductView](state="fresh", needs_level=Level.NEW, value=view, source="settings")
    price, price_to = prices_of(product, found.variant)
    view = ProductView(
        title=title,
        why=found.why,
        variant=found.variant.title if found.variant is not None else None,
        url=address_of(brand, product, found.variant),
        image=product.image,
        price=price,
        price_to=price_to,
        available=found.variant.available if found.variant is not None else product.available(),
        description=product.description or None,
    )
    return Block[ProductView](
        state="fresh", needs_level=Level.NEW, value=view, source="shopify", as_of=product.version.at
    )


def prices_of(product: Product, variant: Variant | None = None) -> tuple[Money | None, Money | None]:
    """The price, and the highest one where there are several."""
    if variant is not None:
        return variant.price, None
    prices = product.prices()
    if prices is None:
        return None, None
    lowest, highest = prices
    return lowest, highest if highest != lowest else None


def address_of(brand: Brand, product: Product, variant: Variant | None = None) -> str | None:
    """The product's public page (Shopify: `/products/<handle>`)."""
    storefront = brand.storefront(product.shop)
    if storefront is None or not product.handle:
        return None
    page = f"{storefront}/products/{quote(product.handle, safe='')}"
    return f"{page}?variant={quote(variant.id, safe='')}" if variant is not None else page


def product_link(brand: Brand, found: Found | None, link_id: str) -> LinkOffer | None:
    """A personal link to a cart with the product in it, where it can be put into one."""
    variant_id = found.variant_id() if found is not None else None
    shop = found.product.shop if found is not None and found.product is not None else None
    storefront = brand.storefront(shop)
    if found is None or variant_id is None or storefront is None:
        return None
    item = LineItem(title=found.title or "", variant_id=variant_id)
    return LinkOffer(id=link_id, url=permalink(storefront, (item,), link_id))


def permalink(storefront: str, items: tuple[LineItem, ...], link_id: str) -> str:
    """A Shopify cart permalink with our id as an attribute: it comes back in `note_attributes`
    (Shopify: "Create cart permalinks", `attributes[key]=value`).
    """
    lines = ",".join(f"{quote(item.variant_id or '', safe='')}:{item.quantity}" for item in items)
    return f"{storefront}/cart/{lines}?attributes%5Bthroughline%5D={link_id}"
