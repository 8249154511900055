"""Pairs become groups, each one person: the surest pairs first, and never against the weight of what all pairs say."""

from collections.abc import Callable, Iterable, Sequence

_NEVER = -24.0
"""A pair that speaks so strongly against itself is never joined by way of others."""

Pair = tuple[int, int]
Evidence = Callable[[Sequence[int], Sequence[int]], tuple[float, float]]
"""Of two groups of records the bits of the worst pair, and those of all pairs together."""


class Clusters:
    """Groups of records as they grow."""

    def __init__(self, records: int, evidence: Evidence, only_once: Sequence[str | None]) -> None:
        """`only_once`: for each record its source, if that knows each person once; else None."""
        self._of = list(range(records))
        self._members = {each: [each] for each in range(records)}
        self._evidence = evidence
        self._only_once = only_once

    def join(self, one: int, other: int) -> None:
        """Put two records into one group, if all that their groups say together speaks for it."""
        ours, theirs = self._of[one], self._of[other]
        if ours != theirs and self._may_join(self._members[ours], self._members[theirs]):
            ours, theirs = min(ours, theirs), max(ours, theirs)
            moving = self._members.pop(theirs)
            self._members[ours] += moving
            for each in moving:
                self._of[each] = ours

    def groups(self) -> list[list[int]]:
        """All groups, each in order; those of one record, too."""
        return sorted(sorted(group) for group in self._members.values())

    def _may_join(self, ours: Sequence[int], theirs: Sequence[int]) -> bool:
        if self._meets_itself(ours, theirs):
            return False
        worst, together = self._evidence(ours, theirs)
        return worst > _NEVER and together > 0

    def _meets_itself(self, ours: Iterable[int], theirs: Iterable[int]) -> bool:
        """Whether a source that knows each person once would have one twice."""
        known = {self._only_once[each] for each in ours} - {None}
        return not known.isdisjoint({self._only_once[each] for each in theirs} - {None})


def clustered(
    records: int,
    scored: Iterable[tuple[float, Pair]],
    evidence: Evidence,
    only_once: Sequence[str | None],
) -> list[list[int]]:
    """The groups that pairs with positive scores make; `evidence` scores any two groups."""
    clusters = Clusters(records, evidence, only_once)
    for score, (one, other) in sorted(scored, key=lambda each: (-each[0], each[1])):
        if score > 0:
            clusters.join(one, other)
    return clusters.groups()
