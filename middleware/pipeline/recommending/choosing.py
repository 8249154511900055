"""Which products fit, and why. Pure, over what the sender may see, the catalogue, the rules and the counts.

What a rule says comes before what is counted, what is used up first; the same input gives the same products in the same
order.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from middleware.domain.co_purchases import Together
from middleware.domain.product import Product
from middleware.domain.recommendations import MOST_OF_EACH, WHYS, ProductRef, RestsOn, Why
from middleware.pipeline.catalogue import Catalogue
from middleware.pipeline.recommending.rules import Rules, product_of, refs_of

MOST_PIECES = 100
"""Of one purchase, when it is worked out how long it lasts."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Something that recommendations can rest on: bought, in the cart, looked at, or asked about.

    `product` is None where the catalogue does not know it, `refs` are what rules can call it by.
    """

    title: str
    rests_on: RestsOn
    source: str
    refs: frozenset[ProductRef]
    product: Product | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """One thing in one order, and how many of it. `came_back`: the order was cancelled or paid back."""

    basis: Basis
    at: datetime
    pieces: int
    came_back: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of a sender, as far as they may see it; each list the newest first.

    `asked` is the product that their message names, `clicked` that of the ad they came by.
    """

    asked: Basis | None = None
    clicked: Basis | None = None
    purchases: tuple[Purchase, ...] = ()
    cart: tuple[Basis, ...] = ()
    viewed: tuple[Basis, ...] = ()

    @cached_property
    def bases(self) -> tuple[Basis, ...]:
        """What something can go with: what was bought, then what is in the cart, then what the ad was for."""
        bought = tuple(each.basis for each in self.purchases if not each.came_back)
        return (*bought, *self.cart, *((self.clicked,) if self.clicked is not None else ()))

    def counted(self) -> list[str]:
        """The keys of the products whose counts are looked at, each once."""
        asked = (self.asked,) if self.asked is not None else ()
        keys = (each.product.id for each in (*asked, *self.bases) if each.product is not None)
        return list(dict.fromkeys(keys))


@dataclass(frozen=True, slots=True)
class Recommended:
    """One product that fits, why, and what that rests on."""

    product: Product
    why: Why
    basis: Basis
    together: Together | None = None


Counts = Mapping[str, Mapping[str, Together]]
"""Key of a product -> the shop's id of another one -> how often both were bought."""


@dataclass(frozen=True)
class Choice:
    """One choice of what fits."""

    catalogue: Catalogue
    rules: Rules
    known: Known
    counts: Counts
    now: datetime

    def recommended(self) -> tuple[Recommended, ...]:
        """What fits, the best first, each product once; of each reason at most `MOST_OF_EACH`.

        Where the message names a product, what goes with that is what was asked for: then nothing else.
        """
        asked = self.known.asked
        if asked is not None:
            for_it = self._first_of_each((*self._accessories((asked,)), *self._bought_together((asked,))))
            if for_it:
                return for_it
        bases = self.known.bases
        found = (*self._used_up(), *self._accessories(bases), *self._bought_together(bases), *self._viewed())
        return self._first_of_each(found)

    def _first_of_each(self, found: Iterable[Recommended]) -> tuple[Recommended, ...]:
        """Of each product the first reason for it, if it may be recommended at all."""
        first: dict[str, Recommended] = {}
        left = dict.fromkeys(WHYS, MOST_OF_EACH)
        for each in found:
            if each.product.id not in first and left[each.why] > 0 and self._is_fit(each):
                first[each.product.id] = each
                left[each.why] -= 1
        return tuple(first.values())

    def _is_fit(self, each: Recommended) -> bool:
        product = each.product
        if product.available() is False or self.rules.forbids(refs_of(product)) or product.id in self._at_hand:
            return False
        last = self._last.get(product.id)
        if last is None or each.why == "replenishment":
            return last is None or not last.came_back
        lasts = self.rules.lasts(last.basis.refs)
        return not last.came_back and lasts is None and self.now - last.at > self.rules.written.not_again_within

    @cached_property
    def _at_hand(self) -> frozenset[str]:
        """The products in the cart, and the one that the message is about."""
        here = (*self.known.cart, self.known.asked, self.known.clicked)
        return frozenset(each.product.id for each in here if each is not None and each.product is not None)

    @cached_property
    def _last(self) -> dict[str, Purchase]:
        """The last purchase of each product."""
        last: dict[str, Purchase] = {}
        for each in self.known.purchases:
            if each.basis.product is not None:
                last.setdefault(each.basis.product.id, each)
        return last

    def _used_up(self) -> list[Recommended]:
        """What was bought and is used up by now, what was used up last first."""
        due = [(ends, key, each.basis) for key, each in self._last.items() if (ends := self._ends(each)) is not None]
        ordered = sorted(due, key=lambda each: (-each[0].timestamp(), each[1]))
        return [
            Recommended(basis.product, "replenishment", basis)
            for ends, _, basis in ordered
            if ends <= self.now and basis.product is not None
        ]

    def _ends(self, last: Purchase) -> datetime | None:
        """When what was bought last of a product is used up; None where no rule says."""
        lasts: timedelta | None = self.rules.lasts(last.basis.refs)
        return last.at + lasts * min(max(last.pieces, 1), MOST_PIECES) if lasts is not None else None

    def _accessories(self, bases: Iterable[Basis]) -> Iterator[Recommended]:
        """What the rules say that goes with these, in their order, then in the order of the rules."""
        for basis in bases:
            for rule in self.rules.accessories(basis.refs):
                for ref in rule.recommend:
                    product = product_of(ref, self.catalogue)
                    if product is not None:
                        yield Recommended(product, "accessory", basis)

    def _bought_together(self, bases: Iterable[Basis]) -> list[Recommended]:
        """What was bought together with these, the most often first; of as many by the products' ids."""
        found = [
            Recommended(product, "bought_together", basis, together)
            for basis in bases
            for number, together in self._counts_of(basis)
            if (product := self.catalogue.find("product", number)) is not None
        ]
        return sorted(found, key=lambda each: (-each.together.count if each.together else 0, each.product.id))

    def _counts_of(self, basis: Basis) -> list[tuple[str, Together]]:
        counts = self.counts.get(basis.product.id, {}) if basis.product is not None else {}
        return [each for each in counts.items() if each[1].count >= self.rules.written.least_together]

    def _viewed(self) -> Iterator[Recommended]:
        """What was looked at itself."""
        for basis in self.known.viewed:
            if basis.product is not None:
                yield Recommended(basis.product, "viewed", basis)
