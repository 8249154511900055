"""Silence is told by one's own rhythm: rhythms of all kinds, and when each is silent."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from middleware.domain.silence import KEPT_DAYS, Quiet, hours_of, quiet_since, with_hours

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
"""Four weeks before `NOW`, which is a Monday as well."""
NOW = MONDAY + timedelta(days=28)
HOUR = timedelta(hours=1)

Rhythm = Callable[[datetime], bool]


def _always(_: datetime) -> bool:
    return True


def _office(at: datetime) -> bool:
    return at.weekday() < 5 and 8 <= at.hour < 18


def _newsletter(at: datetime) -> bool:
    return at.weekday() == 0 and 9 <= at.hour < 12


def _hours(rhythm: Rhythm, until: datetime, since: datetime = MONDAY) -> dict[str, int]:
    found: dict[str, int] = {}
    at = since
    while at < until:
        if rhythm(at):
            found = with_hours(found, hours_of(at))
        at += HOUR
    return found


def _quiet(rhythm: Rhythm, last: datetime, now: datetime, since: datetime = MONDAY) -> Quiet:
    """What is thought at `now` of something that kept to its rhythm until `last`, while we were always there."""
    heard, there = _hours(rhythm, last + HOUR, since), _hours(_always, now, since)
    return quiet_since(heard, there, last, now)


def test_what_comes_every_hour_is_silent_after_a_few() -> None:
    """Three whole hours without a word are too many, two are not."""
    last = NOW - HOUR
    assert not _quiet(_always, last, NOW + 2 * HOUR).silent
    assert _quiet(_always, last, NOW + 3 * HOUR + HOUR).silent


def test_nights_and_weekends_count_nothing() -> None:
    """From Friday evening to Monday morning nobody is missed; on Monday at noon somebody is."""
    friday = NOW - timedelta(days=3) + 17 * HOUR
    assert _quiet(_office, friday, NOW + 8 * HOUR).missed == 0
    assert not _quiet(_office, friday, NOW + 10 * HOUR).silent
    assert _quiet(_office, friday, NOW + 12 * HOUR).silent


def test_what_comes_once_a_week_is_missed_in_its_hours() -> None:
    """Six days without a word are as ever; a Monday without one is not."""
    last = NOW - timedelta(days=7) + 11 * HOUR
    assert not _quiet(_newsletter, last, NOW + 9 * HOUR).silent
    assert _quiet(_newsletter, last, NOW + 13 * HOUR).silent


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_by_chance_is_given_time(seed: int) -> None:
    """About once a day, whenever it likes: three days of nothing say nothing, three weeks do."""
    chance = random.Random(seed)  # noqa: S311 - made-up rhythms
    hours = {MONDAY + number * HOUR for number in range(28 * 24) if chance.random() < 1 / 24}
    last = max(hours)
    assert not _quiet(hours.__contains__, last, last + timedelta(days=3)).silent
    assert _quiet(hours.__contains__, last, last + timedelta(days=21)).silent == (len(hours) >= 10)


@pytest.mark.parametrize("days", [1, 7, 13])
def test_of_what_is_new_nothing_is_said(days: int) -> None:
    """A fresh installation raises no alarm, however regular its first days are."""
    since = NOW - timedelta(days=days)
    assert _quiet(_always, NOW - HOUR, NOW + timedelta(days=5), since) == Quiet()


def test_of_what_comes_once_in_a_while_nothing_is_said() -> None:
    """Nine hours in four weeks are no rhythm."""
    few = {MONDAY + timedelta(days=3 * number) for number in range(9)}
    assert _quiet(few.__contains__, max(few), NOW + timedelta(days=60)) == Quiet()


def test_a_gap_as_there_was_one_before_is_no_silence() -> None:
    """Who was closed for two days in these weeks may be so again, and half as long on top."""
    closed = {MONDAY + timedelta(days=9) + number * HOUR for number in range(48)}
    last = NOW - HOUR

    def rhythm(at: datetime) -> bool:
        return at not in closed

    assert not _quiet(rhythm, last, NOW + timedelta(days=2)).silent
    assert _quiet(rhythm, last, NOW + timedelta(days=5)).silent


def test_what_we_slept_through_is_no_silence() -> None:
    """Hours in which we were not there to hear anything count nothing."""
    last = NOW - HOUR
    heard, there = _hours(_always, NOW), _hours(_always, NOW)
    awake_again = with_hours(there, hours_of(NOW + timedelta(days=2)))
    quiet = quiet_since(heard, awake_again, last, NOW + timedelta(days=2, hours=1))
    assert (quiet.known, quiet.silent) == (True, False)


def test_hours_of_several_processes_come_together_and_stay_few() -> None:
    """In any order, twice or once; of the last four weeks and no more."""
    one, other = _hours(_office, NOW), _hours(_newsletter, NOW + timedelta(days=300))
    both = with_hours(one, other)
    assert both == with_hours(other, one) == with_hours(both, one)
    assert len(both) <= KEPT_DAYS
    assert min(both) > (datetime.fromisoformat(max(both)) - timedelta(days=KEPT_DAYS)).date().isoformat()
    assert all(0 < bits < 1 << 24 for bits in both.values())
