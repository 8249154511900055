"""A brand's rules, found by what a product is called."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from middleware.domain.product import Product
from middleware.domain.recommendations import AccessoryRule, By, ProductRef, RecommendationRules
from middleware.pipeline.catalogue import Catalogue, Reference

_REFERENCES: dict[By, Reference] = {"handle": "handle", "product_id": "product", "sku": "sku"}


def refs_of(product: Product, sku: str | None = None) -> frozenset[ProductRef]:
    """Everything that a rule can call a product by; with the `sku` that was bought, no other variant's."""
    skus = [sku] if sku else [variant.sku for variant in product.variants if variant.sku]
    handle = [ProductRef("handle", product.handle)] if product.handle else []
    return frozenset(
        (
            *handle,
            ProductRef("product_id", product.number),
            *(ProductRef("sku", each) for each in skus),
            *(ProductRef("tag", tag.casefold()) for tag in product.tags),
        )
    )


class Rules:
    """The rules of one brand. Without a file there are none, and what is counted is all."""

    def __init__(self, written: RecommendationRules | None = None) -> None:
        self.written = written or RecommendationRules()
        self._accessories: dict[ProductRef, list[int]] = defaultdict(list)
        for number, rule in enumerate(self.written.accessories):
            for ref in rule.to:
                self._accessories[ref].append(number)
        self._lasts: dict[ProductRef, timedelta] = {}
        for each in self.written.replenishments:
            for ref in each.products:
                self._lasts[ref] = min(each.after, self._lasts.get(ref, each.after))
        self._never = frozenset(self.written.never)

    def accessories(self, refs: Collection[ProductRef]) -> list[AccessoryRule]:
        """What goes with a product that is called so, in the order of the file."""
        numbers = {number for ref in refs for number in self._accessories.get(ref, ())}
        return [self.written.accessories[number] for number in sorted(numbers)]

    def lasts(self, refs: Collection[ProductRef]) -> timedelta | None:
        """How long one piece of a product lasts that is called so; of several rules the shortest time."""
        return min((self._lasts[ref] for ref in refs if ref in self._lasts), default=None)

    def forbids(self, refs: Collection[ProductRef]) -> bool:
        """Whether a product that is called so is never recommended."""
        return not self._never.isdisjoint(refs)


def unknown_in(rules: RecommendationRules, catalogue: Catalogue) -> list[ProductRef]:
    """The products that rules name and the catalogue does not know, in the order of the file; no tags."""
    pairs = [(*rule.to, *rule.recommend) for rule in rules.accessories]
    pairs += [rule.products for rule in rules.replenishments]
    named = dict.fromkeys(ref for refs in (*pairs, rules.never) for ref in refs)
    return [ref for ref in named if ref.by != "tag" and product_of(ref, catalogue) is None]


def product_of(ref: ProductRef, catalogue: Catalogue) -> Product | None:
    """The one product that a rule calls so; none for a tag."""
    by = _REFERENCES.get(ref.by)
    return catalogue.find(by, ref.value) if by is not None else None
