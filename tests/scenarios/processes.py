"""Processes under test: started, stopped, killed and started again."""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deliveries import as_toml

_DIES_WITHIN = 6.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Processes:
    """The processes of one installation, by the name they are started under."""

    config: Path
    log: Path
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    kills: int = 0

    @classmethod
    def at(cls, directory: Path, fields: dict[str, Any]) -> "Processes":
        """None yet; their settings are written into the directory, and their log goes there."""
        config = directory / "throughline.toml"
        config.write_text(as_toml(fields))
        return cls(config, directory / "processes.log")

    async def start(self, role: str, point: str = "", count: int = 0, act: str = "kill") -> asyncio.subprocess.Process:
        """Start a process, which does something to itself at the point if one is given."""
        arguments = [role, point, str(count), act] if point else [role]
        with self.log.open("ab") as log:
            self.running[role] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.scenarios.crashing",
                *arguments,
                env={**os.environ, "THROUGHLINE_CONFIG": str(self.config)},
                stdout=log,
                stderr=log,
            )
        return self.running[role]

    async def kill(self, role: str) -> None:
        """Kill a process now, and start it again."""
        process = self.running[role]
        if process.returncode is None:
            process.kill()
        await self._died(role)

    async def kill_at(self, role: str, point: str, count: int) -> None:
        """Replace a process by one that kills itself at a point; wait until it has, then start it again."""
        self.running[role].send_signal(signal.SIGTERM)
        await self.running[role].wait()
        await self.start(role, point, count)
        try:
            await asyncio.wait_for(self.running[role].wait(), _DIES_WITHIN)
        except TimeoutError:
            self.running[role].kill()
        await self._died(role)

    async def _died(self, role: str) -> None:
        await self.running[role].wait()
        self.kills += 1
        await self.start(role)

    async def end(self) -> None:
        """End what still runs."""
        for process in self.running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        await asyncio.gather(*(process.wait() for process in self.running.values()))
