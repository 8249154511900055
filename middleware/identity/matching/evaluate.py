"""A set of records matched in memory, and measured where the truth is known."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from middleware.identity.matching.blocking import Blocks
from middleware.identity.matching.clustering import Pair, clustered
from middleware.identity.matching.comparing import Levels
from middleware.identity.matching.learning import before_candidates, drawn, learnt, shares
from middleware.identity.matching.leftovers import lifted_leftovers
from middleware.identity.matching.model import Model, shipped
from middleware.identity.matching.records import Person, PersonRecord, normalised
from middleware.identity.matching.scoring import Scorer, may_merge, probability
from middleware.identity.matching.statistics import Statistics, oriented, statistics_of
from middleware.identity.matching.together import Together

Advance = Callable[[str, int, int], None]
"""Told of a stage's name, what of it is done, and how much it is."""

REVIEW_FROM = 0.0
"""Bits from which a pair is a candidate: as likely as not."""
_SURE = 0.9995
"""What the pairs that merge by themselves are to be right in, on the mean."""
_LEAST_SURE = 9.0
"""Bits that the last of them needs in any case."""
_AHEAD = 10.0
"""Bits by which a pair has to be surer than any that its records make with others, to merge by itself."""
_TOLD_EVERY = 5000
_SINGLE = 0.02
"""Duplicates within a source, by its records, up to which it knows each person once."""
_SINGLE_RECORDS = 50


@dataclass(frozen=True)
class Matched:
    """What came of matching a set of records."""

    pairs: int
    """Pairs that were compared."""
    candidates: tuple[tuple[float, Pair], ...]
    """Score and pair, from `REVIEW_FROM` on."""
    compared: frozenset[Pair]
    groups: tuple[tuple[int, ...], ...]
    auto_from: float
    """Bits from which a pair would merge by itself."""
    automatic: tuple[Pair, ...]
    model: Model
    statistics: Statistics
    people: tuple[Person, ...]
    """The records as they were compared."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well pairs were found."""

    precision: float
    recall: float
    f1: float
    pairs: int


def matched(records: Sequence[PersonRecord], advance: Advance = lambda _stage, _done, _of: None) -> Matched:
    """Learn from a list of records and match it."""
    people = oriented([normalised(record) for record in records])
    statistics = statistics_of(people)
    pairs = Blocks(people).pairs()
    levels = list(_compared(people, pairs, Scorer(shipped(len(people)), statistics), advance))
    advance("learning", 0, 1)
    model = _learnt(people, statistics, pairs, levels)
    scorer = Scorer(model, statistics)
    scored = [
        (scorer.bits(people[one], people[other], at), (one, other))
        for (one, other), at in zip(pairs, levels, strict=True)
    ]
    known = {pair: bits for bits, pair in scored}

    patterns_of = dict(zip(pairs, levels, strict=True))

    def levels_of(one: int, other: int) -> Levels:
        return patterns_of.get((one, other)) or scorer.levels(people[one], people[other])

    def bits(one: int, other: int) -> float:
        pair = (one, other) if one < other else (other, one)
        found = known.get(pair)
        return scorer.bits(people[one], people[other]) if found is None else found

    together = Together(scorer, bits, levels_of)
    only_once = [person.source if person.source in model.single_sources else None for person in people]
    advance("grouping", 0, 1)
    groups = clustered(len(people), scored, together, only_once)
    lifted = lifted_leftovers(scored, groups, only_once, model.persons)
    if lifted:
        known |= {pair: lift for lift, pair in lifted}
        scored = [(known[pair], pair) for _, pair in scored]
        groups = clustered(len(people), scored, together, only_once)
    auto_from = _auto_from(score for score, _ in scored)
    sure = _without_rivals(scored, groups, auto_from)
    return Matched(
        pairs=len(pairs),
        candidates=tuple(each for each in scored if each[0] > REVIEW_FROM),
        compared=frozenset(pairs),
        groups=tuple(map(tuple, groups)),
        auto_from=auto_from,
        automatic=tuple(
            (one, other)
            for (one, other), at in zip(pairs, levels, strict=True)
            if (one, other) in sure and may_merge(people[one], people[other], at)
        ),
        model=model,
        statistics=statistics,
        people=tuple(people),
    )


