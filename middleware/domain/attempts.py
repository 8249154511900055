"""Attempts: how often somebody may try to get in to the console. Pure.

They are counted in cells. Which one is meant by a login, an address or a browser follows from a keyed hash that is cut
to a number: a cell names nobody, and however many names are tried there are no more cells than these. Two that share
one share its limit, which is one in 65,536.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.record import Record

Counted = Literal["login", "address", "browser", "user"]
"""What is limited: a login that somebody writes; the address that they come from; a browser in which the user has
signed in before; a user who is signed in and has to show once more who they are.
"""

_DIGITS = 4
MOST_CELLS = 4 * 16**_DIGITS
"""For all four together."""


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """`at_once` attempts, then one each `every`."""

    at_once: int
    every: timedelta


ONE_PERSON = AttemptLimit(5, timedelta(minutes=1))
ONE_ADDRESS = AttemptLimit(20, timedelta(seconds=10))

LIMITS: dict[str, AttemptLimit] = {
    "login": ONE_PERSON,
    "address": ONE_ADDRESS,
    "browser": ONE_PERSON,
    "user": ONE_PERSON,
}


class Attempts(Record):
    """What was tried lately in one cell: nothing of it counts any more from `until` on. `id` is what is limited, with
    the cell.
    """

    id: str
    until: datetime

    @property
    def limit(self) -> AttemptLimit:
        """How often it may be tried."""
        return LIMITS[self.id.partition("-")[0]]

    def with_one(self, now: datetime) -> "Attempts | None":
        """The same with one attempt more; None where there is no room for it."""
        until = max(self.until, now) + self.limit.every
        has_room = until <= now + self.limit.at_once * self.limit.every
        return self.model_copy(update={"until": until}) if has_room else None


def cell_of(key: bytes, counted: Counted, whose: str) -> str:
    """The id under which attempts are counted; without the key nobody can tell who shares one."""
    return f"{counted}-{hmac.digest(key, f'attempts|{counted}|{whose}'.encode(), 'sha256').hex()[:_DIGITS]}"
