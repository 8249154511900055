"""The filters and tests of the reply language: one table, and nothing else can be called.

A filter is a plain function `(locale, value, *arguments)`; a value that is not there never reaches it, but
passes through unchanged up to the next `default`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency

from flows.language import limits
from flows.language.errors import UnfitValue
from middleware.domain.text import fitted

FIRST_NAME_LENGTH = 40
LONGEST_TRUNCATE = 4000

Constant = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Argument:
    """What one argument of a filter may be. Arguments are constants: they are judged once, when compiling."""

    what: str
    fits: Callable[[Constant], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """One row of the table.

    `cost` is its work beside that of reading one name (1); `required` arguments must be there.
    """

    function: Callable[..., object]
    arguments: tuple[Argument, ...] = ()
    required: int = 0
    cost: int = 4
    example: str = ""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnfitValue("a text was needed, and this is none")
    return str(value)


def _sequence(value: object) -> list[object]:
    if not isinstance(value, list):
        raise UnfitValue("a list was needed, and this is none")
    return value[: limits.LIST_ITEMS]


def _default(_: Locale, value: object, instead: str) -> object:
    return value if not isinstance(value, str) or value.strip() else instead


def _money(locale: Locale, value: object) -> str:
    match value:
        case {"amount": int(amount), "currency": str(currency), "exponent": int(exponent)}:
            return format_currency(Decimal(amount).scaleb(-exponent), currency, locale=locale)
    raise UnfitValue("an amount of money was needed, and this is none")


def _date(locale: Locale, value: object, form: str = "medium") -> str:
    if not isinstance(value, str):
        raise UnfitValue("a date was needed, and this is none")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UnfitValue("a date was needed, and this is none") from None
    return format_date(moment, form, locale=locale)


def _list(locale: Locale, value: object, field: str | None = None) -> str:
    texts = [_text(_field(item, field)) for item in _sequence(value)]
    return format_list(texts, locale=locale)


def _field(item: object, field: str | None) -> object:
    return item.get(field) if field is not None and isinstance(item, dict) else item


def _plural(locale: Locale, value: object, one: str, many: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitValue("a number was needed, and this is none")
    return one if locale.plural_form(value) == "one" else many


def _first(_: Locale, value: object) -> object:
    return next(iter(_sequence(value)), None)


def _last(_: Locale, value: object) -> object:
    return next(iter(_sequence(value)[::-1]), None)


def _length(_: Locale, value: object) -> int:
    if not isinstance(value, str | list):
        raise UnfitValue("a list or a text was needed, and this is neither")
    return len(value)


def _truncate(_: Locale, value: object, most: int) -> str:
    return fitted(_text(value), most)


def _first_name(_: Locale, value: object) -> str | None:
    words = _text(value).split(maxsplit=1)
    return fitted(words[0], FIRST_NAME_LENGTH) if words else None


_WORDS = Argument("a text in quotes", lambda value: isinstance(value, str))
_INSTEAD = Argument("a text in quotes or a number", lambda value: not isinstance(value, bool))
_LENGTH = Argument(
    f"a whole number from 1 to {LONGEST_TRUNCATE}",
    lambda value: type(value) is int and 1 <= value <= LONGEST_TRUNCATE,
)
_DATE_FORM = Argument('"short", "medium", "long" or "full"', lambda value: value in {"short", "medium", "long", "full"})
_FIELD = Argument(
    "the name of a field in quotes",
    lambda value: isinstance(value, str) and value.isidentifier() and not value.startswith("_"),
)

DEFAULT = "default"
ELEMENT_FILTERS = frozenset({"first", "last"})
"""Filters whose result is one element of the list, so that its fields can be read."""

FILTERS: dict[str, Filter] = {
    DEFAULT: Filter(_default, (_INSTEAD,), required=1, example='default("there")'),
    "money": Filter(_money, cost=80),
    "date": Filter(_date, (_DATE_FORM,), cost=50, example='date("long")'),
    "list": Filter(_list, (_FIELD,), cost=120, example='list("title")'),
    "plural": Filter(_plural, (_WORDS, _WORDS), required=2, cost=8, example='plural("item", "items")'),
    "upper": Filter(lambda _, value: _text(value).upper(), cost=60),
    "lower": Filter(lambda _, value: _text(value).lower(), cost=60),
    "capitalize": Filter(lambda _, value: _text(value).capitalize(), cost=60),
    "trim": Filter(lambda _, value: _text(value).strip()),
    "first": Filter(_first),
    "last": Filter(_last),
    "length": Filter(_length),
    "truncate": Filter(_truncate, (_LENGTH,), required=1, cost=60, example="truncate(40)"),
    "first_name": Filter(_first_name, cost=20),
}

TESTS = ("defined", "undefined")
