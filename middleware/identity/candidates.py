"""Which of the records that share a key are candidates, with reasons, and what stands against merging them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from middleware.domain.candidates import (
    Because,
    Block,
    Candidate,
    Comparable,
    SideBySide,
)
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Edge, profile_id_of
from middleware.domain.journal import Verdict
from middleware.domain.profile import Profile
from middleware.identity.comparable import VALUES, person_of
from middleware.identity.evidence import RULE_BESIDE
from middleware.identity.linking import Refused
from middleware.identity.matching.scoring import Score, Scorer, may_merge
from middleware.identity.matching.statistics import Statistics, statistics_of
from middleware.identity.merging import pair_id
from middleware.identity.weights import Weights

RULE = "records.similar"
"""The rule by which records that look like one person are proposed, or merged where the brand allows it."""

_ATTESTED_BITS = 10.0
"""What a platform's word counts in the queue: a thousand to one."""

MOST_PARTNERS = 60
"""Records that one record is compared with: those that share the most, and the rarest, keys with it."""


@dataclass(frozen=True, slots=True)
class Match:
    """A record that may be the same person. `is_sound`: whether it could merge without a person (`may_merge`)."""

    key: str
    score: Score
    is_sound: bool


def partners(own: str, keys: Sequence[str], blocks: Mapping[str, Block]) -> list[str]:
    """Whom a record is compared with: who shares a key that says something, the likeliest first."""
    weight: dict[str, float] = {}
    for key in keys:
        block = blocks.get(key)
        if block is not None and not block.is_closed:
            for member in block.members:
                weight[member] = weight.get(member, 0.0) + 1 / len(block.members)
    weight.pop(own, None)
    return sorted(weight, key=lambda each: (-weight[each], each))[:MOST_PARTNERS]


def matches(own: Comparable, others: Mapping[str, Comparable], weights: Weights, least_bits: float) -> list[Match]:
    """The records that may be the same person, the likeliest first.

    What people of different names share is seen in the records at hand: all who share an address share a key.
    """
    person = person_of(own.values, own.source)
    people = {key: person_of(each.values, each.source) for key, each in others.items() if _may_be_asked(own, each)}
    if not people:
        return []
    shared = statistics_of([person, *people.values()]).shared
    scorer = Scorer(weights.model, _with_shared(weights.statistics, shared))
    found = [
        Match(key, scorer.score(person, other), may_merge(person, other, scorer.levels(person, other)))
        for key, other in people.items()
        if scorer.bits(person, other) > least_bits
    ]
    return sorted(found, key=lambda each: (-each.score.bits, each.key))


def _with_shared(statistics: Statistics, shared: frozenset[tuple[str, str]]) -> Statistics:
    return replace(statistics, shared=shared)


def _may_be_asked(own: Comparable, other: Comparable) -> bool:
    """Whether nobody has decided yet, as far as the index knows."""
    if own.locked or other.locked or own.profile_id == other.profile_id:
        return False
    return other.profile_id not in own.apart and own.profile_id not in other.apart


def proposed(
    ours: tuple[str, Comparable, str],
    theirs: tuple[str, Comparable, str],
    score: Score,
    *,
    conflicts: tuple[str, ...],
    version: int,
    now: datetime,
) -> Candidate:
    """The candidate of two records, each with its identifier and the profile that it resolves to."""
    (key, own, home), (other_key, other, other_home) = sorted((ours, theirs), key=lambda each: each[2])
    return Candidate(
        id=pair_id(home, other_home),
        profiles=(home, other_home),
        records=(key, other_key),
        bits=round(score.bits, 2),
        probability=round(score.probability, 6),
        reasons=_because(score, for_it=True),
        counter_reasons=_because(score, for_it=False),
        fields=side_by_side(own, other),
        conflicts=conflicts,
        rule=RULE,
        model_version=version,
        created_at=now,
    )


