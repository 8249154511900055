"""How much of a person's contacts somebody sees. Pure.

Agents and admins see contacts masked, and reveal them one kind at a time: for this view, and on record. Whoever only
edits texts sees none at all, not even masked. The embedded panel sees what an agent sees, and reveals nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from middleware.domain.identifiers import Identifier
from middleware.domain.typed import EMAIL, PHONE, READ_AT_MOST, masked

Revealed = Literal["contacts", "address", "birth_date"]

REVEALABLE: tuple[Revealed, ...] = ("contacts", "address", "birth_date")

PLACES = ("street", "postcode", "city", "state")
"""Fields of an address that say where somebody lives. The country does not."""

PRIVATE = frozenset({*PLACES, "birth_date"})

GONE = "…"

_DATE_SIGNS = frozenset("0123456789-/.")
_DATE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes look on. `sees_masked`: they see contacts masked; `reveals`: they may ask for them."""

    sees_masked: bool
    reveals: bool = False
    revealed: frozenset[Revealed] = frozenset()

    def contact(self, key: str) -> str | None:
        """An identifier as it is shown; None where it is not."""
        identifier = Identifier.from_key(key)
        if "contacts" in self.revealed:
            return identifier.value
        return masked(identifier.value) if self.sees_masked else None

    def private(self, field: str, value: str) -> str | None:
        """A private value (`PRIVATE`) as it is shown; None where it is not."""
        if ("birth_date" if field == "birth_date" else "address") in self.revealed:
            return value
        return _initials(value) if self.sees_masked else None

    def text(self, text: str) -> str:
        """A text that somebody wrote, without the addresses and numbers in it."""
        if "contacts" in self.revealed:
            return text
        return _hidden(text, masked if self.sees_masked else lambda _: GONE)


def _initials(text: str) -> str:
    """The first letter of each word, of digits nothing."""
    return " ".join(GONE if word[0].isdigit() else f"{word[0]}{GONE}" for word in text.split()[:4])


def _hidden(text: str, hide: Callable[[str], str]) -> str:
    head, rest = text[:READ_AT_MOST], text[READ_AT_MOST:]
    head = EMAIL.sub(lambda found: hide(found[0]), head)
    head = PHONE.sub(lambda found: found[0] if _is_date(found[0]) else hide(found[0]), head)
    return head + (GONE if rest else "")


def _is_date(text: str) -> bool:
    return len(text) == _DATE_LENGTH and set(text) <= _DATE_SIGNS and not text.isdigit()


def revealed_of(asked: Collection[str]) -> frozenset[Revealed]:
    """What is asked for of what can be revealed."""
    return frozenset(each for each in REVEALABLE if each in asked)
