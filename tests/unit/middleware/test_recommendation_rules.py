"""The file of rules: what it may say, and that every mistake names file, line, column and what to write instead."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from connectors.mapping.document import FILE_BYTES
from middleware.domain.recommendations import AccessoryRule, ProductRef, RecommendationRules, ReplenishmentRule
from middleware.errors import MappingError
from middleware.from_settings.recommending import MOST_PRODUCTS, MOST_RULES, load_rules, read_rules

WHOLE = """
accessories:
  - to: moka-pot
    recommend: [filter-paper, {sku: DE-SC 1}]
  - to: [{tag: Coffee}, {product_id: 8201}]
    recommend: moka-pot
replenishment:
  - products: [beans, {sku: B-500}]
    after: 30d
never: [gift-card, {tag: Sample}]
not_again_within: 180d
least_together: 5
"""


def ref(handle: str) -> ProductRef:
    """A product by its handle."""
    return ProductRef("handle", handle)


def test_a_file_is_read() -> None:
    """Every key of it, short and long ways of writing; tags whatever their letters, digits as text."""
    assert read_rules(WHOLE, "rules.yaml") == RecommendationRules(
        accessories=(
            AccessoryRule(to=(ref("moka-pot"),), recommend=(ref("filter-paper"), ProductRef("sku", "DE-SC 1"))),
            AccessoryRule(
                to=(ProductRef("tag", "coffee"), ProductRef("product_id", "8201")), recommend=(ref("moka-pot"),)
            ),
        ),
        replenishments=(
            ReplenishmentRule(products=(ref("beans"), ProductRef("sku", "B-500")), after=timedelta(days=30)),
        ),
        never=(ref("gift-card"), ProductRef("tag", "sample")),
        not_again_within=timedelta(days=180),
        least_together=5,
    )


def test_a_file_may_say_nothing() -> None:
    """An empty group: what is counted is all."""
    assert read_rules("{}", "rules.yaml") == RecommendationRules()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accesories: []", "rules.yaml:1:1: accesories is not known; did you mean accessories?"),
        ("accessories:\n  - to: a", "rules.yaml:2:5: accessories.0.recommend is missing; add it"),
        ("accessories:\n  - {to: a, recommend: []}", "rules.yaml:2:24: accessories.0.recommend must not be empty"),
        (
            "accessories:\n  - {to: a, recommend: {tag: x}}",
            "rules.yaml:2:24: accessories.0.recommend has a tag, which may stand for the whole shop; write products by",
        ),
        (
            "never: [8201]",
            "rules.yaml:1:9: never.0 is no product; write its handle, or {product_id: ...}, {sku: ...}",
        ),
        (
            "never: [{handle: a, sku: b}]",
            "rules.yaml:1:9: never.0 names no product, or several; write its handle, or {product_id: ...}, {sku: ...}",
        ),
        ("never: [{hndle: a}]", "rules.yaml:1:10: never.0.hndle is not known; did you mean handle?"),
        ("never: ['']", "rules.yaml:1:9: never.0.handle must not be empty"),
        (
            "replenishment: [{products: a, after: 30}]",
            'rules.yaml:1:38: replenishment.0.after write a duration such as "300ms", "90s", "15m", "24h" or "30d"',
        ),
        (
            "replenishment: [{products: a, after: 9999d}]",
            "rules.yaml:1:38: replenishment.0.after must be longer than nothing and at most 1095d; write",
        ),
        ("a: &x 1", "rules.yaml:1:1: a is not known"),
        ("accessories: [", "rules.yaml:1:15: is no YAML"),
        ("[]", "rules.yaml:1:1: the file must be a group of lines `name: value`"),
        ("least_together: 1", "rules.yaml:1:17: least_together must be a whole number from 2 to 200; write for"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_to_write(text: str, message: str) -> None:
    """File, line, column, and what to write instead."""
    with pytest.raises(MappingError) as error:
        read_rules(text, "rules.yaml")
    assert str(error.value).startswith(message)


def test_every_mistake_is_told_at_once() -> None:
    """Nobody mends a file line by line."""
    with pytest.raises(MappingError) as error:
        read_rules("nevr: []\nleast_together: many\nnever: [1, 2]", "rules.yaml")
    assert len(str(error.value).splitlines()) == 4


@pytest.mark.parametrize(
    "written",
    [
        {"accessories": [{"to": f"a{number}", "recommend": "b"} for number in range(MOST_RULES + 1)]},
        {"never": [{"handle": "a" * 257}]},
        {"replenishment": [{"products": [f"p{number}" for number in range(MOST_PRODUCTS + 1)], "after": "30d"}]},
    ],
)
def test_a_file_is_bounded(written: object) -> None:
    """Rules, products of a rule, and names have a bound."""
    with pytest.raises(MappingError, match="at most"):
        read_rules(yaml.safe_dump(written), "rules.yaml")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """One that is not there, is no UTF-8 or is too large."""
    (tmp_path / "latin.yaml").write_bytes(b"never: [caf\xe9]")
    (tmp_path / "large.yaml").write_bytes(b" " * (FILE_BYTES + 1))
    for name, why in (("none.yaml", "No such file"), ("latin.yaml", "save it as UTF-8"), ("large.yaml", "too large")):
        with pytest.raises(MappingError, match=why):
            load_rules(tmp_path / name)
