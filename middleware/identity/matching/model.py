"""The weights: for each level of each field how likely it is for one person, for one household and for strangers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from middleware.identity.matching.comparing import Levels
from middleware.identity.matching.levels import FIELDS, POSITIONS, Field, Shared

Table = tuple[tuple[float, ...], ...]
"""A probability for each level of each field."""

NAMESAKES = 0.03
"""Of two people of one household, how many have one given name: fathers and sons."""
_CONTACTS = ("email", "phone", "street")
SHARED_AT = tuple(POSITIONS[name] for name in _CONTACTS)
"""The fields that a household may share."""
_RARE = 1e-7
NO_HOUSEHOLDS = 1e-30
"""Where no record has an e-mail address, a phone number or a street, a household cannot be told from a person: the
same surname and place with another first name is then a candidate to look at, and never merges by itself."""


@dataclass(frozen=True)
class Model:
    """Probabilities of levels, and how often two records at random are one person or one household."""

    person: Table
    household: Table
    stranger: Table
    persons: float
    """Of all pairs of records, the part that is one person."""
    households: float
    learnt_from: int = 0
    """Pairs of records that it was learnt from."""
    single_sources: frozenset[str] = field(default_factory=frozenset)
    """Sources that, by what was learnt, know each person once."""
    namesakes: float = NAMESAKES
    """Of two people of one household, how many have one given name."""


def shipped(records: int, *, has_households: bool = True) -> Model:
    """The model without any data, for a set of so many records."""
    pairs = max(records * (records - 1) / 2, 1.0)
    households = min(0.2 * max(records, 1) / pairs, 0.2) if has_households else NO_HOUSEHOLDS
    persons = tuple(normed([level.person for level in each.levels]) for each in FIELDS)
    homes = [_as_shipped([level.household for level in each.levels], each) for each in FIELDS]
    tables = (
        persons,
        tuple(as_shared(home, person, each) for home, person, each in zip(homes, persons, FIELDS, strict=True)),
        tuple(_as_shipped([level.stranger for level in each.levels], each) for each in FIELDS),
    )
    return Model(*tables, persons=min(0.3 * max(records, 1) / pairs, 0.3), households=households)


def _as_shipped(row: Sequence[float], each: Field) -> tuple[float, ...]:
    return tuple(row) if each.is_given else normed(row)


def normed(row: Sequence[float]) -> tuple[float, ...]:
    """The levels' probabilities so that they sum to one; that of level 0, which says nothing, is one."""
    total = sum(row[1:])
    return (1.0, *(max(value / total, _RARE) for value in row[1:]))


def of_household(
    stranger: Sequence[float], person: Sequence[float], each: Field, namesakes: float = NAMESAKES
) -> tuple[float, ...]:
    """What is likely in a household for a field that its members need not share: chance, and a few namesakes."""
    part = namesakes if each.name == "first_name" else 0.0005
    mixed = [(1 - part) * by_chance + part * same for by_chance, same in zip(stranger, person, strict=True)]
    return normed(mixed)


def as_shared(row: Sequence[float], person: Sequence[float], each: Field) -> tuple[float, ...]:
    """What two of a household have in common is shared, whether or not their names show it. Slips happen to it, too.

    That an e-mail address has several people is seen by their different first names. A father and a son of one name, or
    a record without a first name, do not show it: the level is that of one's own, and as likely as the shared one.
    """
    if each.name not in _CONTACTS:
        return tuple(row)
    either = row[Shared.SAME] + row[Shared.SHARED]
    written = either / (person[Shared.SAME] + person[Shared.SHARED])
    found = list(row)
    found[Shared.SAME] = found[Shared.SHARED] = either
    for level in (Shared.VARIANT, Shared.SLIP):
        found[level] = max(row[level], written * person[level])
    return tuple(found)


def of_person(pattern: Levels) -> Levels:
    """The levels as one person's likelihood takes them: that somebody lives in a household is counted once.

    An e-mail address, a phone number and a home that relatives share say so three times over; but whoever shares one of
    them shares the others. After the first, to agree is what counts.
    """
    shared = [position for position in SHARED_AT if pattern[position] == Shared.SHARED]
    if len(shared) < 2:  # noqa: PLR2004 - one is counted
        return pattern
    again = frozenset(shared[1:])
    return tuple(int(Shared.SAME) if position in again else level for position, level in enumerate(pattern))
