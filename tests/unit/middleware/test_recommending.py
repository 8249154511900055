"""What is recommended: by rule, by count, in a certain order, and never what a customer has no use for."""

import random
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.co_purchases import Together
from middleware.domain.commerce import Version
from middleware.domain.product import Product, Variant, product_key
from middleware.domain.recommendations import (
    MOST_OF_EACH,
    WHYS,
    AccessoryRule,
    ProductRef,
    RecommendationRules,
    ReplenishmentRule,
    RestsOn,
)
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.recommending.choosing import Basis, Choice, Counts, Known, Purchase, Recommended
from middleware.pipeline.recommending.rules import Rules, refs_of
from tests.unit.middleware.builders import SHOP, at

NOW = at(0)


def product(number: str, **parts: Any) -> Product:
    """A product that is for sale, with the handle `p<number>` and the SKU `S<number>`."""
    known: dict[str, Any] = {
        "id": product_key(SHOP, number),
        "shop": SHOP,
        "number": number,
        "version": Version(at=at(-1), event=f"shopify:{number}"),
        "title": f"Thing {number}",
        "handle": f"p{number}",
        "variants": (Variant(id=f"{number}0", sku=f"S{number}", available=True),),
        "is_public": True,
    }
    return Product(**{**known, **parts})


def catalogue_of(*products: Product) -> Catalogue:
    """A catalogue of these products."""
    catalogue = Catalogue([SHOP])
    for each in products:
        catalogue.take(each)
    return catalogue


def handle(number: str) -> ProductRef:
    """A product as most rules name it."""
    return ProductRef("handle", f"p{number}")


def goes_with(to: str, *recommend: str) -> AccessoryRule:
    """A rule that these go with it, by their handles."""
    return AccessoryRule(to=(handle(to),), recommend=tuple(map(handle, recommend)))


def lasts(days: int, *numbers: str) -> ReplenishmentRule:
    """A rule that one piece of these lasts so many days."""
    return ReplenishmentRule(products=tuple(map(handle, numbers)), after=timedelta(days=days))


def basis(of: Product, rests_on: RestsOn = "order") -> Basis:
    """A product as what something rests on."""
    return Basis(of.title, rests_on, "shopify", refs_of(of), of)


def bought(of: Product, days_ago: float, pieces: int = 1, *, came_back: bool = False) -> Purchase:
    """A purchase of a product."""
    return Purchase(basis(of), NOW - timedelta(days=days_ago), pieces, came_back)


def chosen(
    catalogue: Catalogue, known: Known, rules: RecommendationRules | None = None, counts: Counts | None = None
) -> tuple[Recommended, ...]:
    """What is recommended now."""
    return Choice(catalogue, Rules(rules), known, counts or {}, NOW).recommended()


def said(found: tuple[Recommended, ...]) -> list[tuple[str, str, str]]:
    """Number, reason and what it rests on, of each."""
    return [(each.product.number, each.why, each.basis.title) for each in found]


POT, PAPER, BEANS, CUP, BAG = (product(number) for number in ("1", "2", "3", "4", "5"))
EVERYTHING = catalogue_of(POT, PAPER, BEANS, CUP, BAG)


def test_what_goes_with_a_purchase_is_recommended() -> None:
    """A rule recommends its products for what was bought, in its order, and says for what."""
    rules = RecommendationRules(accessories=(goes_with("1", "4", "2"),))
    found = chosen(EVERYTHING, Known(purchases=(bought(POT, 3),)), rules)
    assert said(found) == [("4", "accessory", "Thing 1"), ("2", "accessory", "Thing 1")]


def test_a_rule_names_products_by_id_sku_and_tag() -> None:
    """What was bought is recognised by each of its names; a tag whatever its letters."""
    coffee = product("6", tags=("Coffee",))
    catalogue = catalogue_of(coffee, PAPER)
    for ref in (
        ProductRef("product_id", "6"),
        ProductRef("sku", "S6"),
        ProductRef("tag", "coffee"),
        ProductRef("handle", "p6"),
    ):
        rules = RecommendationRules(accessories=(AccessoryRule(to=(ref,), recommend=(ProductRef("sku", "S2"),)),))
        assert said(chosen(catalogue, Known(purchases=(bought(coffee, 3),)), rules)) == [("2", "accessory", "Thing 6")]


