"""One record of a source is new, changed or gone: its keys, and the candidates that it makes. Beside the messages.

Everything is read by `_id`, a bounded number of documents, so the time does not grow with the store. In this order:
the identity; its entry in the index with the blocks of its keys; whom it is compared with, and the blocks that it
leaves; the profiles of those that match; one write. A sixth command only where there is more to it: an open candidate
that has to be looked at again, or a profile that was merged before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from middleware.domain.candidates import Block, Candidate, Comparable, Indexed
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.journal import Verdict
from middleware.domain.profile import Profile
from middleware.errors import StoreUnavailable
from middleware.identity.candidates import (
    Match,
    conflicts_of,
    identifiers_of,
    is_decided,
    matches,
    partners,
    parts_of,
    proposed,
    verdict_ids,
)
from middleware.identity.comparable import comparable
from middleware.identity.weights import Weights
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, Put, Stored


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """From how many bits a pair is a candidate, and from how many it merges by itself (None: never)."""

    review_from: float = 0.0
    merge_from: float | None = None


@dataclass(slots=True)
class _Look:
    """One look at a record: what was read, and what is to be written."""

    key: str
    own: Comparable
    found: dict[str, Stored[Indexed]]
    matched: list[Match] = field(default_factory=list)
    homes: dict[str, Profile] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    sure: list[Candidate] = field(default_factory=list)

    def other(self, key: str) -> Comparable:
        """What is compared of another record."""
        known = self.found[key].record.comparable
        assert known is not None  # noqa: S101 - for the type checker: only such are matched
        return known

    def home(self, profile_id: str) -> str:
        """The profile that a profile resolves to; one that is not stored yet is its own."""
        return self.homes[profile_id].id if profile_id in self.homes else profile_id


async def match_record(
    store: BrandStore, key: str, weights: Weights, rules: ReviewRules, now: datetime
) -> tuple[Candidate, ...]:
    """Bring index and candidates to the present state of one record; the candidates that may merge by themselves.

    `key` is the identifier's. Doing it again changes nothing. Raises StoreUnavailable.
    """
    left: set[str] = set()
    again: set[str] = set()
    for _ in range(TRIES_TO_LAND):
        identity = (await store.get(Identity, [key])).get(key)
        own = comparable(identity.record) if identity is not None else None
        found = await store.get(Indexed, [key, *(own.keys if own is not None else ())])
        known = found[key].record.comparable if key in found else None
        if own is None and known is None:
            return ()
        left |= set(known.keys if known is not None else ()) - set(own.keys if own is not None else ())
        again |= set(known.candidates if known is not None else ())
        if own is None:
            landed = await _gone(store, key, found, left, again)
        else:
            look = _Look(key, own.replacing(known), found)
            landed = await _matched(store, look, left - set(own.keys), again, weights, rules, now)
            again |= set(look.candidates)
            if landed:
                return tuple(look.sure)
        if landed:
            return ()
    raise StoreUnavailable("others keep changing the same blocks")


async def forget_record(store: BrandStore, key: str) -> None:
    """Take a record whose identity was deleted out of the index, its blocks and its candidates. Raises
    StoreUnavailable.
    """
    for _ in range(TRIES_TO_LAND):
        found = await store.get(Indexed, [key])
        known = found[key].record.comparable if key in found else None
        if known is None:
            return
        await _unname(store, key, known.candidates)
        if await _gone(store, key, found, set(known.keys), known.candidates):
            return
    raise StoreUnavailable("others keep changing the same blocks")


async def _unname(store: BrandStore, key: str, candidates: Collection[str]) -> None:
    """Take these candidates out of what the index has of the other records in them. What somebody else changes at the
    same moment stays as it is: a candidate that is no more does no harm there.
    """
    named = (await store.get(Candidate, candidates)).values() if candidates else ()
    others = {each for stored in named for each in stored.record.records} - {key}
    puts = []
    for other, stored in (await store.get(Indexed, others)).items():
        known = stored.record.comparable
        if known is not None:
            left = tuple(each for each in known.candidates if each not in candidates)
            puts.append(stored.put(Indexed(id=other, comparable=known.model_copy(update={"candidates": left}))))
    await store.write(*puts)


async def _gone(
    store: BrandStore, key: str, found: dict[str, Stored[Indexed]], left: set[str], again: Collection[str]
) -> bool:
    """A record that is gone leaves its blocks and its candidates; whether it has."""
    found |= await store.get(Indexed, left)
    open_ones = await store.get(Candidate, again)
    changes: list[Put | Delete] = [*_leaving(key, found, left), *_closing(key, open_ones, ())]
    changes.append(Delete(Indexed, key))
    return all(await store.write(*changes))


async def _matched(
    store: BrandStore,
    look: _Look,
    left: set[str],
    again: Collection[str],
    weights: Weights,
    rules: ReviewRules,
    now: datetime,
) -> bool:
    """Compare, and write what follows; False if somebody else was quicker, then it has to be begun again."""
    blocks = {key: each.record.block for key, each in look.found.items() if each.record.block is not None}
    others = partners(look.key, look.own.keys, blocks)
    look.found |= await store.get(Indexed, {*others, *left})
    compared = {key: look.found[key].record.comparable for key in others if key in look.found}
    known = {key: each for key, each in compared.items() if each is not None}
    look.matched = matches(look.own, known, weights, rules.review_from)
    if look.matched:
        await _propose(store, look, weights, rules, now)
    open_ones = await store.get(Candidate, again)
    return all(await store.write(*_changes(look, left, open_ones)))


async def _propose(store: BrandStore, look: _Look, weights: Weights, rules: ReviewRules, now: datetime) -> None:
    """The candidates of a record, by the profiles that its matches resolve to by now, unless they were decided on."""
    ids = {look.own.profile_id, *(look.other(each.key).profile_id for each in look.matched)}
    profiles = await read_profiles(store, ids)
    look.homes = roots(profiles)
    ours = look.own.profile_id
    pairs = [each for each in look.matched if look.home(look.other(each.key).profile_id) != look.home(ours)]
    decided = await _decided(store, look, pairs)
    for match in pairs:
        candidate = _candidate(look, match, weights, now)
        if match.key not in decided and candidate.id not in look.candidates:
            look.candidates[candidate.id] = candidate
            if match.is_sound and _is_sure(look, candidate, match, rules):
                look.sure.append(candidate)


def _candidate(look: _Look, match: Match, weights: Weights, now: datetime) -> Candidate:
    theirs = look.other(match.key)
    home, other_home = look.home(look.own.profile_id), look.home(theirs.profile_id)
    conflicts = conflicts_of(
        identifiers_of(look.homes.get(look.own.profile_id), look.key),
        identifiers_of(look.homes.get(theirs.profile_id), match.key),
        weights.model.single_sources,
    )
    return proposed(
        (look.key, look.own, home),
        (match.key, theirs, other_home),
        match.score,
        conflicts=conflicts,
        version=weights.version,
        now=now,
    )


async def _decided(store: BrandStore, look: _Look, pairs: Sequence[Match]) -> set[str]:
    """The records whose profile was merged before and has a verdict. Of all others the index knows what was decided."""
    asked: dict[str, list[str]] = {}
    ours = look.own.profile_id
    for match in pairs:
        theirs = look.other(match.key).profile_id
        if look.home(ours) == ours and look.home(theirs) == theirs and not _is_joined(look, ours, theirs):
            continue
        asked[match.key] = verdict_ids(
            parts_of(look.home(ours), look.homes.get(ours), look.key),
            parts_of(look.home(theirs), look.homes.get(theirs), match.key),
        )
    verdicts = await store.get(Verdict, {each for ids in asked.values() for each in ids})
    known = {key: stored.record for key, stored in verdicts.items()}
    return {key for key, ids in asked.items() if is_decided(map(known.get, ids))}


def _is_joined(look: _Look, *profile_ids: str) -> bool:
    """Whether any of these profiles was put together from several."""
    return any(each in look.homes and len(look.homes[each].homes) > 1 for each in profile_ids)


def _is_sure(look: _Look, candidate: Candidate, match: Match, rules: ReviewRules) -> bool:
    """Whether it may merge without a person: two sources' records, nothing against it, nobody else in question."""
    kinds = {Identifier.from_key(each).kind for each in candidate.records}
    others = {*look.own.candidates, *look.other(match.key).candidates} - {candidate.id}
    return (
        rules.merge_from is not None
        and candidate.bits >= rules.merge_from
        and not candidate.conflicts
        and kinds == {IdentifierKind.SOURCE_RECORD}
        and len(look.matched) == 1
        and not others
    )


