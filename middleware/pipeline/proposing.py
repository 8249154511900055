"""What a scan has found becomes candidates: by the profiles that records resolve to, unless they were decided on."""

from collections.abc import Callable, Sequence
from datetime import datetime

from middleware.domain.candidates import Candidate, Comparable, Indexed
from middleware.domain.journal import Verdict
from middleware.domain.profile import Profile
from middleware.errors import StoreUnavailable
from middleware.identity.bulk import Bulk, Found
from middleware.identity.candidates import (
    conflicts_of,
    identifiers_of,
    is_decided,
    parts_of,
    proposed,
    verdict_ids,
)
from middleware.identity.matching.scoring import Scorer
from middleware.identity.weights import Weights
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import TRIES_TO_LAND, BrandStore, Put


class Proposals:
    """The candidates of one scan, some pairs at a time."""

    def __init__(
        self, store: BrandStore, bulk: Bulk, scorer: Scorer, weights: Weights, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._bulk = bulk
        self._scorer = scorer
        self._weights = weights
        self._now = now

    async def write(self, found: Sequence[Found]) -> int:
        """Write the candidates that some pairs make; how many there are of them now."""
        keys = {self._bulk.ids[position] for each in found for position in each.pair}
        entries = await self._store.get(Indexed, keys)
        known = {key: each.record.comparable for key, each in entries.items()}
        pairs = [pair for each in found if (pair := self._as_keys(each, known)) is not None]
        compared = {key: each for key, each in known.items() if each is not None}
        homes = roots(await read_profiles(self._store, {each.profile_id for each in compared.values()}))
        decided = await self._decided(pairs, compared, homes)
        candidates: dict[str, Candidate] = {}
        for (one, other), each in pairs:
            if (one, other) in decided or _home(compared[one], homes) == _home(compared[other], homes):
                continue
            candidate = self._candidate((one, other), each, compared, homes)
            best = candidates.get(candidate.id)
            if best is None or best.bits < candidate.bits:
                candidates[candidate.id] = candidate
        await self._write_candidates(candidates)
        await self._name(candidates)
        return len(candidates)

    def _as_keys(self, found: Found, known: dict[str, Comparable | None]) -> tuple[tuple[str, str], Found] | None:
        """A pair by the keys of its records, if both are still there."""
        one, other = (self._bulk.ids[each] for each in found.pair)
        return ((one, other), found) if known.get(one) is not None and known.get(other) is not None else None

    async def _decided(
        self,
        pairs: Sequence[tuple[tuple[str, str], Found]],
        compared: dict[str, Comparable],
        homes: dict[str, Profile],
    ) -> set[tuple[str, str]]:
        """The pairs that have a verdict, by all profiles that theirs were put together from."""
        asked = {}
        for pair, _ in pairs:
            both = []
            for key in pair:
                own = compared[key]
                both.append(parts_of(_home(own, homes), homes.get(own.profile_id), key))
            asked[pair] = verdict_ids(*both)
        verdicts = await self._store.get(Verdict, {each for ids in asked.values() for each in ids})
        known = {key: stored.record for key, stored in verdicts.items()}
        return {pair for pair, ids in asked.items() if is_decided(map(known.get, ids))}

    def _candidate(
        self,
        pair: tuple[str, str],
        found: Found,
        compared: dict[str, Comparable],
        homes: dict[str, Profile],
    ) -> Candidate:
        one, other = pair
        ours, theirs = compared[one], compared[other]
        conflicts = conflicts_of(
            identifiers_of(homes.get(ours.profile_id), one),
            identifiers_of(homes.get(theirs.profile_id), other),
            self._weights.model.single_sources,
        )
        score = self._scorer.score(*(self._bulk.person(each) for each in found.pair))
        return proposed(
            (one, ours, _home(ours, homes)),
            (other, theirs, _home(theirs, homes)),
            score,
            conflicts=conflicts,
            version=self._weights.version,
            now=self._now(),
        )

    async def _write_candidates(self, candidates: dict[str, Candidate]) -> None:
        """New ones, and those that say something else than before; of two of one scan the surer one stays."""
        known = await self._store.get(Candidate, list(candidates))
        puts: list[Put] = []
        for key, candidate in candidates.items():
            stored = known.get(key)
            if stored is None:
                puts.append(Put(candidate))
                continue
            of_this_scan = stored.record.model_version == candidate.model_version
            is_surer = stored.record.bits >= candidate.bits
            if not candidate.says_the_same(stored.record) and not (of_this_scan and is_surer):
                puts.append(stored.put(candidate.model_copy(update={"created_at": stored.record.created_at})))
        await self._store.write(*puts)  # what somebody else has just written is as new as this

    async def _name(self, candidates: dict[str, Candidate]) -> None:
        """The records learn of the candidates that they stand in, so that they can take them along when they go."""
        named: dict[str, set[str]] = {}
        for candidate in candidates.values():
            for key in candidate.records:
                named.setdefault(key, set()).add(candidate.id)
        for _ in range(TRIES_TO_LAND):
            puts = []
            for key, stored in (await self._store.get(Indexed, list(named))).items():
                known = stored.record.comparable
                if known is not None and not named[key] <= set(known.candidates):
                    after = known.model_copy(update={"candidates": tuple(sorted({*known.candidates, *named[key]}))})
                    puts.append(stored.put(Indexed(id=key, comparable=after)))
            if all(await self._store.write(*puts)):
                return
        raise StoreUnavailable("others keep changing the same records")


def _home(own: Comparable, homes: dict[str, Profile]) -> str:
    return homes[own.profile_id].id if own.profile_id in homes else own.profile_id