def test_what_is_used_up_is_recommended_from_that_day_on() -> None:
    """What lasts 30 days a piece is recommended 60 days after two were bought, and not before; then before all else."""
    rules = RecommendationRules(accessories=(goes_with("3", "2"),), replenishments=(lasts(30, "3"),))
    not_yet = chosen(EVERYTHING, Known(purchases=(bought(BEANS, 59.9, pieces=2),)), rules)
    due = chosen(EVERYTHING, Known(purchases=(bought(BEANS, 60, pieces=2),)), rules)
    assert said(not_yet) == [("2", "accessory", "Thing 3")]
    assert said(due) == [("3", "replenishment", "Thing 3"), ("2", "accessory", "Thing 3")]


def test_what_was_bought_again_is_not_due() -> None:
    """The last purchase counts: who has just bought more is not told to."""
    rules = RecommendationRules(replenishments=(lasts(30, "3"),))
    assert said(chosen(EVERYTHING, Known(purchases=(bought(BEANS, 5), bought(BEANS, 90))), rules)) == []


def test_what_was_used_up_last_comes_first() -> None:
    """Of several that are used up the one is first whose time came last."""
    rules = RecommendationRules(replenishments=(lasts(30, "3", "2"),))
    found = chosen(EVERYTHING, Known(purchases=(bought(BEANS, 40), bought(PAPER, 400))), rules)
    assert [each.product.number for each in found] == ["3", "2"]


def test_what_others_bought_with_it_comes_with_its_figures() -> None:
    """Counts recommend what was bought together often enough, the most often first, and say how often."""
    counts = {
        POT.id: {"2": Together(count=37, of=200), "4": Together(count=90, of=200), "5": Together(count=2, of=200)}
    }
    found = chosen(EVERYTHING, Known(purchases=(bought(POT, 3),)), counts=counts)
    assert said(found) == [("4", "bought_together", "Thing 1"), ("2", "bought_together", "Thing 1")]
    assert found[1].together == Together(count=37, of=200)


def test_a_rule_wins_over_a_count_and_a_count_over_a_look() -> None:
    """Each product is there once, for the best reason."""
    rules = RecommendationRules(accessories=(goes_with("1", "2"),))
    counts = {POT.id: {"2": Together(count=9, of=9), "4": Together(count=9, of=9)}}
    viewed = tuple(basis(each, "view") for each in (CUP, BAG))
    found = chosen(EVERYTHING, Known(purchases=(bought(POT, 3),), viewed=viewed), rules, counts)
    assert said(found) == [
        ("2", "accessory", "Thing 1"), ("4", "bought_together", "Thing 1"), ("5", "viewed", "Thing 5"),
    ]  # fmt: skip


def test_what_a_customer_has_no_use_for_is_never_recommended() -> None:
    """Not what is sold out, unknown to the catalogue, forbidden, in the cart, bought lately, or came back."""
    sold_out = product("6", variants=(Variant(id="60", available=False),))
    secret = product("7", is_public=False)
    given_back, old = product("8"), product("9")
    catalogue = catalogue_of(POT, PAPER, BEANS, CUP, BAG, sold_out, secret, given_back, old)
    rules = RecommendationRules(
        accessories=(goes_with("1", "6", "7", "99", "5", "4", "3", "8", "9"),),
        never=(ProductRef("sku", "S5"),),
        not_again_within=timedelta(days=30),
    )
    known = Known(
        purchases=(bought(POT, 3), bought(given_back, 5, came_back=True), bought(BEANS, 29), bought(old, 31)),
        cart=(basis(CUP, "cart"),),
    )
    assert said(chosen(catalogue, known, rules)) == [("9", "accessory", "Thing 1")]


def test_what_came_back_is_no_purchase() -> None:
    """Nothing goes with what was given back, and it is not used up either."""
    rules = RecommendationRules(accessories=(goes_with("3", "2"),), replenishments=(lasts(10, "3"),))
    assert said(chosen(EVERYTHING, Known(purchases=(bought(BEANS, 30, came_back=True),)), rules)) == []
    counted = Known(purchases=(bought(BEANS, 30, came_back=True),))
    assert counted.counted() == []


def test_what_is_asked_for_by_name_is_all_that_is_told() -> None:
    """Where the message names a product that something goes with, only that is recommended; else what else fits."""
    rules = RecommendationRules(accessories=(goes_with("1", "2"), goes_with("4", "5")), replenishments=(lasts(1, "3"),))
    purchases = (bought(POT, 3), bought(BEANS, 30))
    about_cup = chosen(EVERYTHING, Known(asked=basis(CUP, "message"), purchases=purchases), rules)
    about_bag = chosen(EVERYTHING, Known(asked=basis(BAG, "message"), purchases=purchases), rules)
    assert said(about_cup) == [("5", "accessory", "Thing 4")]
    assert said(about_bag) == [("3", "replenishment", "Thing 3"), ("2", "accessory", "Thing 1")]


