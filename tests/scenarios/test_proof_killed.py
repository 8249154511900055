"""The process dies between the check of a one-time code and what follows from it: all of it comes, and comes once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.testing import GraphStandIn
from middleware.bootstrap import opened
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.proof import Proof
from middleware.identity.proof import RULE
from middleware.ports import BrandStore
from middleware.settings import GivenSettings, Settings
from tests.deliveries import Delivered, signed_sample
from tests.running import INSTAGRAM, PAGE, TOKEN, fields_for, until
from tests.scenarios.mailroom import NOT_THIS_ONE, ON_ITS_WAY, Mailroom, mail_server
from tests.scenarios.processes import Processes
from tests.stores import StoreServer

pytestmark = pytest.mark.crash

ADDRESS = "ana@example.com"
ANA, BEN = "7300000001", "7300000002"
ROLE = "both"


@dataclass
class Stage:
    """An installation in another process, what is around it, and how to speak to it."""

    processes: Processes
    graph: GraphStandIn
    room: Mailroom
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

    async def dies_of(self, point: str, sender: str, text: str) -> None:
        """Somebody writes, and the process dies at this point of the work on it. It may be before it has answered."""
        await self.processes.end()
        dying = await self.processes.start(ROLE, point, 1)
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
async def _stage(server: StoreServer, directory: Path) -> AsyncIterator[Stage]:
    with socket.socket() as free, mail_server() as (room, proof):
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        free.close()
        async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph, aiohttp.ClientSession() as http:
            fields = fields_for(
                server.uri,
                graph.url,
                server={"port": port, "metrics_port": 0},
                worker={"lease": "6s", "send_timeout": "3s", "metrics_port": 0},
                brands={"glow": {"proof": proof}},
            )
            processes = Processes.at(directory, fields)
            await processes.start(ROLE)
            try:
                yield Stage(processes, graph, room, GivenSettings(**fields), f"http://127.0.0.1:{port}", http)
            finally:
                await processes.end()


def _key(sender: str) -> str:
    return Identifier(IdentifierKind.MESSENGER, PAGE, sender).key


async def _proven(store: BrandStore, sender: str) -> bool:
    """Whether the proof stands at the sender."""
    identity = (await store.get(Identity, [_key(sender)]))[_key(sender)].record
    return any(edge.rule == RULE for edge in identity.edges)


@pytest.mark.parametrize("point", ["resolved", "absorbed", "decided"])
async def test_a_right_code_counts_once_whenever_the_process_dies(
    store_server: StoreServer, tmp_path: Path, point: str
) -> None:
    """Nothing or all of it is there when it dies; afterwards she is proven, told once, and the code is spent."""
    async with _stage(store_server, tmp_path) as stage:
        await stage.deliver("shopify", "order_created", order_number=1001, email=ADDRESS, phone=None)
        assert ON_ITS_WAY in await stage.says(ANA, ADDRESS)
        assert ON_ITS_WAY in await stage.says(BEN, "ben@example.org")
        code, before = await stage.room.code(), len(stage.graph.sent)

        await stage.dies_of(point, ANA, code)
        async with opened(stage.settings) as here:
            store = here.brands["glow"].store
            assert (await store.get(Proof, [_key(ANA)]))[_key(ANA)].record.was_right
            assert await _proven(store, ANA) is (point != "resolved")
            assert await store.backlog(1)
            await stage.processes.start(ROLE)
            answer = await stage.answer(before)

            assert "#1001" in answer
            assert await _proven(store, ANA)
            assert NOT_THIS_ONE in await stage.says(ANA, code)
            assert NOT_THIS_ONE in await stage.says(BEN, code)
            assert not await _proven(store, BEN)
            assert len(stage.room.codes()) == 1
