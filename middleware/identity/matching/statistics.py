"""What a set of records says about its values: how common a name or a place is, and what people share."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from middleware.identity.matching.comparing import birth_level, family_level, given_level
from middleware.identity.matching.contacts import tail_of
from middleware.identity.matching.lands import commoner_at_home, settled
from middleware.identity.matching.levels import Birth, Family, Given
from middleware.identity.matching.records import Person, addresses_of

_MOST_LOOKED_AT = 25
"""Holders of a value that are compared: who shares an address with more people than these shares it with anybody."""

_SURELY_SWAPPED = 8.0
"""Odds from which names are taken to stand in each other's field."""
_OFTENER = 3
"""How much oftener a word is a surname elsewhere than a given name, to be one here."""


@dataclass(frozen=True)
class Share:
    """How common the values of a field are."""

    counts: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    at_home: Mapping[str, float] = field(default_factory=dict)
    """How many times commoner a value is among compatriots."""

    def of(self, value: str) -> float:
        """The part of all records that have the value, one record of each pair left out; 0 if nothing is known."""
        if not self.total:
            return 0.0
        return max(self.counts.get(value, 0) - 1, 0.5) / self.total

    @property
    def by_chance(self) -> float:
        """How likely two records have the same value."""
        if not self.total:
            return 0.0
        return sum(count * count for count in self.counts.values()) / (self.total * self.total)


@dataclass(frozen=True)
class Statistics:
    """How common values are, and which of them people of different names have in common."""

    given: Share = Share()
    family: Share = Share()
    place: Share = Share()
    shared: frozenset[tuple[str, str]] = frozenset()
    """(field, value)."""

    def is_shared(self, name: str, value: str) -> bool:
        """Whether people of different names have this e-mail address, phone number or street."""
        return (name, value) in self.shared


def statistics_of(people: Sequence[Person]) -> Statistics:
    """Count the values of all records and find those that are shared."""
    lands = settled([person.land for person in people], [_told_by(person) for person in people])
    return Statistics(
        given=_share([(person.given,) for person in people], lands),
        family=_share([(person.family,) for person in people], lands),
        place=_share([places_of(person) for person in people], lands),
        shared=frozenset(_shared(people)),
    )


def oriented(people: Sequence[Person]) -> list[Person]:
    """Given names and surnames put where they belong, by how the names stand in all other records."""
    given = Counter(word for person in people for word in person.given.split())
    family = Counter(word for person in people for word in person.family.split())
    return [_oriented(person, given, family) for person in people]


def _oriented(person: Person, given: Mapping[str, int], family: Mapping[str, int]) -> Person:
    odds = 1.0
    for word in person.given.split():
        odds *= (family.get(word, 0) + 0.5) / (given[word] - 0.5)
    for word in person.family.split():
        odds *= (given.get(word, 0) + 0.5) / (family[word] - 0.5)
    if odds >= _SURELY_SWAPPED:
        return replace(person, given=person.family, family=person.given, is_swapped=True)
    return _parted(person, given, family)


def _parted(person: Person, given: Mapping[str, int], family: Mapping[str, int]) -> Person:
    """A whole name was taken apart: a first surname among the given names goes back, so does a second given name."""
    words = person.given.split()
    if person.is_parted and given.get(person.family, 0) > _OFTENER * family[person.family]:
        return replace(person, given=f"{person.given} {person.family}", family="", is_parted=False)
    kept = len(words)
    while kept > 1 and family.get(words[kept - 1], 0) > _OFTENER * given[words[kept - 1]]:
        kept -= 1
    if kept == len(words):
        return person
    return replace(person, given=" ".join(words[:kept]), family=" ".join([*words[kept:], person.family]).strip())


def places_of(person: Person) -> tuple[str, ...]:
    """Postcode, city, and both of them, as their frequency is counted."""
    both = f"{person.postcode}|{person.city}" if person.postcode and person.city else ""
    return (f"{person.postcode}|", f"|{person.city}", both)


def _told_by(person: Person) -> tuple[str, ...]:
    """What tells where somebody is from."""
    told = (("c", person.city), ("f", person.family), ("g", person.given))
    return tuple(f"{kind}|{value}" for kind, value in told if value)


def _share(values: Sequence[tuple[str, ...]], lands: Sequence[str]) -> Share:
    known = [tuple(value for value in having if value.strip("|")) for having in values]
    counts = Counter(value for having in known for value in having)
    return Share(counts, counts.total(), commoner_at_home(lands, known))


def _shared(people: Sequence[Person]) -> Iterable[tuple[str, str]]:
    holders: dict[tuple[str, str], list[Person]] = {}
    for person in people:
        if person.email is not None:
            holders.setdefault(("email", person.email.mailbox), []).append(person)
        if person.phone:
            holders.setdefault(("phone", tail_of(person.phone)), []).append(person)
        for address in addresses_of(person):
            holders.setdefault(("street", address), []).append(person)
    return (value for value, having in holders.items() if len(having) > 1 and _are_several(having))


def _are_several(holders: Sequence[Person]) -> bool:
    """Whether any two holders of a value cannot be one person by their names or dates of birth."""
    distinct: list[Person] = []
    for person in holders[:_MOST_LOOKED_AT]:
        if person in distinct:
            continue
        if any(_differ(person, other) for other in distinct):
            return True
        distinct.append(person)
    return False


def _differ(one: Person, other: Person) -> bool:
    if birth_level(one.birth_date, other.birth_date) == Birth.GENERATION:
        return True
    if given_level(one.given, other.given) != Given.DIFFERENT:
        return False
    crossed = given_level(one.given, other.family), given_level(one.family, other.given)
    if any(Given.UNKNOWN < level < Given.ALIKE for level in crossed):
        return False
    whole = family_level((one.given + one.family), (other.given + other.family))
    return whole in {Family.DIFFERENT, Family.ALIKE}
