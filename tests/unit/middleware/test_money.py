"""Money: decimal strings to minor units and back, and nothing that is not an amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.commerce import Money


@pytest.mark.parametrize(
    ("text", "currency", "amount", "exponent"),
    [
        ("49.90", "EUR", 4990, 2),
        ("49.9", "EUR", 4990, 2),
        ("0", "EUR", 0, 2),
        ("-5.00", "EUR", -500, 2),
        (49.9, "EUR", 4990, 2),
        (7, "USD", 700, 2),
        ("1500", "JPY", 1500, 0),
        ("1500.00", "JPY", 1500, 0),
        ("12.345", "KWD", 12345, 3),
        ("12.345", "TND", 12345, 3),
        ("100000", "KRW", 100000, 0),
        ("19.99", "HUF", 1999, 2),
    ],
)
def test_amounts_are_read_in_minor_units(text: object, currency: str, amount: int, exponent: int) -> None:
    """An amount has as many decimal places as its currency."""
    assert Money.parse(text, currency) == Money(amount=amount, currency=currency, exponent=exponent)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1499.50", "RSD", 149950),
        ("1499", "RSD", 149900),
        ("12.34", "ALL", 1234),
        ("0.50", "LBP", 50),
        ("99.95", "AFN", 9995),
    ],
)
def test_currencies_that_are_shown_without_cents_have_them_all_the_same(text: str, currency: str, amount: int) -> None:
    """Minor units are those of ISO 4217, not the places that a locale likes to show: nothing is rounded away, and
    amounts of one currency can always be added up.
    """
    assert Money.parse(text, currency) == Money(amount=amount, currency=currency, exponent=2)


@pytest.mark.parametrize(("text", "amount"), [("0.005", 0), ("0.015", 2), ("0.025", 2), ("0.026", 3)])
def test_halves_go_to_the_even_neighbour(text: str, amount: int) -> None:
    """More places than the currency has are rounded, halves to even, so that sums do not drift."""
    assert Money.parse(text, "EUR").amount == amount


def test_a_currency_in_small_letters_is_the_same() -> None:
    """Currencies are kept in capitals."""
    assert Money.parse("1", "eur").currency == "EUR"


@pytest.mark.parametrize(
    "text", ["", "abc", "1,50", "NaN", "sNaN", "Infinity", "-inf", "1e400", "1e999999999", "9" * 40, None, True, [], {}]
)
def test_what_is_no_amount_is_refused(text: object) -> None:
    """Neither infinite nor absurdly large numbers are money."""
    with pytest.raises(ValueError, match="no amount"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "E1R", "€€€", "ÄÖÜ", "   "])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    """Three ASCII letters, or it is no ISO 4217 currency."""
    with pytest.raises(ValueError, match="ISO 4217"):
        Money.parse("1", currency)


@given(st.integers(-(2**53), 2**53), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_every_amount_survives_the_way_through_its_decimal(amount: int, currency: str) -> None:
    """What is written as a decimal is read as the same minor units, down to the last one that JSON holds."""
    exponent = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    money = Money(amount=amount, currency=currency, exponent=exponent)
    assert Money.parse(f"{money.as_decimal():f}", currency) == money


def test_more_than_json_holds_exactly_is_refused() -> None:
    """One minor unit more than 2 to the power of 53 is no amount."""
    assert Money.parse("90071992547409.92", "EUR").amount == 2**53
    with pytest.raises(ValueError, match="no amount"):
        Money.parse("90071992547409.93", "EUR")


def test_as_decimal_is_exact() -> None:
    """The major units are a decimal, never a float."""
    assert Money(amount=4990, currency="EUR", exponent=2).as_decimal() == Decimal("49.90")
