"""The score of a pair, in bits: how much more likely one person than not. With reasons and counter-reasons in words."""

from dataclasses import dataclass
from math import log2

from middleware.identity.matching.comparing import Levels, compared
from middleware.identity.matching.levels import FIELDS, POSITIONS, Birth, Family, Given, Order, Plain, Shared, halves_of
from middleware.identity.matching.model import Model, of_person
from middleware.identity.matching.records import Person
from middleware.identity.matching.statistics import Share, Statistics, places_of

_GIVEN, _FAMILY, _PLACE = POSITIONS["first_name"], POSITIONS["last_name"], POSITIONS["place"]
_ORDER, _COUNTRY = POSITIONS["name_order"], POSITIONS["country"]
_EMAIL, _PHONE, _STREET = POSITIONS["email"], POSITIONS["phone"], POSITIONS["street"]
_BIRTH, _GENERATION, _PERSONAL_ID = POSITIONS["birth_date"], POSITIONS["generation"], POSITIONS["personal_id"]
_WORTH_SAYING = 0.5
_MOST_ODDS = 60.0
_MOST_RARER = 16
_LEAST_FACTOR, _MOST_FACTOR = 1 / 64, 64.0
"""How far the frequency of a value may move what its level says."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What a field says for one person (weight above 0) or against it, in bits."""

    field: str
    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    """How likely two records are one person."""

    bits: float
    """The base-2 logarithm of the odds: 0 is one in two, 10 is a thousand to one."""
    reasons: tuple[Reason, ...]
    counter_reasons: tuple[Reason, ...]

    @property
    def probability(self) -> float:
        """The same as a probability."""
        return probability(self.bits)


def probability(bits: float) -> float:
    """Odds in bits as a probability."""
    return float(1 / (1 + 2 ** -max(min(bits, _MOST_ODDS), -_MOST_ODDS)))


def may_merge(one: Person, other: Person, levels: Levels) -> bool:
    """Whether nothing stands against one person, and something that not a whole family shares speaks for it.

    However high the score: a pair without this, or with half a name, is for people to decide.
    """
    given, family, birth = levels[_GIVEN], levels[_FAMILY], levels[_BIRTH]
    if one.is_guessed or other.is_guessed:
        return False
    if not given or not family or given >= Given.INITIAL or family >= Family.ALIKE or birth >= Birth.DIFFERENT:
        return False
    if levels[_GENERATION] > Plain.SAME or levels[_PERSONAL_ID] == Plain.DIFFERENT:
        return False
    own = any(levels[position] in {Shared.SAME, Shared.VARIANT} for position in (_EMAIL, _PHONE))
    at_home = levels[_STREET] in {Shared.SAME, Shared.SLIP} or Plain.SAME in halves_of(levels[_PLACE])
    return own or bool(birth) or levels[_PERSONAL_ID] == Plain.SAME or at_home


