"""The review queue: open candidates, best first, and what a person decides on them. A decision counts for ever.

What was merged since a candidate was found is followed when it is looked at: two that became one are no question any
more, and a pair that has a verdict by way of what its profiles were put together from is taken out of the queue.
"""

import asyncio
import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from middleware.domain.candidates import Candidate
from middleware.domain.journal import LONGEST_NOTE, Verdict
from middleware.domain.profile import Profile
from middleware.errors import MergeRefused, ThroughlineError
from middleware.identity.candidates import conflicts_of, identifiers_of, is_decided, parts_of, verdict_ids
from middleware.identity.merging import pair_id
from middleware.pipeline.apart import decide_in_index, keep_apart
from middleware.pipeline.learnt import read_weights
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.records import records
from middleware.ports import BrandStore, Delete, Put, Stored

_AFTER = re.compile(r"(?P<bits>-?[0-9]{1,9}(\.[0-9]{1,9})?):(?P<id>[!-~]{1,200})", re.ASCII)
"""What `page` gives as `after`: bits and id. Neither `nan` nor a number alone is a place in the queue."""


class NotDecided(ThroughlineError):  # noqa: N818 - a verdict on the request
    """It cannot be decided like this."""


class Changed(NotDecided):
    """It is not any more what was looked at."""


class NoCandidate(ThroughlineError):  # noqa: N818 - a verdict on the request
    """There is no such open candidate."""


