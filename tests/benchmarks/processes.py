"""The processes that take part, as the one that measures sees them: started, asked, ended."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from middleware.store.embedded import EmbeddedServer
from tests.benchmarks.measures import Usage, busy, usage

_ANSWERS_WITHIN = 900.0
_ENDS_WITHIN = 30.0
_LONGEST_LINE = 8 * 1024 * 1024
_TAIL = 2000


class TookNoPart(Exception):  # noqa: N818 - a state of a process
    """A process ended, or did not answer in time. The message ends with what it said last."""


@dataclass
class Child:
    """A process that plays a role."""

    role: str
    log: Path
    process: asyncio.subprocess.Process
    announced: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.announced["url"])

    async def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have it do something; its answer. Raises TookNoPart."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        return await self._answer()

    async def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                line = await self.process.stdout.readline()
        except TimeoutError:
            raise TookNoPart(f"{self.role} does not answer") from None
        if not line:
            raise TookNoPart(f"{self.role} ended:\n{self.log.read_text(errors='replace')[-_TAIL:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def usage(self) -> Usage:
        """The CPU that it has used, and the memory that it holds."""
        return usage(self.process.pid)

    async def end(self) -> None:
        """Let it end, by itself if it can."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(_ENDS_WITHIN):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@asynccontextmanager
async def playing(
    role: str, directory: Path, *, core: int | None, loop: str = "asyncio", **arguments: Any
) -> AsyncIterator[Child]:
    """A process in a role, on a core of its own if one is given; what it logs goes into the directory."""
    log = directory / f"{role}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.child", role, "" if core is None else str(core), loop,
            json.dumps(arguments),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=output, limit=_LONGEST_LINE,
            # Ctrl-C is for the process that measures; the others end when it does.
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")},
        )  # fmt: skip
    child = Child(role, log, process)
    try:
        child.announced = await child._answer()
        yield child
    finally:
        await child.end()


@dataclass
class Store:
    """The embedded store, which this process has started for all of them."""

    data_directory: Path
    server: EmbeddedServer

    def usage(self) -> Usage:
        """The CPU that it has used, and the memory that it holds."""
        pid = self.server.pid()
        if pid is None:
            raise TookNoPart("the embedded store does not run")
        return usage(pid)


@asynccontextmanager
async def embedded_store(directory: Path) -> AsyncIterator[Store]:
    """A fresh embedded store, as shipped (synced on commit), on the core of the process that starts it."""
    server = EmbeddedServer(directory / "store")
    await server.open()
    try:
        yield Store(directory, server)
    finally:
        await server.close()


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used meanwhile, in seconds of CPU: by the server, the store, the customers, and by nobody of ours."""

    server: float
    store: float
    customers: float
    elsewhere: float
    rss: int
    rss_before: int
    seconds: float


class Meter:
    """Reads what all who take part use, from making it until `spent` is asked."""

    def __init__(self, server: Child, store: Store | None, customers: Child) -> None:
        self._who = (server, store, customers)
        self._before = [each.usage() if each else Usage(0.0, 0) for each in self._who]
        self._busy = busy()
        self._ours = usage(os.getpid()).cpu
        self._begun = asyncio.get_running_loop().time()

    def spent(self) -> Spent:
        """What was used since."""
        after = [each.usage() if each else Usage(0.0, 0) for each in self._who]
        server, store, customers = (now.cpu - then.cpu for now, then in zip(after, self._before, strict=True))
        return Spent(
            server=server,
            store=store,
            customers=customers,
            elsewhere=max(0.0, busy() - self._busy - (usage(os.getpid()).cpu - self._ours)),
            rss=after[0].rss,
            rss_before=self._before[0].rss,
            seconds=asyncio.get_running_loop().time() - self._begun,
        )
