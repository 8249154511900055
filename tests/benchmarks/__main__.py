"""The command: `python -m tests.benchmarks --help`."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.markup import escape

from tests.benchmarks.bench import Bench
from tests.benchmarks.ingress import ingress
from tests.benchmarks.measures import cores
from tests.benchmarks.memory import memory
from tests.benchmarks.options import Options, options
from tests.benchmarks.page import write_page
from tests.benchmarks.processes import TookNoPart
from tests.benchmarks.stage import Stage, staged
from tests.benchmarks.tables import tables
from tests.benchmarks.turns import commands, turns
from tests.benchmarks.working import working


@dataclass(frozen=True, slots=True)
class Act:
    """What is measured on one stage, in this order."""

    measure: tuple[Callable[[Stage], Awaitable[None]], ...]
    work: bool = True
    count: bool = False


def acts(chosen: Options) -> Iterator[Act]:
    """Each on a fresh stage, so that none leaves anything to the next. In a quick run what works shares one."""
    parts = {
        "ingress": [Act((ingress,), work=False)],
        "turns": [Act((turns,)), Act((commands,), count=True)],
        "working": [Act((working,))],
        "memory": [Act((memory,))],
    }
    found = [act for part in chosen.only for act in parts[part]]
    if chosen.profile:
        yield found[0]
    elif chosen.quick:
        yield from (act for act in found if not act.work)
        if together := [each for act in found if act.work for each in act.measure]:
            yield Act(tuple(together), count=True)
    else:
        yield from found


async def measured(chosen: Options, tell: Callable[[str], None]) -> Bench:
    """Measure what was chosen."""
    place = chosen.directory.resolve()
    place.mkdir(parents=True, exist_ok=True)
    server_core, other_core = cores()
    if other_core is not None:
        # The store, started from here, inherits it; the servers choose their own.
        os.sched_setaffinity(0, {other_core})
    with TemporaryDirectory(prefix="bench-", dir=place) as directory:
        bench = Bench(chosen, Path(directory), server_core, other_core, tell)
        for act in acts(chosen):
            async with staged(bench, work=act.work, count=act.count) as stage:
                for measure in act.measure:
                    await measure(stage)
    return bench


def report(bench: Bench, console: Console) -> None:
    """Show what was found, and write it down."""
    file = bench.options.directory / ("bench-quick.json" if bench.options.quick else "bench.json")
    written = json.dumps(bench.numbers, indent=1, sort_keys=True)
    file.write_text(written + "\n")
    if bench.options.docs is not None:
        write_page(bench, bench.options.docs)
    if bench.options.json:
        console.out(written, highlight=False)
        return
    for table in tables(bench):
        console.print(table.rich())
    console.print(f"All numbers: {file}")
    if bench.options.quick:
        console.print("A quick run shows that everything works. Its numbers say nothing.")


def main(given: Sequence[str] | None = None) -> int:
    """Measure, show, write down. 1, and nothing written, if something happened that must not."""
    chosen = options(given)
    progress = Console(stderr=True)
    with progress.status("starting") as status:
        tell = status.update if progress.is_terminal else progress.print
        try:
            bench = asyncio.run(measured(chosen, tell))
        except TookNoPart as reason:
            progress.print(f"[red]wrong:[/] {escape(str(reason))}", highlight=False)
            return 1
    for each in bench.wrong:
        progress.print(f"[red]wrong:[/] {escape(each)}", highlight=False)
    if bench.wrong:
        return 1
    if bench.profiles:
        sys.stdout.write("\n".join(bench.profiles) + "\n")
    else:
        report(bench, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
