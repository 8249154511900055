"""A template that is published is said by every process within two seconds, without a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from connectors.testing import GraphStandIn
from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.reaching import templates_of
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.parts import Templates
from middleware.pipeline.templates.publishing import publish_draft, roll_back
from middleware.settings import GivenSettings
from tests.deliveries import signed_sample
from tests.running import INSTAGRAM, TOKEN, fields_for, until
from tests.scenarios.processes import Processes, free_port
from tests.stores import StoreServer
from tests.unit.middleware.templates.editors import source

SAID_WITHIN = 2.0


@dataclass
class Two:
    """Two processes that answer, each on a port of its own, and a third one that publishes: the test."""

    urls: tuple[str, str]
    graph: GraphStandIn
    http: aiohttp.ClientSession
    here: Installation

    @property
    def templates(self) -> Templates:
        """The brand's templates."""
        return templates_of(self.here, "glow")

    async def answers(self) -> tuple[str, ...]:
        """What each process answers to somebody new whom nothing understands."""
        return tuple([await self._answer(url) for url in self.urls])

    async def _answer(self, url: str) -> str:
        before = len(self.graph.sent)
        sender = f"99{before:08}"
        delivery = signed_sample("messenger", "message", sender=sender, text="zzgrmbl")
        async with self.http.post(f"{url}/webhooks/messenger", data=delivery.body, headers=delivery.headers) as answer:
            assert answer.status == 200
        await until(lambda: self._sent(before + 1), "a reply")
        return str(self.graph.sent[-1].text)

    async def _sent(self, number: int) -> bool:
        return len(self.graph.sent) >= number

    async def are_up(self) -> bool:
        """Whether both answer at all."""
        try:
            for url in self.urls:
                async with self.http.get(f"{url}/readyz") as answer:
                    if answer.status != 200:
                        return False
        except aiohttp.ClientError:
            return False
        return True


@asynccontextmanager
async def two_processes(server: StoreServer, directory: Path) -> AsyncIterator[Two]:
    """Both on one database."""
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph, aiohttp.ClientSession() as http:
        ports = [free_port(), free_port()]
        fields = fields_for(server.uri, graph.url)
        both = []
        for port in ports:
            place = directory / str(port)
            place.mkdir()
            both.append(Processes.at(place, {**fields, "server": {"port": port, "metrics_port": 0}}))
        try:
            for each in both:
                await each.start("both")
            async with opened(GivenSettings(**fields)) as here:
                first, second = (f"http://127.0.0.1:{port}" for port in ports)
                two = Two((first, second), graph, http, here)
                await until(two.are_up, "both processes")
                yield two
        finally:
            for each in both:
                await each.end()


async def test_both_processes_say_what_is_published_within_two_seconds(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """Published, published again, and rolled back: each time both say it two seconds later, and never a draft."""
    async with two_processes(store_server, tmp_path) as two:
        of_file = await two.answers()
        assert of_file[0] == of_file[1]

        for number, text in enumerate(("We are on it.", "We are on it now."), 1):
            await save_draft(two.templates, "fallback", source(text), by="kim", now=datetime.now(UTC))
            await asyncio.sleep(SAID_WITHIN)
            assert text not in await two.answers()
            published = await publish_draft(two.templates, "fallback", by="lee", now=datetime.now(UTC))
            assert published.version.number == number
            await asyncio.sleep(SAID_WITHIN)
            assert await two.answers() == (text, text)

        await roll_back(two.templates, "fallback", 0, by="lee", now=datetime.now(UTC))
        await asyncio.sleep(SAID_WITHIN)
        assert await two.answers() == of_file


async def test_a_process_that_starts_says_it_from_the_first_message_on(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """Not even the first customer after a restart gets what stands in the file."""
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph, aiohttp.ClientSession() as http:
        port = free_port()
        fields = fields_for(store_server.uri, graph.url, server={"port": port, "metrics_port": 0})
        processes = Processes.at(tmp_path, fields)
        async with opened(GivenSettings(**fields)) as here:
            await here.store.ensure()
            two = Two((f"http://127.0.0.1:{port}",) * 2, graph, http, here)
            text = source("Since last week.")
            await save_draft(two.templates, "fallback", text, by="kim", now=datetime.now(UTC))
            await publish_draft(two.templates, "fallback", by="lee", now=datetime.now(UTC))
            try:
                await processes.start("both")
                await until(two.are_up, "the process")
                assert await two.answers() == ("Since last week.",) * 2
            finally:
                await processes.end()
