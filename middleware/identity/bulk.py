"""All records of a brand in memory, as a scan compares them: about a kilobyte each. Pure.

Blocks are gone through bucket by bucket, by the hash of their key, so that a scan that was broken off goes on at a
bucket. Two records that share several keys are compared once: in the block of the smallest key that they share.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from middleware.domain.candidates import MOST_IN_A_BLOCK, Block, Comparable
from middleware.identity.comparable import person_of
from middleware.identity.matching.comparing import Levels
from middleware.identity.matching.learning import Weighed, drawn, learnt, shares
from middleware.identity.matching.model import Model, shipped
from middleware.identity.matching.records import Person
from middleware.identity.matching.scoring import Scorer, may_merge
from middleware.identity.matching.statistics import Share, Statistics, places_of, statistics_of
from middleware.identity.weights import LEAST_RECORDS, SHARES

BUCKETS = 256
_KEY_BYTES = 13
"""The letter of a key's kind, and twelve bytes of hash."""
_OF_CONTACTS = frozenset(b"mpa")
"""Kinds of keys whose blocks hold everybody with one e-mail address, phone number or street."""
_LOOKED_AT = 25
_KEPT_PEOPLE = 200_000
_LEARNT_FROM = 300_000
"""Pairs that weights are learnt from."""
_DRAWN_FROM = 20_000
_SINGLE, _SINGLE_RECORDS, _ACROSS = 0.02, 50, 10
"""A source knows each person once if, of 50 records or more, at most so many have a double within it, and ten times
as many have one in other sources."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """A pair that may be one person: positions in the set, and the score."""

    pair: Pair
    bits: float
    is_sound: bool


class Bulk:
    """The records of a brand. They are added first; then `settle`; then anything else."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.positions: dict[str, int] = {}
        self._values: list[bytes] = []
        self._keys: list[bytes] = []
        self._hashes = [array("Q") for _ in range(BUCKETS)]
        self._holders = [array("I") for _ in range(BUCKETS)]
        self._counts: dict[str, Counter[str]] = {field: Counter() for field in SHARES}
        self._closed: set[int] = set()
        self._shared: set[tuple[str, str]] = set()
        self._people: dict[int, tuple[Person, frozenset[int]]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, key: str, record: Comparable) -> None:
        """Add one record under its identifier's key."""
        position = len(self.ids)
        self.ids.append(key)
        self.positions[key] = position
        self._values.append(orjson.dumps([record.values, record.source]))
        packed = b"".join(_packed(each) for each in record.keys)
        self._keys.append(packed)
        for number in _hashes_of(packed):
            self._hashes[number % BUCKETS].append(number)
            self._holders[number % BUCKETS].append(position)
        person = person_of(record.values, record.source)
        self._counts["given"].update([person.given] if person.given else ())
        self._counts["family"].update([person.family] if person.family else ())
        self._counts["place"].update(each for each in places_of(person) if each.strip("|"))

    def settle(self) -> None:
        """Find out which keys too many share, and which contacts people of different names share."""
        for bucket in range(BUCKETS):
            for number, members in self._grouped(bucket).items():
                if len(members) > MOST_IN_A_BLOCK:
                    self._closed.add(number)
                if len(members) > 1 and self._kind(members[0], number) in _OF_CONTACTS:
                    people = [self.person(each) for each in members[:_LOOKED_AT]]
                    self._shared |= statistics_of(people).shared
        self._people.clear()  # they know their open keys, and those were not known yet

    def blocks(self, bucket: int) -> Iterator[tuple[str, Block]]:
        """The blocks of a bucket with their ids, as they are stored."""
        for number, members in self._grouped(bucket).items():
            if number in self._closed:
                yield self._block_id(members[0], number), Block(count=MOST_IN_A_BLOCK + 1)
            else:
                keys = tuple(sorted(self.ids[each] for each in members))
                yield self._block_id(members[0], number), Block(members=keys, count=len(keys))

    def pairs(self, bucket: int) -> Iterator[Pair]:
        """The pairs that are compared in a bucket; over all buckets each pair once."""
        for number, members in self._grouped(bucket).items():
            if len(members) < 2 or number in self._closed:  # noqa: PLR2004 - a pair
                continue
            for at, one in enumerate(members):
                keys = self._known(one)[1]
                for other in members[at + 1 :]:
                    if min(keys & self._known(other)[1]) == number:
                        yield one, other

    def scored(self, bucket: int, scorer: Scorer, least_bits: float) -> tuple[int, list[Found]]:
        """How many pairs of a bucket were compared, and those that may be one person."""
        compared, found = 0, []
        for one, other in self.pairs(bucket):
            compared += 1
            ours, theirs = self.person(one), self.person(other)
            levels = scorer.levels(ours, theirs)
            bits = scorer.bits(ours, theirs, levels)
            if bits > least_bits:
                found.append(Found((one, other), bits, may_merge(ours, theirs, levels)))
        return compared, found

    def shares(self) -> dict[str, Share]:
        """How common the values of each field are."""
        return {field: Share(counts, counts.total()) for field, counts in self._counts.items()}

    def statistics(self) -> Statistics:
        """How common values are, and which contacts are shared."""
        given, family, place = (self.shares()[field] for field in SHARES)
        return Statistics(given, family, place, frozenset(self._shared))

    def learnt(self) -> Model:
        """The weights that these records teach; the shipped ones if there are too few."""
        if len(self) < LEAST_RECORDS:
            return shipped(len(self))
        statistics = self.statistics()
        scorer = Scorer(shipped(len(self)), statistics)
        pairs, part = self._some_pairs()
        levels = [scorer.levels(self.person(one), self.person(other)) for one, other in pairs]
        patterns: Weighed = Counter(
            (at, *scorer.frequencies(self.person(one), self.person(other), at))
            for (one, other), at in zip(pairs, levels, strict=True)
        )
        step = -(-len(self) // _DRAWN_FROM)
        people = [self.person(each) for each in range(0, len(self), step)]
        has_households = any(each.email or each.phone or each.street for each in people)
        if part < 1:
            patterns = Counter({each: round(number / part) for each, number in patterns.items()})
        model = learnt(len(self), patterns, drawn(people, statistics), has_households=has_households)
        return Model(
            model.person, model.household, model.stranger, model.persons, model.households, len(pairs),
            self._single_sources(pairs, levels, model, part),
        )  # fmt: skip

    def person(self, position: int) -> Person:
        """A record in the form in which it is compared."""
        return self._known(position)[0]

    def _some_pairs(self) -> tuple[list[Pair], float]:
        """Pairs to learn from, and which part of the buckets they are of."""
        pairs: list[Pair] = []
        for bucket in range(BUCKETS):
            pairs += self.pairs(bucket)
            if len(pairs) >= _LEARNT_FROM:
                return pairs, (bucket + 1) / BUCKETS
        return pairs, 1.0

    def _single_sources(
        self, pairs: Sequence[Pair], levels: Sequence[Levels], model: Model, part: float
    ) -> frozenset[str]:
        """Sources that show next to no pair of one person within themselves, though others show theirs again."""
        records = Counter(orjson.loads(each)[1] for each in self._values)
        within: Counter[str] = Counter()
        across: Counter[str] = Counter()
        for (one, other), at in zip(pairs, levels, strict=True):
            if shares(model, at)[0] > 0.5:  # noqa: PLR2004 - as likely as not
                sources = {self.person(one).source, self.person(other).source}
                (within if len(sources) == 1 else across).update(sources)
        return frozenset(
            source
            for source, number in records.items()
            if number >= _SINGLE_RECORDS
            and within[source] <= _SINGLE * number * part
            and across[source] > _ACROSS * within[source]
        )

    def _known(self, position: int) -> tuple[Person, frozenset[int]]:
        """A record with its open keys, kept while there is room."""
        known = self._people.get(position)
        if known is None:
            values, source = orjson.loads(self._values[position])
            keys = frozenset(_hashes_of(self._keys[position])) - self._closed
            if len(self._people) >= _KEPT_PEOPLE:
                self._people.clear()
            known = self._people[position] = person_of(values, source), keys
        return known

    def _grouped(self, bucket: int) -> dict[int, list[int]]:
        groups: dict[int, list[int]] = {}
        for number, position in zip(self._hashes[bucket], self._holders[bucket], strict=True):
            groups.setdefault(number, []).append(position)
        return groups

    def _kind(self, position: int, number: int) -> int:
        return self._packed_key(position, number)[0]

    def _block_id(self, position: int, number: int) -> str:
        packed = self._packed_key(position, number)
        return f"{chr(packed[0])}:{packed[1:].hex()}"

    def _packed_key(self, position: int, number: int) -> bytes:
        packed = self._keys[position]
        (found,) = (each for each in _each(packed) if _hash(each) == number)
        return found


def _packed(block_id: str) -> bytes:
    letter, _, digits = block_id.partition(":")
    return letter.encode()[:1] + bytes.fromhex(digits)


def _each(packed: bytes) -> Iterator[bytes]:
    return (packed[start : start + _KEY_BYTES] for start in range(0, len(packed), _KEY_BYTES))


def _hash(key: bytes) -> int:
    return int.from_bytes(key[1:9])


def _hashes_of(packed: bytes) -> Iterator[int]:
    return (_hash(each) for each in _each(packed))
