"""What all records of two groups say together: field by field, not pair by pair.

A form with two fields has next to nothing in common with most records of its own person: such pairs say nothing, and
are no doubts. Two groups are compared as if each were one record that knows all that its records know.
"""

from collections.abc import Callable, Sequence

from middleware.identity.matching.comparing import Levels
from middleware.identity.matching.levels import FIELDS
from middleware.identity.matching.scoring import Scorer


class Together:
    """Scores two groups of records. Called with both, it gives the bits of the worst pair and of all together."""

    def __init__(self, scorer: Scorer, bits: Callable[[int, int], float], levels: Callable[[int, int], Levels]) -> None:
        """`bits` and `levels` are those of any pair, which is in order."""
        self._scorer = scorer
        self._bits = bits
        self._levels = levels

    def __call__(self, ours: Sequence[int], theirs: Sequence[int]) -> tuple[float, float]:
        """The bits of the worst pair, and of all together."""
        pairs = [(one, other) if one < other else (other, one) for one in ours for other in theirs]
        bits = [self._bits(*pair) for pair in pairs]
        best = max(bits)
        if len(pairs) == 1:
            return best, best
        patterns = [self._levels(*pair) for pair in pairs]
        surest = patterns[bits.index(best)]
        whole = tuple(self._level(position, surest[position], patterns) for position in range(len(FIELDS)))
        return min(bits), best + self._scorer.by_levels(whole) - self._scorer.by_levels(surest)

    def _level(self, position: int, level: int, patterns: Sequence[Levels]) -> int:
        """The level of the surest pair. What that does not know is as the others have it; where these do not agree,
        people may have moved and have several addresses, but have one name and are born once.
        """
        field = FIELDS[position]
        if level and (field.is_personal or field.is_name):
            return level
        known = {pattern[position] for pattern in patterns} - {0}
        if not known:
            return level
        weigh = self._scorer.weight
        pick = min if field.is_personal else max
        return pick(sorted(known), key=lambda each: weigh(position, each))
