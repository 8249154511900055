"""Pacing: who may claim and call when. On made-up time, with many messages of one account."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.messages import Outcome, SendResult
from middleware.domain.rates import RATES, Rates, Traffic
from middleware.pipeline.pacing import PATIENCE, SLOW, Call, MustWait, Pacing
from tests.unit.middleware.builders import START
from tests.unit.middleware.test_pace import most_in
from tests.unit.middleware.virtual_time import LoopClock, in_virtual_time

PAGE = ("messenger", "1001")
OTHER = ("messenger", "2002")
SENT = SendResult(outcome=Outcome.SENT, message_id="m")
REFUSED = SendResult(outcome=Outcome.RETRY)
UNKNOWN = SendResult(outcome=Outcome.UNKNOWN)


@dataclass
class Seen:
    """A watch that keeps what it is told."""

    pauses: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def waited(self, channel: str, seconds: float) -> None:
        """See `Watch.waited`."""
        del channel
        self.waits.append(seconds)

    def paused(self, channel: str) -> None:
        """See `Watch.paused`."""
        self.pauses[channel] += 1


@dataclass
class Platform:
    """Sends through a pacing and keeps when each call left. `takes` seconds are between leaving and the answer."""

    pacing: Pacing
    left: dict[str, float] = field(default_factory=dict)
    most_under_way: int = 0
    _under_way: int = 0

    async def send(
        self,
        name: str,
        *,
        account: tuple[str, str] = PAGE,
        due: float = 0.0,
        takes: float = 0.1,
        claim: float = 0.0,
        result: SendResult = SENT,
        again_in: float = 1.0,
        traffic: Traffic = Traffic.ORDINARY,
        person: str | None = None,
    ) -> None:
        """One message, tried again as often as it has to wait."""
        since = START + timedelta(seconds=due)
        while True:
            try:
                async with self.pacing.call(account, person or name, traffic, since) as call:
                    await asyncio.sleep(claim)
                    await self._call(name, call, takes, result, again_in)
                    return
            except MustWait as limits:
                await asyncio.sleep(limits.seconds)

    async def _call(self, name: str, call: Call, takes: float, result: SendResult, again_in: float) -> None:
        await call.leaves()
        self.left[name] = asyncio.get_running_loop().time()
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            await asyncio.sleep(takes)
        finally:
            self._under_way -= 1
        call.answered(result, again_in)


def with_platform(
    main: Callable[[Platform], Awaitable[None]],
    *,
    at_once: int = 64,
    rates: Rates | None = None,
    seen: Seen | None = None,
) -> Platform:
    """Run something against a new pacing, on made-up time."""

    async def run() -> Platform:
        accounts = {
            PAGE: rates or RATES["messenger"],
            OTHER: RATES["messenger"],
            ("whatsapp", "777"): RATES["whatsapp"],
        }
        platform = Platform(Pacing(LoopClock(), accounts, at_once=at_once, watch=seen or Seen()))
        await main(platform)
        assert [platform.pacing.under_way(channel) for channel in ("messenger", "whatsapp")] == [0, 0]
        return platform

    return in_virtual_time(run)


def warm(platform: Platform) -> None:
    """As if very many calls had been answered well: the window is open wide."""
    window = platform.pacing._all[PAGE].window
    window.size = 64
    window.begins(asyncio.get_running_loop().time())


_MESSAGES = st.lists(
    st.tuples(st.floats(0, 3), st.floats(0, 0.8), st.floats(0, 0.2), st.sampled_from([SENT, SENT, SENT, UNKNOWN])),
    min_size=1,
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(messages=_MESSAGES, per_second=st.integers(1, 40), at_once=st.integers(1, 64))
def test_whatever_comes_the_limits_hold(
    messages: Sequence[tuple[float, float, float, SendResult]], per_second: int, at_once: int
) -> None:
    """Any messages, calls and claims of any length: never more in a second than documented, all of them sent."""

    async def main(platform: Platform) -> None:
        async def one(number: int) -> None:
            due, takes, claim, result = messages[number]
            await asyncio.sleep(due)
            await platform.send(str(number), due=due, takes=takes, claim=claim, result=result)

        await asyncio.gather(*map(one, range(len(messages))))

    platform = with_platform(main, at_once=at_once, rates=RATES["messenger"].with_ordinary(per_second))

    assert len(platform.left) == len(messages)
    assert most_in(platform.left.values(), 1.0) <= per_second
    assert platform.most_under_way <= at_once


def test_first_come_first_served() -> None:
    """Messages that wait for one account leave in the order in which they became due, whoever asked first."""

    async def main(platform: Platform) -> None:
        order = [7, 2, 9, 4, 1, 8, 3, 6, 5]
        await asyncio.gather(
            platform.send("0", takes=0.02), *(platform.send(str(due), due=due, takes=0.02) for due in order)
        )

    platform = with_platform(main)

    assert sorted(platform.left, key=lambda name: platform.left[name]) == [str(number) for number in range(10)]


def test_a_process_begins_with_one_call() -> None:
    """Many messages at once on a fast platform: one call after the other, then a few more at once for each twenty."""

    async def main(platform: Platform) -> None:
        await asyncio.gather(*(platform.send(str(number), takes=0.1) for number in range(15)))

    assert with_platform(main).most_under_way == 1


def test_a_slow_platform_gets_its_documented_rate() -> None:
    """With 200 ms for each call the rate is reached all the same once the window is open: it is no cap any more."""

    async def main(platform: Platform) -> None:
        warm(platform)
        lanes = asyncio.Semaphore(96)

        async def one(number: int) -> None:
            async with lanes:
                await platform.send(str(number), takes=0.2)

        await asyncio.gather(*map(one, range(1_500)))

    platform = with_platform(main)
    times = sorted(platform.left.values())

    assert 250 <= len(times) / (times[-1] - times[0]) <= 300
    assert most_in(times, 1.0) <= 300


def test_what_the_store_held_up_does_not_leave_in_a_bunch() -> None:
    """Claims that all come back at one moment leave at even intervals."""

    async def main(platform: Platform) -> None:
        warm(platform)
        await asyncio.gather(*(platform.send(str(number), claim=0.6, takes=0.3) for number in range(120)))

    platform = with_platform(main)

    assert len(platform.left) == 120
    assert most_in(platform.left.values(), 0.1) <= 31


def test_a_hung_call_does_not_hold_up_the_account() -> None:
    """While one customer's call hangs for eight seconds, the others go after half a second."""

    async def main(platform: Platform) -> None:
        hung = asyncio.create_task(platform.send("hung", takes=8.0))
        await asyncio.sleep(0.01)
        await asyncio.gather(*(platform.send(str(number), due=1 + number, takes=0.02) for number in range(10)))
        await hung

    platform = with_platform(main)

    assert SLOW <= platform.left["0"] <= SLOW + 0.01
    assert platform.left["9"] < 1.0


