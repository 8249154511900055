"""Silence: whether something that is usually heard of says nothing for longer than it usually does. Pure.

No fixed time fits all: one page is written to every minute, a newsletter tells of clicks on Monday mornings. So each is
compared with itself. Kept is only in which hours (UTC) of the last weeks it was heard of, a bit each; and in which
hours we were there to hear it. From that follows how usual each hour of the week is, from 0 (never heard in it) to 1
(always), and how many usual hours have gone by without a word: nights and weekends that are always quiet count nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

KEPT_DAYS = 29
"""Days of hours that are kept: four weeks, and the one that is not over."""

LEAST_DAYS = 14
"""Before that nothing is said: two weeks say of no hour whether it is usual."""

LEAST_HEARD = 10
"""Hours in which it was heard of, at least: of what comes once in a while nothing can be said."""

LEAST_MISSED = 3.0
"""Usual hours without a word, at least."""

_BEYOND_THE_LONGEST = 1.5
_ONE_MORE = 1.0
_HOUR = timedelta(hours=1)
_HOURS_OF_DAY, _HOURS_OF_WEEK = 24, 168
_WINDOW = 28 * _HOURS_OF_DAY

Hours = Mapping[str, int]
"""By day (ISO 8601, UTC), the hours of it: bit n is set for the hour from n to n + 1."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is known of a silence that lasts. `missed`: usual hours without a word; `most`: how many are usual.

    Without `known` too little has been heard to say anything.
    """

    known: bool = False
    missed: float = 0.0
    most: float = 0.0

    @property
    def silent(self) -> bool:
        """Whether it is longer than usual."""
        return self.known and self.missed >= max(LEAST_MISSED, self.most * _BEYOND_THE_LONGEST + _ONE_MORE)


def hours_of(at: datetime) -> dict[str, int]:
    """The hour of a moment."""
    moment = at.astimezone(UTC)
    return {moment.date().isoformat(): 1 << moment.hour}


def with_hours(one: Hours, other: Hours) -> dict[str, int]:
    """The hours of both, whoever was first: of the last four weeks up to the newest of them."""
    both = {day: one.get(day, 0) | other.get(day, 0) for day in {*one, *other}}
    if not both:
        return {}
    oldest = (date.fromisoformat(max(both)) - timedelta(days=KEPT_DAYS - 1)).isoformat()
    return {day: both[day] for day in sorted(both) if day >= oldest}


def quiet_since(heard: Hours, there: Hours, at: datetime, now: datetime) -> Quiet:
    """What is to be thought of the silence since `at`, when something was heard of last.

    `heard` are the hours in which it was, `there` those in which we were there: what we slept through is no silence.
    """
    last, this = _number(at), _number(now)
    ours, told = set(_numbers(there)), set(_numbers(heard))
    looked_at = sorted(each for each in ours | told if last - _WINDOW < each <= last)
    told &= set(looked_at)
    if len(told) < LEAST_HEARD or last - looked_at[0] < LEAST_DAYS * _HOURS_OF_DAY:
        return Quiet()
    week = _Week(looked_at, told)
    missed = sum(week.usual(each) for each in range(last + 1, this) if each in ours)
    return Quiet(known=True, missed=missed, most=week.most_missed())


class _Week:
    """How usual each hour of the week is."""

    def __init__(self, looked_at: Iterable[int], told: set[int]) -> None:
        self._looked_at, self._told = tuple(looked_at), told
        self._of = [0] * _HOURS_OF_WEEK
        self._heard = [0] * _HOURS_OF_WEEK
        for each in self._looked_at:
            self._of[each % _HOURS_OF_WEEK] += 1
            self._heard[each % _HOURS_OF_WEEK] += each in told

    def usual(self, hour: int) -> float:
        """In how much of the weeks it was heard of in this hour of the week."""
        slot = hour % _HOURS_OF_WEEK
        return self._heard[slot] / self._of[slot] if self._of[slot] else 0.0

    def most_missed(self) -> float:
        """The most usual hours that went by without a word so far."""
        most = missed = 0.0
        for each in self._looked_at:
            # Measured by the other weeks, as the present silence is: its own would make it look more usual.
            missed = 0.0 if each in self._told else missed + self._usual_in_others(each)
            most = max(most, missed)
        return most

    def _usual_in_others(self, hour: int) -> float:
        slot = hour % _HOURS_OF_WEEK
        others = self._of[slot] - 1
        return self._heard[slot] / others if others else 0.0


def _number(at: datetime) -> int:
    return int(at.timestamp() // _HOUR.total_seconds())


def _numbers(hours: Hours) -> Iterator[int]:
    for day, bits in hours.items():
        first = date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()
        yield from (first * _HOURS_OF_DAY + hour for hour in range(_HOURS_OF_DAY) if bits >> hour & 1)
