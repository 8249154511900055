"""A bot behind one account takes what it is handed and never answers: others notice nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from connectors.signatures import hex_signature
from middleware.jobs import passing
from middleware.web.app import listening
from tests.bots import behind
from tests.running import SECRET as APP_SECRET
from tests.running import Running, running, until
from tests.scenarios.looking import customer
from tests.scenarios.test_engines import SECRET, Bot, sent_to
from tests.scenarios.test_passing_on import entry, item
from tests.stores import StoreServer

SENDERS = passing.AT_ONCE
"""As many as are handed over at once: more than one bot may have, and than connections that replies have."""

ROBOT = """flow: robot
purpose: The bot answers what it is asked for.
priority: 5
triggers: {intent: {en: [ask the robot]}}
steps:
  - ask_engine: bot
"""


@dataclass
class Hanging:
    """A bot that accepts and never answers, until it is released."""

    held: int = 0
    ended: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        """One webhook."""
        await request.read()
        self.held += 1
        try:
            await self.released.wait()
        finally:
            self.ended += 1
        return web.Response()


@asynccontextmanager
async def _shop(hanging: Hanging, bot: Bot, server: StoreServer, folder: Path) -> AsyncIterator[Running]:
    """An installation: the one bot behind Messenger, the other one an engine, flows for all the rest."""
    (folder / "robot.yaml").write_text(ROBOT, encoding="utf-8")
    app = web.Application()
    app.router.add_post("/webhook", hanging.handle)
    app.router.add_post("/ask", bot.handle)
    async with listening(app, "127.0.0.1", 0) as url:
        glow = behind(f"{url}/webhook", "messenger")["brands"]["glow"]
        engine = {"kind": "webhook", "url": f"{url}/ask", "secret": SECRET, "timeout": "20s"}
        brand = {**glow, "flows": str(folder), "engines": {"bot": engine}}
        try:
            async with running(server, folder, brands={"glow": brand}) as shop:
                yield shop
        finally:
            hanging.released.set()


async def _delivers(shop: Running, numbers: Iterable[int]) -> None:
    """The platform delivers what so many people wrote: again, as it does, until it is accepted."""
    said = [item(f"73{number:010}", f"m_{number}") for number in numbers]
    raw = json.dumps({"object": "page", "entry": [entry(*said)]}).encode()
    headers = {"content-type": "application/json", "x-hub-signature-256": hex_signature(raw, APP_SECRET.encode())}

    async def accepted() -> bool:
        return await shop.post("messenger", raw, headers) == 200

    await until(accepted, "the delivery to be accepted")


async def test_flows_and_engines_elsewhere_go_on(
    store_server: StoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the bot has all that one bot may have and more waits for it, a flow and an engine answer on other accounts:
    not one request to the bot has ended before they do.
    """
    monkeypatch.setattr(passing, "HANDED_WITHIN", 120.0)
    hanging, bot = Hanging(), Bot()
    async with _shop(hanging, bot, store_server, tmp_path) as shop:
        for number in range(0, SENDERS, 16):
            await _delivers(shop, range(number, number + 16))

        async def is_full() -> bool:
            return hanging.held >= passing.AT_ONCE_TO_ONE and shop.here.runner.running >= passing.AT_ONCE

        await until(is_full, "the bot to have all that it may have")
        ana, ben = customer(shop, "whatsapp"), customer(shop, "instagram")
        assert (await ana.says("talk to a person")).turn.decision.flow == "support"
        await ben.posts("please ask the robot")
        assert await sent_to(shop, ben) == ["You said: please ask the robot"]
        assert (hanging.held, hanging.ended) == (passing.AT_ONCE_TO_ONE, 0)
        assert {each.channel for each in shop.graph.sent} == {"whatsapp", "instagram"}
