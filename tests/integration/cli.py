"""The real command, in processes of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deliveries import as_toml
from tests.forked import POSSIBLE, TOP, Wanted, forked
from tests.running import fields_for

_ENDS_WITHIN = 60.0


@dataclass(frozen=True)
class Ended:
    """What a command did."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def environment(config: Path | None) -> dict[str, str]:
    """The environment of a command; without `config` it finds no settings."""
    named = {} if config is None else {"THROUGHLINE_CONFIG": str(config)}
    return {**os.environ, "NO_COLOR": "1", **named}


async def command(
    *arguments: str,
    config: Path | None = None,
    stdin: bytes = b"",
    directory: Path | None = None,
    within: float = _ENDS_WITHIN,
    alone: bool = not POSSIBLE,
) -> Ended:
    """Run `python -m middleware` with these arguments to its end, which comes within so many seconds.

    In a process of its own: a forked one that has its imports already, or an interpreter `alone`, which takes seconds
    of CPU. Each group of commands has a test of it alone, so that what it lacks among its imports is seen.
    """
    env = {**environment(config), "PYTHONPATH": str(TOP)}
    if not alone:
        code, out, err = await forked(Wanted(arguments, env, str(directory or Path.cwd())), stdin, within)
        return Ended(code, out, err.decode())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "middleware",
        *arguments,
        env=env,
        cwd=directory,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), within)
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    assert process.returncode is not None
    return Ended(process.returncode, out, err.decode())


@dataclass
class Served:
    """A long-running command."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]]
    said: asyncio.Event

    async def line(self, action: str) -> dict[str, Any]:
        """The log line with this action, once it is there."""
        async with asyncio.timeout(_ENDS_WITHIN):
            while True:
                for line in self.lines:
                    if line.get("action") == action:
                        return line
                assert self.process.returncode is None, self.lines
                self.said.clear()
                await self.said.wait()

    async def stop(self, end: Callable[[asyncio.subprocess.Process], None]) -> int:
        """Ask it to end; its exit code."""
        end(self.process)
        async with asyncio.timeout(_ENDS_WITHIN):
            return await self.process.wait()

    async def read(self) -> None:
        """Keep what it logs."""
        assert self.process.stderr is not None
        async for raw in self.process.stderr:
            try:
                self.lines.append(json.loads(raw))
            except ValueError:
                self.lines.append({"text": raw.decode()})
            self.said.set()
        self.said.set()


@asynccontextmanager
async def serving(*arguments: str, config: Path) -> AsyncIterator[Served]:
    """A long-running command, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "middleware",
        *arguments,
        env=environment(config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    served = Served(process, [], asyncio.Event())
    reading = asyncio.create_task(served.read())
    try:
        yield served
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading


def write_config(directory: Path, uri: str | None, graph_url: str, **changes: Any) -> Path:
    """The settings of `tests.running` as a file; without a URI they use the embedded store in the directory."""
    server = {"port": 0, "metrics_port": 0}
    fields = fields_for(uri or "", graph_url, **{"server": server, "worker": {"metrics_port": 0}, **changes})
    if uri is None:
        del fields["store"]["uri"]
        fields["store"]["data_directory"] = str(directory / "data")
    config = directory / "throughline.toml"
    config.write_text(as_toml(fields))
    return config
