"""The bots of the demo's third story: other people's programs, in processes of their own on this machine."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from middleware.errors import ThroughlineError

SOURCES = Path(__file__).parent / "demo_bots"
"""What they are made of: `agent.py` and `pywa_bot.py`, and the flow that asks the agent."""

_ROOT = Path(__file__).parents[2]
"""Where the one line of the pywa bot is imported from, also when nothing is installed."""

_NEEDED = ("microsoft_agents.hosting.aiohttp", "pywa", "fastapi", "uvicorn")
_LISTENS_WITHIN = 60.0
_ENDS_WITHIN = 5.0
_LAST_LINES = 5


def lacking() -> tuple[str, ...]:
    """The packages of the bots that are not installed."""
    return tuple(name for name in _NEEDED if not _is_there(name))


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class BotProcess:
    """One bot: its file, its process, the port of 127.0.0.1 that it listens on, and where it prints to."""

    file: str
    process: asyncio.subprocess.Process
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        """Whether its process is alive."""
        return self.process.returncode is None

    def line_with(self, words: str) -> str:
        """The line of its source with these words in it. Raises StopIteration if there is none."""
        source = (SOURCES / self.file).read_text(encoding="utf-8")
        return next(line for line in source.splitlines() if words in line)

    async def listening(self) -> None:
        """Over once it takes connections. Raises ThroughlineError with its last words if it ends or takes too long."""
        until = asyncio.get_running_loop().time() + _LISTENS_WITHIN
        while self.runs and asyncio.get_running_loop().time() < until:
            if await self._is_open():
                return
            await asyncio.sleep(0.1)
        said = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
        what = "does not listen" if self.runs else "ended"
        raise ThroughlineError(f"the bot {self.file} {what}; it said last:\n{said or '(nothing)'}")

    async def _is_open(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def stop(self) -> None:
        """End it; killed if it does not end by itself. Stopping twice is allowed."""
        if not self.runs:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), _ENDS_WITHIN)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@asynccontextmanager
async def started(file: str, directory: Path, **environment: str) -> AsyncIterator[BotProcess]:
    """A bot of `SOURCES`, started and not waited for; ended at the end. It prints into the directory."""
    port, log = _free_port(), directory / f"{file}.log"
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # what lies beside the file is not what it imports
            str(SOURCES / file),
            env={**os.environ, "PYTHONPATH": path, "PORT": str(port), **environment},
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    bot = BotProcess(file, process, port, log)
    try:
        yield bot
    finally:
        await bot.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