class Scorer:
    """Scores pairs by one model and the frequencies of one set of records."""

    def __init__(self, model: Model, statistics: Statistics) -> None:
        self._model = model
        self._statistics = statistics
        self._logs = tuple(
            tuple(tuple(log2(value) for value in row) for row in table)
            for table in (model.person, model.household, model.stranger)
        )
        strangers = max(1.0 - model.persons - model.households, 0.1)
        self._prior = log2(model.persons), log2(model.households), log2(strangers)
        self._sums: dict[Levels, tuple[float, float, float]] = {}
        self._chance = {
            _GIVEN: statistics.given.by_chance,
            _FAMILY: statistics.family.by_chance,
        }

    def levels(self, one: Person, other: Person) -> Levels:
        """How two records agree, field by field."""
        return compared(one, other, self._statistics.is_shared)

    def bits(self, one: Person, other: Person, levels: Levels | None = None) -> float:
        """The score alone: what a scan needs."""
        if levels is None:
            levels = self.levels(one, other)
        person, household, stranger = self._sum(levels)
        for _, of_household, of_stranger in self._by_frequency(one, other, levels):
            household += of_household
            stranger += of_stranger
        return person - _log_of_sum(household, stranger)

    def by_levels(self, levels: Levels) -> float:
        """The score of a pair by its levels alone, whatever its values."""
        person, household, stranger = self._sum(levels)
        return person - _log_of_sum(household, stranger)

    def weight(self, position: int, level: int) -> float:
        """How much a level says for one person against strangers, in bits."""
        return self._logs[0][position][level] - self._logs[2][position][level]

    def frequencies(self, one: Person, other: Person, levels: Levels) -> tuple[int, int]:
        """How much commoner the first name is than usual, and how much likelier strangers are, in bits: to learn by."""
        moved = self._by_frequency(one, other, levels)
        given = sum(outside for position, _, outside in moved if position == _GIVEN)
        return round(given), round(sum(outside for _, _, outside in moved))

    def score(self, one: Person, other: Person) -> Score:
        """The score with its reasons, the weightiest first."""
        levels = self.levels(one, other)
        moved = {position: (first, second) for position, first, second in self._by_frequency(one, other, levels)}
        found = self._reasons(levels, moved)
        found.sort(key=lambda reason: (-abs(reason.weight), reason.field))
        return Score(
            self.bits(one, other, levels),
            tuple(reason for reason in found if reason.weight >= _WORTH_SAYING),
            tuple(reason for reason in found if reason.weight <= -_WORTH_SAYING),
        )

    def _reasons(self, levels: Levels, moved: dict[int, tuple[float, float]]) -> list[Reason]:
        """What each field says against the two other explanations, each as far as it is likely."""
        _, household, stranger = self._sum(levels)
        household += sum(first for first, _ in moved.values())
        stranger += sum(second for _, second in moved.values())
        share = probability(household - stranger)
        found = []
        for position, level in enumerate(levels):
            if level:
                person, at_home, outside = (table[position][level] for table in self._logs)
                first, second = moved.get(position, (0.0, 0.0))
                weight = person - share * (at_home + first) - (1 - share) * (outside + second)
                words = FIELDS[position].levels[level].words
                found.append(Reason(FIELDS[position].name, words, round(weight, 2)))
        return found

    def _sum(self, levels: Levels) -> tuple[float, float, float]:
        found = self._sums.get(levels)
        if found is None:
            sums = list(self._prior)
            for kind, (table, known) in enumerate(zip(self._logs, (of_person(levels), levels, levels), strict=True)):
                sums[kind] += sum(table[position][level] for position, level in enumerate(known) if level)
            found = self._sums[levels] = (sums[0], sums[1], sums[2])
        return found

    def _by_frequency(self, one: Person, other: Person, levels: Levels) -> list[tuple[int, float, float]]:
        """How much more likely than usual these very values agree by chance, in bits: in a household, outside."""
        found = []
        given, family, place = levels[_GIVEN], levels[_FAMILY], levels[_PLACE]
        theirs = (other.family, other.given) if levels[_ORDER] == Order.SWAPPED else (other.given, other.family)
        homes = self._at_home(one, other, levels, theirs)
        if given and given < Given.INITIAL:
            share = self._statistics.given
            factor = self._factor(_GIVEN, share, one.given, theirs[0], same=given == Given.SAME)
            near = factor * self._nearer(share, one.given, theirs[0])
            at_home = self._of_namesakes(near) if given == Given.SAME else log2(near)
            found.append((_GIVEN, at_home, log2(factor) + homes[0]))
        if family and family < Family.ALIKE:
            factor = self._factor(_FAMILY, self._statistics.family, one.family, theirs[1], same=family == Family.SAME)
            found.append((_FAMILY, 0.0, log2(factor) + homes[1]))
        if place:
            factor = log2(self._place_factor(one, other, place)) + homes[2]
            if factor:
                found.append((_PLACE, 0.0, factor))
        return found

    def _of_namesakes(self, near: float) -> float:
        """How a first name's frequency moves the odds that a household has it twice: by chance, or on purpose."""
        part, model = self._model.namesakes, self._model
        on_purpose, by_chance = part * model.person[_GIVEN][Given.SAME], (1 - part) * model.stranger[_GIVEN][Given.SAME]
        return log2((on_purpose + by_chance * near) / (on_purpose + by_chance))

    def _at_home(self, one: Person, other: Person, levels: Levels, theirs: tuple[str, str]) -> list[float]:
        """How much likelier compatriots agree by chance in first name, surname and place, in bits.

        That two are compatriots is by chance itself, which the country says; where it is not known, the value that
        tells most of the country has to.
        """
        country = levels[_COUNTRY]
        if country > Plain.SAME:
            return [0.0, 0.0, 0.0]
        names = self._statistics
        bits = [
            log2(self._nearer(names.given, one.given, theirs[0])) if 0 < levels[_GIVEN] < Given.INITIAL else 0.0,
            log2(self._nearer(names.family, one.family, theirs[1])) if 0 < levels[_FAMILY] < Family.ALIKE else 0.0,
            0.0,
        ]
        index = _agreeing(levels[_PLACE])
        if index is not None:
            bits[2] = log2(self._nearer(names.place, places_of(one)[index], places_of(other)[index]))
        if not country:
            bits[bits.index(max(bits))] = 0.0
        return bits

    @staticmethod
    def _nearer(share: Share, one: str, other: str) -> float:
        commoner = one if share.counts.get(one, 0) >= share.counts.get(other, 0) else other
        return share.at_home.get(commoner, 1.0)

    def _factor(self, position: int, share: Share, one: str, other: str, *, same: bool) -> float:
        """The commoner value counts: a slip makes a rare name of a common one. If both are common it is no slip."""
        chance = self._chance[position]
        if not chance:
            return 1.0
        if same:
            by_chance = share.of(one) / self._model.stranger[position][1]
        else:
            rarer = min(share.counts.get(one, 1), share.counts.get(other, 1))
            by_chance = (max(share.of(one), share.of(other)) / chance) ** 0.5 * min(rarer, _MOST_RARER)
        return min(max(by_chance, _LEAST_FACTOR), _MOST_FACTOR)

    def _place_factor(self, one: Person, other: Person, level: int) -> float:
        code, city = halves_of(level)
        ours, theirs = places_of(one), places_of(other)
        index = _agreeing(level)
        if index is None:
            return 1.0
        value = max(self._statistics.place.of(ours[index]), self._statistics.place.of(theirs[index])) * 3
        usual = self._model.stranger[_PLACE][level]
        if index < 2 and code and city:  # noqa: PLR2004 - one half agrees, the other one does not
            usual = max(usual, sum(self._model.stranger[_PLACE][each] for each in _alike_in(index, level)))
        return min(max(value / usual, _LEAST_FACTOR), _MOST_FACTOR) if value else 1.0


def _agreeing(level: int) -> int | None:
    """Which of `places_of` two records have in common."""
    code, city = halves_of(level)
    if code == Plain.SAME:
        return 2 if city == Plain.SAME else 0
    return 1 if city == Plain.SAME else None


def _alike_in(index: int, level: int) -> list[int]:
    """The levels of a place that agree in the same half as this one, both halves known."""
    half = halves_of(level)[index]
    return [4 * code + city for code in (1, 2, 3) for city in (1, 2, 3) if (code, city)[index] == half]


def _log_of_sum(one: float, other: float) -> float:
    """The base-2 logarithm of a sum, of two logarithms."""
    high, low = (one, other) if one > other else (other, one)
    return high + log2(1 + 2 ** max(low - high, -_MOST_ODDS))