def test_audio_does_not_hold_up_text() -> None:
    """Audio and video go at 10 a second; text that became due later does not wait behind them."""

    async def main(platform: Platform) -> None:
        warm(platform)
        audio = [platform.send(f"audio {each}", traffic=Traffic.AUDIO_VIDEO, takes=0.01) for each in range(30)]
        text = [platform.send(f"text {each}", due=100 + each, takes=0.01) for each in range(30)]
        await asyncio.gather(*audio, *text)

    platform = with_platform(main)
    audio, text = ([at for name, at in platform.left.items() if name.startswith(kind)] for kind in ("audio", "text"))

    assert most_in(audio, 1.0) <= 10
    assert max(text) - min(text) < 0.2 < max(audio) - min(audio)


@pytest.mark.parametrize("seconds", [0.4, 5.0])
def test_a_refused_account_pauses_as_a_whole(seconds: float) -> None:
    """After a refusal no message of the account leaves until it is time, and another account is not touched."""
    seen = Seen()

    async def main(platform: Platform) -> None:
        await platform.send("refused", result=REFUSED, again_in=seconds, takes=0.1)
        assert platform.pacing.paused_for(PAGE) == pytest.approx(seconds)
        assert platform.pacing.paused_for(OTHER) == 0
        others = (platform.send(f"other {each}", account=OTHER) for each in range(3))
        await asyncio.gather(*(platform.send(str(number)) for number in range(20)), *others)

    platform = with_platform(main, seen=seen)

    assert min(platform.left[str(number)] for number in range(20)) >= 0.1 + seconds
    assert platform.left["other 0"] == pytest.approx(0.1)
    assert seen.pauses == {"messenger": 1}


