"""Formats: how one value of a source's body is read and written. Whatever does not fit raises Unfit."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from babel import Locale
from babel.core import get_global

from connectors.contacts import MAX_EMAIL, email_identifier, phone_identifier
from connectors.mapping.paths import MISSING, first_of
from connectors.mapping.times import as_date, as_moment
from connectors.mapping.unfit import Unfit
from middleware.domain.commerce import Money
from middleware.domain.mapping import FieldRule, Format
from middleware.domain.source_record import Scalar

LONGEST_TEXT = 1000
LONGEST_TAG = 100
MOST_TAGS = 250

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,14}(?:\.[0-9]{1,10})?", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?(?:[0-9]{1,14}|[0-9]{1,3}(?:\.[0-9]{3}){1,4})(?:,[0-9]{1,10})?", re.ASCII)
_YES = frozenset({"true", "yes", "y", "on", "1"})
_NO = frozenset({"false", "no", "n", "off", "0"})
_NAMED_IN = ("en", "de", "es", "fr", "it", "pt", "nl")
"""Languages in which a country may be written out."""
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is around a value: the body that it stands in, and the country in which national phones are read."""

    body: Mapping[str, object]
    country: str | None


def formatted(rule: FieldRule, value: object, reading: Reading) -> Scalar:
    """A value, which is not empty, as its field has it. Raises Unfit."""
    if rule.choices:
        said = as_text(value).casefold()
        value = next((each.means for each in rule.choices if each.said.casefold() == said), rule.otherwise or value)
        if rule.format == "choice" and value not in {rule.otherwise, *(each.means for each in rule.choices)}:
            raise Unfit("is none of the words that the mapping lists")
    return _FORMATS[rule.format](value, rule, reading)


def as_text(value: object) -> str:
    """A scalar as text without surrounding space. Raises Unfit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value in _INT64:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if not isinstance(value, str):
        raise Unfit("is no text" if not isinstance(value, int | float) else "is no number that can be kept")
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        raise Unfit(f"has more than {LONGEST_TEXT} characters")
    if "\0" in text or not _is_whole(text):
        raise Unfit("has characters that cannot be kept")
    return text


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: object, _: FieldRule, __: Reading) -> Scalar:
    return as_text(value)


def _lower(value: object, _: FieldRule, __: Reading) -> Scalar:
    return as_text(value).lower()


def _email(value: object, _: FieldRule, __: Reading) -> Scalar:
    text = as_text(value)
    found = email_identifier(text) if len(text) <= MAX_EMAIL else None
    if found is None:
        raise Unfit("is no e-mail address")
    return found.value


def _phone(value: object, _: FieldRule, reading: Reading) -> Scalar:
    found = phone_identifier(as_text(value), reading.country)
    if found is None:
        raise Unfit("is no phone number" + ("" if reading.country else "; without a country it must begin with +"))
    return found.value


def _country(value: object, _: FieldRule, __: Reading) -> Scalar:
    return as_country(value)


def as_country(value: object) -> str:
    """A country by its code (two or three letters) or its name, as ISO 3166 alpha-2. Raises Unfit."""
    text = as_text(value)
    code = _countries().get(text.casefold())
    if code is None:
        raise Unfit("is no country")
    return code


@cache
def _countries() -> Mapping[str, str]:
    """Codes and names of countries, without regard to case. Source: Unicode CLDR, through Babel."""
    codes = {str(each) for each in Locale("en").territories} - _NO_COUNTRIES
    codes = {each for each in codes if re.fullmatch("[A-Z]{2}", each)}
    known: dict[str, str] = {each.casefold(): each for each in codes}
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    for alias, meant in aliases.items():
        if len(meant) == 1 and re.fullmatch("[A-Z]{2,3}", alias) and meant[0] in codes:
            known.setdefault(alias.casefold(), meant[0])
    for language in _NAMED_IN:
        for code, name in Locale(language).territories.items():
            if code in codes:
                known.setdefault(str(name).casefold(), str(code))
    return MappingProxyType(known)


def _language(value: object, _: FieldRule, __: Reading) -> Scalar:
    text = as_text(value)
    parts = re.split("[-_]", text)
    if not _LANGUAGE.fullmatch(text) or parts[0].lower() not in Locale("en").languages:
        raise Unfit("is no language; write a code such as de or pt-BR")
    return "-".join([parts[0].lower(), *(_subtag(each) for each in parts[1:])])


def _subtag(part: str) -> str:
    """A script with a capital, a country in capitals, as BCP 47 recommends."""
    return part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower()  # noqa: PLR2004


def _date(value: object, rule: FieldRule, _: Reading) -> Scalar:
    return as_date(as_text(value), rule.written)


def _datetime(value: object, rule: FieldRule, _: Reading) -> Scalar:
    moment = as_moment(as_text(value), rule.written, rule.time_zone)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain_number(text: str, written: str) -> str:
    """The digits of a number, with a point as its decimal sign. Raises Unfit."""
    fits = (_WITH_COMMA if written == "comma" else _NUMBER).fullmatch(text)
    if not fits:
        raise Unfit("is no number")
    return text.replace(".", "").replace(",", ".") if written == "comma" else text


def _number(value: object, rule: FieldRule, _: Reading) -> Scalar:
    return float(plain_number(as_text(value), rule.written))


def _integer(value: object, rule: FieldRule, _: Reading) -> Scalar:
    number = plain_number(as_text(value), rule.written)
    whole, _point, rest = number.partition(".")
    if rest.strip("0"):
        raise Unfit("is no whole number")
    return int(whole)


def _boolean(value: object, _: FieldRule, __: Reading) -> Scalar:
    word = as_text(value).lower()
    if word not in _YES | _NO:
        raise Unfit("is neither yes nor no")
    return word in _YES


def _money(value: object, rule: FieldRule, reading: Reading) -> Scalar:
    said = first_of(rule.currency_paths, reading.body)
    currency = rule.currency if said is MISSING or said is None else as_text(said)
    money = as_money(value, currency, rule.written)
    return f"{money.as_decimal()} {money.currency}"


def as_money(value: object, currency: str | None, written: str) -> Money:
    """An amount in a currency (ISO 4217). Raises Unfit."""
    amount = plain_number(as_text(value), written)
    try:
        return Money.parse(amount, currency or "")
    except ValueError:
        raise Unfit("is an amount without a currency that is known") from None


def _tags(value: object, rule: FieldRule, _: Reading) -> Scalar:
    return as_tags(value, rule.separator)


def as_tags(value: object, separator: str = ",") -> tuple[str, ...]:
    """Tags, sorted and each once: a list of texts, or a text with the separator between them. Raises Unfit."""
    words = list(value) if isinstance(value, list | tuple) else as_text(value).split(separator)
    tags = {tag for tag in map(as_text, words[: MOST_TAGS + 1]) if tag}
    if len(words) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        raise Unfit(f"has more than {MOST_TAGS} tags, or one of more than {LONGEST_TAG} characters")
    return tuple(sorted(tags))


_FORMATS: Mapping[Format, Callable[[object, FieldRule, Reading], Scalar]] = {
    "text": _text,
    "lower": _lower,
    "choice": _text,
    "email": _email,
    "phone": _phone,
    "country": _country,
    "language": _language,
    "date": _date,
    "datetime": _datetime,
    "money": _money,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "tags": _tags,
}
