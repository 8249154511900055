"""Servers that stand in for somebody else's: real HTTP on a port of its own, down to breaking the connection."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, parsed; None for an empty one."""
        return json.loads(self.body or b"null")


@dataclass
class StandIn:
    """A server that keeps what it was asked. What it answers, `answered` says."""

    seen: list[Asked] = field(default_factory=list, init=False)
    url: str = field(default="", init=False)
    tls: ssl.SSLContext | None = field(default=None, kw_only=True)
    _runner: web.AppRunner | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"{'https' if self.tls else 'http'}://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        at = request.rel_url
        asked = Asked(request.method, at.raw_path, at.raw_query_string, request.headers, await request.read())
        self.seen.append(asked)
        return await self.answered(asked, request)

    async def answered(self, asked: Asked, request: web.Request) -> web.StreamResponse:
        """The answer to one request."""
        raise NotImplementedError


def says(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Answers with a status and a JSON body (bytes go out as they are)."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=raw, headers=headers)

    return answer


async def hangs(_: web.Request) -> web.StreamResponse:
    """Takes the request and says nothing."""
    await asyncio.sleep(30)
    return web.Response()


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Takes the request and closes the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    await asyncio.sleep(30)
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """Begins an answer and resets the connection in its middle."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"messages": [')
    if request.transport is not None:
        request.transport.abort()
    return response
