"""The fields that are compared, the levels at which each agrees, words for them, and the shipped weights.

Three kinds of pairs are told apart: records of one **person**, of two people of one **household** (a family, a shared
office), and of **strangers**. A level has a probability in each. What households share (surname, address, a family's
e-mail) says "household" as much as "person": only names, birth dates and the like can tell these two apart.
The shipped figures are estimates by hand; a brand's own data replace them as they come in.
"""

from dataclasses import dataclass
from enum import IntEnum


class Given(IntEnum):
    """How given names agree."""

    UNKNOWN = 0
    SAME = 1
    NICKNAME = 2
    PART = 3
    SLIP = 4
    INITIAL = 5
    ALIKE = 6
    DIFFERENT = 7


class Family(IntEnum):
    """How surnames agree."""

    UNKNOWN = 0
    SAME = 1
    PART = 2
    SLIP = 3
    ALIKE = 4
    DIFFERENT = 5


class Order(IntEnum):
    """Whether given name and surname stand in the same fields."""

    UNKNOWN = 0
    SAME = 1
    SWAPPED = 2


class Shared(IntEnum):
    """How e-mail, phone and street agree."""

    UNKNOWN = 0
    SAME = 1
    SHARED = 2
    """The same, but people of different names have it."""
    VARIANT = 3
    """Another spelling of the same."""
    SLIP = 4
    DIFFERENT = 5


class Plain(IntEnum):
    """How a field without ado agrees; also each half of a place."""

    UNKNOWN = 0
    SAME = 1
    SLIP = 2
    DIFFERENT = 3


class Birth(IntEnum):
    """How dates of birth agree."""

    UNKNOWN = 0
    SAME = 1
    SLIP = 2
    DIFFERENT = 3
    GENERATION = 4
    """So many years apart as parents and children are."""


