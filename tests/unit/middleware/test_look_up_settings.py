"""Look-ups in the settings: what is wrong is refused with what to write; no level is below that of what is sent."""

from typing import Any

import pytest
from pydantic import ValidationError

from middleware.domain.identifiers import Level
from middleware.domain.look_ups import LookUpTerms
from middleware.errors import FlowError
from middleware.from_settings.look_ups import look_up_terms
from middleware.sections.brands import BrandSettings

STOCK = {"url": "https://erp.example/stock", "fields": {"left": "number"}}


def brand(**look_up: Any) -> BrandSettings:
    """A brand with one look-up."""
    return BrandSettings.model_validate({"database": "glow", "lookups": {"stock": {**STOCK, **look_up}}})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://erp.example/stock"}, "http is for this machine only; write https"),
    ({"url": "http://127.0.0.1.evil.example/stock"}, "http is for this machine only"),
    ({"url": "ftp://erp.example"}, "url"),
    ({"url": "https://erp.example/?sku=1", "send": {"sku": "a"}}, "sku stands in the url already"),
    ({"fields": {}}, "at least 1"),
    ({"fields": {"left": "integer"}}, "'text', 'number', 'yes_no', 'money', 'date' or 'link'"),
    ({"fields": {"fresh": "yes_no"}}, "fresh says whether"),
    ({"fields": {"Left": "number"}}, "pattern"),
    ({"fields": {"left": {"type": "number", "at": "a..b"}}}, "pattern"),
    ({"level": "friend"}, "level"),
    ({"within": "1m"}, "less than or equal"),
    ({"keep": "2h"}, "less than or equal"),
    ({"method": "POST"}, "Extra inputs"),
    ({"send": {"a b": "x"}}, "pattern"),
]


@pytest.mark.parametrize(("look_up", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_is_wrong_is_refused(look_up: dict[str, Any], says: str) -> None:
    """With the key and what may be written."""
    with pytest.raises(ValidationError) as refused:
        brand(**look_up)
    assert says in str(refused.value)


def test_a_look_up_has_a_name_of_its_own() -> None:
    """`orders` asks the shop; a name is what a value can be called."""
    for name in ("orders", "my-stock", "Stock"):
        with pytest.raises(ValidationError):
            BrandSettings.model_validate({"database": "glow", "lookups": {name: STOCK}})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ orders.latest.nmber }}", "lookups.stock.send.q: there is no value orders.latest.nmber - did you mean"),
        ("{{ lookups.other.left }}", "which a look-up cannot ask with"),
        ("{{ links.cart }}", "which a look-up cannot ask with"),
        ("{% for %}", "lookups.stock.send.q: "),
    ],
)
def test_a_value_that_cannot_be_sent_is_refused(source: str, says: str) -> None:
    """With its place."""
    with pytest.raises(FlowError, match=says):
        look_up_terms(brand(send={"q": source}))


def test_flows_know_fields_and_what_the_question_is_made_of() -> None:
    """The blocks that the question reads are needed by whoever looks it up."""
    terms = look_up_terms(brand(send={"q": "{{ orders.latest.number }} {{ cart.count }} {{ answers.size }}"}))
    assert terms == {"stock": LookUpTerms({"left": "number"}, frozenset({"orders", "cart"}))}


def test_what_comes_back_needs_the_level_of_what_was_sent() -> None:
    """A higher one can be written, and no lower one."""
    linked = {"q": "{{ orders.latest.number }}"}
    look_up_terms(brand(send=linked, level="verified"))
    with pytest.raises(FlowError, match="told from level linked on; write linked or higher"):
        look_up_terms(brand(send=linked, level="channel"))
    assert brand(level="verified").lookups["stock"].level is Level.VERIFIED


def test_orders_can_be_read_anew_where_a_shop_can_be_asked() -> None:
    """With a token, and not without one."""
    shop = {"connector": "shopify", "id": "glow.myshopify.com", "secrets": ["s" * 16]}
    for more, known in (({"token": "t"}, True), ({}, False)):
        settings = BrandSettings.model_validate({"database": "glow", "accounts": {"shop": {**shop, **more}}})
        assert ("orders" in look_up_terms(settings)) is known
