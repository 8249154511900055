"""The command: `python -m tests.benchmarks --help`."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.benchmarks.bench import Bench
from tests.benchmarks.ingress import ingress
from tests.benchmarks.measures import cores
from tests.benchmarks.options import Options, options
from tests.benchmarks.turns import turns

_PARTS: Mapping[str, Callable[[Bench], Awaitable[None]]] = {"ingress": ingress, "turns": turns}


async def measured(chosen: Options, console: Console) -> Bench:
    """Run what was chosen."""
    place = chosen.directory.resolve()
    place.mkdir(parents=True, exist_ok=True)
    server_core, other_core = cores()
    if other_core is not None:
        # The store and whoever else is started from here inherits it; servers choose their own.
        os.sched_setaffinity(0, {other_core})
    with TemporaryDirectory(prefix="bench-", dir=place) as directory, console.status("starting") as status:
        bench = Bench(chosen, Path(directory), server_core, other_core, status.update)
        for part in chosen.only:
            if part in _PARTS:
                await _PARTS[part](bench)
    return bench


def main() -> int:
    """Measure, show, write. 1 if something went wrong that must not: then no number counts."""
    chosen = options()
    bench = asyncio.run(measured(chosen, Console(stderr=True)))
    for shown in bench.profiles:
        print(shown)
    print(json.dumps(bench.numbers, indent=1, sort_keys=True))
    for each in bench.wrong:
        print("WRONG:", each, file=sys.stderr)
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
