"""A process that takes part: `python -m tests.benchmarks.child ROLE CORE LOOP ARGUMENTS`.

It says on one line of JSON that it is ready, and answers every line of JSON on its input with one on its output, until
the input ends. So it never outlives the process that started it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any

Ask = dict[str, Any]
Answers = Callable[[Ask], Awaitable[dict[str, Any]]]
Role = Callable[..., AbstractAsyncContextManager[tuple[dict[str, Any], Answers]]]
"""A role is entered with its arguments; it gives what it announces, and what answers."""

ROLES: Mapping[str, str] = {
    "floor": "tests.benchmarks.servers:floor",
    "bare": "tests.benchmarks.servers:bare",
    "pywa": "tests.benchmarks.servers:pywa",
    "ours": "tests.benchmarks.ours:ours",
    "customers": "tests.benchmarks.customers:customers",
}
"""Found by name, so that each process loads what it needs and nothing else: its memory is measured too."""

_LONGEST_LINE = 1024 * 1024


async def nothing_to_say(ask: Ask) -> dict[str, Any]:
    """The answers of a role that only serves."""
    del ask
    return {}


async def _run(role: Role, arguments: dict[str, Any]) -> None:
    asks = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asks), sys.stdin)
    async with role(**arguments) as (announced, answers):
        _say({**announced, "pid": os.getpid()})
        while line := await asks.readline():
            _say(await answers(json.loads(line)))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes an event loop: `asyncio` for Python's own, `uvloop` for that."""
    if name == "asyncio":
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module(name).new_event_loop
    return factory


def main(role: str, core: str, loop: str, arguments: str) -> None:
    """Play a role on a core (empty: on any)."""
    if core:
        os.sched_setaffinity(0, {int(core)})
    module, _, name = ROLES[role].partition(":")
    found: Role = getattr(import_module(module), name)
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(_run(found, json.loads(arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
