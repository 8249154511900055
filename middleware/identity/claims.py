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


def claims_in(text: str, at: datetime) -> tuple[Claim, ...]:
    """The claims in a message: at most five, each kind masked in its own way."""
    return tuple(list(_claims(text[:_READ_AT_MOST], at))[:5])


def _claims(text: str, at: datetime) -> Iterator[Claim]:
    patterns: tuple[tuple[Literal["email", "phone", "order_number"], re.Pattern[str]], ...] = (
        ("email", _EMAIL),
        ("phone", _PHONE),
        ("order_number", _ORDER),
    )
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            yield Claim(kind=kind, masked=_masked(match[0]), at=at)


def _masked(value: str) -> str:
    """First character and, of an address, the last label of the domain; everything else is hidden."""
    local, at_sign, domain = value.partition("@")
    if at_sign:
        return f"{local[:1]}…@….{domain.rpartition('.')[2]}"
    return f"…{value[-2:]}"
