"""What the command can be told."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.profiling import PROFILERS

PARTS = ("ingress", "turns", "working", "memory")


@dataclass(frozen=True)
class Options:
    """How to measure. `seconds` is how long each load lasts, `memory` a number of messages."""

    only: tuple[str, ...] = PARTS
    seconds: float = 4.0
    rounds: int = 5
    warm_up: float = 1.0
    memory: int = 20_000
    rate: float = 100.0
    loop: str = "asyncio"
    profile: str | None = None
    profiler: str = "cprofile"
    lines: int = 40
    json: bool = False
    quick: bool = False
    directory: Path = Path("build")
    docs: Path | None = Path("docs/benchmarks.md")


def options(given: Sequence[str] | None = None) -> Options:
    """The options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="What Throughline costs here.")
    parser.add_argument("--only", default=",".join(PARTS), help="some of: " + ", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=Options.seconds, help="how long each load lasts")
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="rounds of the ingress comparison")
    parser.add_argument("--memory", type=int, default=Options.memory, help="messages of the memory run")
    parser.add_argument("--rate", type=float, default=Options.rate, help="requests/s offered while a worker works")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default=Options.loop, help="of bare and ours alike")
    parser.add_argument("--profile", choices=("ingress", "turns"), help="show where our time goes in this part instead")
    parser.add_argument("--profiler", choices=PROFILERS, default=Options.profiler)
    parser.add_argument("--lines", type=int, default=Options.lines, help="functions that a profile shows")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON instead of tables")
    parser.add_argument(
        "--quick", action="store_true", help="shows that all works, in seconds; its numbers say nothing"
    )
    parser.add_argument(
        "--directory", type=Path, default=Options.directory, help="for bench.json and what is left over"
    )
    parser.add_argument("--docs", type=Path, help="page to write; default docs/benchmarks.md after a whole run")
    named = parser.parse_args(given)
    only = tuple(part for part in PARTS if part in named.only.split(","))
    if set(named.only.split(",")) - set(PARTS):
        parser.error(f"--only: write some of {', '.join(PARTS)}")
    if named.rounds < 1 or min(named.seconds, named.rate, named.memory) <= 0:
        parser.error("--rounds, --seconds, --rate and --memory: write something above 0")
    whole = only == PARTS and not named.quick and not named.profile
    return Options(
        only=(named.profile,) if named.profile else only,
        seconds=0.2 if named.quick else named.seconds,
        rounds=1 if named.quick or named.profile else named.rounds,
        warm_up=0.1 if named.quick else Options.warm_up,
        memory=24 if named.quick else named.memory,
        rate=50.0 if named.quick else named.rate,
        loop=named.loop,
        profile=named.profile,
        profiler=named.profiler,
        lines=named.lines,
        json=named.json,
        quick=named.quick,
        directory=named.directory,
        docs=named.docs or (Options.docs if whole else None),
    )
