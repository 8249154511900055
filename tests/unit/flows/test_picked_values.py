"""Values picked out of any JSON, and out of contexts as they are printed."""

import json
from typing import Any

import pytest
from flow_examples import NOON, a_context, an_order, click_block, offers, orders_block
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_paths import paths

from flows.preview.customers import CUSTOMERS
from flows.preview.picking import picked
from flows.preview.real import customer_in, customer_of
from flows.schema import SCHEMA
from middleware.domain.channels import CHANNELS
from middleware.errors import FlowError

NAMES = st.sampled_from(sorted({word for path in SCHEMA for word in path.split(".")})) | st.text(max_size=5)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-03-04"),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.parametrize("name", CUSTOMERS)
def test_what_is_right_is_picked_as_it_is(name: str) -> None:
    """The values of every made-up customer come out of their JSON unchanged."""
    values = CUSTOMERS[name].values
    again: Any = picked(json.loads(json.dumps(values)))

    if name == "everything_missing":
        assert {**again, "conversation": {"window": {}}} == values
    else:
        assert again == values


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_any_json_gives_values_or_a_reason(data: Any) -> None:
    """Whatever is handed in: values that the schema names, of its sorts, or an error in words; nothing else."""
    try:
        values = picked(data)
    except FlowError:
        return
    assert set(paths(values)) <= set(SCHEMA)
    assert picked(json.loads(json.dumps(values))) == values


@given(st.dictionaries(NAMES | st.just("schema"), ANYTHING, max_size=5))
@settings(max_examples=200, deadline=None)
def test_any_json_gives_a_customer_or_a_reason(data: Any) -> None:
    """The same for what may be a context."""
    try:
        customer = customer_of(data)
    except FlowError:
        return
    assert set(paths(customer.values)) <= set(SCHEMA)


def test_texts_and_lists_are_cut_as_those_of_a_context() -> None:
    """Texts are cleaned and cut, lists have twenty elements at most, what is null or empty is not there."""
    values: Any = picked(
        {
            "profile": {"name": "\u202eAna\n" + "x" * 500, "locale": None},
            "cart": {"items": [{"title": "Hat"}] * 30},
            "details": {"company": " ", "tags": ["vip"] * 30},
        }
    )

    assert values["profile"] == {"name": ("Ana " + "x" * 500)[:79].rstrip() + "…"}
    assert (len(values["cart"]["items"]), len(values["details"]["tags"])) == (20, 20)
    assert "company" not in values["details"]
    assert {"profile", "message", "conversation", "links"} <= set(values)


def test_a_printed_context_is_read_again() -> None:
    """What a context says is the same after it went through JSON, as `throughline context --json` prints it."""
    context = a_context(
        name="Ana", orders=orders_block(an_order()), ad_click=click_block(product="Shirt"), links=offers("cart")
    )
    printed = json.loads(json.dumps(context.model_dump(mode="json", by_alias=True, exclude_none=True), default=str))

    assert customer_of(printed) == customer_in(context)
    assert customer_in(context).values["links"] == {"cart": "https://shop.example/l/cart"}


def test_many_mistakes_are_counted() -> None:
    """Twenty are told of, the others counted."""
    with pytest.raises(FlowError, match="and 30 more"):
        picked({f"x{number}": 1 for number in range(50)})


def test_the_brand_says_what_the_customer_does_not() -> None:
    """Somebody who has set no language and no zone reads by those of the brand; who has set them, by their own."""
    whatsapp = CHANNELS["whatsapp"]
    reader = customer_in(a_context(), "x", "de", "Europe/Berlin").reader(whatsapp)
    of_their_own = customer_in(a_context(locale="es"), "x", "de", "Europe/Berlin").reader(whatsapp)

    assert (reader.locales, reader.zone, reader.now) == (("de", "en"), "Europe/Berlin", NOON)
    assert of_their_own.locales == ("es", "de", "en")
