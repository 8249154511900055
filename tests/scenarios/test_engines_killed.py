"""The process dies while an engine is asked, or while its answer is on its way: the customer is answered, and once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from middleware.bootstrap.building import opened
from middleware.domain.jobs import Job, JobKind
from middleware.web.app import listening
from tests.running import until
from tests.scenarios.elsewhere import ROLE, Elsewhere, elsewhere
from tests.stores import StoreServer

pytestmark = pytest.mark.crash

ANA = "7300000001"
SECRET = "a-secret-of-the-engine"
FLOW = "flow: everything\npurpose: All.\ntriggers: {any_message: true}\nsteps:\n  - ask_engine: bot\n"

OF_THE_QUESTION = [("resolved", 1), ("absorbed", 1), ("enriched", 1), ("decided", 1), ("carried_out", 1)]
OF_THE_ANSWER = [("resolved", 2), ("absorbed", 2), ("enriched", 2), ("decided", 2), ("carried_out", 2)]
OF_SENDING = [("finished", 1), ("claimed", 1), ("sent", 1)]


class Bot:
    """A bot that counts how often it was asked about each turn, and says the same each time."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.hangs = False

    async def handle(self, request: web.Request) -> web.Response:
        """One question."""
        self.asked[(await request.json())["turn"]] += 1
        if self.hangs:
            await asyncio.sleep(20)
        return web.json_response({"messages": [{"text": "Here is your answer"}]})


@asynccontextmanager
async def _stage(server: StoreServer, directory: Path) -> AsyncIterator[tuple[Elsewhere, Bot]]:
    bot, app = Bot(), web.Application()
    app.router.add_post("/ask", bot.handle)
    (directory / "everything.yaml").write_text(FLOW, encoding="utf-8")
    async with listening(app, "127.0.0.1", 0) as url:
        engine = {"kind": "webhook", "url": f"{url}/ask", "secret": SECRET, "timeout": "2s"}
        glow = {"flows": str(directory), "engines": {"bot": engine}}
        async with elsewhere(server, directory, brands={"glow": glow}) as stage:
            yield stage, bot


@pytest.mark.parametrize(("point", "count"), OF_THE_QUESTION + OF_THE_ANSWER + OF_SENDING)
async def test_the_answer_comes_once_whenever_the_process_dies(
    store_server: StoreServer, tmp_path: Path, point: str, count: int
) -> None:
    """At whatever point it dies: one answer, from one turn; or none that is certain, and then a person is asked."""
    async with _stage(store_server, tmp_path) as (stage, bot):
        await stage.dies_of(point, ANA, "hello", count)
        await stage.processes.start(ROLE)
        if point not in {"claimed", "sent"}:
            assert await stage.answer(0) == "Here is your answer"
        await _settled(stage)
        assert len(bot.asked) == 1
        assert len(stage.graph.sent) == (0 if point == "claimed" else 1)


async def test_an_engine_that_was_being_asked_is_asked_again_where_that_is_once(
    store_server: StoreServer, tmp_path: Path
) -> None:
    """Killed in the middle of the question: the same turn is asked about once more, and its answer is sent once."""
    async with _stage(store_server, tmp_path) as (stage, bot):
        bot.hangs = True
        await stage.deliver("messenger", "message", ANA, text="hello")

        async def asked() -> bool:
            return bool(bot.asked)

        await until(asked, "the question")
        bot.hangs = False
        await stage.processes.kill(ROLE)
        assert await stage.answer(0) == "Here is your answer"
        await _settled(stage)
        assert list(bot.asked.values()) == [2]
        assert len(stage.graph.sent) == 1


async def _settled(stage: Elsewhere) -> None:
    """Wait until all work is over: nothing in the inbox, no job, and the conversation waits for nothing."""
    async with opened(stage.settings) as here:
        store = here.brands["glow"].store

        async def over() -> bool:
            jobs = [each async for batch in store.scan(Job) for each in batch if each.record.kind is JobKind.ENGINE]
            return not jobs and not await store.backlog(1)

        await until(over, "work to be over")