def test_a_long_pause_is_not_waited_for() -> None:
    """What has to wait longer than a moment is told so at once, and by how much."""

    async def main(platform: Platform) -> None:
        await platform.send("refused", result=REFUSED, again_in=60.0, takes=0.0)
        with pytest.raises(MustWait) as limits:
            async with platform.pacing.call(PAGE, "ana", Traffic.ORDINARY, START):
                pass
        assert limits.value.seconds == pytest.approx(60.0)
        assert asyncio.get_running_loop().time() < 0.01

    with_platform(main)


def test_nobody_waits_longer_than_a_moment() -> None:
    """Behind a call that takes long, a message gives up after a second, holds nothing, and comes back."""

    async def main(platform: Platform) -> None:
        hung = [asyncio.create_task(platform.send(f"hung {each}", takes=9.0)) for each in range(2)]
        await asyncio.sleep(SLOW + 0.1)
        asked_at = asyncio.get_running_loop().time()
        with pytest.raises(MustWait):
            async with platform.pacing.call(PAGE, "ana", Traffic.ORDINARY, START + timedelta(hours=1)):
                pass
        assert asyncio.get_running_loop().time() - asked_at == pytest.approx(PATIENCE)
        await asyncio.gather(*hung)

    with_platform(main, at_once=2)


def test_a_pair_over_its_rate_waits_alone() -> None:
    """Whoever got 45 messages at once waits for the next; others of the same number do not."""
    number = ("whatsapp", "777")

    async def main(platform: Platform) -> None:
        for each in range(45):
            await platform.send(f"ana {each}", account=number, person="ana", takes=0.0)
        with pytest.raises(MustWait) as limits:
            async with platform.pacing.call(number, "ana", Traffic.ORDINARY, START):
                pass
        assert 5 < limits.value.seconds < 6.5
        before = asyncio.get_running_loop().time()
        await platform.send("ben", account=number, takes=0.0)
        assert asyncio.get_running_loop().time() - before < 0.05

    with_platform(main)


def test_a_pair_that_the_platform_refuses_pauses_nobody_else() -> None:
    """131056 concerns the account and this one person."""
    number = ("whatsapp", "777")
    refused = SendResult(outcome=Outcome.RETRY, of_pair=True)

    async def main(platform: Platform) -> None:
        await platform.send("ana", account=number, person="ana", result=refused, again_in=16.0)
        assert platform.pacing.paused_for(number) == 0
        with pytest.raises(MustWait) as limits:
            async with platform.pacing.call(number, "ana", Traffic.ORDINARY, START):
                pass
        assert limits.value.seconds == pytest.approx(16.0)

    with_platform(main)


@settings(max_examples=60, deadline=None)
@given(at=st.lists(st.floats(0, 2), min_size=1, max_size=20))
def test_whoever_is_cancelled_gives_everything_back(at: list[float]) -> None:
    """Cancelled while waiting, claiming, leaving or calling: the others still get their turn, nothing stays taken."""

    async def main(platform: Platform) -> None:
        tasks = [
            asyncio.create_task(platform.send(f"cancelled {each}", claim=0.02, takes=0.1)) for each in range(len(at))
        ]
        for task, when in zip(tasks, at, strict=True):
            asyncio.get_running_loop().call_later(when, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(platform.send(str(each), takes=0.01) for each in range(5)))

    platform = with_platform(main, at_once=2, rates=RATES["messenger"].with_ordinary(4))

    assert {str(each) for each in range(5)} <= set(platform.left)


def test_work_is_begun_as_far_as_it_can_be_sent_within_a_moment() -> None:
    """One call of 200 ms at a time: two or three messages beside it, not sixty; and always one."""

    async def main(platform: Platform) -> None:
        for each in range(10):
            await platform.send(f"{each}", takes=0.2)
        assert platform.pacing.room(PAGE, 0)
        assert platform.pacing.room(PAGE, 2)
        assert not platform.pacing.room(PAGE, 10)
        assert platform.pacing.room(("shopify", "nobody's"), 1_000)

    with_platform(main)
