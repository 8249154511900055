"""Reading single values of somebody else's body: whatever does not fit is None or empty, never an exception."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.domain.record import at_millisecond

MAX_TEXT = 300
MAX_ADDRESS = 2_000

_ID = re.compile(r"[!-{}~]{1,200}", re.ASCII)
"""Printable, without a space and without `|`, which separates the parts of a key."""
_ADDRESS = re.compile(r"https?://[!-~]+", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 10**12
_LATEST = 4_102_444_800_000
"""1 January 2100 in milliseconds. Later is no time at which anything happened."""


def as_object(value: object) -> Mapping[str, Any]:
    """The JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object, most: int) -> list[Mapping[str, Any]]:
    """The JSON objects among the first `most` of a list; other members are left out."""
    return [each for each in value[:most] if isinstance(each, dict)] if isinstance(value, list) else []


def as_text(value: object, most: int = MAX_TEXT) -> str | None:
    """At most so many characters without surrounding space, or a whole number as text; None when empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**18 else None
    return (value.strip()[:most].strip() or None) if isinstance(value, str) else None


def as_id(value: object) -> str | None:
    """An id that may stand in keys: a whole number, or printable ASCII without spaces and `|`."""
    text = as_text(value, MAX_TEXT)
    return text if text and _ID.fullmatch(text) else None


def as_address(value: object) -> str | None:
    """A web address, printable ASCII, never cut: half of one leads elsewhere."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= MAX_ADDRESS and _ADDRESS.fullmatch(text) else None


def is_yes(value: object) -> bool:
    """Whether a flag is set, however it is written."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def as_moment(value: object) -> datetime | None:
    """The time in UTC: ISO 8601 with an offset, or seconds or milliseconds since 1970. None outside 1970 to 2100."""
    if isinstance(value, str):
        return _from_iso(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    milliseconds = value if value >= _MILLISECONDS_FROM else value * 1000
    return _EPOCH + timedelta(milliseconds=int(milliseconds)) if 0 < milliseconds < _LATEST else None


def _from_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        found = at_millisecond(moment) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and _EPOCH < found < _EPOCH + timedelta(milliseconds=_LATEST) else None
