"""The store that tests run on: a server process of its own, real down to the socket."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

URI = "THROUGHLINE_TEST_MONGODB_URI"


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
