"""The servers that ours is compared with. All answer the same requests on the same path."""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from tests.benchmarks import wire
from tests.benchmarks.accounts import NUMBER, SECRET, TOKEN, VERIFY_TOKEN, WEBHOOK
from tests.benchmarks.child import Answers, Ask, nothing_to_say


@asynccontextmanager
async def floor() -> AsyncIterator[tuple[dict[str, Any], Answers]]:
    """Answers without looking: what the load generator itself can reach."""
    ok = wire.response("200 OK", b"ok")
    server, url = await wire.answering(lambda _head, _body: ok)
    try:
        yield {"url": url}, nothing_to_say
    finally:
        server.close()


@asynccontextmanager
async def bare() -> AsyncIterator[tuple[dict[str, Any], Answers]]:
    """Aiohttp with a handler that checks the signature and parses the body, and stores nothing: the ceiling."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post(WEBHOOK, _checked_and_parsed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield {"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}, nothing_to_say
    finally:
        await runner.cleanup()


async def _checked_and_parsed(request: web.Request) -> web.Response:
    body = await request.read()
    expected = b"sha256=" + hmac.digest(SECRET.encode(), body, hashlib.sha256).hex().encode()
    if not hmac.compare_digest(request.headers.get("X-Hub-Signature-256", "").encode(), expected):
        return web.Response(status=401)
    orjson.loads(body)
    return web.Response(text="ok")


@asynccontextmanager
async def pywa() -> AsyncIterator[tuple[dict[str, Any], Answers]]:
    """The library pywa on FastAPI and uvicorn: signature, typed message, and a handler that does nothing.

    It stores nothing. `skip_duplicate_updates` is off: what it does there, it does in memory.
    """
    # Here, so that no other role needs them to be installed, or loads them.
    import uvicorn  # noqa: PLC0415
    from fastapi import FastAPI  # noqa: PLC0415
    from pywa_async import WhatsApp  # noqa: PLC0415

    app, handled = FastAPI(), 0
    client = WhatsApp(
        phone_id=NUMBER,
        token=TOKEN,
        server=app,
        webhook_endpoint=WEBHOOK,
        verify_token=VERIFY_TOKEN,
        app_secret=SECRET,
        skip_duplicate_updates=False,
    )

    @client.on_message
    async def _(_client: object, _message: object) -> None:
        nonlocal handled
        handled += 1

    async def answers(ask: Ask) -> dict[str, Any]:
        del ask
        return {"handled": handled}

    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started:  # noqa: ASYNC110 - all that uvicorn tells
            await asyncio.sleep(0.01)
        yield {"url": f"http://127.0.0.1:{bound.getsockname()[1]}"}, answers
    finally:
        server.should_exit = True
        await serving
