"""The catalogue: what a shop's products are now, whatever the order, and which one is meant."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.commerce import Money, Version
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.product import (
    LISTED_AT_MOST,
    CataloguePage,
    Product,
    Variant,
    newest_product,
    page_of,
    pages_of,
    product_key,
)
from middleware.errors import StoreUnavailable
from middleware.pipeline.absorb_product import absorb_product
from middleware.pipeline.catalogue import LOOKS_EVERY, Catalogue
from middleware.pipeline.parts import Brand
from middleware.ports import Put
from tests.unit.middleware.builders import SHOP, at
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import brand_of

GLOW = brand_of(MemoryStore())


def brand_over(store: MemoryStore) -> Brand:
    """A brand with a catalogue of its own."""
    return replace(GLOW, store=store, catalogue=Catalogue([SHOP]))


def product(number: str = "82", *, version: float = 0, event: str = "e", **parts: Any) -> Product:
    """One version of a product that is for sale."""
    known: dict[str, Any] = {
        "id": product_key(SHOP, number),
        "shop": SHOP,
        "number": number,
        "version": Version(at=at(version), event=event),
        "title": f"Rose Night Cream {number}",
        "is_public": True,
    }
    return Product(**{**known, **parts})


def gone(number: str = "82", *, version: float = 0, event: str = "e") -> Product:
    """A product that the shop deleted."""
    return Product(
        id=product_key(SHOP, number), shop=SHOP, number=number, version=Version(at=at(version), event=event), gone=True
    )


def titled(*titles: str, **parts: Any) -> Catalogue:
    """A catalogue of products with these titles."""
    catalogue = Catalogue([SHOP])
    for number, title in enumerate(titles):
        catalogue.take(product(str(number), title=title, **parts))
    return catalogue


def told(each: Product) -> Event:
    """The event that tells of a product."""
    return Event(
        key=f"{each.number}-{each.version.at}-{each.version.event}-{each.gone}",
        kind=EventKind.PRODUCT,
        connector="shopify",
        account=SHOP,
        occurred_at=each.version.at,
        received_at=each.version.at,
        anchor=Identifier(IdentifierKind.SHOP_PRODUCT, SHOP, each.number),
        product=each,
    )


_PRODUCTS = st.builds(
    lambda number, version, event, kind: (
        gone(number, version=version, event=event)
        if kind == "gone"
        else product(number, version=version, event=event, title=f"{version}{event}", is_public=kind == "public")
    ),
    st.sampled_from(["82", "83"]),
    st.integers(0, 3),
    st.sampled_from("ab"),
    st.sampled_from(["public", "public", "draft", "gone"]),
)


def _one_a_version(told_of: list[Product]) -> list[Product]:
    """Of two states with one version the first: one event tells one state."""
    return list({(each.number, each.version.rank(), each.gone): each for each in reversed(told_of)}.values())


async def _absorbed(told_of: list[Product]) -> tuple[dict[str, str], dict[str, str], Catalogue]:
    """Products and pages as they are stored, byte for byte, and what the process knows."""
    store = MemoryStore()
    brand = brand_over(store)
    for each in told_of:
        await absorb_product(brand, told(each), each)
    keys = [product_key(SHOP, number) for number in ("82", "83")]
    products = await store.get(Product, keys)
    pages = await store.get(CataloguePage, pages_of([SHOP]))
    return (
        {key: stored.record.model_dump_json() for key, stored in products.items()},
        {key: stored.record.model_dump_json() for key, stored in pages.items()},
        brand.catalogue,
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(_PRODUCTS, min_size=1, max_size=8), st.randoms(use_true_random=False), st.data())
async def test_any_order_and_any_repetition_give_the_same_bytes(
    drawn: list[Product], dice: random.Random, data: st.DataObject
) -> None:
    """Products told of in any order and twice: the same documents, and every process knows the same."""
    told_of = _one_a_version(drawn)
    again = data.draw(st.lists(st.sampled_from(told_of), max_size=5), label="told again")
    other = [*told_of, *again]
    dice.shuffle(other)
    first, second = await _absorbed(told_of), await _absorbed(other)
    assert first[:2] == second[:2]
    assert first[2]._products == second[2]._products


@settings(max_examples=50, deadline=None)
@given(st.lists(_PRODUCTS, min_size=1, max_size=8))
async def test_a_process_that_looks_knows_what_one_that_absorbed_knows(drawn: list[Product]) -> None:
    """Memory and pages tell the same: nothing is missed, and nothing is shown that is not public any more."""
    store = MemoryStore()
    brand, elsewhere = brand_over(store), Catalogue([SHOP])
    for number, each in enumerate(_one_a_version(drawn)):
        await absorb_product(brand, told(each), each)
        await elsewhere.look(store, number * LOOKS_EVERY)
    assert elsewhere._products == brand.catalogue._products
    assert all(each.is_shown for each in elsewhere._products.values())


def test_a_product_that_is_gone_stays_gone() -> None:
    """Whatever is told of it, earlier or later."""
    for known, incoming in ((gone(version=1), product(version=9)), (product(version=9), gone(version=1))):
        newest = newest_product(known, incoming)
        assert (newest.gone, newest.title, newest.is_shown) == (True, "", False)


def test_a_page_is_bounded() -> None:
    """Of too many products the ones with the greatest ids are listed: the youngest."""
    page = CataloguePage(id="p", shop=SHOP)
    for number in range(LISTED_AT_MOST + 5):
        page = page.with_product(product(str(number)))
    assert len(page.products) == LISTED_AT_MOST
    assert [page.products[0].number, page.products[-1].number] == ["5", str(LISTED_AT_MOST + 4)]


def test_a_products_page_is_one_of_the_shops() -> None:
    """It follows from the id alone."""
    pages = pages_of([SHOP])
    assert {page_of(SHOP, str(number)) for number in range(1000)} == set(pages)


async def test_a_page_that_a_crash_left_behind_is_put_right() -> None:
    """The product was written and the page was not: absorbing the event once more lists it."""
    store = MemoryStore()
    brand = brand_over(store)
    await store.write(Put(product()))
    await absorb_product(brand, told(product()), product())
    pages = await store.get(CataloguePage, [page_of(SHOP, "82")])
    assert [each.number for page in pages.values() for each in page.record.products] == ["82"]


async def test_a_catalogue_is_looked_at_in_its_own_time() -> None:
    """Not at every message; at once again after a store that did not answer."""

    class Counted(MemoryStore):
        looks = 0
        fails = False

        async def get(self, kind: Any, ids: Any) -> Any:
            self.looks += 1
            if self.fails:
                raise StoreUnavailable
            return await super().get(kind, ids)

    store, catalogue = Counted(), Catalogue([SHOP])
    for now in (0.0, 1.0, LOOKS_EVERY - 0.1):
        await catalogue.look(store, now)
    assert store.looks == 1
    store.fails = True
    with pytest.raises(StoreUnavailable):
        await catalogue.look(store, LOOKS_EVERY)
    store.fails = False
    await catalogue.look(store, LOOKS_EVERY + 1)
    assert store.looks == 3


async def test_what_is_absorbed_during_a_look_is_not_lost() -> None:
    """The pages were read before it was listed: it stays known, and what was deleted meanwhile stays away."""
    catalogue = Catalogue([SHOP])

    class Slow(MemoryStore):
        async def get(self, kind: Any, ids: Any) -> Any:
            found = await super().get(kind, ids)
            if kind is CataloguePage:
                catalogue.take(product("84"))
                catalogue.take(gone("82"))
            return found

    store = Slow()
    await absorb_product(brand_over(store), told(product("82")), product("82"))
    await catalogue.look(store, 0)
    assert catalogue.find("product", "84") is not None
    assert catalogue.find("product", "82") is None


def test_a_product_is_found_by_what_a_shop_calls_it() -> None:
    """Id, variant id, handle, SKU; of two with one SKU neither."""
    catalogue = Catalogue([SHOP])
    variants = (Variant(id="441", sku="ROSE-30"), Variant(id="442", sku="ROSE-50"))
    catalogue.take(product("82", handle="rose", variants=variants))
    catalogue.take(product("83", variants=(Variant(id="443", sku="ROSE-50"),)))
    for by, value in (("product", "82"), ("variant", "442"), ("handle", "rose"), ("sku", "ROSE-30")):
        found = catalogue.find(by, value)  # type: ignore[arg-type]
        assert found is not None, by
        assert found.number == "82"
    assert catalogue.find("sku", "ROSE-50") is None
    assert catalogue.find("product", None) is None
    retailer = catalogue.by_retailer_id("ROSE-30")
    assert retailer is not None
    assert (retailer[0].number, retailer[1]) == ("82", "441")


def test_what_a_product_was_called_finds_it_no_more() -> None:
    """A new version replaces everything that the old one was found by."""
    catalogue = Catalogue([SHOP])
    catalogue.take(product("82", title="Rose Cream", handle="rose", variants=(Variant(id="441"),)))
    catalogue.take(product("82", title="Lily Soap", handle="lily", version=1))
    assert (catalogue.find("handle", "rose"), catalogue.find("variant", "441")) == (None, None)
    assert catalogue.named_in("rose cream") is None
    assert catalogue.named_in("lily soap") is not None


TITLES = ("Rose Night Cream", "Rose Day Cream", "Night Cream", "Glow Skincare Bundle", "Tee", "Crème Brûlée Candle")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("is the Rose Night Cream vegan?", "Rose Night Cream"),
        ("ROSE NIGHT CREAM", "Rose Night Cream"),
        ("rose nihgt cream?", None),
        ("glow skincare bundel please", "Glow Skincare Bundle"),
        ("how much is the night cream", "Night Cream"),
        ("rose cream", None),
        ("the day cream", None),
        ("is the creme brulee candle scented?", "Crème Brûlée Candle"),
        ("a tee please", None),
        ("where is my order?", None),
        ("", None),
        ("cream " * 200, None),
    ],
)
def test_a_product_is_named_by_nearly_its_whole_title(text: str, title: str | None) -> None:
    """Accents, case and a slip in a long word do not matter; half a title, or one too short, names nothing."""
    found = titled(*TITLES).named_in(text)
    assert (found.title if found else None) == title


def test_two_products_of_one_title_are_a_doubt() -> None:
    """Unsure is none."""
    assert titled("Rose Night Cream", "Rose night cream").named_in("rose night cream") is None


@given(st.text(max_size=700))
def test_no_text_is_too_odd(text: str) -> None:
    """Any text names a product or none."""
    found = titled(*TITLES).named_in(text)
    assert found is None or found.title in TITLES


def test_prices_are_told_only_if_all_are_known() -> None:
    """One variant without a price, or in another currency, and there is none."""
    cheap, dear = (Money(amount=amount, currency="EUR", exponent=2) for amount in (100, 200))
    dollars = Money(amount=100, currency="USD", exponent=2)

    def prices(*each: Money | None) -> object:
        return product(variants=tuple(Variant(id=str(n), price=price) for n, price in enumerate(each))).prices()

    assert prices(dear, cheap) == (cheap, dear)
    assert prices(cheap, None) is None
    assert prices(cheap, dollars) is None
    assert prices() is None


@pytest.mark.parametrize(
    ("known", "available"),
    [((True, False), True), ((False, False), False), ((False, None), None), ((), None), ((None, True), True)],
)
def test_a_product_can_be_had_if_any_variant_can(known: tuple[bool | None, ...], available: bool | None) -> None:  # noqa: FBT001 - a case
    """And cannot only if that is sure of every one."""
    variants = tuple(Variant(id=str(number), available=each) for number, each in enumerate(known))
    assert product(variants=variants).available() is available


def test_a_mark_changes_with_the_content() -> None:
    """Two processes that read one mark have one content."""
    assert product().mark() == product().mark()
    assert product().mark() != product(title="Another").mark()
