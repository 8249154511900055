"""Filters of texts."""

from functools import lru_cache

from babel import Locale

from flows.language.errors import UnfitValue
from flows.language.filters.values import number_of, text_of
from flows.language.locality import Locality
from middleware.domain.text import fitted

FIRST_NAME_LENGTH = 40
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")
_COUNTED_TO = 200
"""Whole numbers up to here show every form that a language has for counting (CLDR, plural rules)."""


def default(_: Locality, value: object, instead: str) -> object:
    """The value, or what stands for it if it says nothing."""
    return value if not isinstance(value, str) or value.strip() else instead


def upper(_: Locality, value: object) -> str:
    """In capitals."""
    return text_of(value).upper()


def lower(_: Locality, value: object) -> str:
    """In small letters."""
    return text_of(value).lower()


def capitalize(_: Locality, value: object) -> str:
    """With a capital at the front, the rest in small letters."""
    return text_of(value).capitalize()


def trim(_: Locality, value: object) -> str:
    """Without white space around it."""
    return text_of(value).strip()


def length(_: Locality, value: object) -> int:
    """How many characters or elements."""
    if not isinstance(value, str | list):
        raise UnfitValue("a list or a text was needed, and this is neither")
    return len(value)


def truncate(_: Locality, value: object, most: int) -> str:
    """At most so many characters, cut between words where it can be."""
    return fitted(text_of(value), most)


def fit(locality: Locality, value: object) -> str:
    """Gives way: shortened so far that the whole message fits on its channel, as `Locality.elastic` says."""
    text, room = text_of(value), locality.elastic
    return text if room is None else fitted(text, room.most, in_bytes=room.in_bytes)


def first_name(_: Locality, value: object) -> str | None:
    """The first word of a name."""
    words = text_of(value).split(maxsplit=1)
    return fitted(words[0], FIRST_NAME_LENGTH) if words else None


def plural(locality: Locality, value: object, *forms: str) -> str:
    """The form for a number, of those that the language counts with, in their order (`plural_forms`).

    Where fewer are given than the language has, the last one stands for the rest.
    """
    number = number_of(value)
    known = plural_forms(locality.locale)
    category = locality.locale.plural_form(abs(number))
    position = known.index(category) if category in known else len(forms)
    return forms[min(position, len(forms) - 1)]


@lru_cache(maxsize=256)
def plural_forms(locale: Locale) -> tuple[str, ...]:
    """The forms that a language counts whole things with, by the names and in the order of CLDR: Polish has one, few
    and many.
    """
    counted = {locale.plural_form(number) for number in range(_COUNTED_TO)}
    return tuple(category for category in _CATEGORIES if category in counted)
