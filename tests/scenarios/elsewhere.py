"""An installation in a process of its own, which may die at a named point, and what is around it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from connectors.testing import GraphStandIn
from middleware.settings import GivenSettings, Settings
from tests.deliveries import Delivered, signed_sample
from tests.running import INSTAGRAM, TOKEN, fields_for, until
from tests.scenarios.processes import Processes, free_port
from tests.stores import StoreServer

ROLE = "both"


@dataclass
class Elsewhere:
    """The installation, and how to speak to it."""

    processes: Processes
    graph: GraphStandIn
    settings: Settings
    url: str
    http: aiohttp.ClientSession

    async def deliver(self, connector: str, kind: str, sender: str = "", **parts: Any) -> None:
        """Deliver a sample as a platform does: again until it is accepted."""
        sample = signed_sample(connector, kind, sender=sender, **parts)

        async def accepted() -> bool:
            return await self._accepts(connector, sample)

        await until(accepted, "the delivery to be accepted")

    async def _accepts(self, connector: str, sample: Delivered) -> bool:
        try:
            url = f"{self.url}/webhooks/{connector}"
            async with self.http.post(url, data=sample.body, headers=sample.headers) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def dies_of(self, point: str, sender: str, text: str, count: int = 1) -> None:
        """Somebody writes, and the process dies when an event is at this point for the `count`-th time. It may be
        before it has answered.
        """
        await self.processes.end()
        dying = await self.processes.start(ROLE, point, count)
        sample = signed_sample("messenger", "message", sender=sender, text=text)

        async def over() -> bool:
            return await self._accepts("messenger", sample) or dying.returncode is not None

        await until(over, "the delivery to be accepted")
        await asyncio.wait_for(dying.wait(), 30)

    async def says(self, sender: str, text: str) -> str:
        """Somebody writes; what they are answered."""
        before = len(self.graph.sent)
        await self.deliver("messenger", "message", sender, text=text)
        return await self.answer(before)

    async def answer(self, before: int) -> str:
        """The message that was sent behind so many others, and that is the only one."""

        async def sent() -> bool:
            return len(self.graph.sent) > before

        await until(sent, "an answer")
        (only,) = self.graph.sent[before:]
        return only.text


@asynccontextmanager
async def elsewhere(server: StoreServer, directory: Path, **changes: Any) -> AsyncIterator[Elsewhere]:
    """Such an installation, started; `changes` go over its settings."""
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph, aiohttp.ClientSession() as http:
        port = free_port()
        known = {
            "server": {"port": port, "metrics_port": 0},
            "worker": {"lease": "6s", "send_timeout": "3s", "metrics_port": 0},
        }
        fields = fields_for(server.uri, graph.url, **known, **changes)
        processes = Processes.at(directory, fields)
        await processes.start(ROLE)
        try:
            yield Elsewhere(processes, graph, GivenSettings(**fields), f"http://127.0.0.1:{port}", http)
        finally:
            await processes.end()
