"""The arithmetic of pacing: how many calls at once, how many a second, how long to pause. Pure.

Every time is in seconds of one clock that never goes back, and is handed in. `pacing.py` does the waiting.
"""

from middleware.domain.rates import PairRate

ANSWERS_FOR_ONE_MORE = 20
"""Calls answered well, while the window held others back, for which it grows by one."""

IDLE = 60.0
"""Seconds without a call after which nothing is known of the platform's mood any more: the window begins anew."""

MARGIN = 0.05
"""By how much we stay below a documented rate. It takes N / (1 - 0.05) = 1.0526 s for one message more than the
documented N, so that they meet in one second at the platform only if the first of them took 40 ms longer on its way
there than the last (10 of the 52 ms are `LATENESS`)."""

LATENESS = 0.01
"""Seconds that a call may leave early because the one before it was late: timers are never on the dot."""

_SLOWEST = 1 / 8
"""Share of the documented rate below which refusals do not bring an account: from there on pauses do the rest."""

_EASIER_BY = 0.001
_USAGE_FROM = 80.0
_USAGE_TO = 100.0
_AT_FULL_USAGE = 0.05


class Window:
    """How many calls of one account may be under way, like the congestion window of TCP.

    What is under way when a process dies is `unknown`. Therefore: a process begins with one call, and at no time may
    more be under way than 1 + (calls that it has had answered well) / 20, nor more than `at_most`. So what may be
    unknown after a crash is at most a twentieth of what the process has sent, and one. It is half as many after a
    refusal or an unknown end, once for all calls that were under way then.
    """

    def __init__(self, at_most: int) -> None:
        self.size = 1
        self._at_most = at_most
        self._credit = 0
        self._cut_at = float("-inf")
        self._used_at = float("-inf")

    def begins(self, now: float) -> None:
        """A call begins."""
        self._used_at = now

    def rested(self, now: float) -> None:
        """Nothing was under way until now: after a long time without a call it begins with one again."""
        if now - self._used_at > IDLE:
            self.size, self._credit = 1, 0

    def went_well(self, under_way: int) -> None:
        """A call was answered well while so many (with it) were under way."""
        if under_way < self.size:
            return
        self._credit += 1
        if self._credit >= ANSWERS_FOR_ONE_MORE:
            self.size, self._credit = min(self._at_most, self.size + 1), 0

    def went_wrong(self, began_at: float, now: float) -> bool:
        """A call that began then was refused for the rate or ended unknown; whether this is news."""
        if began_at < self._cut_at:
            return False
        self.size, self._credit, self._cut_at = max(1, self.size // 2), 0, now
        return True


class Spacing:
    """Calls at even intervals (GCRA): in no second more than the documented number, see `MARGIN`."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._next_at = float("-inf")

    def interval(self, share: float = 1.0) -> float:
        """Seconds from call to call, with this share of the documented rate."""
        return 1.0 / (self._per_second * (1.0 - MARGIN) * share)

    def wait(self, now: float) -> float:
        """Seconds until the next call may leave."""
        return max(0.0, self._next_at - now)

    def leaves(self, now: float, share: float = 1.0) -> None:
        """A call leaves now; `wait` was 0."""
        self._next_at = max(self._next_at, now - LATENESS) + self.interval(share)


class Pairs:
    """What has gone from one account to each person lately: only who has not paid back yet is kept.

    Everybody has `burst` messages at once, and gets one back every `every` seconds: at most `burst` + t / `every` in
    any t seconds.
    """

    _LOOKS_AFTER = 1_200

    def __init__(self, rate: PairRate | None) -> None:
        self._rate = rate
        self._paid_back_at: dict[str, float] = {}
        self._looks_at = self._LOOKS_AFTER

    def wait(self, person: str, now: float) -> float:
        """Seconds until this person may be sent another message."""
        return max(0.0, self._paid_back_at.get(person, now) - self._borrowed() - now)

    def leaves(self, person: str, now: float) -> None:
        """A message leaves for this person now."""
        if self._rate is not None:
            paid_back = max(self._paid_back_at.get(person, now), now)
            self._keep(person, paid_back + self._every(), now)

    def refused(self, person: str, now: float, seconds: float) -> None:
        """The platform wants this person to be left alone for so long."""
        paid_back = max(self._paid_back_at.get(person, now), now + seconds + self._borrowed())
        self._keep(person, paid_back, now)

    def __len__(self) -> int:
        return len(self._paid_back_at)

    def _every(self) -> float:
        return self._rate.every * (1.0 + MARGIN) if self._rate is not None else 0.0

    def _borrowed(self) -> float:
        """Seconds by which somebody may be ahead and still be written to."""
        return self._every() * (self._rate.burst - 1) if self._rate is not None else 0.0

    def _keep(self, person: str, until: float, now: float) -> None:
        self._paid_back_at[person] = until
        if len(self._paid_back_at) >= self._looks_at:
            self._paid_back_at = {who: at for who, at in self._paid_back_at.items() if at > now}
            self._looks_at = max(self._LOOKS_AFTER, 2 * len(self._paid_back_at))


class Ease:
    """How much of the documented rate an account uses, by what the platform says: pauses, refusals, usage.

    Refusals halve the share, good answers bring it back one by one; from 80 % usage on it falls as well, to a
    twentieth at 100 %, so that a refusal seldom comes.
    """

    def __init__(self) -> None:
        self._share = 1.0
        self._usage = 0.0
        self._until = float("-inf")

    def paused_for(self, now: float) -> float:
        """Seconds until the account may be called again."""
        return max(0.0, self._until - now)

    def pause(self, now: float, seconds: float) -> None:
        """No call before that."""
        self._until = max(self._until, now + seconds)

    def refused(self) -> None:
        """Use half as much as before."""
        self._share = max(_SLOWEST, self._share / 2)

    def went_well(self, usage: float | None) -> None:
        """A call was answered well; `usage` in per cent, as the answer says, or None when it says nothing."""
        self._share = min(1.0, self._share + _EASIER_BY)
        self._usage = usage or 0.0

    @property
    def share(self) -> float:
        """The part of the documented rate to use now."""
        full = min(1.0, max(0.0, (self._usage - _USAGE_FROM) / (_USAGE_TO - _USAGE_FROM)))
        return min(self._share, 1.0 - full * (1.0 - _AT_FULL_USAGE))