class MergeProfiles(Protocol):
    """What merges two profiles: `pipeline/merging.py: merge_profiles`."""

    async def __call__(
        self,
        store: BrandStore,
        one: str,
        other: str,
        *,
        rule: str,
        by: str,
        now: datetime,
        note: str = "",
        despite: bool = False,
    ) -> object:
        """Make two profiles one, the older one stays. Raises MergeRefused; `despite`: a person has looked at it."""
        ...


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two profiles of a candidate. `identifiers` are the keys of all that belongs to it."""

    profile_id: str
    created_at: datetime | None
    identifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """An open candidate as it stands now, with both sides. `seen` is another one once anything of them has changed."""

    candidate: Candidate
    sides: tuple[Side, Side]
    seen: str


@dataclass(frozen=True, slots=True)
class Page:
    """Open candidates, best first. `after` is where to go on; None at the end.

    `count` is how many there are on all pages together, `rules` how many of each rule whatever was asked for.
    """

    items: tuple[Candidate, ...]
    after: str | None
    count: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    """The review queue of one brand. `merge` is what accepting calls."""

    store: BrandStore
    merge: MergeProfiles

    async def page(self, most: int, after: str = "", *, rule: str = "", least: float | None = None) -> Page:
        """At most that many open candidates, the surest first, behind the one that `after` names; with a rule only
        its own, with `least` only those of at least so many bits.

        Reads all open candidates: for people, not for the path of a message. Raises NotDecided for an `after` that
        this did not give.
        """
        behind = _place(after) if after else None
        best: list[tuple[float, str, Stored[Candidate]]] = []
        rules: Counter[str] = Counter()
        count = 0
        async for stored in records(self.store, Candidate):
            known = stored.record
            rules[known.rule] += 1
            if (rule and known.rule != rule) or (least is not None and known.bits < least):
                continue
            count += 1
            place = (-known.bits, known.id)
            if behind is None or place > behind:
                best.append((*place, stored))
        first = heapq.nsmallest(most + 1, best, key=lambda each: each[:2])
        shown = await asyncio.gather(*(self._as_it_stands(stored) for _, _, stored in first[:most]))
        items = tuple(each.candidate for each in shown if each is not None)
        last = first[most - 1][2].record if len(first) > most else None
        return Page(items, place_of(last) if last is not None else None, count, rules)

    async def look(self, candidate_id: str) -> Looked:
        """One open candidate with both sides. Raises NoCandidate."""
        return await self._open(candidate_id, await self._stored(candidate_id))

    async def claim(self, candidate_id: str, seen: str) -> Looked:
        """One open candidate, for whoever decides now what they looked at: of two at once only one gets it.

        Raises NoCandidate, and Changed if it is not what was `seen`. Whoever does not decide then leaves it open.
        """
        # One read for both: what is compared with `seen` is what the write has to meet.
        stored = await self._stored(candidate_id)
        looked = await self._open(candidate_id, stored)
        if stored is None or looked.seen != seen:
            raise Changed(f"candidate {candidate_id!r} has changed since it was looked at")
        (landed,) = await self.store.write(stored.put(stored.record))
        if not landed:
            raise Changed(f"candidate {candidate_id!r} is being decided or has changed")
        return looked

    async def verdict(self, candidate_id: str) -> Verdict | None:
        """What was decided about a pair, or about one of its two profiles."""
        asked = [candidate_id, *candidate_id.split("|")]
        found = await self.store.get(Verdict, asked)
        return next((found[each].record for each in asked if each in found), None)

    async def reject(self, candidate_id: str, *, by: str, note: str, now: datetime) -> Verdict:
        """They are two people, and are never proposed again. Raises NoCandidate."""
        looked = await self.look(candidate_id)
        verdict = _verdict(looked.candidate, "rejected", by=by, note=note, now=now)
        candidate, (one, other) = looked.candidate, looked.sides
        ours, theirs = {candidate.profiles[0], one.profile_id}, {candidate.profiles[1], other.profile_id}
        await keep_apart(self.store, (one.identifiers, ours), (other.identifiers, theirs))
        await self._close(verdict, [looked.candidate])
        return verdict

    async def accept(self, candidate_id: str, *, by: str, note: str, now: datetime, by_itself: bool = False) -> Verdict:
        """They are one person: the younger profile is merged into the older one. What a sender may be told stays.

        Raises NoCandidate, and NotDecided where ids conflict or merging is refused. `by_itself`: no person looked.
        """
        looked = await self.look(candidate_id)
        if looked.candidate.conflicts:
            raise NotDecided(f"refused: {'; '.join(looked.candidate.conflicts)}")
        rule, (one, other) = looked.candidate.rule, looked.sides
        try:
            await self.merge(
                self.store, one.profile_id, other.profile_id,
                rule=rule, by=by, now=now, note=note[:LONGEST_NOTE], despite=not by_itself,
            )  # fmt: skip
        except MergeRefused as error:
            raise NotDecided(f"refused: {error}") from error
        verdict = _verdict(looked.candidate, "accepted", by=by, note=note, now=now)
        await self._close(verdict, [looked.candidate])
        return verdict

    async def lock(self, profile_id: str, *, by: str, note: str, now: datetime) -> Verdict:
        """Keep a profile out of the queue, and close what is open about it. Raises NoCandidate if there is none."""
        profiles = await read_profiles(self.store, [profile_id])
        home = roots(profiles).get(profile_id)
        named = {profile_id, *((home.id,) if home is not None else ())}
        about = [
            each.record async for each in records(self.store, Candidate) if not named.isdisjoint(each.record.profiles)
        ]
        if home is None and not about:
            raise NoCandidate(f"no profile {profile_id!r}")
        keys = {key for each in about for key, of in zip(each.records, each.profiles, strict=True) if of in named}
        keys |= {member.identifier for member in (home.members if home is not None else ())}
        locked = home.id if home is not None else profile_id
        verdict = Verdict(id=locked, verdict="locked", by=by, at=now, note=note[:LONGEST_NOTE])
        await decide_in_index(self.store, sorted(keys), (), locked=True)
        await self._close(verdict, about)
        return verdict

    async def _stored(self, candidate_id: str) -> Stored[Candidate] | None:
        return (await self.store.get(Candidate, [candidate_id])).get(candidate_id)

    async def _open(self, candidate_id: str, stored: Stored[Candidate] | None) -> Looked:
        looked = await self._as_it_stands(stored) if stored is not None else None
        if looked is None:
            raise NoCandidate(f"no open candidate {candidate_id!r}: decided, merged or changed meanwhile")
        return looked

    async def _as_it_stands(self, stored: Stored[Candidate]) -> Looked | None:
        """The candidate with what its profiles resolve to by now; None, and closed, if it is no question any more."""
        known = stored.record
        profiles = await read_profiles(self.store, known.profiles)
        homes = roots(profiles)
        sides = _sides(known, homes)
        ours, theirs = ((each, homes.get(of)) for each, of in zip(sides, known.profiles, strict=True))
        asked = verdict_ids(*(_parts(known, at, side, home) for at, (side, home) in enumerate((ours, theirs))))
        decided = is_decided(each.record for each in (await self.store.get(Verdict, asked)).values())
        if decided or sides[0].profile_id == sides[1].profile_id:
            await self.store.write(Delete(Candidate, known.id, stored.version))
            return None
        conflicts = conflicts_of(
            sides[0].identifiers, sides[1].identifiers, (await read_weights(self.store)).model.single_sources
        )
        pair = known.model_copy(update={"conflicts": conflicts})
        versions = [profiles[each.profile_id].version if each.profile_id in profiles else 0 for each in sides]
        return Looked(pair, sides, _seen(stored, sides, versions))

    async def _close(self, verdict: Verdict, candidates: Sequence[Candidate]) -> None:
        """Remember the verdict, then close: whatever is closed was decided. The first verdict on a pair stays."""
        await self.store.write(Put(verdict))
        await self.store.write(*(Delete(Candidate, each.id) for each in candidates))


def _sides(candidate: Candidate, homes: dict[str, Profile]) -> tuple[Side, Side]:
    found = []
    for record, of in zip(candidate.records, candidate.profiles, strict=True):
        home = homes.get(of)
        identifiers = identifiers_of(home, record)
        found.append(Side(home.id, home.created_at, identifiers) if home else Side(of, None, identifiers))
    return found[0], found[1]


def _parts(candidate: Candidate, at: int, side: Side, home: Profile | None) -> tuple[str, ...]:
    return tuple({candidate.profiles[at], *parts_of(side.profile_id, home, candidate.records[at])})


def _verdict(
    candidate: Candidate, decision: Literal["accepted", "rejected"], *, by: str, note: str, now: datetime
) -> Verdict:
    return Verdict(id=pair_id(*candidate.profiles), verdict=decision, by=by, at=now, note=note[:LONGEST_NOTE])


def place_of(candidate: Candidate) -> str:
    """The place of a candidate in the queue: what `page` takes as `after`."""
    return f"{candidate.bits}:{candidate.id}"


def _seen(stored: Stored[Candidate], sides: Sequence[Side], versions: Sequence[int]) -> str:
    """What tells one state of a candidate from another one: its version, and those of both profiles."""
    states = [f"{side.profile_id} {version}" for side, version in zip(sides, versions, strict=True)]
    return hashlib.blake2b("|".join([str(stored.version), *states]).encode(), digest_size=8).hexdigest()


def _place(after: str) -> tuple[float, str]:
    found = _AFTER.fullmatch(after)
    if found is None:
        raise NotDecided("`after` is what the page before said as `next`")
    return (-float(found["bits"]), found["id"])
