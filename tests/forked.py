"""Commands by forking: each is a process of its own, made from one that has imported every command already.

Imports and the shipped flows are most of what a command costs. A forked one has arguments, environment, directory,
standard streams, signals and an exit code of its own, as `python -m middleware` has; only what was imported and read is
there already. For each command the process that has imported forks one that waits for it, and this one forks the
command.
"""

import asyncio
import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

TOP = Path(__file__).parents[1]
POSSIBLE = sys.platform == "linux"
"""Elsewhere a fork without a new program may not use what the system's own libraries have begun."""

_MOST = 1 << 20
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


@dataclass(frozen=True)
class Wanted:
    """A command to run."""

    arguments: Sequence[str]
    env: Mapping[str, str]
    directory: str


async def forked(wanted: Wanted, stdin: bytes, within: float) -> tuple[int, bytes, bytes]:
    """Exit code, standard output and standard error of a command, which ends within so many seconds or is killed."""
    answer, theirs = socket.socketpair()
    given, giving = os.pipe()
    out, writes_out = os.pipe()
    err, writes_err = os.pipe()
    lent = [theirs.detach(), given, writes_out, writes_err]
    # One message, as long as the environment is.
    socket.send_fds(_importer(), [json.dumps([wanted.arguments, dict(wanted.env), wanted.directory]).encode()], lent)
    for each in lent:
        os.close(each)
    telling, talk = await asyncio.open_connection(sock=answer)
    pid = int(await telling.readline() or _gone())
    ends = asyncio.gather(_read(out), _read(err), telling.readline(), _write(giving, stdin))
    try:
        said, complained, code, _ = await asyncio.wait_for(asyncio.shield(ends), within)
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await ends
        raise
    finally:
        talk.close()
        await talk.wait_closed()
    return int(code or _gone()), said, complained


def _gone() -> int:
    raise AssertionError("the process that has imported the commands is gone: see what it said on standard error")


async def _read(pipe: int) -> bytes:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", 0)
    )
    try:
        return await reader.read()
    finally:
        transport.close()


async def _write(pipe: int, content: bytes) -> None:
    """A command may end without having read it all."""
    gone = asyncio.get_running_loop().create_future()
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(lambda: _Writing(gone), os.fdopen(pipe, "wb", 0))
    transport.write(content)
    transport.close()
    await gone


class _Writing(asyncio.Protocol):
    def __init__(self, gone: asyncio.Future[None]) -> None:
        self._gone = gone

    def connection_lost(self, exc: Exception | None) -> None:
        """Written, or nobody reads any more."""
        del exc
        self._gone.set_result(None)


@cache
def _importer() -> socket.socket:
    """The way to the process that has imported the commands; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - this file
            [sys.executable, "-m", "tests.forked", str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd=TOP,
            env={**os.environ, "NO_COLOR": "1"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _import_everything() -> None:
    for part in import_module("middleware.cli.app").PARTS.values():
        import_module(f"middleware.cli.{part.partition(':')[0]}")
    import_module("flows.runner").Flows.shipped()  # whose files a process reads once
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a fork has only the thread that forks"
    gc.collect()
    gc.freeze()


def _next(asking: socket.socket) -> Wanted | None:
    """In the process of a command: what it is to run. In the one that has imported, None once nobody asks any more."""
    waiting: list[int] = []
    while True:
        message, lent, _, _ = socket.recv_fds(asking, _MOST, 1 + len(_STREAMS))
        waiting = [each for each in waiting if os.waitpid(each, os.WNOHANG if message else 0) == (0, 0)]
        if not message:
            return None
        waiting.append(os.fork())
        if waiting[-1] == 0:
            asking.close()
            child = os.fork()
            if child == 0:
                _take(lent)
                return Wanted(*json.loads(message))
            _wait_for(child, lent)
        for each in lent:
            os.close(each)


def _wait_for(child: int, lent: list[int]) -> None:
    """Tell the process and its exit code to who asked for it; does not return."""
    for each in lent[1:]:
        os.close(each)
    with socket.socket(fileno=lent[0]) as answer:
        answer.sendall(b"%d\n" % child)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        answer.sendall(b"%d\n" % code)
    os._exit(0)


def _take(lent: list[int]) -> None:
    os.close(lent[0])
    for number, (each, (name, mode)) in enumerate(zip(lent[1:], _STREAMS, strict=True)):
        os.dup2(each, number)
        os.close(each)
        before = getattr(sys, name)
        stream = open(  # noqa: SIM115 - it stays open
            number, mode, encoding=before.encoding, errors=before.errors, closefd=False,
            buffering=1 if name == "stderr" else -1,
        )  # fmt: skip
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _run(wanted: Wanted) -> None:
    """What `python -m middleware` does, from here to the end of the process."""
    os.chdir(wanted.directory)
    os.environ.clear()
    os.environ.update(wanted.env)
    sys.path[0] = wanted.directory
    sys.argv = ["-m", *wanted.arguments]
    runpy.run_module("middleware", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control:
        _import_everything()
        command = _next(control)
    if command is not None:
        _run(command)
