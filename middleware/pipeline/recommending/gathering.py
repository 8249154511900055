"""The block `recommendations`: what fits, from what the sender's sight lets through.

A recommendation tells what it rests on, so it is there only for whoever may be told of that: what was bought needs
`linked`, cart and products seen `carried`. What goes with the product that the message itself is about is everybody's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.co_purchases import CoPurchases
from middleware.domain.commerce import LineItem
from middleware.domain.context import Block
from middleware.domain.events import Event
from middleware.domain.identifiers import Level
from middleware.domain.recommendations import LEVEL_OF, By, ProductRef, RecommendationsView, RecommendationView, RestsOn
from middleware.domain.signals import PageView
from middleware.identity.disclosure import Sight
from middleware.pipeline.catalogue import Catalogue, Reference
from middleware.pipeline.enriching import Wanted
from middleware.pipeline.parts import Brand
from middleware.pipeline.products import Found, address_of, prices_of, product_of_message
from middleware.pipeline.recommending.choosing import Basis, Choice, Counts, Known, Purchase, Recommended
from middleware.pipeline.recommending.counting import CAME_BACK
from middleware.pipeline.recommending.rules import refs_of

MOST_ORDERS = 20
MOST_THINGS = 50
"""Things bought, things in the cart, and products seen, that recommendations rest on."""

_CALLED_ON_SITE: tuple[Reference, ...] = ("handle", "product", "variant", "sku")


@dataclass(frozen=True, slots=True)
class Recommending:
    """Makes the block for a message when a step wants it (`pipeline/enriching.py`)."""

    brand: Brand

    async def block(self, wanted: Wanted) -> Block[RecommendationsView]:
        """What fits the sender. Raises StoreUnavailable where the counts cannot be read."""
        return await recommendations_block(self.brand, *_seen(self.brand, wanted), wanted.context.at)

    def instead(self, wanted: Wanted, why: str) -> Block[RecommendationsView]:
        """What fits by the rules alone, for which nothing has to be read."""
        sight, about = _seen(self.brand, wanted)
        known = known_of(self.brand.catalogue, sight, about, wanted.context.at)
        block = _block(self.brand, sight, known, {}, wanted.context.at)
        state = "stale" if block.value is not None else "error"
        return block.model_copy(update={"state": state, "why": f"without what is bought together: {why}"})


async def recommendations_block(
    brand: Brand, sight: Sight | None, about: Found | None, now: datetime
) -> Block[RecommendationsView]:
    """What fits, with what it rests on. Reads the counts of that: one command, or none. Raises StoreUnavailable."""
    known = known_of(brand.catalogue, sight, about, now)
    return _block(brand, sight, known, await _counts(brand, known.counted()), now)


def _seen(brand: Brand, wanted: Wanted) -> tuple[Sight | None, Found | None]:
    """What the sender of a message sees, and the product that it is about. In a group nobody sees anything."""
    event, now = wanted.event, wanted.context.at
    if event.message is not None and event.message.group is not None:
        return None, None
    sight = Sight(wanted.profile, wanted.sender, now, wanted.signed_in)
    return sight, product_in(brand, sight, event, now)


def product_in(brand: Brand, sight: Sight, event: Event | None, now: datetime) -> Found | None:
    """The product that the message of an event is about, or that of a click that is not long ago."""
    clicks = sight.clicks()
    return product_of_message(brand, event, clicks[1] if clicks is not None else None, now)


def _block(
    brand: Brand, sight: Sight | None, known: Known, counts: Counts, now: datetime
) -> Block[RecommendationsView]:
    chosen = Choice(brand.catalogue, brand.recommending, known, counts, now).recommended()
    if not chosen:
        return Block[RecommendationsView](state="missing", needs_level=Level.NEW)
    return Block[RecommendationsView](
        state="fresh",
        needs_level=_needs(chosen, sight),
        value=RecommendationsView(items=tuple(_view(brand, each) for each in chosen)),
        source=", ".join(sorted({each.basis.source for each in chosen})),
        as_of=now,
    )


def _needs(chosen: Iterable[Recommended], sight: Sight | None) -> Level:
    """The level of what needs most. What was looked at in the sender's own browser is of this conversation."""
    seen = Level.CHANNEL if sight is not None and sight.is_browser() else Level.CARRIED
    return max(seen if each.basis.rests_on == "view" else LEVEL_OF[each.basis.rests_on] for each in chosen)


