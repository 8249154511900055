"""Values for a template out of any JSON: picked field by field, and only what the schema names."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flows.language.filters import Sort
from flows.language.limits import LIST_ITEMS
from flows.language.program import Value
from flows.language.suggest import did_you_mean
from flows.preview.building import children_of, last_word
from flows.schema import SCHEMA, Field, field_of
from flows.values import Values
from middleware.domain.context import LOOKUPS
from middleware.domain.text import cleaned
from middleware.errors import FlowError

MOST_SAID = 20
"""Problems that are told of at once."""
_LARGEST_NUMBER = 10**12
_LARGEST_AMOUNT = 10**15
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LARGEST_EXPONENT = 4
_LINK = re.compile(r"https?://[\x21-\x7e]+")

_MUST_BE: dict[Sort, str] = {
    "text": "a text in quotes",
    "number": "a number, under a million millions",
    "yes_no": "true or false",
    "money": 'an amount, such as {"amount": 4990, "currency": "EUR", "exponent": 2}',
    "date": "a date or time in quotes, such as 2026-03-04T12:00:00+00:00",
    "list": "a list in [ ]",
    "group": "a group in { }",
}


def picked(data: object) -> Values:
    """The values in a plain object, cleaned and cut as those of a context are. What is null is not there.

    Raises FlowError that names each value that no template could read, and what it has to be.
    """
    if not isinstance(data, dict):
        raise FlowError('the values are a group in { }, such as {"profile": {"name": "Ana"}}')
    picking = _Picking()
    values = picking.group(data, "")
    if picking.problems:
        more = len(picking.problems) - MOST_SAID
        raise FlowError("\n".join([*picking.problems[:MOST_SAID], *([f"and {more} more"] if more > 0 else [])]))
    always: Values = {field.path: {} for field in children_of("") if not field.optional and field.sort == "group"}
    return {**always, **values}


class _Picking:
    """Goes as deep as the schema does, and notes what is not in it or of another sort."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def group(self, data: dict[Any, Any], path: str) -> Values:
        fields = {last_word(field.path): field for field in children_of(path)}
        values: Values = {}
        for name, value in data.items():
            field = fields.get(name)
            if field is None:
                self._unknown(f"{path}.{name}" if path else str(name))
            elif value is not None and (said := self._value(field, value)) not in (None, "", []):
                values[name] = said
        return values

    def _value(self, field: Field, value: Any) -> Value:  # noqa: ANN401 - whatever stands in the file
        if field.path == LOOKUPS and isinstance(value, dict):
            return self._look_ups(value)
        if field.sort == "group" and isinstance(value, dict):
            return self.group(value, field.path)
        if field.sort == "list" and isinstance(value, list):
            grouped = bool(children_of(field.path))
            return [self._element(field, each, grouped=grouped) for each in value[:LIST_ITEMS]]
        fits = _FITS.get(field.sort)
        if fits is None or not fits(value):
            self._unfit(field.path, _MUST_BE[field.sort])
            return None
        if field.sort == "money":
            return {name: value[name] for name in ("amount", "currency", "exponent")}
        return self._text(field, value) if field.sort == "text" else value

    def _element(self, field: Field, value: Any, *, grouped: bool) -> Value:  # noqa: ANN401 - whatever stands there
        if grouped and isinstance(value, dict):
            return self.group(value, field.path)
        if not grouped and isinstance(value, str):
            return cleaned(value, field.length)
        self._unfit(f"each of {field.path}", _MUST_BE["group" if grouped else "text"])
        return None

    def _look_ups(self, data: dict[Any, Any]) -> Values:
        """What look-ups say: which fields there are only the settings know, so that each may be of any sort."""
        values: Values = {}
        for name, said in data.items():
            path = f"{LOOKUPS}.{name}"
            if field_of(path) is None:
                self._unfit(path[:80], "called by small letters, digits and _")
            elif not isinstance(said, dict):
                self._unfit(path, _MUST_BE["group"])
            else:
                found = {field: self._looked_up(f"{path}.{field}", value) for field, value in said.items()}
                values[str(name)] = {field: value for field, value in found.items() if value not in (None, "")}
        return values

    def _looked_up(self, path: str, value: Any) -> Value:  # noqa: ANN401 - whatever stands in the file
        field = field_of(path)
        if field is None:
            self._unfit(path[:120], "called by small letters, digits and _")
        elif isinstance(value, str):
            return cleaned(value, field.length)
        elif value is None or isinstance(value, bool) or _is_number(value):
            return value  # type: ignore[no-any-return]
        elif _is_money(value):
            return {name: value[name] for name in ("amount", "currency", "exponent")}
        else:
            self._unfit(path, f"{_MUST_BE['text']}, {_MUST_BE['number']}, {_MUST_BE['yes_no']}, or {_MUST_BE['money']}")
        return None

    def _text(self, field: Field, value: str) -> Value:
        if not _is_link(field.path):
            return cleaned(value, field.length)
        if len(value) > field.length or not _LINK.fullmatch(value):
            self._unfit(field.path, f"a web address of at most {field.length} characters")
            return None
        return value

    def _unknown(self, path: str) -> None:
        self.problems.append(f"there is no value {cleaned(path, 80)}{did_you_mean(path[:80], SCHEMA)}")

    def _unfit(self, path: str, what: str) -> None:
        self.problems.append(f"{path} must be {what}")


def _is_link(path: str) -> bool:
    return last_word(path) == "url" or path.startswith("links.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER


def _is_money(value: object) -> bool:
    match value:
        case {"amount": int(amount), "currency": str(currency), "exponent": int(exponent)}:
            return (
                abs(amount) < _LARGEST_AMOUNT
                and 0 <= exponent <= _LARGEST_EXPONENT
                and _CURRENCY.fullmatch(currency) is not None
            )
    return False


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


_FITS: dict[Sort, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": _is_number,
    "yes_no": lambda value: isinstance(value, bool),
    "money": _is_money,
    "date": _is_date,
}
