"""What a whole turn costs: from a known customer's webhook to the reply at the platform, and the work after it."""

from collections import Counter
from dataclasses import dataclass

from middleware.pipeline.pace import ANSWERS_FOR_ONE_MORE
from tests.benchmarks.bench import profiled
from tests.benchmarks.stage import Stage

_CUSTOMERS = 64


@dataclass(frozen=True, slots=True)
class Level:
    """How many turns at once, by how many customers; `pause` is seconds between a reply and the next question."""

    name: str
    at_once: int
    customers: int
    pause: float = 0.0
    warm_up: int = 0
    """Turns before it: as many as open the window of the account so far (`middleware/pipeline/pace.py`)."""


LEVELS = (
    # With a pause, so that the work after the reply is over before the next turn: no two share a command.
    Level("alone", 1, _CUSTOMERS, pause=0.01),
    Level("at_8", 8, 8),
    Level("at_64", 64, _CUSTOMERS, warm_up=64 * ANSWERS_FOR_ONE_MORE),
)


async def turns(stage: Stage) -> None:
    """What turns cost, and how long customers wait. Only the last level under a profile."""
    await stage.make_known(_CUSTOMERS)
    async with profiled(stage.bench, stage.ours, "turns"):
        for level in LEVELS[-1:] if stage.bench.options.profile else LEVELS:
            stage.bench.tell(f"turns: {level.name}")
            await _measure(stage, level)
    await stage.check_replies("turns")


async def commands(stage: Stage) -> None:
    """The commands of a turn, in a process that counts them: so that counting costs nothing where time is measured."""
    await stage.make_known(_CUSTOMERS)
    for level in LEVELS:
        stage.bench.tell(f"turns: commands, {level.name}")
        await _count(stage, level)
    await stage.check_replies("commands")


async def _measure(stage: Stage, level: Level) -> None:
    """One level: CPU until all its work is over, waiting until the reply is there."""
    await _warm_up(stage, level)
    meter = stage.meter()
    answer = await stage.turns(
        at_once=level.at_once, customers=level.customers, seconds=stage.bench.options.seconds, pause=level.pause
    )
    await stage.quiet()
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
        "rss_before_mib": spent.rss_before / 2**20,
        "rss_mib": spent.rss / 2**20,
        "elsewhere_share": spent.elsewhere / spent.seconds,
    }
    stage.bench.found("turn", **{f"{key}_{level.name}": value for key, value in found.items()})
    if level is LEVELS[-1]:
        stage.bench.found("turn", cpu_ms=found["cpu_ms"])


async def _warm_up(stage: Stage, level: Level) -> None:
    """Let the account's window open. Not in a quick run, whose numbers say nothing."""
    turns = 0
    while turns < level.warm_up and not stage.bench.options.quick:
        stage.bench.tell(f"turns: {level.name}, warming up: {turns} of {level.warm_up}")
        answer = await stage.turns(
            at_once=level.at_once, customers=level.customers, seconds=stage.bench.options.seconds, pause=level.pause
        )
        turns += answer["number"]
    await stage.quiet()


async def _count(stage: Stage, level: Level) -> None:
    """The commands of a level, ingress included; finds on the inbox, by which a worker looks for old work, apart."""
    await _warm_up(stage, level)
    before = Counter(await stage.quiet())
    answer = await stage.turns(
        at_once=level.at_once, customers=level.customers, seconds=stage.bench.options.seconds / 2, pause=level.pause
    )
    counted = Counter(await stage.quiet()) - before
    looked = counted.pop("find inbox", 0)
    number = max(answer["number"], 1)
    stage.bench.found(
        "turn",
        **{f"commands_{level.name}": counted.total() / number, f"inbox_finds_{level.name}": looked / number},
    )
    for command, times in counted.items():
        stage.bench.found(f"turn.commands_{level.name}", **{command.replace(" ", "_"): times / number})
