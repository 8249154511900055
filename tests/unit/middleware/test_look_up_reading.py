"""The answer of a look-up: each field is of the type that the settings name, or it is missing and that is said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.commerce import Money
from middleware.domain.context import LookUpView
from middleware.domain.look_up_reading import FieldRule, read_answer
from middleware.domain.look_ups import FieldType

TYPES: tuple[FieldType, ...] = ("text", "number", "yes_no", "money", "date", "link")

RIGHT: list[tuple[FieldType, Any, Any]] = [
    ("text", " blue\n\u202eline ", "blue line"),
    ("text", "x" * 300, "x" * 199 + "…"),
    ("number", 3, 3),
    ("number", -2.5, -2.5),
    ("yes_no", False, False),
    ("money", {"amount": 4990, "currency": "EUR", "exponent": 2}, Money(amount=4990, currency="EUR", exponent=2)),
    ("money", {"amount": "49.90", "currency": "eur"}, Money(amount=4990, currency="EUR", exponent=2)),
    ("money", {"amount": 49, "currency": "JPY"}, Money(amount=49, currency="JPY", exponent=0)),
    ("date", "2026-03-04", "2026-03-04T00:00:00"),
    ("date", "2026-03-04T12:00:00Z", "2026-03-04T12:00:00+00:00"),
    ("link", "https://courier.example/p/1?a=b", "https://courier.example/p/1?a=b"),
]
LIES: list[tuple[FieldType, Any]] = [
    ("text", 3),
    ("text", ["a"]),
    ("text", " \n "),
    ("number", "3"),
    ("number", True),
    ("number", 1e300),
    ("number", float("nan")),
    ("yes_no", 1),
    ("yes_no", "true"),
    ("money", 4990),
    ("money", {"amount": 4990}),
    ("money", {"amount": "much", "currency": "EUR"}),
    ("money", {"amount": True, "currency": "EUR"}),
    ("money", {"amount": 1, "currency": "euros", "exponent": 2}),
    ("money", {"amount": 1, "currency": "EUR", "exponent": 200}),
    ("money", {"amount": 1.5, "currency": "EUR", "exponent": 2}),
    ("date", "soon"),
    ("date", 1772625600),
    ("link", "javascript:alert(1)"),
    ("link", "https://a.example/\u202e"),
    ("link", f"https://a.example/{'x' * 300}"),
]


def rule(kind: FieldType) -> dict[str, FieldRule]:
    """One field at the top of the answer."""
    return {"it": FieldRule(kind, ("it",))}


@pytest.mark.parametrize(("kind", "value", "read"), RIGHT)
def test_what_is_of_its_type_is_read(kind: FieldType, value: Any, read: Any) -> None:
    """Texts cleaned and bounded, times as RFC 3339, money in minor units."""
    assert read_answer({"it": value}, rule(kind)).fields == {"it": read}


@pytest.mark.parametrize(("kind", "value"), LIES)
def test_a_value_that_lies_about_its_type_is_missing(kind: FieldType, value: Any) -> None:
    """And that is said, in our own words."""
    read = read_answer({"it": value}, rule(kind))
    assert (read.fields, read.notes) == ({}, (f"it is no {kind}",))


def test_only_what_the_settings_name_is_read() -> None:
    """All else of an answer is dropped; a field may stand deeper inside."""
    body = {"left": 3, "secret": "x", "parcel": {"eta": {"day": "2026-03-04"}, "driver": "Bob"}}
    rules = {"left": FieldRule("number", ("left",)), "due": FieldRule("date", ("parcel", "eta", "day"))}
    assert read_answer(body, rules).fields == {"left": 3, "due": "2026-03-04T00:00:00"}


@pytest.mark.parametrize("body", [{}, {"it": None}, {"other": 1}, [], "it", None, 3])
def test_what_is_not_there_is_said_to_be_missing(body: Any) -> None:
    """Null, another shape, nothing at all."""
    assert read_answer(body, rule("text")).notes == ("it is not there",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["it", "amount", "currency"]), inside)
    ),
    max_leaves=10,
)


@given(JSON, st.sampled_from(TYPES))
def test_whatever_is_answered_reading_it_ends_well(body: Any, kind: FieldType) -> None:
    """Nothing is raised, and what was read fits the context and comes back from JSON as it was."""
    view = LookUpView(fields=dict(read_answer(body, rule(kind)).fields))
    assert LookUpView.model_validate_json(view.model_dump_json()) == view
