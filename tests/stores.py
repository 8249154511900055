"""The store that tests run on: a server process of its own, real down to the socket."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

URI = "THROUGHLINE_TEST_MONGODB_URI"

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - what lies there has a random name and is this user's
_ROOM = 4 * 2**30
"""Bytes: many times what the tests of one process store."""


@contextmanager
def quick_directory() -> Iterator[Path]:
    """A directory for as long as the block lasts, in memory where this machine can keep files there and has room.

    On a disk a test waits longer for the store's than it works. What a store promises is the same: a process that is
    killed leaves its files in both.
    """
    has_room = os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM
    with tempfile.TemporaryDirectory(prefix="throughline-", dir=_IN_MEMORY if has_room else None) as directory:
        yield Path(directory)


@dataclass
class StoreServer:
    """A store server. `process` is None for one that was there already."""

    uri: str
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def started(cls, directory: Path, port: int = 0) -> Iterator["StoreServer"]:
        """The server of the environment, or an embedded one that ends with the block."""
        if os.environ.get(URI):
            yield cls(os.environ[URI])
            return
        log = directory / "server.log"
        command = [
            sys.executable, "-m", "secantus", "--sync-on-commit", "--port", str(port),
            "--storage-path", str(directory / "data"),
        ]  # fmt: skip
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - our own command
        try:
            yield cls(f"mongodb://127.0.0.1:{_port(log)}/?directConnection=true&retryWrites=false", process)
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(timeout=_ENDS_WITHIN)


_ENDS_WITHIN = 120.0
_STARTS_WITHIN = 600.0
"""Seconds. A store of a million records takes a minute to open."""


def _port(log: Path) -> int:
    for _ in range(int(_STARTS_WITHIN / 0.05)):
        found = re.search(rb"listening on 127\.0\.0\.1:(\d+)\n", log.read_bytes())
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())
