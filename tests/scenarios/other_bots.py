"""An aiohttp bot as others write them: it checks Meta's signature, reads the message, and answers."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from middleware.client import CONTEXT, Asks, throughline_context
from middleware.domain.context import Context
from middleware.web.app import listening
from tests.running import SECRET


@dataclass
class OtherBot:
    """The bot, its address, and what it had at hand for each webhook that it took."""

    url: str = ""
    contexts: list[Context | None] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def webhook(self, request: web.Request) -> web.Response:
        """What every tutorial shows: signature over the raw body, then JSON."""
        raw = await request.read()
        signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={signature}", request.headers.get("X-Hub-Signature-256", "")):
            return web.Response(status=403)
        assert json.loads(raw) == await request.json()
        self.bodies.append(raw)
        assert request[CONTEXT] is request["context"]
        self.contexts.append(request[CONTEXT])
        return web.Response(text="EVENT_RECEIVED")

    async def handshake(self, request: web.Request) -> web.Response:
        """Meta's handshake."""
        assert request["context"] is None
        return web.Response(text=request.query["hub.challenge"])

    async def form(self, request: web.Request) -> web.Response:
        """A form of the bot's own."""
        assert request["context"] is None
        return web.json_response(dict((await request.post()).items()))

    async def upload(self, request: web.Request) -> web.Response:
        """A file, read from its stream."""
        part = await (await request.multipart()).next()
        assert isinstance(part, aiohttp.BodyPartReader)
        return web.Response(body=bytes(await part.read()))


@asynccontextmanager
async def other_bot(asks: Asks, **more: Any) -> AsyncIterator[OtherBot]:
    """Serve the bot with the middleware on a free port."""
    bot = OtherBot()
    app = web.Application(middlewares=[throughline_context(asks, **more)])
    app.router.add_post("/webhook", bot.webhook)
    app.router.add_get("/webhook", bot.handshake)
    app.router.add_post("/form", bot.form)
    app.router.add_post("/upload", bot.upload)
    async with listening(app, "127.0.0.1", 0) as url:
        bot.url = url
        yield bot


async def deliver(http: aiohttp.ClientSession, bot: OtherBot, body: bytes, headers: dict[str, str]) -> int:
    """Deliver a webhook to the bot; the status of its answer."""
    async with http.post(f"{bot.url}/webhook", data=body, headers=headers) as answer:
        return answer.status
