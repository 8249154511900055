"""From a file to the rules by which a brand recommends: what goes with what, what is used up, what is never named."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from connectors.mapping.document import parse, read_document, text_of
from connectors.mapping.written import Written
from middleware.domain.co_purchases import KEPT_ORDERS
from middleware.domain.recommendations import AccessoryRule, By, ProductRef, RecommendationRules, ReplenishmentRule
from middleware.setting_values import Duration

MOST_RULES = 1_000
MOST_PRODUCTS = 50
"""In one rule."""
MOST_NEVER = 1_000
LEAST_TOGETHER = 2
"""So that nobody's single order shows in what is recommended to others."""
LONGEST_TIME = timedelta(days=3 * 365)

_NAMES = "handle, product_id, sku"
_SHAPES = "write its handle, or {product_id: ...}, {sku: ...}"


def _name(value: object) -> object:
    """An id or SKU as the shop writes it: YAML reads digits as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_name), StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]


class WrittenProduct(Written):
    """A product by one of its names; a text alone is its handle. A `tag` means all products that have it."""

    handle: Text | None = None
    product_id: Text | None = None
    sku: Text | None = None
    tag: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_handle(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        if isinstance(written, str):
            return {"handle": written}
        if not isinstance(written, dict):
            raise ValueError(f"is no product; {_SHAPES}")  # noqa: TRY004 - pydantic turns only this into a finding
        return written

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if len(self._refs()) != 1:
            raise ValueError(f"names no product, or several; {_SHAPES}")
        return self

    def ref(self) -> ProductRef:
        """The product."""
        return self._refs()[0]

    def _refs(self) -> list[ProductRef]:
        named: dict[By, str | None] = {
            "handle": self.handle,
            "product_id": self.product_id,
            "sku": self.sku,
            "tag": self.tag.casefold() if self.tag is not None else None,
        }
        return [ProductRef(by, value) for by, value in named.items() if value is not None]


def _no_tag(products: tuple[WrittenProduct, ...]) -> tuple[WrittenProduct, ...]:
    if any(each.tag is not None for each in products):
        raise ValueError(f"has a tag, which may stand for the whole shop; write products by {_NAMES}")
    return products


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Some = Annotated[tuple[WrittenProduct, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MOST_PRODUCTS)]


def _a_while(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST_TIME:
        raise ValueError(f"must be longer than nothing and at most {LONGEST_TIME.days}d; write for example 30d")
    return value


While = Annotated[Duration, AfterValidator(_a_while)]


def _often(value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool) or not LEAST_TOGETHER <= value <= KEPT_ORDERS:
        raise ValueError(f"must be a whole number from {LEAST_TOGETHER} to {KEPT_ORDERS}; write for example 3")
    return value


Often = Annotated[int, BeforeValidator(_often)]


class WrittenAccessories(Written):
    """What is recommended to whoever has one of some products, the first of it first."""

    to: Some
    recommend: Annotated[Some, AfterValidator(_no_tag)]


class WrittenReplenishment(Written):
    """How long one piece of a product lasts."""

    products: Some
    after: While


class WrittenRules(Written):
    """A file of recommendations. `not_again_within`: what was bought so lately is not recommended again;
    `least_together`: in how many orders two products must stand before the one is recommended for the other.
    """

    accessories: Annotated[tuple[WrittenAccessories, ...], Field(max_length=MOST_RULES)] = ()
    replenishment: Annotated[tuple[WrittenReplenishment, ...], Field(max_length=MOST_RULES)] = ()
    never: Annotated[tuple[WrittenProduct, ...], Field(max_length=MOST_NEVER)] = ()
    not_again_within: While = timedelta(days=90)
    least_together: Often = 3


def load_rules(path: Path) -> RecommendationRules:
    """The rules in a file. Raises MappingError with every mistake found."""
    return read_rules(text_of(path), str(path))


def read_rules(text: str, file: str) -> RecommendationRules:
    """The rules in a YAML text. Raises MappingError with every mistake found."""
    document = read_document(text, file)
    written = parse(WrittenRules, document)
    return RecommendationRules(
        accessories=tuple(
            AccessoryRule(to=_refs(rule.to), recommend=_refs(rule.recommend)) for rule in written.accessories
        ),
        replenishments=tuple(
            ReplenishmentRule(products=_refs(rule.products), after=rule.after) for rule in written.replenishment
        ),
        never=_refs(written.never),
        not_again_within=written.not_again_within,
        least_together=written.least_together,
    )


def rules_schema() -> dict[str, Any]:
    """The JSON Schema of a file of rules, for editors."""
    schema = WrittenRules.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Throughline recommendations", **schema}


def _refs(products: Iterable[WrittenProduct]) -> tuple[ProductRef, ...]:
    return tuple(dict.fromkeys(each.ref() for each in products))
