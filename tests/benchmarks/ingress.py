"""How much a webhook costs until it is accepted: ours, a bare aiohttp handler and pywa, on the same requests in turn.

Ours stores each message durably, once; the other two store nothing.
"""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import median

from tests.benchmarks.bench import Bench, profiled
from tests.benchmarks.processes import Child, Spent
from tests.benchmarks.stage import Stage

CONNECTIONS = 48
_CUSTOMERS = 5_000
_WARMING = 20_000
"""Requests that a second of warming up sends at most."""
_ENOUGH = 1.5
"""How many times the requests that the warm-up would have needed are prepared for a round."""


async def ingress(stage: Stage) -> None:
    """Measure all servers in rounds, one after the other in each; only ours under a profile."""
    bench = stage.bench
    async with AsyncExitStack() as stack:
        servers = {"ours": stage.ours}
        if bench.options.profile is None:
            await _floor(stage)
            servers = {"bare": await stack.enter_async_context(bench.playing("bare")), **servers}
            # uvicorn chooses uvloop where it is there.
            servers["pywa"] = await stack.enter_async_context(bench.playing("pywa", loop="uvloop"))
        rates = {name: await _warmed_up(stage, server) for name, server in servers.items()}
        for number in range(1, bench.options.rounds + 1):
            for name, server in servers.items():
                bench.tell(f"ingress: round {number} of {bench.options.rounds}, {name}")
                await _round(stage, server, f"ingress.{name}.round{number}", rates[name])
        await _check_all_were_taken(bench, servers)
    if bench.options.profile is None:
        _sum_up(bench)


async def _floor(stage: Stage) -> None:
    """What the load generator reaches by itself: everything measured must lie clearly below."""
    stage.bench.tell("ingress: the load generator alone")
    async with stage.bench.playing("floor", loop="uvloop") as floor:
        await _round(stage, floor, "ingress.generator", await _warmed_up(stage, floor))


async def _warmed_up(stage: Stage, server: Child) -> float:
    """Warm a server up; requests/s that it took then."""
    seconds = stage.bench.options.warm_up
    await stage.customers.ask("prepare", number=int(_WARMING * seconds), customers=_CUSTOMERS)
    answer = await stage.customers.ask("load", url=server.url, connections=CONNECTIONS, seconds=seconds)
    stage.bench.failed(f"ingress, warming up {server.role}", answer)
    stage.bench.found(f"ingress.{server.role}", warm_up_number=answer["number"])
    return float(answer["number"] / answer["seconds"])


async def _round(stage: Stage, server: Child, name: str, rate: float) -> None:
    bench, seconds = stage.bench, stage.bench.options.seconds
    await stage.customers.ask("prepare", number=int(rate * seconds * _ENOUGH) + CONNECTIONS, customers=_CUSTOMERS)
    meter = stage.meter(server)
    async with profiled(bench, stage.ours, "ingress"):
        answer = await stage.customers.ask("load", url=server.url, connections=CONNECTIONS, seconds=seconds)
    spent = meter.spent()
    bench.failed(name, answer)
    bench.found(
        name,
        number=answer["number"],
        failed=answer["failed"],
        requests_per_s=answer["number"] / answer["seconds"],
        p50_ms=answer["p50_ms"],
        p99_ms=answer["p99_ms"],
        **_costs(spent, max(answer["number"], 1)),
    )


def _costs(spent: Spent, number: int) -> dict[str, float]:
    return {
        "cpu_us": 1e6 * spent.server / number,
        "store_cpu_us": 1e6 * spent.store / number,
        "generator_cpu_us": 1e6 * spent.customers / number,
        "other_core_share": (spent.store + spent.customers) / spent.seconds,
        "elsewhere_share": spent.elsewhere / spent.seconds,
        "rss_mib": spent.rss / 2**20,
    }


async def _check_all_were_taken(bench: Bench, servers: dict[str, Child]) -> None:
    """Every request that ours answered was a new message for it, and pywa's handler saw every one."""
    seen = {"ours": "fresh", "pywa": "handled"}
    for name in seen.keys() & servers.keys():
        numbers = [bench.numbers[f"ingress.{name}.round{each + 1}.number"] for each in range(bench.options.rounds)]
        sent = sum(numbers) + bench.numbers[f"ingress.{name}.warm_up_number"]
        took = (await servers[name].ask("took"))[seen[name]]
        bench.check(holds=took == sent, otherwise=f"ingress: {name} took {took} of {sent}")


def _sum_up(bench: Bench) -> None:
    """The best round of each, by requests/s, and how they compare."""
    best = {name: _best(bench, name) for name in ("bare", "ours", "pywa")}
    for name, row in best.items():
        bench.found(f"ingress.{name}", **row)
    ours, bare, pywa = best["ours"], best["bare"], best["pywa"]
    bench.found(
        "ingress",
        requests_per_s=ours["requests_per_s"],
        cpu_us=ours["cpu_us"],
        store_cpu_us=ours["store_cpu_us"],
        p50_ms=ours["p50_ms"],
        p99_ms=ours["p99_ms"],
        bare_requests_per_s=bare["requests_per_s"],
        bare_cpu_us=bare["cpu_us"],
        pywa_requests_per_s=pywa["requests_per_s"],
        pywa_cpu_us=pywa["cpu_us"],
        cpu_ratio=_ratio(ours["cpu_us"], bare["cpu_us"]),
        cpu_ratio_median=median(_ratio(ours["cpu_us"], bare["cpu_us"]) for bare, ours in _pairs(bench)),
        vs_pywa=_ratio(ours["requests_per_s"], pywa["requests_per_s"]),
    )


def _ratio(one: float, other: float) -> float:
    return one / other if other else 0.0


def _best(bench: Bench, name: str) -> dict[str, float]:
    return max(_rounds(bench, name), key=lambda row: row["requests_per_s"])


def _pairs(bench: Bench) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """The bare handler and ours in each round: seconds apart, so that a busy machine was busy for both."""
    return zip(_rounds(bench, "bare"), _rounds(bench, "ours"), strict=True)


def _rounds(bench: Bench, name: str) -> list[dict[str, float]]:
    return [bench.under(f"ingress.{name}.round{number}") for number in range(1, bench.options.rounds + 1)]