def attested_both(refused: Refused, event: Event, proven: Edge | None = None) -> Candidate:
    """The question that is left where a platform says, or a code proves, that two are one person, and their ids
    conflict.
    """
    first, second = sorted((refused.one, refused.other))
    rule = proven.rule if proven is not None else RULE_BESIDE.get(event.connector, event.connector)
    told = event.also if proven is None else (Identifier.from_key(proven.to),)
    names = [each.key for each in (event.anchor, *told) if each is not None]
    says = f"{event.connector} names" if proven is None else "a one-time code proves"
    words = f"{says} {', '.join(Identifier.from_key(key).masked() for key in names)} together"
    return Candidate(
        id=pair_id(first, second),
        profiles=(first, second),
        records=(names[0], names[-1]),
        bits=_ATTESTED_BITS,
        probability=1 - 2**-_ATTESTED_BITS,
        reasons=(Because(field="identifier", words=words, bits=_ATTESTED_BITS),),
        counter_reasons=(),
        fields=(),
        conflicts=(refused.why,),
        rule=rule,
        model_version=0,
        created_at=event.received_at,
    )


def _because(score: Score, *, for_it: bool) -> tuple[Because, ...]:
    said = score.reasons if for_it else score.counter_reasons
    return tuple(Because(field=each.field, words=each.words, bits=each.weight) for each in said)


def side_by_side(own: Comparable, other: Comparable) -> tuple[SideBySide, ...]:
    """The fields that either record has, with both sources on top."""
    rows = [SideBySide(field="source", one=own.source, other=other.source)]
    for field in VALUES:
        one, two = own.values.get(field, ""), other.values.get(field, "")
        if one or two:
            rows.append(SideBySide(field=field, one=one, other=two))
    return tuple(rows)


def masked(field: str, value: str) -> str:
    """A value as it may be shown where its words are not wanted: enough to tell two from each other."""
    if field in {"source", "country", "state"} or not value:
        return value
    if field == "email" and "@" in value:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}…@{domain}"
    if field == "birth_date":
        return f"{value[:4]}…"
    if field in {"phone", "personal_id"}:
        return f"…{value[-2:]}"
    return f"{value[:1]}…"


def conflicts_of(one: Iterable[str], other: Iterable[str], single_sources: Iterable[str]) -> tuple[str, ...]:
    """Why two profiles cannot be one person as they are: each has an id of a kind that a person has one of.

    `one` and `other` are the keys of their identifiers; `single_sources` know each person once, as the data show.
    """
    single, ours, theirs = frozenset(single_sources), _ids_of(one), _ids_of(other)
    found = []
    for place in sorted(ours.keys() & theirs.keys()):
        kind, scope = place
        if ours[place] == theirs[place]:
            continue
        if kind is IdentifierKind.SHOP_CUSTOMER:
            found.append(f"two different customers of the shop {scope}")
        elif scope in single:
            found.append(f"two different records of {scope}, which knows each person once")
    return tuple(found)


def _ids_of(keys: Iterable[str]) -> dict[tuple[IdentifierKind, str], frozenset[str]]:
    found: dict[tuple[IdentifierKind, str], set[str]] = {}
    for key in keys:
        identifier = Identifier.from_key(key)
        if identifier.kind in {IdentifierKind.SHOP_CUSTOMER, IdentifierKind.SOURCE_RECORD}:
            found.setdefault((identifier.kind, identifier.scope), set()).add(identifier.value)
    return {place: frozenset(values) for place, values in found.items()}


def identifiers_of(profile: Profile | None, record: str) -> tuple[str, ...]:
    """The keys of all identifiers of a profile, and that of the record by which it was found."""
    members = (each.identifier for each in profile.members) if profile is not None else ()
    return tuple(sorted({*members, record}))


def parts_of(home: str, profile: Profile | None, record: str) -> tuple[str, ...]:
    """The ids of all profiles that a profile was put together from."""
    homes = profile.homes if profile is not None else ()
    return tuple(sorted({home, *homes, profile_id_of(Identifier.from_key(record))}))


def verdict_ids(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """Where a verdict on two profiles would stand, by the profiles that each of them was put together from."""
    one, other = tuple(ours), tuple(theirs)
    return [*one, *other, *(pair_id(first, second) for first in one for second in other)]


def is_decided(verdicts: Iterable[Verdict | None]) -> bool:
    """Whether any of these keeps a pair out of the queue: somebody said that they are two, or locked one of them."""
    return any(each is not None and each.verdict != "accepted" for each in verdicts)
