"""Reading single values of a shop's body: whatever does not fit is None or empty, never an exception."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from middleware.domain.commerce import Money
from middleware.domain.record import at_millisecond

MAX_TEXT = 300
MAX_MEMBERS = 250
"""Line items and the like in one order: what is kept on a profile stays small whatever a shop sends."""

_ID = re.compile(r"[!-~]{1,256}", re.ASCII)
_LINK = re.compile(r"https?://[!-~]+", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,10})?", re.ASCII)
"""Far below what 64 bits hold in minor units, whatever the currency."""


def as_object(value: object) -> Mapping[str, Any]:
    """The JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Mapping[str, Any]]:
    """The JSON objects among the first `MAX_MEMBERS` of a list; other members are left out."""
    members = value[:MAX_MEMBERS] if isinstance(value, list) else []
    return [member for member in members if isinstance(member, dict)]


def as_text(value: object) -> str | None:
    """At most `MAX_TEXT` characters without surrounding space, or a number as text; None when empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (value.strip()[:MAX_TEXT] or None) if isinstance(value, str) else None


def as_id(value: object) -> str | None:
    """An id or token: a number, or printable ASCII without spaces."""
    text = as_text(value)
    return text if text and _ID.fullmatch(text) else None


def as_gid(value: object) -> str | None:
    """The id at the end of a global id such as `gid://shopify/Customer/1`."""
    return as_id(value.rpartition("/")[2]) if isinstance(value, str) else None


def as_link(value: object) -> str | None:
    """A web address that a customer can open: http or https, printable ASCII, never cut."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= MAX_TEXT and _LINK.fullmatch(text) else None


def as_tags(value: object) -> tuple[str, ...]:
    """Tags, sorted and each once: a text with commas between them, or a list."""
    words = value.split(",") if isinstance(value, str) else value
    tags = (as_text(each) for each in (words if isinstance(words, list) else ()))
    return tuple(sorted({tag for tag in tags if tag})[:MAX_MEMBERS])


def as_moment(value: object) -> datetime | None:
    """The time in UTC, from RFC 3339. A time without an offset says no moment: None."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at_millisecond(moment) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):  # no time; a time whose UTC lies outside the calendar
        return None


def as_money(value: object, currency: object) -> Money | None:
    """Money from a decimal string or number in the currency (ISO 4217)."""
    text = str(value) if isinstance(value, (str, int, float)) else ""
    if not isinstance(currency, str) or not _AMOUNT.fullmatch(text):
        return None
    try:
        return Money.parse(text, currency)
    except ValueError:
        return None
