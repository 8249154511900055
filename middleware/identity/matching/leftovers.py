"""Lists that know each person once: who is left over on both sides is likelier to belong together."""

from collections.abc import Sequence
from math import log2

from middleware.identity.matching.clustering import Pair

_MOST = 6.0
"""Bits that being left over may add: it is the likeness of the records that has to speak."""
_FEWEST_EXPECTED = 1.0


def lifted_leftovers(
    scored: Sequence[tuple[float, Pair]],
    groups: Sequence[Sequence[int]],
    only_once: Sequence[str | None],
    persons: float,
) -> list[tuple[float, Pair]]:
    """New scores of the pairs of two such lists that have nobody yet.

    The odds of two records at random are those of all records. Once most are paired, the others have fewer to choose
    from: what is still expected to be found is spread over the pairs that are left.
    """
    alone = {group[0] for group in groups if len(group) == 1 and only_once[group[0]] is not None}
    counts: dict[str, int] = {}
    for each in alone:
        source = only_once[each] or ""
        counts[source] = counts.get(source, 0) + 1
    left = sum(counts.values())
    pairs_left = (left * left - sum(count * count for count in counts.values())) / 2
    if not pairs_left:
        return []
    records = len(only_once)
    found = sum(len(group) * (len(group) - 1) / 2 for group in groups)
    expected = max(persons * records * (records - 1) / 2 - found, _FEWEST_EXPECTED)
    lift = min(max(log2(expected / pairs_left / persons), 0.0), _MOST)
    return [
        (bits + lift, (one, other))
        for bits, (one, other) in scored
        if one in alone and other in alone and only_once[one] != only_once[other]
    ]
