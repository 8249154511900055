"""Weights learnt without labels: expectation-maximisation over patterns of agreement. Deterministic.

What strangers agree in by chance is counted on pairs drawn at random. Then each pattern that the compared pairs show is
shared out between one person, one household and strangers, by the weights so far, and the weights follow from the
shares, until they stand still. The shipped weights count as so many pairs seen before: with little data they stay.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from middleware.identity.matching.comparing import Levels, compared
from middleware.identity.matching.levels import FIELDS, POSITIONS, Given
from middleware.identity.matching.model import (
    NAMESAKES,
    NO_HOUSEHOLDS,
    SHARED_AT,
    Model,
    Table,
    as_shared,
    normed,
    of_household,
    of_person,
    shipped,
)
from middleware.identity.matching.records import Person
from middleware.identity.matching.statistics import Statistics

Patterns = Counter[Levels]
Weighed = Counter[tuple[Levels, int, int]]
"""Patterns with what the frequency of their values adds: bits of the first name, bits of all."""
Counts = list[list[float]]

_GIVEN, _BIRTH = POSITIONS["first_name"], POSITIONS["birth_date"]
_AT_RANDOM = 30_000
_ROUNDS = 40
_STILL = 1e-4
_SEEN_BEFORE_PERSON = 30.0
_SEEN_BEFORE_HOUSEHOLD = 60.0
_STEADY = 0.25
_SEEN_BEFORE_STRANGERS = 300.0
_SELDOM = 5.0
"""Levels that chance shows less often than this in the pairs drawn are not learnt downwards from them."""


def drawn(people: Sequence[Person], statistics: Statistics) -> Patterns:
    """The patterns of pairs drawn at random; of all pairs, if there are few."""
    number = len(people)
    if number * (number - 1) // 2 <= _AT_RANDOM:
        pairs = [(one, other) for one in range(number) for other in range(one)]
    else:
        random = Random(number)  # noqa: S311 - a sample that is the same each time, no secret
        pairs = [(random.randrange(number), random.randrange(number)) for _ in range(_AT_RANDOM)]
    return Counter(compared(people[one], people[other], statistics.is_shared) for one, other in pairs if one != other)


def before_candidates(records: int, at_random: Patterns, *, has_households: bool = True) -> Model:
    """The shipped model with what strangers agree in by chance: to see by which values agree oftener than that."""
    start = shipped(records, has_households=has_households)
    return _strangers(start, start, at_random)


def learnt(
    records: int,
    candidates: Weighed,
    at_random: Patterns,
    *,
    has_households: bool = True,
    step: Callable[[], None] = lambda: None,
) -> Model:
    """The model of a set of records, from the patterns of the pairs that were compared and of some at random."""
    start = shipped(records, has_households=has_households)
    all_pairs = max(records * (records - 1) / 2, 1.0)
    model = start
    for _ in range(_ROUNDS):
        before = model.persons
        model = _strangers(model, start, at_random)
        model = _round(model, start, candidates, all_pairs)
        step()
        if abs(model.persons - before) < _STILL * before:
            break
    return model


def _strangers(model: Model, start: Model, at_random: Patterns) -> Model:
    """What strangers agree in by chance: the pairs at random, less those that are likely not strangers."""
    counts = _zeros()
    for pattern, number in at_random.items():
        _, _, strangers = shares(model, pattern)
        _add(counts, pattern, number * strangers)
    rows = []
    for seen, before, each in zip(counts, start.stranger, FIELDS, strict=True):
        if each.is_given:
            rows.append(before)
            continue
        total = sum(seen[1:])
        weight = _SEEN_BEFORE_STRANGERS
        row = [(count + weight * prior) / (total + weight) for count, prior in zip(seen, before, strict=True)]
        seldom = _SELDOM / (total + weight)
        rows.append(
            normed([max(new, prior) if prior < seldom else new for new, prior in zip(row, before, strict=True)])
        )
    return _with(model, stranger=tuple(rows))


def _round(model: Model, start: Model, candidates: Weighed, all_pairs: float) -> Model:
    """Share the patterns out, and draw the weights from the shares."""
    persons, households = _zeros(), _zeros()
    found = [0.0, 0.0]
    namesakes = [_SEEN_BEFORE_HOUSEHOLD * NAMESAKES, _SEEN_BEFORE_HOUSEHOLD]
    for (pattern, near, outside), number in candidates.items():
        person, household, _ = shares(model, pattern, 2.0**near, 2.0**outside)
        found[0] += number * person
        found[1] += number * household
        _add(persons, of_person(pattern), number * person)
        _add(households, _seen_in_household(pattern), number * household)
        # Only dates of birth tell namesakes of a household from one person.
        if pattern[_BIRTH] and pattern[_GIVEN]:
            on_purpose = on_purpose_of(model, pattern)
            namesakes[0] += number * household * on_purpose / (on_purpose + (1 - on_purpose) * 2.0**near)
            namesakes[1] += number * household
    alike = namesakes[0] / namesakes[1]
    person_rows = _learnt_rows(persons, start.person, _SEEN_BEFORE_PERSON)
    household_rows = _learnt_rows(households, start.household, _SEEN_BEFORE_HOUSEHOLD)
    tied = tuple(
        start.household[at]
        if each.is_given
        else of_household(model.stranger[at], person_rows[at], each, alike)
        if each.is_personal
        else as_shared(household_rows[at], person_rows[at], each)
        for at, each in enumerate(FIELDS)
    )
    return Model(
        person=person_rows,
        household=tied,
        stranger=model.stranger,
        persons=max(found[0], 1.0) / all_pairs,
        households=max(found[1], 1.0) / all_pairs if model.households > NO_HOUSEHOLDS else NO_HOUSEHOLDS,
        learnt_from=candidates.total(),
        namesakes=alike,
    )


def _seen_in_household(pattern: Levels) -> Levels:
    """What a pair tells of households: what they share, by pairs whose first names show that they are two."""
    if pattern[_GIVEN] >= Given.ALIKE:
        return pattern
    return tuple(0 if position in SHARED_AT else level for position, level in enumerate(pattern))


def _learnt_rows(counts: Counts, before: Table, weight: float) -> Table:
    return tuple(
        normed(
            [count + max(weight, _STEADY * sum(seen[1:])) * prior for count, prior in zip(seen, priors, strict=True)]
        )
        for seen, priors in zip(counts, before, strict=True)
    )


def shares(model: Model, pattern: Levels, near: float = 1.0, outside: float = 1.0) -> tuple[float, float, float]:
    """How likely a pair with this pattern is one person, one household, strangers.

    `near`: how much commoner its first name is than usual among compatriots; `outside`: the same of all its values.
    """
    person, household = model.persons, model.households
    stranger = max(1.0 - model.persons - model.households, 0.1) * outside
    for level, ours in zip(of_person(pattern), model.person, strict=True):
        if level:
            person *= ours[level]
    for level, theirs, others in zip(pattern, model.household, model.stranger, strict=True):
        if level:
            household *= theirs[level]
            stranger *= others[level]
    if near != 1.0:
        on_purpose = on_purpose_of(model, pattern)
        household *= on_purpose + (1 - on_purpose) * near
    total = person + household + stranger
    return person / total, household / total, stranger / total


def on_purpose_of(model: Model, pattern: Levels) -> float:
    """The part of a household's equal first names that is no chance."""
    level = pattern[_GIVEN]
    if level != Given.SAME:
        return 0.0
    named, by_chance = (
        model.namesakes * model.person[_GIVEN][level],
        (1 - model.namesakes) * model.stranger[_GIVEN][level],
    )
    return named / (named + by_chance)


def _zeros() -> Counts:
    return [[0.0] * len(each.levels) for each in FIELDS]


def _add(counts: Counts, pattern: Levels, share: float) -> None:
    for seen, level in zip(counts, pattern, strict=True):
        if level:
            seen[level] += share


def _with(model: Model, *, stranger: Table) -> Model:
    return replace(model, stranger=stranger)
