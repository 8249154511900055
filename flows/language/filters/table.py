"""The filters and tests of the reply language: one table, and nothing else can be called.

A filter is a plain function `(locality, value, *arguments)`; a value that is not there never reaches it, but passes
through unchanged up to the next `default`. `docs/templates-reference.md` is written from this table.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flows.language.filters import lists, moments, numbers, texts
from flows.language.filters.values import Sort

LONGEST_TRUNCATE = 4000
_LARGEST_FACTOR = 1000

Constant = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Argument:
    """What one argument of a filter may be. Arguments are constants: they are judged once, when compiling."""

    what: str
    fits: Callable[[Constant], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """One row of the table.

    `takes` are the sorts of value that it works on, `gives` the sort that comes out (None: that which went in).
    `cost` is its work beside that of reading one name (1); `required` arguments must be there. `longest` is the most
    code points that it says, whatever it is given; `samples` are the values for which it says most, where that depends
    on the language. The `example` is the filter as it stands in a source.
    """

    function: Callable[..., object]
    about: str
    example: str
    takes: frozenset[Sort]
    gives: Sort | None = "text"
    arguments: tuple[Argument, ...] = ()
    required: int = 0
    cost: int = 4
    longest: int | None = None
    samples: tuple[object, ...] = ()


def _is_number(value: Constant, most: int) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value <= most


_WORDS = Argument("a text in quotes", lambda value: isinstance(value, str))
_INSTEAD = Argument("a text in quotes or a number", lambda value: not isinstance(value, bool))
_LENGTH = Argument(
    f"a whole number from 1 to {LONGEST_TRUNCATE}",
    lambda value: type(value) is int and 1 <= value <= LONGEST_TRUNCATE,
)
_FORM = Argument('"short", "medium", "long" or "full"', lambda value: value in {"short", "medium", "long", "full"})
_CLOCK_FORM = Argument('"short" or "medium"', lambda value: value in {"short", "medium"})
_FIELD = Argument(
    "the name of a field in quotes",
    lambda value: isinstance(value, str) and value.isidentifier() and not value.startswith("_"),
)
_SHOWN = Argument(
    f"a whole number from 1 to {lists.MOST_SHOWN}", lambda value: type(value) is int and 1 <= value <= lists.MOST_SHOWN
)
_FACTOR = Argument(
    f"a number from 0 to {_LARGEST_FACTOR}",
    lambda value: _is_number(value, _LARGEST_FACTOR),
)
_PERCENT = Argument("a number from 0 to 100", lambda value: _is_number(value, 100))

DEFAULT = "default"
FIT = "fit"
LISTED = "list"
ELEMENT_FILTERS = frozenset({"first", "last"})
"""Filters whose result is one element of the list, so that its fields can be read."""

_EVERYTHING: frozenset[Sort] = frozenset({"text", "number", "yes_no", "money", "date", "list", "group"})
_TEXTS: frozenset[Sort] = frozenset({"text", "number"})
_AMOUNTS: frozenset[Sort] = frozenset({"number", "money"})
_LISTS: frozenset[Sort] = frozenset({"list"})
_DATES: frozenset[Sort] = frozenset({"date"})

FILTERS: dict[str, Filter] = {
    DEFAULT: Filter(
        texts.default, "what is said instead where the value is missing or empty", 'profile.name | default("there")',
        _EVERYTHING, gives=None, arguments=(_INSTEAD,), required=1,
    ),
    "first_name": Filter(
        texts.first_name, "the first word of a name", "profile.name | first_name", _TEXTS,
        cost=20, longest=texts.FIRST_NAME_LENGTH,
    ),
    "capitalize": Filter(texts.capitalize, "a capital letter at the front", "profile.name | capitalize", _TEXTS,
                         cost=60),
    "upper": Filter(texts.upper, "in capital letters", "orders.latest.state | upper", _TEXTS, cost=60),
    "lower": Filter(texts.lower, "in small letters", "orders.latest.number | lower", _TEXTS, cost=60),
    "trim": Filter(texts.trim, "without white space around it", "message.text | trim", _TEXTS),
    "truncate": Filter(
        texts.truncate, "at most so many characters, never half of one", "product.title | truncate(6)", _TEXTS,
        arguments=(_LENGTH,), required=1, cost=60,
    ),
    FIT: Filter(
        texts.fit, "gives way: shortened so far that the whole message fits on its channel",
        "product.description | fit", _TEXTS, cost=60,
    ),
    "length": Filter(
        texts.length, "how many characters, or how many elements of a list", "cart.items | length",
        frozenset({"text", "list"}), gives="number", longest=4,
    ),
    "plural": Filter(
        texts.plural, "the form of a word for a number, in the order of the language: Polish has three",
        'cart.count | plural("item", "items")', frozenset({"number"}),
        arguments=(_WORDS,) * 6, required=2, cost=8,
    ),
    "money": Filter(
        numbers.money, "an amount with its currency", "cart.total | money", frozenset({"money"}), cost=80, longest=24
    ),
    "times": Filter(
        numbers.times, "a number or an amount, so many times", "cart.total | times(2) | money", _AMOUNTS,
        gives=None, arguments=(_FACTOR,), required=1, cost=20,
    ),
    "percent_off": Filter(
        numbers.percent_off, "a number or an amount, less so many per cent", "cart.total | percent_off(10) | money",
        _AMOUNTS, gives=None, arguments=(_PERCENT,), required=1, cost=20,
    ),
    "date": Filter(
        moments.date, "the day, by the customer's clock", 'orders.latest.created_at | date("long")', _DATES,
        arguments=(_FORM,), cost=60, samples=moments.SAMPLES,
    ),
    "time": Filter(
        moments.time, "the time of day, by the customer's clock", "orders.latest.created_at | time", _DATES,
        arguments=(_CLOCK_FORM,), cost=60, samples=moments.SAMPLES,
    ),
    "date_time": Filter(
        moments.date_time, "day and time of day, by the customer's clock", "orders.latest.created_at | date_time",
        _DATES, arguments=(_FORM,), cost=100, samples=moments.SAMPLES,
    ),
    "age": Filter(
        moments.age, "how long ago it was", "orders.latest.created_at | age", _DATES, cost=80, samples=moments.SAMPLES
    ),
    LISTED: Filter(
        lists.listed, "an enumeration, of one field of each element or of the elements themselves",
        'cart.items | list("title")', _LISTS, arguments=(_FIELD,), cost=120,
    ),
    "first": Filter(lists.first, "the first of a list", "(cart.items | first).title", _LISTS, gives="group"),
    "last": Filter(lists.last, "the last of a list", "(cart.items | last).title", _LISTS, gives="group"),
    "summary": Filter(
        lists.summary, "products with their number, a product with its price, or an order with its products",
        "orders.latest | summary", frozenset({"list", "group"}), arguments=(_SHOWN,), cost=200,
        longest=lists.MOST_SHOWN * (lists.TITLE_LENGTH + 16) + 100,
    ),
}  # fmt: skip

TESTS = ("defined", "undefined")
