"""Products out of Shopify's bodies. Field names are those of the REST Admin API resource `Product`."""

from collections.abc import Mapping
from typing import Any

from connectors.fields import as_moment, as_object, as_objects, as_text
from connectors.sources.shopify.fields import as_id, as_link, as_money, as_tags
from connectors.sources.shopify.plain_text import plain_text
from connectors.sources.shopify.telling import Telling, changed_at
from middleware.domain.product import Product, Variant, product_key

_NO_VARIANT = "Default Title"
"""What Shopify calls the only variant of a product without variants."""


def product_id(body: Mapping[str, Any]) -> str | None:
    """The product's id in its shop."""
    return as_id(body.get("id"))


def read_product(body: Mapping[str, Any], own: str, telling: Telling) -> Product:
    """The product with the id `own`. One that is a draft, archived or unpublished is not public."""
    active = as_text(body.get("status")) in {None, "active"}
    return Product(
        id=product_key(telling.shop, own),
        shop=telling.shop,
        number=own,
        version=telling.version(changed_at(body, telling)),
        title=as_text(body.get("title")) or "",
        handle=as_id(body.get("handle")) or _unescaped(body.get("handle")),
        image=_image(body),
        description=plain_text(body.get("body_html")),
        tags=as_tags(body.get("tags")),
        variants=tuple(_variants(body, telling)),
        is_public=active and as_moment(body.get("published_at")) is not None,
    )


def gone_product(own: str, telling: Telling) -> Product:
    """The product with the id `own` after the shop deleted it. The body says nothing but the id."""
    return Product(
        id=product_key(telling.shop, own), shop=telling.shop, number=own, version=telling.version(None), gone=True
    )


def _unescaped(handle: object) -> str | None:
    """A handle in letters beyond ASCII; it is escaped where it goes into an address."""
    text = as_text(handle)
    return text if text and not any(character.isspace() for character in text) else None


def _image(body: Mapping[str, Any]) -> str | None:
    images = [as_object(body.get("image")), *as_objects(body.get("images"))]
    return next(filter(None, (as_link(image.get("src")) for image in images)), None)


def _variants(body: Mapping[str, Any], telling: Telling) -> list[Variant]:
    found = {own: each for each in as_objects(body.get("variants")) if (own := as_id(each.get("id")))}
    return [_variant(own, each, telling) for own, each in found.items()]


def _variant(own: str, body: Mapping[str, Any], telling: Telling) -> Variant:
    title = as_text(body.get("title"))
    return Variant(
        id=own,
        title=title if title != _NO_VARIANT else None,
        sku=as_text(body.get("sku")),
        price=as_money(body.get("price"), telling.currency),
        available=_is_available(body),
    )


def _is_available(variant: Mapping[str, Any]) -> bool | None:
    """Whether it can be bought: sold on without stock, not counted at all, or in stock.

    Newer versions of the API do not say whether it is counted (`inventory_management`): then nothing left may be sold
    out or not counted, and that is not sure.
    """
    quantity = variant.get("inventory_quantity")
    if variant.get("inventory_policy") == "continue":
        return True
    if "inventory_management" in variant and variant["inventory_management"] is None:
        return True
    if not isinstance(quantity, int) or isinstance(quantity, bool):
        return None
    if quantity > 0:
        return True
    return False if variant.get("inventory_management") else None
