"""The arithmetic of pacing: windows, even intervals, people who owe, and what the platform says."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.rates import MOST_PER_SECOND, RATES, PairRate, Traffic
from middleware.pipeline.pace import IDLE, LATENESS, MARGIN, Ease, Pairs, Spacing, Window

_PAIR = PairRate(every=6, burst=45)


def most_in(times: Iterable[float], seconds: float) -> int:
    """The most that lie in any half-open stretch of so many seconds."""
    ordered = sorted(times)
    return max((sum(begin <= at < begin + seconds for at in ordered) for begin in ordered), default=0)


@given(
    per_second=st.integers(1, 60),
    steps=st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.2)), min_size=1, max_size=150),
    share=st.floats(0.05, 1),
)
def test_never_more_than_documented_in_any_second(
    per_second: int, steps: list[tuple[float, float]], share: float
) -> None:
    """However calls come, and however late a timer is: in no sliding second more than the documented number."""
    spacing, now, left = Spacing(per_second), 0.0, []
    for comes_after, late in steps:
        now += comes_after
        while (wait := spacing.wait(now)) > 0:
            now += wait + late
        spacing.leaves(now, share)
        left.append(now)

    assert most_in(left, 1.0) <= per_second


@given(per_second=st.sampled_from([10, 20, 80, 300, 1000]), jitter=st.lists(st.floats(0, 0.042), max_size=400))
def test_the_margin_is_for_the_way_to_the_platform(per_second: int, jitter: list[float]) -> None:
    """Calls that take up to 42 ms longer than others on their way still meet no more than documented in a second."""
    spacing, now, arrived = Spacing(per_second), 0.0, []
    for late in jitter:
        now += spacing.wait(now)
        spacing.leaves(now)
        arrived.append(now + late)

    assert most_in(arrived, 1.0) <= per_second


@pytest.mark.parametrize("per_second", [10, 80, 300])
def test_late_timers_do_not_slow_it_down(per_second: int) -> None:
    """With timers that are up to 10 ms late the rate stays what it is: the documented one without the margin."""
    spacing, now = Spacing(per_second), 0.0
    for number in range(per_second * 10):
        now += spacing.wait(now) + (number % 3) * LATENESS / 3
        spacing.leaves(now)

    assert per_second * 10 / now >= per_second * (1 - MARGIN) * 0.99


_ENDS = st.sampled_from(["well", "well", "well", "well", "badly"])


@given(at_most=st.integers(1, 64), ends=st.lists(st.tuples(_ENDS, st.integers(0, 63)), max_size=600))
def test_under_way_is_a_small_part_of_what_went_well(at_most: int, ends: list[tuple[str, int]]) -> None:
    """The invariant: never more than 1 + (answered well) / 20 under way, and never more than the most."""
    window, under_way, well, now = Window(at_most), [0.0], 0, 0.0
    for how, which in ends:
        now += 0.1
        began_at = under_way.pop(which % len(under_way))
        if how == "well":
            window.went_well(len(under_way) + 1)
            well += 1
        else:
            window.went_wrong(began_at, now)
        while len(under_way) < window.size:
            window.begins(now)
            under_way.append(now)

        assert len(under_way) <= 1 + well / 20
        assert len(under_way) <= at_most


def test_the_window_grows_with_what_is_answered() -> None:
    """After 20 good answers one more may be under way, and not before."""
    window = Window(64)
    sizes = []
    for _ in range(60):
        window.went_well(window.size)
        sizes.append(window.size)

    assert (sizes[18], sizes[19], sizes[39], sizes[59]) == (1, 2, 3, 4)


def test_the_window_does_not_grow_while_nobody_needs_it() -> None:
    """Answers that come while there was room for another call say nothing about more calls at once."""
    window = Window(64)
    for _ in range(20):
        window.went_well(1)
    for _ in range(100):
        window.went_well(1)

    assert window.size == 2


def test_calls_that_were_under_way_together_halve_the_window_once() -> None:
    """Ten refusals of calls that began before the first of them are one piece of news; a later call is another."""
    window = Window(64)
    for _ in range(20 * 15):
        window.went_well(window.size)
    assert window.size == 16

    assert [window.went_wrong(began_at, 10.0 + began_at) for began_at in (1.0, 2.0, 3.0)] == [True, False, False]
    assert window.size == 8
    assert window.went_wrong(12.0, 13.0)
    assert window.size == 4


def test_the_window_forgets_after_a_long_rest() -> None:
    """After a minute without a call it begins with one again; a shorter rest changes nothing."""
    window = Window(64)
    window.begins(0.0)
    for _ in range(40):
        window.went_well(window.size)

    window.rested(IDLE - 1)
    assert window.size == 3
    window.rested(IDLE + 1)
    assert window.size == 1


@given(gaps=st.lists(st.floats(0, 30), min_size=1, max_size=200), stretch=st.floats(1, 600))
def test_nobody_gets_more_than_the_pair_rate(gaps: list[float], stretch: float) -> None:
    """One person gets in any t seconds at most 45 messages and one for each 6 seconds."""
    pairs, now, left = Pairs(_PAIR), 0.0, []
    for gap in gaps:
        now += gap
        now += pairs.wait("ana", now)
        assert pairs.wait("ana", now) <= 1e-6
        pairs.leaves("ana", now)
        left.append(now)

    assert most_in(left, stretch) <= 45 + stretch / 6


def test_a_burst_is_borrowed() -> None:
    """45 messages go at once; the next one waits about 6 seconds, and other people wait for nothing."""
    pairs = Pairs(_PAIR)
    for _ in range(45):
        assert pairs.wait("ana", 0.0) == pytest.approx(0, abs=1e-6)
        pairs.leaves("ana", 0.0)

    assert 6 <= pairs.wait("ana", 0.0) <= 6 * (1 + MARGIN) + 1e-6
    assert pairs.wait("ben", 0.0) == 0


def test_a_refused_pair_waits_as_long_as_it_was_told() -> None:
    """Whatever was counted here: the platform has the last word, also on a channel without a documented rate."""
    for rate in (_PAIR, None):
        pairs = Pairs(rate)
        pairs.refused("ana", 100.0, 16.0)
        assert pairs.wait("ana", 100.0) == pytest.approx(16.0)
        assert pairs.wait("ana", 116.1) == 0


def test_idle_pairs_are_forgotten() -> None:
    """What is kept of people grows with those who were written to lately, not with all there are."""
    pairs = Pairs(_PAIR)
    for number in range(50_000):
        pairs.leaves(str(number), number / 80)

    assert len(pairs) <= 2 * 80 * 7 + 1_024


def test_usage_slows_down_before_a_refusal() -> None:
    """Up to 80 % usage nothing changes, at 90 % it is half as much, at 100 % nearly nothing; it comes back with it."""
    ease = Ease()
    shares = []
    for usage in (None, 80.0, 90.0, 100.0, 250.0, 10.0):
        ease.went_well(usage)
        shares.append(round(ease.share, 3))

    assert shares == [1.0, 1.0, 0.525, 0.05, 0.05, 1.0]


def test_refusals_halve_and_answers_bring_back() -> None:
    """Each refusal halves the share, down to an eighth; it takes hundreds of good answers to come back."""
    ease = Ease()
    for share in (0.5, 0.25, 0.125, 0.125):
        ease.refused()
        assert ease.share == share
    for _ in range(375):
        ease.went_well(None)
    assert ease.share == pytest.approx(0.5)
    for _ in range(1_000):
        ease.went_well(None)
    assert ease.share == 1.0


def test_a_pause_is_not_cut_short() -> None:
    """A shorter word does not end a longer pause."""
    ease = Ease()
    ease.pause(10.0, 60.0)
    ease.pause(11.0, 1.0)
    assert (ease.paused_for(20.0), ease.paused_for(71.0)) == (50.0, 0.0)


def test_other_classes_fall_with_the_ordinary_one_and_do_not_rise() -> None:
    """A process that has a quarter of an account's messages has a quarter of its audio and video."""
    quarter = RATES["messenger"].with_ordinary(75).per_second
    assert quarter == {Traffic.ORDINARY: 75, Traffic.AUDIO_VIDEO: 2.5}
    assert RATES["whatsapp"].with_ordinary(1_000).per_second == {Traffic.ORDINARY: 1_000}
    assert RATES["whatsapp"].traffic(Traffic.AUDIO_VIDEO) is Traffic.ORDINARY
    assert set(MOST_PER_SECOND) == set(RATES)