def _changes(look: _Look, left: set[str], open_ones: Mapping[str, Stored[Candidate]]) -> list[Put | Delete]:
    """What is written, the record's own entry last: a crash before it is a look that has to be begun again."""
    changes: list[Put | Delete] = [*_leaving(look.key, look.found, left), *_joining(look)]
    changes += _closing(look.key, open_ones, look.candidates)
    for key, candidate in look.candidates.items():
        known = open_ones.get(key)
        if known is None:
            changes.append(Put(candidate))
        elif not candidate.says_the_same(known.record) and _counts(look.key, candidate, known.record):
            kept = candidate.model_copy(update={"created_at": known.record.created_at})
            changes.append(known.put(kept))
    changes += _naming(look)
    own = look.own.model_copy(update={"candidates": tuple(sorted(look.candidates))})
    stored = look.found.get(look.key, Stored(Indexed(id=look.key), 0))
    if own != stored.record.comparable:
        changes.append(stored.put(Indexed(id=look.key, comparable=own)))
    return changes


def _counts(key: str, candidate: Candidate, known: Candidate) -> bool:
    """Whether a candidate replaces the one that is known: made of the same record, or surer."""
    return key in known.records or candidate.bits > known.bits


def _leaving(key: str, found: Mapping[str, Stored[Indexed]], left: Collection[str]) -> list[Put | Delete]:
    changes: list[Put | Delete] = []
    for block_id in sorted(left):
        stored = found.get(block_id)
        if stored is not None and stored.record.block is not None and key in stored.record.block.members:
            changes.append(stored.put(Indexed(id=block_id, block=stored.record.block.without_member(key))))
    return changes


def _joining(look: _Look) -> list[Put | Delete]:
    changes: list[Put | Delete] = []
    for block_id in look.own.keys:
        stored = look.found.get(block_id, Stored(Indexed(id=block_id), 0))
        known = stored.record.block or Block()
        after = known.with_member(look.key)
        if after != known:
            changes.append(stored.put(Indexed(id=block_id, block=after)))
    return changes


def _closing(key: str, open_ones: Mapping[str, Stored[Candidate]], kept: Collection[str]) -> list[Put | Delete]:
    """Candidates that named this record and do not any more."""
    return [
        Delete(Candidate, each, stored.version)
        for each, stored in open_ones.items()
        if each not in kept and key in stored.record.records
    ]


def _naming(look: _Look) -> list[Put | Delete]:
    """The other records learn of the candidates that they stand in, so that they can take them along when they go."""
    changes: list[Put | Delete] = []
    for candidate in look.candidates.values():
        (other,) = (each for each in candidate.records if each != look.key)
        stored, known = look.found[other], look.other(other)
        if candidate.id not in known.candidates:
            named = known.model_copy(update={"candidates": tuple(sorted({*known.candidates, candidate.id}))})
            changes.append(stored.put(Indexed(id=other, comparable=named)))
    return changes
