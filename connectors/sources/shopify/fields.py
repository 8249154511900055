"""Values that a shop writes in a way of its own; `connectors.fields` reads the others.

What does not fit is None or empty, never an exception.
"""

import re

from connectors.fields import MAX_MEMBERS, MAX_TEXT, as_address, as_text
from middleware.domain.commerce import Money

_ID = re.compile(r"[!-~]{1,256}", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,10})?", re.ASCII)
"""Far below what 64 bits hold in minor units, whatever the currency."""


def as_id(value: object) -> str | None:
    """An id or token: a number, or printable ASCII. Space around it and `|` are let in, as they are not elsewhere."""
    text = as_text(value)
    return text if text and _ID.fullmatch(text) else None


def as_gid(value: object) -> str | None:
    """The id at the end of a global id such as `gid://shopify/Customer/1`."""
    return as_id(value.rpartition("/")[2]) if isinstance(value, str) else None


def as_link(value: object) -> str | None:
    """A web address that a customer can open, short enough for a message, never cut."""
    return as_address(value, MAX_TEXT)


def as_tags(value: object) -> tuple[str, ...]:
    """Tags, sorted and each once: a text with commas between them, or a list."""
    words = value.split(",") if isinstance(value, str) else value
    tags = (as_text(each) for each in (words if isinstance(words, list) else ()))
    return tuple(sorted({tag for tag in tags if tag})[:MAX_MEMBERS])


def as_money(value: object, currency: object) -> Money | None:
    """Money from a decimal string or number in the currency (ISO 4217)."""
    text = str(value) if isinstance(value, (str, int, float)) else ""
    if not isinstance(currency, str) or not _AMOUNT.fullmatch(text):
        return None
    try:
        return Money.parse(text, currency)
    except ValueError:
        return None
