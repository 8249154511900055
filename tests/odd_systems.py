"""A system that look-ups ask, over real HTTP on a free port: it answers well, or does whatever a test tells it to."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Act = Callable[["System", asyncio.StreamWriter], Awaitable[None]]

LARGE = 10 * 1024 * 1024


@dataclass
class System:
    """What it is asked, what it answers, and how it behaves. `behaves` can be changed while it runs."""

    answer: dict[str, Any] = field(default_factory=lambda: {"left": 3})
    behaves: str = "well"
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    written: int = 0
    """Bytes of a large body that somebody took."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.split("\r\n")
                self.asked.append(dict(parse_qsl(urlsplit(first.split(" ")[1]).query)))
                self.headers.append(
                    {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
                )
                self.was_asked.set()
                await BEHAVES[self.behaves](self, writer)
        self.writers.discard(writer)
        writer.close()


def _head(status: str, kind: str, length: int, *more: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {length}", *more, "", "")
    return "\r\n".join(lines).encode()


def _says(status: str, kind: str, body: bytes, *more: str) -> Act:
    async def act(_: System, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, kind, len(body), *more) + body)
        await writer.drain()

    return act


async def _well(system: System, writer: asyncio.StreamWriter) -> None:
    body = json.dumps(system.answer).encode()
    writer.write(_head("200 OK", "application/json; charset=utf-8", len(body)) + body)
    await writer.drain()


async def _hangs(system: System, _: asyncio.StreamWriter) -> None:
    await system.over.wait()
    raise ConnectionResetError


async def _drops(_: System, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    raise ConnectionResetError


async def _cut_short(_: System, writer: asyncio.StreamWriter) -> None:
    writer.write(_head("200 OK", "application/json", 100) + b'{"left": 3')
    await writer.drain()
    raise ConnectionResetError


async def _byte_by_byte(system: System, writer: asyncio.StreamWriter) -> None:
    """Never silent for long, never done."""
    writer.write(_head("200 OK", "application/json", 60_000) + b"{")
    while not system.over.is_set():
        writer.write(b" ")
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(system.over.wait(), 0.02)


async def _large(system: System, writer: asyncio.StreamWriter) -> None:
    writer.write(_head("200 OK", "application/json", LARGE))
    piece = b" " * 65_536
    for _ in range(LARGE // len(piece)):
        writer.write(piece)
        await writer.drain()
        system.written += len(piece)


async def _is_no_http(_: System, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\x01 hello\r\n\r\n")
    await writer.drain()
    raise ConnectionResetError


_PACKED = gzip.compress(b" " * LARGE)

BEHAVES: dict[str, Act] = {
    "well": _well,
    "hangs": _hangs,
    "drops the connection": _drops,
    "stops in the middle": _cut_short,
    "sends byte by byte": _byte_by_byte,
    "sends 10 MB": _large,
    "sends 10 MB packed": _says("200 OK", "application/json", _PACKED, "Content-Encoding: gzip"),
    "answers 500": _says("500 Broken", "application/json", b'{"left": 3}'),
    "answers 401": _says("401 Who", "application/json", b'{"left": 3}'),
    "answers 404": _says("404 None", "text/html", b"<h1>None</h1>"),
    "redirects": _says("302 There", "application/json", b'{"left": 3}', "Location: /elsewhere"),
    "answers HTML as JSON": _says("200 OK", "application/json", b"<h1>Left: 3</h1>"),
    "answers JSON as HTML": _says("200 OK", "text/html", b'{"left": 3}'),
    "answers a list": _says("200 OK", "application/json", b"[3]"),
    "nests a thousand deep": _says("200 OK", "application/json", b'{"left":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    "lies about its type": _says("200 OK", "application/json", b'{"left": "three"}'),
    "is no HTTP": _is_no_http,
}
"""By name."""


@asynccontextmanager
async def a_system() -> AsyncIterator[System]:
    """A system that runs."""
    system = System()
    server = await asyncio.start_server(system.handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    system.url = f"http://{host}:{port}/stock"
    try:
        yield system
    finally:
        system.over.set()
        server.close()
        for writer in system.writers:
            writer.transport.abort()
        await server.wait_closed()
