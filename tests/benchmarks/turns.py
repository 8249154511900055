"""What a whole turn costs: from a known customer's webhook to the reply at the platform, and the work after it."""

from collections import Counter
from dataclasses import dataclass

from tests.benchmarks.bench import Bench, profiled
from tests.benchmarks.stage import Stage, staged

_CUSTOMERS = 64


@dataclass(frozen=True, slots=True)
class Level:
    """How many turns at once, by how many customers; `pause` is seconds between a reply and the next question."""

    name: str
    at_once: int
    customers: int
    pause: float = 0.0


LEVELS = (
    # With a pause, so that the work after the reply is over before the next turn: no two share a command.
    Level("alone", 1, _CUSTOMERS, pause=0.01),
    Level("8", 8, 8),
    Level("64", 64, _CUSTOMERS),
)


async def turns(bench: Bench) -> None:
    """Measure; then count commands in another process, so that counting costs nothing in the first."""
    if bench.options.profile:
        async with staged(bench, work=True) as stage:
            await stage.known(_CUSTOMERS)
            async with profiled(bench, stage.ours, "turns"):
                await _measure(stage, LEVELS[-1])
        return
    async with staged(bench, work=True) as stage:
        await stage.known(_CUSTOMERS)
        for level in LEVELS:
            await _measure(stage, level)
        await stage.check_replies("turns")
    async with staged(bench, work=True, count=True) as stage:
        await stage.known(_CUSTOMERS)
        for level in LEVELS:
            await _count(stage, level)
        await stage.check_replies("turns, counted")


async def _measure(stage: Stage, level: Level) -> None:
    """One level: what it costs until all is over, and how long the customers waited."""
    stage.bench.tell(f"turns: {level.name}")
    meter = stage.meter()
    answer = await stage.turns(
        at_once=level.at_once, customers=level.customers, seconds=stage.bench.options.seconds, pause=level.pause
    )
    await stage.ours.ask("quiet")
    spent, number = meter.spent(), max(answer["number"], 1)
    # Alone, the pauses do not count: what one after the other could do.
    seconds = answer["sum_s"] if level.at_once == 1 else answer["seconds"]
    found = {
        "number": answer["number"],
        "failed": answer["failed"],
        "per_s": answer["number"] / seconds if seconds else 0.0,
        "p50_ms": answer["p50_ms"],
        "p99_ms": answer["p99_ms"],
        "cpu_ms": 1000 * spent.server / number,
        "store_cpu_ms": 1000 * spent.store / number,
        "customers_cpu_ms": 1000 * spent.customers / number,
        "rss_mib_before": spent.rss_before / 2**20,
        "rss_mib": spent.rss / 2**20,
        "elsewhere_share": spent.elsewhere / spent.seconds,
    }
    stage.bench.found("turn", **{f"{key}_{_at(level)}": value for key, value in found.items()})
    if level is LEVELS[-1]:
        stage.bench.found("turn", cpu_ms=found["cpu_ms"])


async def _count(stage: Stage, level: Level) -> None:
    """The commands of a level, ingress included; without finds on the inbox, by which the worker looks for old work."""
    stage.bench.tell(f"turns: commands, {level.name}")
    before = Counter((await stage.ours.ask("quiet"))["commands"])
    answer = await stage.turns(
        at_once=level.at_once, customers=level.customers, seconds=stage.bench.options.seconds / 2, pause=level.pause
    )
    commands = Counter((await stage.ours.ask("quiet"))["commands"])
    commands.subtract(before)
    looked = commands.pop("find inbox", 0)
    number = max(answer["number"], 1)
    stage.bench.found("turn", **{f"commands_{_at(level)}": commands.total() / number})
    stage.bench.found("turn", **{f"inbox_finds_{_at(level)}": looked / number})
    for command, times in commands.items():
        stage.bench.numbers[f"turn.commands_{_at(level)}.{command}"] = times / number


def _at(level: Level) -> str:
    return "alone" if level.at_once == 1 else f"at_{level.at_once}"
