"""Made-up customers of several tools in nine languages, as people and households are: not as they are matched.

People live alone, in families or in shared flats; fathers have sons of their name; some write from the mailbox of a
firm; some move, marry, or have several e-mail addresses. Each tool knows a part of them in its own way of writing. The
same each time for a seed. Shares of people are guesses at ordinary ones, those of slips are set so that Splink's pairs
come to about F1 0.8 at a precision of nearly 0.8 (`make bench-identity`). Nothing here follows how we match.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from random import Random

from middleware.identity.matching.records import PersonRecord
from tests.unit.middleware.matching.entries import TOOLS, Home, Someone, entry, plain
from tests.unit.middleware.matching.lands import LANDS, Land

_ROLES = ("info", "info", "office", "contact", "hello", "sales", "team", "mail")
_WORDS = tuple(
    "sun moon blue happy lucky wild star coffee music ocean tiger berry cloud pixel garden winter red fox".split()  # noqa: SIM905 - words, not a list to edit
)
_OFFICES = 0.01
_FLATS = 0.02
_FAMILIES = 0.17
_NAMESAKES = 0.06
"""Of households: shared mailboxes of firms, shared flats, families; of families: those with two of one name."""


def _crowded(land: Land) -> Land:
    return replace(
        land,
        men=land.men[:20],
        women=land.women[:20],
        families=land.families[:30],
        streets=land.streets[:12],
        cities=land.cities[:5],
    )


class Customers:
    """Customers with their records in several tools; `truth` has for each record the person's name."""

    def __init__(self, people: int, seed: int = 1, *, crowded: bool = False) -> None:
        """`crowded`: from so few names and places that strangers often have the same."""
        self._random = Random(seed)  # noqa: S311 - made-up customers, the same each time
        lands = tuple(map(_crowded, LANDS)) if crowded else LANDS
        self.records: list[PersonRecord] = []
        self.truth: list[str] = []
        self._taken: set[str] = set()
        number = 0
        while number < people:
            for someone in self._household(self._random.choice(lands)):
                self._write_down(someone, str(number))
                number += 1
        order = list(range(len(self.records)))
        self._random.shuffle(order)
        self.records = [self.records[each] for each in order]
        self.truth = [self.truth[each] for each in order]

    def _household(self, land: Land) -> Iterator[Someone]:
        kind = self._random.random()
        if kind < _OFFICES:
            yield from self._office(land)
        elif kind < _OFFICES + _FLATS:
            home = self._home(land)
            yield from (replace(self._someone(land), homes=(home,)) for _ in range(self._random.choice((2, 2, 3))))
        elif kind < _OFFICES + _FLATS + _FAMILIES:
            yield from self._family(land)
        else:
            yield self._someone(land)

    def _office(self, land: Land) -> Iterator[Someone]:
        """People of one firm who write from its mailbox, or are reached by its number."""
        random = self._random
        firm = plain(self._one_of(land.families)).replace(" ", "").replace("'", "")
        email, phone = f"{random.choice(_ROLES)}@{firm}-{random.choice(_WORDS)}.com", self._phone(land, mobile=False)
        for _ in range(random.choice((2, 2, 3, 4))):
            one = self._someone(land)
            emails = (email, *one.emails) if random.random() < 0.7 else (*one.emails, email)
            yield replace(one, emails=emails, phones=(*one.phones, phone))

    def _family(self, land: Land) -> Iterator[Someone]:
        """Parents, and children of one surname and home; they share addresses and numbers, and sometimes a name."""
        random = self._random
        parent = self._someone(land)
        shared = random.choice((parent.emails[0], self._family_email(parent)))
        landline = self._phone(land, mobile=False)
        yield self._sharing(parent, shared, landline)
        kind = random.random()
        if kind < _NAMESAKES:
            child = self._someone(land, born=parent.born + random.randint(20, 36), woman=parent.is_woman)
            child = replace(child, names=parent.names, family=parent.family, homes=parent.homes)
            child = replace(child, emails=(self._email(land, child),), generation="jr")
            yield self._sharing(child, shared, landline)
            return
        partner = self._someone(land, born=parent.born + random.randint(-8, 8), woman=not parent.is_woman)
        keeps = random.random() < 0.25
        yield self._sharing(self._relative(partner, parent, keeps=keeps), shared, landline)
        for _ in range(random.choice((0, 0, 1, 1, 2))):
            child = self._someone(land, born=parent.born + random.randint(18, 38), woman=random.random() < 0.5)
            yield self._sharing(self._relative(child, parent), shared, landline)

    def _relative(self, one: Someone, parent: Someone, *, keeps: bool = False) -> Someone:
        family = one.family if keeps else parent.family
        named = replace(one, family=family, homes=parent.homes)
        return replace(named, emails=tuple(self._email(one.land, named) for _ in one.emails))

    def _sharing(self, one: Someone, email: str, phone: str) -> Someone:
        """With the family's mailbox and number in front of one's own, behind them, or not at all."""
        random = self._random
        kind = random.random()
        emails = (email, *one.emails) if kind < 0.25 else (*one.emails, email) if kind < 0.35 else one.emails
        kind = random.random()
        phones = (phone, *one.phones) if kind < 0.25 else (*one.phones, phone) if kind < 0.4 else one.phones
        return replace(one, emails=tuple(dict.fromkeys(emails)), phones=phones)

    def _someone(self, land: Land, born: int | None = None, woman: bool | None = None) -> Someone:  # noqa: FBT001
        random = self._random
        is_woman = random.random() < 0.5 if woman is None else woman
        names = tuple(self._one_of(land.women if is_woman else land.men, 3, 0.7).split("/"))
        year = random.randint(1942, 2005) if born is None else min(born, 2007)
        date = f"{year}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        homes = tuple(self._home(land) for _ in range(1 if random.random() < 0.85 else 2))
        one = Someone(land, names, self._one_of(land.families), is_woman, year, date, (), (), homes)
        emails = tuple(self._email(land, one) for _ in range(random.choice((1, 1, 1, 1, 2, 3))))
        phones = tuple(self._phone(land) for _ in range(random.choice((1, 1, 1, 1, 2))))
        return replace(one, emails=emails, phones=phones)

    def _one_of(self, names: Sequence[str], start: int = 12, fall: float = 0.75) -> str:
        weights = accumulate((rank + start) ** -fall for rank in range(len(names)))
        return self._random.choices(names, cum_weights=list(weights))[0]

    def _email(self, land: Land, one: Someone) -> str:
        """An address that nobody has yet."""
        found = next(each for each in iter(lambda: self._wished(land, one), "") if each not in self._taken)
        self._taken.add(found)
        return found

    def _wished(self, land: Land, one: Someone) -> str:
        random = self._random
        given, family = (plain(each).replace(" ", "").replace("'", "") for each in (one.names[0], one.family))
        short = plain(random.choice(one.names))
        number = random.choice((str(one.born), str(one.born)[2:], str(random.randint(1, 9999)), ""))
        local = random.choice(
            (
                f"{given}.{family}",
                f"{given}.{family}{number}",
                f"{given[0]}{family}{number}",
                f"{given}{number or family}",
                f"{short}_{family[:4]}{number}",
                f"{family}.{given}",
                f"{random.choice(_WORDS)}{random.choice(_WORDS)}{number}",
                f"{short}{random.choice(_WORDS)}{number}",
            )
        )
        return f"{local}@{random.choice(land.mails)}"

    def _family_email(self, one: Someone) -> str:
        family = plain(one.family).replace(" ", "").replace("'", "")
        begin = self._random.choice((f"family.{family}", f"{family}s", f"{family}{self._random.randint(1, 99)}"))
        return f"{begin}@{self._random.choice(one.land.mails)}"

    def _phone(self, land: Land, *, mobile: bool = True) -> str:
        random = self._random
        begin, digits = land.mobile if mobile else ("", land.landline)
        rest = "".join(random.choice("0123456789") for _ in range(digits - (0 if begin else 1)))
        return f"+{land.calling}{begin or random.choice('23456789')}{rest}"

    def _home(self, land: Land) -> Home:
        random = self._random
        city = self._one_of(land.cities, 4, 0.9)
        at = land.cities.index(city)
        street = self._one_of(land.streets).replace("#", str(int(random.expovariate(1 / 35)) + 1))
        area = 100 + at * 11 % 880
        # A city has more postcodes the bigger it is: the bigger stand first.
        rest = _filled(land.postcode, random.randrange(max(30 // (at + 1), 1)) * 37)
        return Home(street, city, f"{area}{rest}", land.states[at % len(land.states)])

    def _write_down(self, one: Someone, name: str) -> None:
        random = self._random
        for tool in TOOLS:
            if random.random() < tool.knows:
                for _ in range(2 if random.random() < tool.twice else 1):
                    self.records.append(entry(random, tool, one))
                    self.truth.append(name)


def _filled(pattern: str, number: int) -> str:
    """The pattern with the digits of a number, last ones first, and letters by it."""
    found = ""
    for sign in pattern:
        if sign == "#":
            found, number = found + str(number % 10), number // 10
        else:
            found += chr(65 + (number * 7 + len(found)) % 26) if sign == "@" else sign
    return found