@dataclass(frozen=True, slots=True)
class Level:
    """One way in which a field agrees or does not."""

    words: str
    person: float
    household: float
    stranger: float


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared. Level 0 is that one side is not known: it says nothing."""

    name: str
    levels: tuple[Level, ...]
    is_personal: bool = False
    """Whether members of a household agree in it no more than strangers do (but for a namesake now and then)."""
    is_given: bool = False
    """Whether strangers and households keep the shipped figures."""

    @property
    def is_name(self) -> bool:
        """Whether it is about the name."""
        return self.name in {"first_name", "last_name", "name_order"}


_NOTHING = Level("not known", 1.0, 1.0, 1.0)

GIVEN = Field("first_name", (
    _NOTHING,
    Level("the same first name", 0.72, 0.03, 0.006),
    Level("a nickname of the same first name", 0.07, 0.003, 0.003),
    Level("one has more first names than the other", 0.05, 0.004, 0.001),
    Level("first names that differ by a slip", 0.09, 0.004, 0.002),
    Level("an initial that fits the first name", 0.03, 0.006, 0.006),
    Level("first names that sound a little alike", 0.015, 0.04, 0.04),
    Level("different first names", 0.025, 0.913, 0.942),
), is_personal=True)  # fmt: skip

FAMILY = Field("last_name", (
    _NOTHING,
    Level("the same surname", 0.82, 0.85, 0.002),
    Level("one surname is a part of the other", 0.05, 0.03, 0.001),
    Level("surnames that differ by a slip", 0.08, 0.02, 0.001),
    Level("surnames that sound a little alike", 0.01, 0.02, 0.03),
    Level("different surnames", 0.04, 0.08, 0.966),
))  # fmt: skip

ORDER = Field("name_order", (
    _NOTHING,
    Level("names in the same order", 0.97, 0.97, 0.97),
    Level("first name and surname are swapped", 0.03, 0.5, 0.5),
), is_given=True)  # fmt: skip
"""Names that agree by chance do so either way round: only for one person is learnt how often they are swapped."""

EMAIL = Field("email", (
    _NOTHING,
    Level("the same e-mail address", 0.55, 0.02, 0.000005),
    Level("an e-mail address that people of different names share", 0.07, 0.40, 0.0002),
    Level("the same mailbox in another spelling", 0.05, 0.002, 0.000005),
    Level("e-mail addresses that differ by a slip, or only after the @", 0.06, 0.008, 0.0002),
    Level("different e-mail addresses", 0.27, 0.57, 0.9995),
))  # fmt: skip

PHONE = Field("phone", (
    _NOTHING,
    Level("the same phone number", 0.66, 0.03, 0.000005),
    Level("a phone number that people of different names share", 0.07, 0.40, 0.0002),
    Level("the same subscriber in another spelling of the number", 0.03, 0.01, 0.000002),
    Level("phone numbers that differ by one digit", 0.04, 0.01, 0.00002),
    Level("different phone numbers", 0.20, 0.55, 0.9997),
))  # fmt: skip

STREET = Field("street", (
    _NOTHING,
    Level("the same street and house", 0.50, 0.04, 0.0002),
    Level("an address that people of different names share", 0.12, 0.80, 0.0003),
    Level("the same street, one without its house number", 0.03, 0.02, 0.0005),
    Level("streets that differ by a slip", 0.12, 0.06, 0.0005),
    Level("different streets", 0.23, 0.08, 0.9985),
))  # fmt: skip

BIRTH = Field("birth_date", (
    _NOTHING,
    Level("the same date of birth", 0.92, 0.0005, 0.00005),
    Level("dates of birth that differ by a slip", 0.06, 0.002, 0.001),
    Level("different dates of birth", 0.019, 0.40, 0.60),
    Level("dates of birth a generation apart", 0.001, 0.5975, 0.39895),
), is_personal=True)  # fmt: skip

GENERATION = Field("generation", (
    _NOTHING,
    Level("the same addition to the name, such as junior", 0.98, 0.2, 0.4),
    Level("an addition to the name, such as junior, on one side only", 0.05, 0.5, 0.5),
    Level("different additions to the name, such as junior and senior", 0.01, 0.8, 0.6),
), is_personal=True)  # fmt: skip

PERSONAL_ID = Field("personal_id", (
    _NOTHING,
    Level("the same personal number", 0.92, 0.00002, 0.000002),
    Level("personal numbers that differ by a slip", 0.05, 0.0005, 0.0005),
    Level("different personal numbers", 0.03, 0.99948, 0.999498),
), is_personal=True)  # fmt: skip

STATE = Field("state", (
    _NOTHING,
    Level("the same state", 0.92, 0.96, 0.18),
    Level("states that differ by a slip", 0.03, 0.01, 0.02),
    Level("different states", 0.05, 0.03, 0.80),
))  # fmt: skip

COUNTRY = Field("country", (
    _NOTHING,
    Level("the same country", 0.95, 0.98, 0.4),
    Level("countries that differ by a slip", 0.02, 0.01, 0.05),
    Level("different countries", 0.03, 0.01, 0.55),
))  # fmt: skip


def _places() -> tuple[Level, ...]:
    """Postcode and city in one field, since each nearly says the other: a level for each pair of theirs."""
    code = ((1.0, 1.0, 1.0), (0.78, 0.93, 0.003), (0.07, 0.02, 0.01), (0.15, 0.05, 0.987))
    city = ((1.0, 1.0, 1.0), (0.85, 0.93, 0.02), (0.05, 0.03, 0.01), (0.10, 0.04, 0.97))
    says = ("unknown", "the same", "nearly the same", "a different")
    found = []
    for first in Plain:
        for second in Plain:
            odds = [one * other for one, other in zip(code[first], city[second], strict=True)]
            parts = [f"{says[first]} postcode"] if first else []
            parts += [f"{says[second]} city"] if second else []
            found.append(Level(" and ".join(parts) or "not known", *odds))
    return tuple(found)


PLACE = Field("place", _places())

FIELDS = (GIVEN, FAMILY, ORDER, EMAIL, PHONE, STREET, PLACE, STATE, COUNTRY, BIRTH, GENERATION, PERSONAL_ID)
POSITIONS = {field.name: position for position, field in enumerate(FIELDS)}


def place_level(code: Plain, city: Plain) -> int:
    """The level of a place by those of its halves."""
    return 4 * code + city


def halves_of(level: int) -> tuple[Plain, Plain]:
    """Postcode and city of a place's level."""
    return Plain(level // 4), Plain(level % 4)
