"""A real HTTP server on a port of its own that answers as it is told, down to breaking the connection."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Any
    query: str = ""


@dataclass
class ScriptedServer:
    """Answers every request with `answer`, and keeps what it saw."""

    answer: Answer
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    tls: ssl.SSLContext | None = None
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"{'https' if self.tls else 'http'}://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        path, body = request.rel_url.raw_path, await request.read()
        self.seen.append(
            Seen(path, dict(request.headers), json.loads(body or b"null"), request.rel_url.raw_query_string)
        )
        return await self.answer(request)


def says(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Answers with a status and a JSON body (bytes and text go out as they are)."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=raw, headers=headers)

    return answer


def fails(code: int, subcode: int | None = None, status: int = 400, **headers: str) -> Answer:
    """Answers with an error body of the Graph API."""
    error: dict[str, Any] = {"message": "made up", "type": "OAuthException", "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    return says(status, {"error": error}, {name.replace("_", "-"): value for name, value in headers.items()})


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
    await response.write(b'{"message_id": "m_')
    if request.transport is not None:
        request.transport.abort()
    return response


async def babbles(request: web.Request) -> web.StreamResponse:
    """Answers with JSON of more than 1 MiB."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b'{"message_id": "m_1", "padding": "')
    for _ in range(20):
        await response.write(b"x" * 65_536)
    await response.write(b'"}')
    return response
