"""How long accepting takes while the worker of the same process works off a backlog."""

import asyncio

from tests.benchmarks.stage import Stage

_CUSTOMERS = 64
_CONNECTIONS = 48
_LOOKS_EVERY = 0.1
_MOST = 10_000
"""A worker holds 20,000 events at most; beyond that the store keeps them."""


async def working(stage: Stage) -> None:
    """Build up a backlog that lasts, and then offer requests at a fixed rate, whatever comes back."""
    bench, options = stage.bench, stage.bench.options
    await stage.make_known(_CUSTOMERS)
    bench.tell("working: how fast is it")
    speed = await stage.turns(at_once=16, customers=_CUSTOMERS, seconds=options.warm_up)
    offered = int(options.rate * options.seconds)
    # Twice what could be worked off meanwhile: it has to last.
    backlog = min(_MOST, 32 + int(2 * (speed["number"] / speed["seconds"]) * options.seconds))
    await stage.customers.ask("prepare", number=backlog + offered, customers=_CUSTOMERS)
    bench.tell(f"working: {backlog} questions at once")
    flood = await stage.customers.ask("load", url=stage.ours.url, connections=_CONNECTIONS, most=backlog)
    bench.failed("working, backlog", flood)
    await _offer(stage)
    stage.asked += backlog + offered
    await stage.check_replies("working")


async def _offer(stage: Stage) -> None:
    bench, options = stage.bench, stage.bench.options
    bench.tell(f"working: {options.rate:g} requests/s on top")
    replies = (await stage.customers.ask("replies"))["replies"]
    offering = asyncio.create_task(
        stage.customers.ask(
            "open", url=stage.ours.url, rate=options.rate, seconds=options.seconds, connections=_CONNECTIONS
        )
    )
    backlog = [(await stage.ours.ask("waiting"))["waiting"]]
    while not offering.done():
        await asyncio.sleep(_LOOKS_EVERY)
        backlog.append((await stage.ours.ask("waiting"))["waiting"])
    answer = await offering
    replies = (await stage.customers.ask("replies"))["replies"] - replies
    bench.failed("working", answer)
    bench.check(holds=min(backlog) > 0, otherwise=f"working: the backlog did not last: {backlog}")
    bench.found(
        "working",
        number=answer["number"],
        failed=answer["failed"],
        offered_per_s=options.rate,
        accept_p50_ms=answer["p50_ms"],
        accept_p99_ms=answer["p99_ms"],
        accept_most_ms=answer["most_ms"],
        turns_per_s=replies / answer["seconds"],
        backlog_before=backlog[0],
        backlog_after=backlog[-1],
    )
