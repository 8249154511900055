"""Values of a source's record of a person, each in the one form in which it is kept (`domain/source_record.py`).

What the source says is empty is None. What cannot be what it claims to be is left out: it stays in the event's raw
slice, and enters no profile.
"""

import hashlib
import re
from collections.abc import Callable, Iterable

from connectors.contacts import email_identifier, phone_identifier
from connectors.values import as_text
from middleware.domain.commerce import Version
from middleware.domain.source_record import FieldValue, Scalar

_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_DAY = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)
_CUSTOM = re.compile(r"[^a-z0-9]+", re.ASCII)
MAX_CUSTOM = 60
MAX_TAGS = 100

Reader = Callable[[object, str | None], Scalar]


def _email(value: object, _: str | None) -> Scalar:
    found = email_identifier(value) if isinstance(value, str) else None
    return found.value if found is not None else None


def _phone(value: object, country: str | None) -> Scalar:
    found = phone_identifier(value, country) if isinstance(value, str) else None
    return found.value if found is not None else None


def _country(value: object, _: str | None) -> Scalar:
    return value.upper() if isinstance(value, str) and _COUNTRY.fullmatch(value) else None


def _language(value: object, _: str | None) -> Scalar:
    return value.replace("_", "-") if isinstance(value, str) and _LANGUAGE.fullmatch(value) else None


def _day(value: object, _: str | None) -> Scalar:
    return value if isinstance(value, str) and _DAY.fullmatch(value) else None


def _tags(value: object, _: str | None) -> Scalar:
    words = value.split(",") if isinstance(value, str) else value
    tags = (as_text(each) for each in (words[:MAX_TAGS] if isinstance(words, list) else ()))
    return tuple(sorted({tag for tag in tags if tag})) or None


def _text(value: object, _: str | None) -> Scalar:
    return value if isinstance(value, bool) else as_text(value)


_READERS: dict[str, Reader] = {
    "email": _email,
    "phone": _phone,
    "country": _country,
    "language": _language,
    "birth_date": _day,
    "tags": _tags,
}


def custom(name: str) -> str | None:
    """The brand's own field for what a source calls `name`; None if nothing of it can be a name."""
    word = _CUSTOM.sub("_", name.lower()).strip("_")[:MAX_CUSTOM].strip("_")
    return f"custom.{word}" if word else None


def field_values(found: Iterable[tuple[str, object]], version: Version, country: str | None) -> tuple[FieldValue, ...]:
    """The values by field, each once: the first that can be read counts. `country` reads national phone numbers."""
    values: dict[str, FieldValue] = {}
    for field, given in found:
        empty = given is None or given in ("", [])
        value = None if empty else _READERS.get(field.partition(".")[0], _text)(given, country)
        known = values.get(field)
        if (value is not None or empty) and (known is None or known.value is None):
            values[field] = FieldValue(field=field, value=value, version=version)
    return tuple(values[field] for field in sorted(values))


def of_address(address: str) -> str:
    """What Mailchimp calls a member of an audience: the MD5 of the address in lower case."""
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()