def test_what_is_in_the_cart_has_accessories_too() -> None:
    """What goes with the cart comes after what goes with a purchase."""
    rules = RecommendationRules(accessories=(goes_with("4", "5"), goes_with("1", "2")))
    found = chosen(EVERYTHING, Known(purchases=(bought(POT, 3),), cart=(basis(CUP, "cart"),)), rules)
    assert said(found) == [("2", "accessory", "Thing 1"), ("5", "accessory", "Thing 4")]


NUMBERS = [str(number) for number in range(1, 13)]
refs = st.sampled_from(NUMBERS).map(handle)
some_rules = st.builds(
    RecommendationRules,
    accessories=st.lists(
        st.builds(
            AccessoryRule,
            to=st.lists(refs, min_size=1, max_size=3).map(tuple),
            recommend=st.lists(refs, min_size=1, max_size=6).map(tuple),
        ),
        max_size=6,
    ).map(tuple),
    replenishments=st.lists(
        st.builds(
            ReplenishmentRule,
            products=st.lists(refs, min_size=1, max_size=3).map(tuple),
            after=st.integers(1, 90).map(lambda days: timedelta(days=days)),
        ),
        max_size=3,
    ).map(tuple),
    never=st.lists(refs, max_size=2).map(tuple),
    least_together=st.integers(2, 6),
)
some_products = st.lists(
    st.builds(
        lambda number, can_be_had, public: product(
            number, variants=(Variant(id=f"{number}0", available=can_be_had),), is_public=public
        ),
        st.sampled_from(NUMBERS),
        st.sampled_from([True, None, False]),
        st.sampled_from([True, True, True, False]),
    ),
    unique_by=lambda each: each.number,
)
numbers = st.lists(st.sampled_from(NUMBERS), max_size=4)


@settings(deadline=None, max_examples=300)
@given(
    some_products,
    some_rules,
    st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(0, 200), st.integers(0, 5), st.booleans()), max_size=6),
    st.tuples(numbers, numbers, st.none() | st.sampled_from(NUMBERS), st.none() | st.sampled_from(NUMBERS)),
    st.dictionaries(st.sampled_from(NUMBERS), st.dictionaries(st.sampled_from(NUMBERS), st.integers(1, 9)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_whatever_is_known_the_rules_hold(
    products: list[Product],
    rules: RecommendationRules,
    orders: list[tuple[str, int, int, bool]],
    rest: tuple[list[str], list[str], str | None, str | None],
    counted: dict[str, dict[str, int]],
    chance: random.Random,
) -> None:
    """Whatever there is: nothing unfit, each once, by the order of reasons, from what is known, always the same."""
    catalogue = catalogue_of(*products)
    in_cart, seen, asked, clicked = rest

    def known_as(number: str, rests_on: RestsOn) -> Basis:
        found = catalogue.find("product", number)
        return (
            basis(found, rests_on) if found is not None else Basis(f"Thing {number}", rests_on, "shopify", frozenset())
        )

    purchases = tuple(
        Purchase(known_as(number, "order"), NOW - timedelta(days=days), pieces, came_back)
        for number, days, pieces, came_back in sorted(orders, key=lambda each: each[1])
    )
    known = Known(
        asked=known_as(asked, "message") if asked else None,
        clicked=known_as(clicked, "message") if clicked else None,
        purchases=purchases,
        cart=tuple(known_as(each, "cart") for each in in_cart),
        viewed=tuple(known_as(each, "view") for each in seen),
    )
    counts = {
        product_key(SHOP, number): {other: Together(count=count, of=9) for other, count in others.items()}
        for number, others in counted.items()
    }
    found = chosen(catalogue, known, rules, counts)

    chance.shuffle(products)
    assert chosen(catalogue_of(*products), known, rules, counts) == found
    assert len({each.product.id for each in found}) == len(found)
    assert [each.why for each in found] == sorted((each.why for each in found), key=WHYS.index)
    assert all([each.why for each in found].count(why) <= MOST_OF_EACH for why in WHYS)
    last = {each.basis.title: each for each in reversed(purchases)}
    told = {each.title for each in (*known.bases, *known.viewed, *((known.asked,) if known.asked else ()))}
    for each in found:
        assert each.basis.title in told
        assert each.product.is_shown
        assert each.product.available() is not False
        assert handle(each.product.number) not in rules.never
        assert each.product.number not in {*in_cart, asked, clicked}
        bought_last = last.get(each.product.title)
        assert bought_last is None or not bought_last.came_back
        if each.why == "bought_together":
            assert each.together is not None
            assert each.together.count >= rules.least_together
        if bought_last is not None and each.why != "replenishment":
            assert NOW - bought_last.at > rules.not_again_within
