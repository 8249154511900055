"""HTTP/1.1 as lean as it can be, so that who measures costs little: a client's connection, and a server that answers.

Only what the servers measured here speak: keep-alive, and bodies with a Content-Length. Anything else is an error.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

LOST = 0
"""Instead of a status: the connection went away, or what came back was no answer."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class NoHttp(Exception):  # noqa: N818 - a state of what came in
    """What came in has no length, or is none of what is spoken here."""


def framed(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Head, body and rest of the first message in `data`; None while it is not complete. Raises NoHttp."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(data, 0, end + 2)
    if length is None:
        raise NoHttp
    size = end + 4 + int(length[1])
    if len(data) < size:
        return None
    return data[:end], data[end + 4 : size], data[size:]


class Connection(asyncio.Protocol):
    """A client's connection with one request under way at a time. `answered` is told each status, or LOST once."""

    def __init__(self, answered: Callable[["Connection", int], None]) -> None:
        self.answered = answered
        self._data = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def to(cls, url: str, answered: Callable[["Connection", int], None]) -> "Connection":
        """Connect to the server of a URL."""
        address = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: cls(answered), address.hostname, address.port)
        return connection

    def send(self, request: bytes) -> None:
        """Send the next request; the one before it must have been answered."""
        if self._transport is None:
            self.answered(self, LOST)
        else:
            self._transport.write(request)

    def close(self) -> None:
        """Close it; nobody is told."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        # Not checked: uvloop's transports are no `asyncio.Transport` by class.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        del exc
        if self._transport is not None:
            self._transport = None
            self.answered(self, LOST)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._data += data
        try:
            found = framed(self._data)
            if found is not None:
                head, _, self._data = found
                self.answered(self, int(head[9:12]))
        except (NoHttp, ValueError):
            if self._transport is not None:
                self._transport.abort()


class Answering(asyncio.Protocol):
    """The server's side of a connection: every complete request is answered at once with what `answer` makes of it."""

    def __init__(self, answer: Callable[[bytes, bytes], bytes]) -> None:
        self._answer = answer
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        # Not checked: uvloop's transports are no `asyncio.Transport` by class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        assert self._transport is not None
        self._data += data
        try:
            while (found := framed(self._data)) is not None:
                head, body, self._data = found
                self._transport.write(self._answer(head, body))
        except NoHttp:
            self._transport.abort()


async def answering(answer: Callable[[bytes, bytes], bytes]) -> tuple[asyncio.Server, str]:
    """A server on a free port of this machine, and its URL."""
    server = await asyncio.get_running_loop().create_server(lambda: Answering(answer), "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def response(status: str, body: bytes) -> bytes:
    """An answer in JSON."""
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