def _learnt(people: Sequence[Person], statistics: Statistics, pairs: Sequence[Pair], levels: Sequence[Levels]) -> Model:
    has_households = any(person.email or person.phone or person.street for person in people)
    at_random = drawn(people, statistics)
    scorer = Scorer(before_candidates(len(people), at_random, has_households=has_households), statistics)
    patterns = Counter(
        (at, *scorer.frequencies(people[one], people[other], at))
        for (one, other), at in zip(pairs, levels, strict=True)
    )
    model = learnt(len(people), patterns, at_random, has_households=has_households)
    return replace(model, single_sources=_single_sources(people, pairs, levels, model))


def _without_rivals(scored: Sequence[tuple[float, Pair]], groups: Iterable[Iterable[int]], least: float) -> set[Pair]:
    """The pairs of one group from a score on, unless one of the two fits nearly as well to a record outside it."""
    group_of = {each: number for number, group in enumerate(groups) for each in group}
    rival: dict[int, float] = {}
    for bits, pair in scored:
        if group_of[pair[0]] != group_of[pair[1]]:
            for each in pair:
                rival[each] = max(rival.get(each, bits), bits)
    return {
        (one, other)
        for bits, (one, other) in scored
        if bits >= least
        and group_of[one] == group_of[other]
        and bits - max(rival.get(one, -bits), rival.get(other, -bits)) >= _AHEAD
    }


def _compared(people: Sequence[Person], pairs: Sequence[Pair], scorer: Scorer, advance: Advance) -> Iterator[Levels]:
    for done, (one, other) in enumerate(pairs):
        if done % _TOLD_EVERY == 0:
            advance("comparing", done, len(pairs))
        yield scorer.levels(people[one], people[other])


def _single_sources(
    people: Sequence[Person], pairs: Sequence[Pair], levels: Sequence[Levels], model: Model
) -> frozenset[str]:
    """Sources that show next to no pair of one person within themselves, though others show theirs again."""
    records = Counter(person.source for person in people if person.source)
    within: Counter[str] = Counter()
    across: Counter[str] = Counter()
    likely: dict[Levels, float] = {}
    for (one, other), at in zip(pairs, levels, strict=True):
        share = likely.setdefault(at, shares(model, at)[0])
        first, second = people[one].source, people[other].source
        if share > 0.5:  # noqa: PLR2004 - as likely as not
            counter = within if first == second else across
            for source in {first, second}:
                counter[source] += 1
    return frozenset(
        source
        for source, number in records.items()
        if number >= _SINGLE_RECORDS and within[source] <= _SINGLE * number and across[source] > 10 * within[source]
    )


def _auto_from(scores: Iterable[float]) -> float:
    """The lowest score down to which, by the model itself, nearly all pairs are right."""
    wrong, lowest = 0.0, float("inf")
    for number, score in enumerate(sorted(scores, reverse=True), 1):
        wrong += 1 - probability(score)
        if score < _LEAST_SURE or wrong > (1 - _SURE) * number:
            break
        lowest = score
    return max(lowest, _LEAST_SURE)


def pairs_within(groups: Iterable[Iterable[int]]) -> Iterator[Pair]:
    """All pairs of records that stand in one group."""
    for group in groups:
        members = sorted(group)
        yield from ((one, other) for at, one in enumerate(members) for other in members[at + 1 :])


def quality(found: Iterable[Pair], true: set[Pair]) -> Quality:
    """Precision, recall and F1 of pairs."""
    pairs = set(found)
    right = len(pairs & true)
    precision = right / len(pairs) if pairs else 1.0
    recall = right / len(true) if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return Quality(precision, recall, f1, len(pairs))


def true_pairs(truth: Sequence[str]) -> set[Pair]:
    """The pairs of records that have one name in the column of truth; an empty one is nobody else's."""
    people: dict[str, list[int]] = {}
    for position, name in enumerate(truth):
        if name:
            people.setdefault(name, []).append(position)
    return set(pairs_within(people.values()))


def measured(found: Matched, truth: Sequence[str]) -> dict[str, Quality]:
    """How good the pairs are, those of one group, what would merge by itself, and what was compared at all."""
    true = true_pairs(truth)
    return {
        "pairs": quality((pair for _, pair in found.candidates), true),
        "clusters": quality(pairs_within(found.groups), true),
        "auto": quality(found.automatic, true),
        "compared": quality(found.compared, true),
    }
