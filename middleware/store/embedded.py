"""The embedded server: MongoDB's wire protocol with nothing to install but a Python package (docs/decisions/0004).

Several processes share one server through three files in the data directory:

- `server.lock` is held by the server process itself (it inherits the locked descriptor), so "can be locked" means
  "the server is dead", whatever happened to it;
- `server.json` says where it listens; a server that is started again takes the same port, so that clients find it;
- `users.lock` is held shared by everyone who uses it; the last one to leave stops the server.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO

import structlog

from middleware.errors import SettingsError, StoreUnavailable

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)

_STARTS_WITHIN = 20.0
_STOPS_WITHIN = 5.0
_LOOKS_EVERY = 0.25


class EmbeddedServer:
    """One process's share in the embedded server of a data directory."""

    def __init__(self, data_directory: Path) -> None:
        self._directory = data_directory
        self._users: IO[str] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> str:
        """The URI of the running server; it is started first if nobody did. Raises SettingsError if it cannot be."""
        _check_installed()
        self._directory.mkdir(parents=True, exist_ok=True)
        self._users = self._file("users.lock").open("a")
        await _until(lambda: _lock(self._users, shared=True), "another process is just stopping the store")
        if not await self._answers():
            await self._start()
        self._watch = asyncio.create_task(self._keep_alive(), name="embedded-store")
        return f"mongodb://127.0.0.1:{self._port()}/?directConnection=true&retryWrites=false"

    async def close(self) -> None:
        """Leave; the last one stops the server."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._users is None:
            return
        try:
            if _lock(self._users, shared=False):
                await self._stop()
        finally:
            self._users.close()
            self._users = None

    def pid(self) -> int | None:
        """The server's process id, or None when none was ever started here."""
        return self._said().get("pid")

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            try:
                if not self._alive():
                    log.warning("embedded store died, starting it again", action="embedded_restart")
                    await self._start()
            except (StoreUnavailable, OSError) as error:
                log.warning("embedded store does not start", action="embedded_restart", error=str(error))

    async def _start(self) -> None:
        """Start the server, unless another process is at it; either way wait until it answers."""
        tries = int(_STARTS_WITHIN / 0.2)
        for number in range(tries):
            if number == tries // 2:
                self._end_unannounced()
            # Not to be had: somebody starts it, or just looks whether it lives; so look again.
            with self._file("server.lock").open("a") as lock:
                if _lock(lock, shared=False):
                    await self._launch(lock)
            if await self._answers(within=0.2):
                return
        raise StoreUnavailable("the embedded store does not answer")

    def _end_unannounced(self) -> None:
        """End a server whose starter died before it could say where it listens: nobody will ever find it."""
        said = self._said()
        if "pid" in said and "port" not in said and self._alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(said["pid"], signal.SIGKILL)

    async def _launch(self, lock: IO[str]) -> None:
        """Start the server on the port it had, so that clients find it again; elsewhere if that is taken."""
        had = self._said().get("port", 0)
        try:
            await self._launch_on(had, lock)
        except StoreUnavailable:
            if had == 0:
                raise
            await self._launch_on(0, lock)

    async def _launch_on(self, port: int, lock: IO[str]) -> None:
        command = [
            sys.executable, "-m", "secantus", "--sync-on-commit", "--storage-path", str(self._file("data")),
            "--host", "127.0.0.1", "--port", str(port),
        ]  # fmt: skip
        with self._file("server.log").open("ab") as output:
            start = output.tell()
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock.fileno(),),
                start_new_session=True,
            )
        # At once, so that whoever leaves now can still stop it.
        self._write_said({"pid": process.pid, **({"port": port} if port else {})})
        announced = await self._announced_port(process, start)
        self._write_said({"pid": process.pid, "port": announced})

    async def _announced_port(self, process: asyncio.subprocess.Process, start: int) -> int:
        """The port that the server says it listens on, read from its log."""
        for _ in range(int(_STARTS_WITHIN / 0.05)):
            text = self._file("server.log").read_bytes()[start:].decode(errors="replace")
            _, found, rest = text.partition("listening on 127.0.0.1:")
            if found and "\n" in rest:
                return int(rest.split()[0])
            if process.returncode is not None:
                raise StoreUnavailable(f"the embedded store ended at once: {text[-400:]}")
            await asyncio.sleep(0.05)
        raise StoreUnavailable("the embedded store does not say that it listens")

    async def _stop(self) -> None:
        pid = self.pid()
        if pid is None or not self._alive():
            return
        for number, within in ((signal.SIGTERM, _STOPS_WITHIN), (signal.SIGKILL, _STARTS_WITHIN)):
            # Every acknowledged write is on disk: ending it the hard way loses nothing.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            with contextlib.suppress(StoreUnavailable):
                await _until(lambda: not self._alive(), "the embedded store does not stop", within)
                return

    def _alive(self) -> bool:
        """Whether some process holds the server's lock."""
        with self._file("server.lock").open("a") as lock:
            if not _lock(lock, shared=False):
                return True
            fcntl.flock(lock, fcntl.LOCK_UN)
            return False

    async def _answers(self, within: float = 0.0) -> bool:
        """Whether the server takes connections, waiting for it at most `within` seconds."""
        for _ in range(1 + int(within / 0.05)):
            if self._alive() and (port := self._said().get("port")):
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return True
            if within:
                await asyncio.sleep(0.05)
        return False

    def _port(self) -> int:
        return self._said()["port"]

    def _said(self) -> dict[str, int]:
        try:
            said: dict[str, int] = json.loads(self._file("server.json").read_text())
        except (OSError, ValueError):
            return {}
        return said

    def _write_said(self, said: dict[str, int]) -> None:
        fresh = self._file("server.json.new")
        fresh.write_text(json.dumps(said))
        fresh.replace(self._file("server.json"))

    def _file(self, name: str) -> Path:
        return self._directory / name


def _check_installed() -> None:
    if fcntl is None:
        raise SettingsError("the embedded store needs a Unix system; set [store] uri to a MongoDB replica set")
    try:
        import_module("secantus")
    except ImportError as error:
        raise SettingsError(
            "no [store] uri is set and the embedded store is not installed: "
            "set the uri of a MongoDB replica set, or install throughline[embedded] (Python 3.11 to 3.13)"
        ) from error


def _lock(file: IO[str] | None, *, shared: bool) -> bool:
    """Take the file's lock without waiting; whether it was to be had."""
    assert file is not None  # noqa: S101 - for the type checker; callers have opened it
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _until(holds: Callable[[], bool], otherwise: str, within: float | None = None) -> None:
    for _ in range(int((within or _STARTS_WITHIN) / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise StoreUnavailable(otherwise)
