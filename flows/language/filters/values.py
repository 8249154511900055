"""What filters are given, read as what they need. Each reader raises UnfitValue for anything else."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from flows.language import limits
from flows.language.errors import UnfitValue

Sort = Literal["text", "number", "yes_no", "money", "date", "list", "group"]
"""What kind of value stands under a name."""


class Amount(NamedTuple):
    """An amount of money: a decimal, never a float, and its ISO 4217 currency."""

    value: Decimal
    currency: str
    exponent: int


def text_of(value: object) -> str:
    """A text, or a number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnfitValue("a text was needed, and this is none")
    return str(value)


def number_of(value: object) -> int | float:
    """A number; yes and no are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitValue("a number was needed, and this is none")
    return value


def items_of(value: object) -> list[object]:
    """The elements of a list, at most 20."""
    if not isinstance(value, list):
        raise UnfitValue("a list was needed, and this is none")
    return value[: limits.LIST_ITEMS]


def amount_of(value: object) -> Amount:
    """An amount of money, as `{"amount": 4900, "currency": "EUR", "exponent": 2}` says it."""
    match value:
        case {"amount": int(amount), "currency": str(currency), "exponent": int(exponent)}:
            return Amount(Decimal(amount).scaleb(-exponent), currency, exponent)
    raise UnfitValue("an amount of money was needed, and this is none")


def moment_of(value: object) -> datetime:
    """A time, as RFC 3339 writes it."""
    if not isinstance(value, str):
        raise UnfitValue("a date was needed, and this is none")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise UnfitValue("a date was needed, and this is none") from None
