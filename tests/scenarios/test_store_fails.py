"""The store goes away, freezes or dies, and a worker stands still: nothing is acknowledged that is not stored, and
everything goes on by itself afterwards.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from connectors.testing import GraphStandIn, slow
from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.serving import web_parts
from middleware.domain.messages import SendState
from middleware.domain.turn import Turn, turn_id
from middleware.ports import InboxEntry
from middleware.settings import GivenSettings
from middleware.web.app import build_app, listening
from tests.deliveries import Delivered, signed_sample
from tests.running import INSTAGRAM, TOKEN, fields_for, until
from tests.scenarios.processes import Processes
from tests.stores import StoreServer

pytestmark = pytest.mark.usefixtures("impatient")

_RECOVERY = 1.5
"""Seconds after which a look into the inbox that had begun is over."""


@asynccontextmanager
async def _web(here: Installation) -> AsyncIterator[str]:
    """The web application of an installation, with its worker."""
    here.worker.start()
    try:
        async with listening(build_app(web_parts(here, work=True)), "127.0.0.1", 0) as url:
            yield url
    finally:
        await here.worker.stop()


async def _post(http: aiohttp.ClientSession, url: str, delivery: Delivered) -> int:
    async with http.post(f"{url}/webhooks/{delivery.connector}", data=delivery.body, headers=delivery.headers) as it:
        await it.read()
        return it.status


async def _delivered(http: aiohttp.ClientSession, url: str, delivery: Delivered) -> bool:
    return await _post(http, url, delivery) == 200


async def test_frozen_store_is_answered_503_in_time_and_work_goes_on_afterwards(tmp_path: Path) -> None:
    """While the store is frozen nothing gets a 2xx and 503 comes within 2.5 s; afterwards everything goes on."""
    with StoreServer.started(tmp_path) as server:
        assert server.process is not None
        async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph:
            settings = GivenSettings(**fields_for(server.uri, graph.url))
            async with opened(settings) as here, _web(here) as url, aiohttp.ClientSession() as http:
                await here.store.ensure()
                before = signed_sample("whatsapp", "message", sender="34600000001")
                assert await _post(http, url, before) == 200

                server.process.send_signal(signal.SIGSTOP)
                during = [signed_sample("whatsapp", "message", sender=f"3460000001{n}") for n in range(5)]
                begun = time.monotonic()
                statuses = await asyncio.gather(*(_post(http, url, each) for each in during))
                took = time.monotonic() - begun
                async with http.get(f"{url}/livez") as alive, http.get(f"{url}/readyz") as ready:
                    health = (alive.status, ready.status)
                server.process.send_signal(signal.SIGCONT)

                assert set(statuses) == {503}
                assert took < 2.5
                assert health == (200, 503)
                for each in during:
                    await until(lambda each=each: _delivered(http, url, each), "the store to be back")
                await until(lambda: _sent(graph, 6), "six replies")
                assert len(graph.sent) == 6


async def test_a_message_that_was_stored_unheard_is_not_overtaken(tmp_path: Path) -> None:
    """A message that was answered with 503, stored all the same and told again goes before the customer's next one,
    though nobody but the second telling knows of it.
    """
    with StoreServer.started(tmp_path) as server:
        assert server.process is not None
        async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph:
            settings = GivenSettings(**fields_for(server.uri, graph.url))
            async with opened(settings) as here, _web(here) as url, aiohttp.ClientSession() as http:
                await here.store.ensure()
                assert await _post(http, url, signed_sample("whatsapp", "message", sender="34600000009")) == 200
                await until(lambda: _sent(graph, 1), "the store to be warm")
                here.worker._recover_every = timedelta(hours=1)
                await asyncio.sleep(_RECOVERY)
                first, second = (signed_sample("whatsapp", "message", sender="34600000001") for _ in range(2))

                server.process.send_signal(signal.SIGSTOP)
                assert await _post(http, url, first) == 503
                server.process.send_signal(signal.SIGCONT)
                await until(lambda: _waits(here, first), "the first to be stored")
                assert here.worker.waiting == 0
                assert await _post(http, url, first) == 200
                assert await _post(http, url, second) == 200
                await until(lambda: _sent(graph, 3), "both replies")

                turns = [turn_id("glow", each.event) for each in (first, second)]
                assert [sent.key.rpartition(".")[0] for sent in graph.sent[1:]] == turns


async def _waits(here: Installation, delivery: Delivered) -> bool:
    return bool(await here.brands["glow"].store.get(InboxEntry, [delivery.event.key]))


async def _sent(graph: GraphStandIn, number: int) -> bool:
    return len(graph.sent) >= number


async def test_embedded_store_that_dies_is_started_again_and_has_everything(tmp_path: Path) -> None:
    """The embedded server killed by SIGKILL: 503 meanwhile, it is started again, and nothing acknowledged is gone."""
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph:
        fields = fields_for("", graph.url)
        fields["store"] = {"data_directory": str(tmp_path)}
        async with opened(GivenSettings(**fields)) as here, _web(here) as url, aiohttp.ClientSession() as http:
            await here.store.ensure()
            graph.behave(slow(0.3))
            deliveries = [signed_sample("messenger", "message", sender=str(7000 + n)) for n in range(10)]
            for delivery in deliveries[:5]:
                assert await _post(http, url, delivery) == 200
            pid = int((tmp_path / "store" / "server.json").read_text().split('"pid": ')[1].split(",")[0])
            os.kill(pid, signal.SIGKILL)
            for delivery in deliveries[5:]:
                await until(lambda each=delivery: _delivered(http, url, each), "the store to be back")
            await until(lambda: _quiet(here), "work to be over", within=60)

            turns = await here.brands["glow"].store.get(Turn, {turn_id("glow", each.event) for each in deliveries})
            states = [message.state for turn in turns.values() for message in turn.record.messages]
            keys = [sent.key for sent in graph.sent]
            assert len(turns) == 10
            assert set(states) == {SendState.SENT}
            assert len(keys) == len(set(keys)) == 10


async def _quiet(here: Installation) -> bool:
    return not here.worker.waiting and not await here.brands["glow"].store.backlog(1)


async def test_worker_that_stood_still_longer_than_its_lease_writes_nothing_when_it_wakes(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """A worker stopped in the middle of a turn for longer than its lease: another one ends the turn, and when the
    first one wakes, the store stays as it is and nothing is sent twice.
    """
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph:
        fields = fields_for(
            store_server.uri,
            graph.url,
            server={"port": 0},
            worker={"lease": "4s", "send_timeout": "2s", "metrics_port": 0},
        )
        processes = Processes.at(tmp_path, fields)
        async with opened(GivenSettings(**fields)) as here, aiohttp.ClientSession() as http:
            await here.store.ensure()
            store = here.brands["glow"].store
            async with listening(build_app(web_parts(here, work=False)), "127.0.0.1", 0) as url:
                try:
                    for point in ("absorbed", "decided", "carried_out", "claimed"):
                        delivery = signed_sample("messenger", "message", sender=f"77{len(point)}{point}"[:6])
                        stopped = await processes.start("worker", point, 1, act="stop")
                        assert await _post(http, url, delivery) == 200
                        await until(lambda pid=stopped.pid: _is_stopped(pid), "the worker to stand still")
                        other = await processes.start("other")
                        await until(lambda: _empty(here), "the other worker to end the turn", within=40)
                        before = await _everything(here)
                        os.kill(stopped.pid, signal.SIGCONT)
                        await asyncio.sleep(1.5)

                        assert await _everything(here) == before, point
                        (turn,) = (await store.get(Turn, [turn_id("glow", delivery.event)])).values()
                        expected = SendState.UNKNOWN if point == "claimed" else SendState.SENT
                        assert [message.state for message in turn.record.messages] == [expected], point
                        keys = [sent.key for sent in graph.sent]
                        assert len(keys) == len(set(keys)), point
                        for process in (stopped, other):
                            process.kill()
                            await process.wait()
                finally:
                    await processes.end()


async def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"  # noqa: ASYNC240 - no disk behind it


async def _empty(here: Installation) -> bool:
    return not await here.brands["glow"].store.backlog(1)


async def _everything(here: Installation) -> dict[str, list[dict[str, object]]]:
    """Every document of the brand's database but the jobs, which go on beside."""
    database = here.brands["glow"].store._database  # type: ignore[attr-defined]
    names = sorted(set(await database.list_collection_names()) - {"jobs"})
    return {name: sorted(await database[name].find({}).to_list(None), key=lambda d: str(d["_id"])) for name in names}
