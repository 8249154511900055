"""Claims: what a customer typed about themselves, masked. For the agent's eyes; it changes nothing else."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from middleware.domain.conversation import Claim
from middleware.domain.typed import EMAIL, ORDER, PHONE, READ_AT_MOST, masked


def claims_in(text: str, at: datetime) -> tuple[Claim, ...]:
    """The claims in a message: at most five, each kind masked in its own way."""
    return tuple(list(_claims(text[:READ_AT_MOST], at))[:5])


def address_in(text: str) -> str | None:
    """The e-mail address in a message as it was typed, if there is exactly one."""
    found = set(EMAIL.findall(text[:READ_AT_MOST]))
    return found.pop() if len(found) == 1 else None


def _claims(text: str, at: datetime) -> Iterator[Claim]:
    patterns: tuple[tuple[Literal["email", "phone", "order_number"], re.Pattern[str]], ...] = (
        ("email", EMAIL),
        ("phone", PHONE),
        ("order_number", ORDER),
    )
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            yield Claim(kind=kind, masked=masked(match[0]), at=at)
        # What was read as one thing is not read as another as well.
        text = pattern.sub(" ", text)