async def _counts(brand: Brand, keys: list[str]) -> Counts:
    found = await brand.store.get(CoPurchases, keys) if keys else {}
    return {key: each.record.together() for key, each in found.items()}


def known_of(catalogue: Catalogue, sight: Sight | None, about: Found | None, now: datetime) -> Known:
    """What the sender may see, as what recommendations can rest on."""
    named = _of_message(about)
    by_click = about is not None and about.why == "ad_click"
    asked, clicked = (None, named) if by_click else (named, None)
    if sight is None:
        return Known(asked=asked, clicked=clicked)
    cart, _ = sight.cart(now)
    views, _ = sight.views(now)
    in_cart = (
        (_of_item(catalogue, item, "cart", cart.version.source) for item in cart.items) if cart is not None else ()
    )
    seen = {each.product: each for each in reversed(views) if each.what == "product" and each.product}
    latest = sorted(seen.values(), key=PageView.rank, reverse=True)
    return Known(
        asked=asked,
        clicked=clicked,
        purchases=_purchases(catalogue, sight, now),
        cart=tuple(in_cart)[:MOST_THINGS],
        viewed=tuple(basis for each in latest[:MOST_THINGS] if (basis := _of_view(catalogue, each)) is not None),
    )


def _purchases(catalogue: Catalogue, sight: Sight, now: datetime) -> tuple[Purchase, ...]:
    """The things in the sender's newest orders, the pieces of one thing in one order together."""
    found: list[Purchase] = []
    for order in sight.orders(now=now)[:MOST_ORDERS]:
        came_back = order.present_state() in CAME_BACK
        things: dict[str, Purchase] = {}
        for item in order.items:
            basis = _of_item(catalogue, item, "order", order.version.source)
            key = basis.product.id if basis.product is not None else item.title
            pieces = item.quantity + (things[key].pieces if key in things else 0)
            if item.quantity > 0:
                things[key] = Purchase(basis, order.created_at, pieces, came_back)
        found += things.values()
    return tuple(found[:MOST_THINGS])


def _of_item(catalogue: Catalogue, item: LineItem, rests_on: RestsOn, source: str) -> Basis:
    """A line of an order or a cart. What the catalogue does not know can still be called by its ids."""
    product = catalogue.of_item(item)
    if product is not None:
        return Basis(product.title, rests_on, source, refs_of(product, item.sku), product)
    ids: tuple[tuple[By, str | None], ...] = (("product_id", item.product_id), ("sku", item.sku))
    refs = frozenset(ProductRef(by, value) for by, value in ids if value)
    return Basis(item.title, rests_on, source, refs)


def _of_view(catalogue: Catalogue, view: PageView) -> Basis | None:
    """A product that was looked at, if the catalogue knows what the site calls so."""
    found = (catalogue.find(by, view.product) for by in _CALLED_ON_SITE)
    product = next((each for each in found if each is not None), None)
    return Basis(product.title, "view", "site", refs_of(product), product) if product is not None else None


def _of_message(about: Found | None) -> Basis | None:
    """The product that the message is about, if the catalogue knows it."""
    if about is None or about.product is None:
        return None
    title, source = about.title or about.product.title, about.product.version.source
    return Basis(title, "message", source, refs_of(about.product), about.product)


def _view(brand: Brand, each: Recommended) -> RecommendationView:
    product = each.product
    price, price_to = prices_of(product)
    return RecommendationView(
        title=product.title,
        url=address_of(brand, product),
        image=product.image,
        price=price,
        price_to=price_to,
        available=product.available(),
        why=each.why,
        rests_on=each.basis.rests_on,
        because_of=each.basis.title,
        together=each.together.count if each.together is not None else None,
        of=each.together.of if each.together is not None else None,
    )
