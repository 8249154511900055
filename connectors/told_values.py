"""What a source's fields say of a person, value by value: which field of the profile each is, and how it is read.

A source has a table: its own name of a field -> the profile's field and the reader. What a reader does not understand
is a problem that names the field, and no value.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale

from connectors.batch import Unclear
from connectors.contacts import email_identifier, phone_identifier
from connectors.fields import MAX_MEMBERS, MAX_TEXT
from middleware.domain.commerce import Version
from middleware.domain.source_record import FieldValue, Scalar

Reader = Callable[[str, str | None], Scalar]
"""Reads a text that is not empty; the country (ISO 3166) reads national phone numbers. Raises Unclear."""

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z0-9]{2,8}))?", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the profile, and how a source's text becomes its value."""

    name: str
    read: Reader


@dataclass(frozen=True, slots=True)
class Told:
    """What some fields say: the values, and the source's names of the fields that are not understood."""

    values: tuple[FieldValue, ...] = ()
    problems: tuple[str, ...] = ()


def told(table: Mapping[str, Field], fields: Mapping[str, object], version: Version, country: str | None) -> Told:
    """What these fields say, as one version of a record. An empty field is told as empty; one without a row is not."""
    values: dict[str, FieldValue] = {}
    problems: list[str] = []
    for name, field in table.items():
        if name not in fields:
            continue
        try:
            value = _read(field, fields[name], country)
        except Unclear:
            problems.append(name)
            continue
        if value is not None or field.name not in values:
            values[field.name] = FieldValue(field=field.name, value=value, version=version)
    return Told(tuple(values[name] for name in sorted(values)), tuple(problems))


def _read(field: Field, value: object, country: str | None) -> Scalar:
    if value is None:
        return None
    if isinstance(value, list):
        value = ";".join(each for each in value if isinstance(each, str))
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise Unclear(field.name)
    given = str(value).strip()
    return field.read(given, country) if given else None


def text(given: str, _: str | None) -> str:
    """A text as it is. Raises Unclear for a longer one than a field of a person has."""
    if len(given) > MAX_TEXT:
        raise Unclear("too long")
    return given


def email(given: str, _: str | None) -> str:
    """A normalised address."""
    found = email_identifier(given)
    if found is None:
        raise Unclear("no e-mail address")
    return found.value


def phone(given: str, country: str | None) -> str:
    """A number in E.164."""
    found = phone_identifier(given, country)
    if found is None:
        raise Unclear("no phone number")
    return found.value


def country(given: str, _: str | None) -> str:
    """ISO 3166 alpha-2, from the code or from the English name."""
    if _COUNTRY.fullmatch(given):
        return given.upper()
    names: Mapping[str, str] = Locale("en").territories
    code = next((key for key, name in names.items() if _COUNTRY.fullmatch(key) and name.lower() == given.lower()), None)
    if code is None:
        raise Unclear("no country")
    return code


def language(given: str, _: str | None) -> str:
    """BCP 47, from a tag with `-` or `_` in any case: `pt-BR`."""
    found = _LANGUAGE.fullmatch(given)
    if found is None:
        raise Unclear("no language")
    main, region = found[1].lower(), found[2]
    return f"{main}-{region.upper() if len(region) == 2 else region.title()}" if region else main  # noqa: PLR2004 - a region


def day(given: str, _: str | None) -> str:
    """A date in ISO 8601, of a date or a time."""
    found = _DATE.fullmatch(given)
    try:
        return date.fromisoformat(found[1]).isoformat() if found else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> str:
    raise Unclear("no date")


def words(given: str, _: str | None) -> tuple[str, ...]:
    """Words with `;`, `,` or spaces between them, sorted and each once."""
    found = {word for word in re.split(r"[;,\s]+", given) if word}
    return tuple(sorted(word[:MAX_TEXT] for word in found)[:MAX_MEMBERS])


def named(problems: Iterable[str]) -> str:
    """The problems as a reason for quarantine."""
    return "not understood: " + ", ".join(problems)
