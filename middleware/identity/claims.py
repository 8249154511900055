"""Claims: what a customer typed about themselves, masked. For the agent's eyes; it changes nothing else."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from middleware.domain.conversation import Claim

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w#])\+?\d[\d ()/-]{6,18}\d(?!\w)")
_ORDER = re.compile(r"#\d{3,12}\b|(?<![\w+])\d{4,6}(?!\w)")

_READ_AT_MOST = 2_000
_LONGEST_END = 6


def claims_in(text: str, at: datetime) -> tuple[Claim, ...]:
    """The claims in a message: at most five, each kind masked in its own way."""
    return tuple(list(_claims(text[:_READ_AT_MOST], at))[:5])


def address_in(text: str) -> str | None:
    """The e-mail address in a message as it was typed, if there is exactly one."""
    found = set(_EMAIL.findall(text[:_READ_AT_MOST]))
    return found.pop() if len(found) == 1 else None


def _claims(text: str, at: datetime) -> Iterator[Claim]:
    patterns: tuple[tuple[Literal["email", "phone", "order_number"], re.Pattern[str]], ...] = (
        ("email", _EMAIL),
        ("phone", _PHONE),
        ("order_number", _ORDER),
    )
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            yield Claim(kind=kind, masked=_masked(match[0]), at=at)
        # What was read as one thing is not read as another as well.
        text = pattern.sub(" ", text)


def _masked(value: str) -> str:
    """The first character of an address and what ends its domain, the last two of anything else."""
    local, at_sign, domain = value.partition("@")
    if not at_sign:
        return f"…{value[-2:]}"
    end = domain.rpartition(".")[2]
    return f"{local[:1]}…@…" + (f".{end}" if end.isalpha() and len(end) <= _LONGEST_END else "")
