"""The answer of a look-up as values: the fields that the settings name, each held against its type, no others."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from middleware.domain.commerce import Money
from middleware.domain.context import LookedUp
from middleware.domain.look_ups import FieldType
from middleware.domain.text import cleaned

LONGEST_TEXT = 200
"""Characters of a text; what is longer is cut. A link that is longer is none."""

_LARGEST_NUMBER = 10**12
_LARGEST_AMOUNT = 10**15
_MOST_EXPONENT = 4
_LONGEST_DATE = 40
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LINK = re.compile(r"https?://[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field: what it has to be, and the names that lead to it in the answer."""

    type: FieldType
    at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What could be read. `notes` say of each other field why not, in our own words."""

    fields: Mapping[str, LookedUp]
    notes: tuple[str, ...]


def read_answer(body: Any, rules: Mapping[str, FieldRule]) -> Read:  # noqa: ANN401 - whatever another system wrote
    """The fields of an answer. What is null or not there is missing, and so is what is of another type."""
    fields: dict[str, LookedUp] = {}
    notes: list[str] = []
    for name, rule in rules.items():
        found = _at(body, rule.at)
        if found is None:
            notes.append(f"{name} is not there")
            continue
        value = _READERS[rule.type](found)
        if value is None:
            notes.append(f"{name} is no {rule.type}")
        else:
            fields[name] = value
    return Read(fields, tuple(notes))


def _at(body: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever another system wrote
    for name in path:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def _text(value: object) -> LookedUp | None:
    return cleaned(value, LONGEST_TEXT) or None if isinstance(value, str) else None


def _number(value: object) -> LookedUp | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and abs(value) < _LARGEST_NUMBER else None


def _yes_no(value: object) -> LookedUp | None:
    return value if isinstance(value, bool) else None


def _money(value: object) -> LookedUp | None:
    """Minor units with their exponent as the context has them, or an amount as people write it: `"49.90"`."""
    match value:
        case {"amount": bool()}:
            return None
        case {"amount": int(amount), "currency": str(currency), "exponent": int(exponent)}:
            fits = _CURRENCY.fullmatch(currency) and abs(amount) < _LARGEST_AMOUNT and 0 <= exponent <= _MOST_EXPONENT
            return Money(amount=amount, currency=currency, exponent=exponent) if fits else None
        case {"amount": str() | int() | float() as amount, "currency": str(currency)}:
            if isinstance(value, dict) and "exponent" in value:
                return None
            try:
                money = Money.parse(amount, currency)
            except ValueError:
                return None
            return money if abs(money.amount) < _LARGEST_AMOUNT else None
    return None


def _date(value: object) -> LookedUp | None:
    if not isinstance(value, str) or len(value) > _LONGEST_DATE:
        return None
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        return None


def _link(value: object) -> LookedUp | None:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return None
    return value if _LINK.fullmatch(value) else None


_READERS: dict[FieldType, Callable[[object], LookedUp | None]] = {
    "text": _text,
    "number": _number,
    "yes_no": _yes_no,
    "money": _money,
    "date": _date,
    "link": _link,
}
