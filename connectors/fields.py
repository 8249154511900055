"""Reading single values of a source's body: whatever does not fit is None or empty, never an exception."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.domain.record import at_millisecond

MAX_TEXT = 300
MAX_MEMBERS = 250
"""Members of a list that are read: what is kept on a profile stays small whatever a source sends."""

MAX_ADDRESS = 2_000

_LATEST = 4_102_444_800
"""1 January 2100 in seconds. Later is no time at which anything happened."""
_ADDRESS = re.compile(r"https?://[!-~]+", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[!-{}~]{1,256}", re.ASCII)
"""Printable ASCII without spaces and without `|`, which separates the parts of an identifier."""


def as_object(value: object) -> Mapping[str, Any]:
    """The JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """At most `MAX_TEXT` characters without surrounding space, or a number as text; None when empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (value.strip()[:MAX_TEXT] or None) if isinstance(value, str) else None


def as_id(value: object) -> str | None:
    """An id: a number, or printable ASCII without spaces and `|`. Never cut: a part of an id is another id."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else None


def as_moment(value: object) -> datetime | None:
    """The time in UTC, from RFC 3339. A time without an offset says no moment: None."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at_millisecond(moment) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):  # no time; a time whose UTC lies outside the calendar
        return None


def as_milliseconds(value: object) -> datetime | None:
    """The time in UTC, from milliseconds since 1970: a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None


def as_seconds(value: object) -> datetime | None:
    """The time in UTC, from seconds since 1970. None outside 1970 to 2100."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        return None
    return _EPOCH + timedelta(milliseconds=int(value * 1000))


def as_objects(value: object, most: int = MAX_MEMBERS) -> list[Mapping[str, Any]]:
    """The JSON objects among the first `most` members of a list; others are left out."""
    return [each for each in as_list(value)[:most] if isinstance(each, dict)]


def as_address(value: object, most: int = MAX_ADDRESS) -> str | None:
    """A web address in printable ASCII of at most `most` characters, never cut: half of one leads elsewhere."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= most and _ADDRESS.fullmatch(text) else None


def is_yes(value: object) -> bool:
    """Whether a flag is set, as a boolean or as its word."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
