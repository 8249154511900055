"""Intervals and comparisons: what they say, and how often they are wrong when somebody looks every day."""

import random
from collections.abc import Iterator, Sequence

import pytest

from middleware.domain.proportions import LEAST, MOST_AHEAD, Share, Stratum, compared, wilson

NAMES = ("base", "warm", "short", "long")


def test_the_interval_of_a_share_is_wilsons() -> None:
    """As in the tables of Newcombe (1998): 81 of 263, 15 of 148, 0 of 20 and 29 of 29, to four places."""
    found = [wilson(Share(hits, of)) for hits, of in ((81, 263), (15, 148), (0, 20), (29, 29))]
    assert [(round(low, 4), round(high, 4)) for low, high in found] == [
        (0.2553, 0.3662),
        (0.0624, 0.1605),
        (0.0, 0.1611),
        (0.8830, 1.0),
    ]


def test_of_nobody_nothing_is_known() -> None:
    """Without a customer the share may be anything."""
    assert wilson(Share()) == (0.0, 1.0)


def test_a_clear_difference_has_a_winner() -> None:
    """Twice as many of a thousand each."""
    found = compared([{"base": Share(100, 1000), "warm": Share(200, 1000)}])
    assert (found.winner, found.more) == ("warm", None)


def test_too_few_customers_have_no_winner_however_far_apart_they_are() -> None:
    """All against none, and one customer too few: it says how many are wanting."""
    found = compared([{"base": Share(0, LEAST - 1), "warm": Share(LEAST, LEAST)}])
    assert (found.winner, found.leader, found.more) == (None, None, 1)


def test_what_is_not_proven_yet_says_how_many_more() -> None:
    """With as many more as it says, and the same shares, there is a winner; with nine tenths of them there is none."""
    found = compared([{"base": Share(300, 1000), "warm": Share(340, 1000)}])
    assert (found.winner, found.leader) == (None, "warm")
    assert found.more is not None
    each = 1000 + found.more // 2 + 1
    assert (
        compared([{"base": Share(round(0.3 * each), each), "warm": Share(round(0.34 * each), each)}]).winner == "warm"
    )
    fewer = 1000 + round(found.more * 0.45)
    almost = [{"base": Share(round(0.3 * fewer), fewer), "warm": Share(round(0.34 * fewer), fewer)}]
    assert compared(almost).winner is None


def test_equals_have_no_difference_in_sight() -> None:
    """The same shares, or shares so near that nobody would wait for so many customers."""
    same = compared([{"base": Share(300, 1000), "warm": Share(300, 1000)}])
    assert (same.winner, same.leader, same.more) == (None, None, None)
    near = compared([{"base": Share(3000, 10_000), "warm": Share(3001, 10_000)}])
    assert (near.winner, near.leader, near.more) == (None, "warm", None)
    assert MOST_AHEAD >= 100_000


def test_a_winner_must_beat_every_other_variant() -> None:
    """Two that are both better than the third, and equal to each other: none of them wins."""
    shares = {"base": Share(100, 1000), "warm": Share(200, 1000), "short": Share(200, 1000)}
    assert compared([shares]).winner is None
    assert compared([shares | {"short": Share(100, 1000)}]).winner == "warm"


def test_weights_that_were_changed_favour_nobody() -> None:
    """Nearly all customers of a good week got one variant, of a bad week the other: within each week they are equal."""
    good = {"base": Share(450, 900), "warm": Share(50, 100)}
    bad = {"base": Share(10, 100), "warm": Share(90, 900)}
    assert compared([good, bad]).winner is None
    mixed: Stratum = {name: good[name] + bad[name] for name in good}
    assert compared([mixed]).winner == "base", "the sums alone would name one"


def test_a_language_that_lacks_a_variant_says_nothing() -> None:
    """Its readers get the base: they are neither counted for it nor against it, and hold nobody up."""
    english = {"warm": Share(200, 1000), "short": Share(100, 1000)}
    spanish = {"base": Share(5, 20)}
    assert compared([english, spanish]) == compared([english])
    assert compared([english, spanish]).winner == "warm"


def test_one_variant_is_compared_with_nobody() -> None:
    """Without a second one nothing is said."""
    assert compared([{"base": Share(100, 1000)}]) == compared([])


def _days(rng: random.Random, rates: Sequence[float], customers: int, days: int) -> Iterator[dict[str, Share]]:
    """Day by day what the customers of a split did, drawn by lot as the split draws them."""
    for _ in range(days):
        shares = dict.fromkeys(NAMES[: len(rates)], Share())
        for _ in range(customers):
            variant = rng.randrange(len(rates))
            shares[NAMES[variant]] += Share(int(rng.random() < rates[variant]), 1)
        yield shares


def _named(days: Iterator[dict[str, Share]], last: int | None = None) -> str | None:
    """The first winner that somebody is told who looks every day, at all days or at the last ones."""
    seen: list[dict[str, Share]] = []
    for day in days:
        seen.append(day)
        weeks: dict[int, dict[str, Share]] = {}
        for number in range(0 if last is None else max(0, len(seen) - last), len(seen)):
            week = weeks.setdefault(number // 7, {})
            for name, share in seen[number].items():
                week[name] = week.get(name, Share()) + share
        winner = compared(list(weeks.values())).winner
        if winner is not None:
            return winner
    return None


@pytest.mark.parametrize(
    ("rates", "customers", "days", "last"),
    [
        pytest.param((0.3, 0.3), 30, 60, None, id="two months of answers"),
        pytest.param((0.02, 0.02), 40, 60, None, id="two months of orders, which are rare"),
        pytest.param((0.95, 0.95), 30, 40, None, id="nearly all of them"),
        pytest.param((0.3, 0.3, 0.3, 0.3), 60, 40, None, id="four variants"),
        pytest.param((0.3, 0.3), 30, 120, 28, id="always the last four weeks"),
    ],
)
def test_between_equals_a_winner_is_hardly_ever_named(
    rates: tuple[float, ...], customers: int, days: int, last: int | None
) -> None:
    """Looked at every day, in at most 5 % of 100 splits without any difference."""
    rng = random.Random(20261129)  # noqa: S311 - drawn by lot, nothing secret
    runs = 100
    wrong = sum(_named(_days(rng, rates, customers, days), last) is not None for _ in range(runs))
    assert wrong <= 0.05 * runs, f"{wrong} of {runs}"


@pytest.mark.parametrize(
    ("rates", "customers"),
    [((0.3, 0.4), 80), ((0.02, 0.05), 150), ((0.3, 0.3, 0.42), 90)],
    ids=["answers", "orders", "the best of three"],
)
def test_a_real_difference_is_found(rates: tuple[float, ...], customers: int) -> None:
    """Within four weeks in nine of ten splits, and never the wrong one."""
    rng = random.Random(20261129)  # noqa: S311 - drawn by lot, nothing secret
    named = [_named(_days(rng, rates, customers, 28)) for _ in range(50)]
    assert set(named) <= {NAMES[len(rates) - 1], None}
    assert named.count(NAMES[len(rates) - 1]) >= 45
