"""docs/recommendations.md: its files are right, and its tables and numbers are those of the code."""

import re
from pathlib import Path

from flows.runner import Flows
from middleware.domain.co_purchases import KEPT_ORDERS, KEPT_PRODUCTS
from middleware.domain.recommendations import LEVEL_OF, MOST_OF_EACH, WHYS, ProductRef, RecommendationRules
from middleware.from_settings.recommending import LEAST_TOGETHER, MOST_PRODUCTS, MOST_RULES, WrittenRules, read_rules
from tests.unit.middleware.test_recommendation_rules import ref

PAGE = (Path(__file__).parents[3] / "docs" / "recommendations.md").read_text(encoding="utf-8")
TEMPLATE = """name: advice
purpose: Recommends.
locales:
  en:
    text: '{{ recommendations.first.title }}'
    fallback: Nothing.
    products: {button: "Take a look"}
"""


def yaml_block(first_line: str) -> str:
    """The YAML of the page that begins with this line."""
    (found,) = re.findall(rf"^```yaml\n({re.escape(first_line)}\n.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert isinstance(found, str)
    return found


def test_the_rules_of_the_page_are_read() -> None:
    """As the page says what they mean."""
    rules = read_rules(yaml_block("# recommendations.yaml"), "recommendations.yaml")
    assert rules.accessories[0].recommend == (ref("filter-paper"), ProductRef("sku", "DESC-250"))
    assert rules.accessories[1].to == (ProductRef("tag", "coffee"), ProductRef("product_id", "8201"))
    assert rules.replenishments[0].after.days == 30
    assert rules.never == (ref("gift-card"), ProductRef("tag", "sample"))


def test_the_flow_of_the_page_is_read(tmp_path: Path) -> None:
    """With a template that shows what it recommends as the page says."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "advice.yaml").write_text(yaml_block("# flows-of-glow/advice.yaml"), encoding="utf-8")
    (tmp_path / "templates" / "advice.yaml").write_text(TEMPLATE, encoding="utf-8")
    assert 'products: {button: "Take a look"}' in PAGE
    assert Flows.load(tmp_path).shelf.flows["advice"].recommends()


def test_the_tables_name_everything() -> None:
    """Every reason in its order, every key of the file, every basis with its level."""
    rows = re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE)
    assert tuple(dict.fromkeys(each for each in rows if each in WHYS)) == WHYS
    assert set(WrittenRules.model_fields) <= set(rows)
    levels = dict(re.findall(r"^\| `(\w+)`[^|]*\| `(\w+)`", PAGE, re.MULTILINE))
    assert {what: levels.get(what) for what in LEVEL_OF} == {
        what: level.name.lower() for what, level in LEVEL_OF.items()
    }


def test_the_numbers_are_those_of_the_code() -> None:
    """Bounds and defaults."""
    rules = RecommendationRules()
    words = ("one", "two", "three", "four", "five")
    for said in (
        f"newest {KEPT_ORDERS} orders that have it",
        f"at most {KEPT_PRODUCTS} products of an order",
        f"At most {MOST_RULES:,} rules of {MOST_PRODUCTS} products",
        f"{LEAST_TOGETHER} to {KEPT_ORDERS}, default {rules.least_together}",
        f"default `{rules.not_again_within.days}d`",
        f"at most {words[MOST_OF_EACH - 1]} for each",
    ):
        assert said in " ".join(PAGE.split()), said
