"""What shares of customers say, and what they do not say yet: intervals, and a comparison of variants. Pure.

A comparison may be looked at every day and over any number of variants. Of splits between equals it names a winner in
at most `ALPHA` where what it looks at has a fixed beginning, however long it goes on; and in less than one of twenty
where it always looks at the last four weeks, for four months. Three things see to that.

- **Looking again and again.** The difference has to leave a bound that holds at all times together: the mixture
  sequential test (Robbins 1970; Johari, Pekelis and Walsh 2017) with a normal mixture of standardised differences. It
  grows with the logarithm of the number of customers, where the usual 1.96 stays and is passed sooner or later by pure
  chance.
- **Several variants.** Each pair gets its part of `ALPHA` (Bonferroni), and a winner must beat every other one.
- **Days and languages that differ.** Only customers of one stratum are compared with each other (Cochran 1954, Mantel
  and Haenszel 1959), so weights that were changed in between, or a language that lacks a variant, favour nobody.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

ALPHA = 0.02
"""The share of splits between equals in which a winner may be named, counted from a fixed beginning. Whoever looks at
the last weeks only looks at ever new customers: that takes the rest of the usual 0.05."""

LEAST = 100
"""Customers of each variant before anything is said of it: below, the normal curve is too rough."""

MOST_AHEAD = 1_000_000
"""Customers: a difference that would need more than this to be proven is none that anybody waits for."""

_Z = 1.959963984540054
_MIXTURE = 0.04
"""Variance of the standardised differences that the bound is sharpest for: Cohen's h of 0.2, a small effect."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of` customers."""

    hits: int = 0
    of: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.of + other.of)


def wilson(share: Share) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): never outside of 0 to 1, and honest for few. (0, 1) of none."""
    if not share.of:
        return 0.0, 1.0
    count, rate = share.of, share.hits / share.of
    shrunk = 1 + _Z**2 / count
    middle = (rate + _Z**2 / (2 * count)) / shrunk
    half = _Z * math.sqrt(rate * (1 - rate) / count + _Z**2 / (4 * count**2)) / shrunk
    low = 0.0 if not share.hits else max(0.0, middle - half)
    high = 1.0 if share.hits == share.of else min(1.0, middle + half)
    return low, high


Stratum = Mapping[str, Share]
"""The shares of the variants among customers who can be compared with each other."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one variant is ahead of another. `z` is standardised; `weight` counts the customers that it rests on:
    a quarter of both together where they are split evenly.
    """

    z: float
    weight: float

    def is_proven(self, alpha: float) -> bool:
        """Whether it has left the bound, whichever of the two is ahead."""
        return self.z**2 >= _bound(self.weight, alpha)

    def growth_wanted(self, alpha: float) -> float | None:
        """How many times as many customers would prove it if it stays as it is; None for no foreseeable number."""
        if not self.z or not self.weight:
            return None
        low, high = 1.0, 2.0
        while self.z**2 * high < _bound(self.weight * high, alpha):
            low, high = high, high * 2
            if self.weight * high > MOST_AHEAD:
                return None
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (low, middle) if self.z**2 * middle >= _bound(self.weight * middle, alpha) else (middle, high)
        return high


def difference(strata: Iterable[tuple[Share, Share]]) -> Difference:
    """How far the first of each pair is ahead, over all strata. A stratum without one of the two says nothing."""
    ahead = variance = weight = 0.0
    for one, other in strata:
        both = one + other
        if not one.of or not other.of:
            continue
        share = one.of * other.of / both.of
        weight += share
        ahead += share * (one.hits / one.of - other.hits / other.of)
        variance += share * both.hits * (both.of - both.hits) / (both.of * (both.of - 1))
    return Difference(ahead / math.sqrt(variance) if variance else 0.0, weight)


def _bound(weight: float, alpha: float) -> float:
    """What the square of a standardised difference must reach, at whatever time it is looked at."""
    if not weight:
        return math.inf
    grown = _MIXTURE * weight
    return (1 + 1 / grown) * (2 * math.log(1 / alpha) + math.log1p(grown))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the numbers carry. `winner`: this one is better than every other.

    Without a winner `leader` is ahead so far, and `more` is about how many more customers it takes to say whether it
    stays so, if the difference stays as it is; None: no such number can be foreseen.
    """

    winner: str | None = None
    leader: str | None = None
    more: int | None = None


def compared(strata: Sequence[Stratum], alpha: float = ALPHA) -> Comparison:
    """Compare the variants, as far as a stratum has more than one of them. Nothing is said of fewer than two."""
    strata = [each for each in strata if sum(share.of > 0 for share in each.values()) > 1]
    totals: dict[str, Share] = {}
    for stratum in strata:
        for name, share in stratum.items():
            totals[name] = totals.get(name, Share()) + share
    if len(totals) < 2:  # noqa: PLR2004 - a comparison
        return Comparison()
    nothing = Share()
    pairs: dict[tuple[str, str], Difference] = {}
    for one, other in combinations(sorted(totals), 2):
        ahead = difference([(each.get(one, nothing), each.get(other, nothing)) for each in strata])
        pairs[one, other], pairs[other, one] = ahead, Difference(-ahead.z, ahead.weight)
    return _judged(totals, pairs, alpha)


def _judged(totals: Mapping[str, Share], pairs: Mapping[tuple[str, str], Difference], alpha: float) -> Comparison:
    of_pair = alpha / math.comb(len(totals), 2)
    too_few = sum(max(0, LEAST - share.of) for share in totals.values())
    if too_few:
        return Comparison(more=too_few)
    leader = max(sorted(totals), key=lambda one: min(pairs[one, other].z for other in totals if other != one))
    against = [pairs[leader, other] for other in totals if other != leader]
    if any(each.z <= 0 for each in against):
        return Comparison()
    if all(each.is_proven(of_pair) for each in against):
        return Comparison(winner=leader)
    growths = [growth for each in against if (growth := each.growth_wanted(of_pair)) is not None]
    if len(growths) < len(against):
        return Comparison(leader=leader)
    count = sum(share.of for share in totals.values())
    return Comparison(leader=leader, more=math.ceil(count * (max(growths) - 1)))
