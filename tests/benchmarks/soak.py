"""Many messages of many customers to one account, through a whole installation, at the platform's published limits.

`python -m tests.benchmarks.soak --messages 50000 --channel messenger`: webhooks over real HTTP into a process of its
own on the embedded store; another process plays the platform and refuses what is over the limits. Measured are what
got lost, what was refused, order within each conversation, the rate, and the memory of our process over time.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.testing import PUBLISHED
from tests.benchmarks.soak_stage import Customers, Ledger, Plan, stage
from tests.stores import StoreServer

_NOTHING_FOR = 60.0
"""Seconds without a message after which those that are missing are lost."""


@dataclass
class Soaked:
    """What came of it. Memory in MiB, with the seconds since the start."""

    messages: int
    lost: int
    doubled: int
    out_of_order: int
    outcomes: dict[str, int]
    most_in_a_second: int
    limit: int
    seconds: float
    per_second: float
    """From the first message that was sent to the last."""
    busiest: float
    """Messages in a median second of the middle half."""
    memory: list[tuple[float, float]]
    memory_slope: float
    """MiB for each 1,000 messages, over the second half of the time."""

    def problems(self) -> list[str]:
        """What must not be."""
        others = {outcome: number for outcome, number in self.outcomes.items() if outcome != "sent"}
        found = {
            f"{self.lost} messages are lost": self.lost,
            f"{self.doubled} were sent twice": self.doubled,
            f"{self.out_of_order} are out of order": self.out_of_order,
            f"calls ended otherwise than sent: {others}": others,
            f"{self.most_in_a_second} in one second, {self.limit} are allowed": self.most_in_a_second > self.limit,
        }
        return [problem for problem, is_so in found.items() if is_so]


async def soak(
    plan: Plan, server: StoreServer, directory: Path, progress: Callable[[int], None] = lambda _: None
) -> Soaked:
    """Let it happen, and measure. `progress` is told how many messages were sent."""
    memory: list[tuple[float, float]] = []
    async with stage(plan, server, directory) as here:
        customers, began_at = Customers(plan, here.url), time.monotonic()
        writing = asyncio.create_task(customers.write())
        seen, news_at = -1, began_at
        while len(here.ledger.sent) < plan.messages and time.monotonic() - news_at < _NOTHING_FOR:
            await asyncio.sleep(0.2)
            here.ledger.read()
            now = time.monotonic()
            if not memory or now - began_at >= memory[-1][0] + plan.sample_every:
                memory.append((round(now - began_at, 1), round(here.memory(), 1)))
            if len(here.ledger.sent) != seen:
                seen, news_at = len(here.ledger.sent), now
                progress(seen)
        await writing
        await asyncio.sleep(0.5)
        here.ledger.read()
        return _soaked(plan, customers, here.ledger, await here.outcomes(), memory)


def _soaked(
    plan: Plan, customers: Customers, ledger: Ledger, outcomes: dict[str, int], memory: list[tuple[float, float]]
) -> Soaked:
    keys = Counter(key for key, _ in ledger.sent)
    times = sorted(at for _, at in ledger.sent)
    seconds = times[-1] - times[0] if len(times) > 1 else 0.0
    return Soaked(
        messages=plan.messages,
        lost=len(set(customers.place) - set(keys)),
        doubled=sum(number - 1 for number in keys.values()),
        out_of_order=_out_of_order(customers, ledger),
        outcomes=outcomes,
        most_in_a_second=most_in_a_second(times),
        limit=plan.per_second,
        seconds=round(seconds, 1),
        per_second=round((len(times) - 1) / seconds, 1) if seconds else 0.0,
        busiest=_median_second(times),
        memory=memory,
        memory_slope=round(_slope(memory[len(memory) // 2 :]) * seconds / max(1, len(times)) * 1000, 3),
    )


def _out_of_order(customers: Customers, ledger: Ledger) -> int:
    """Replies that were sent before the reply to an earlier message of the same customer."""
    order: dict[str, list[int]] = defaultdict(list)
    for key, _ in ledger.sent:
        customer, number = customers.place.get(key, ("nobody", 0))
        order[customer].append(number)
    return sum(later < earlier for numbers in order.values() for earlier, later in pairwise(numbers))


def most_in_a_second(times: list[float]) -> int:
    """The most that came in any one second."""
    lately: deque[float] = deque()
    most = 0
    for at in times:
        lately.append(at)
        while lately[0] <= at - 1:
            lately.popleft()
        most = max(most, len(lately))
    return most


def _median_second(times: list[float]) -> float:
    """Messages in a median second of the middle half."""
    middle = times[len(times) // 4 : -len(times) // 4]
    counts = sorted(Counter(int(at) for at in middle).values())
    return counts[len(counts) // 2] if counts else 0.0


def _slope(points: list[tuple[float, float]]) -> float:
    """Least squares: MiB a second."""
    if len(points) < 2:
        return 0.0
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--channel", choices=("messenger", "whatsapp"), default="messenger")
    parser.add_argument("--limit", type=int, help="messages a second that are allowed (default: as published)")
    parser.add_argument("--offered", type=float, help="messages that come a second (default: 1.2 times the limit)")
    parser.add_argument("--customers", type=int, help="default: one for ten messages")
    parser.add_argument("--answers-after", type=float, default=0.1, help="seconds that the platform takes for each")
    parser.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    return parser.parse_args()


def _plan(given: argparse.Namespace) -> Plan:
    limit = given.limit or PUBLISHED[given.channel].per_second
    return Plan(
        channel=given.channel,
        messages=given.messages,
        per_second=limit,
        offered=given.offered or 1.2 * limit,
        customers=given.customers or max(1, given.messages // 10),
        answers_after=given.answers_after,
    )


def _shown(result: Soaked) -> Iterator[str]:
    fields: dict[str, Any] = dataclasses.asdict(result)
    for name, value in fields.items():
        yield f"{name.replace('_', ' '):18} {value}"
    yield from result.problems() or ["all as it must be"]


def main() -> int:
    """Run, show the result; 1 if something was not as it must be."""
    given = _arguments()
    plan = _plan(given)
    columns = (TextColumn("sent"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        tempfile.TemporaryDirectory() as folder,
        StoreServer.started(Path(folder)) as server,
        Progress(*columns, console=Console(stderr=True)) as bar,
    ):
        task = bar.add_task("sent", total=plan.messages)
        result = asyncio.run(soak(plan, server, Path(folder), lambda sent: bar.update(task, completed=sent)))
    text = json.dumps(dataclasses.asdict(result)) if given.json else "\n".join(_shown(result))
    sys.stdout.write(text + "\n")
    return 1 if result.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
