"""The process dies between the platform's 2xx and the bot's: the bot gets it, at least once."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from middleware.bootstrap.building import opened
from middleware.domain.jobs import Job, JobKind
from middleware.domain.passing import Passing
from tests.bots import OtherBot, behind, other_bot
from tests.running import until
from tests.scenarios.elsewhere import ROLE, Elsewhere, elsewhere
from tests.stores import StoreServer

pytestmark = pytest.mark.crash

ANA = "7300000001"


@asynccontextmanager
async def _stage(server: StoreServer, directory: Path) -> AsyncIterator[tuple[Elsewhere, OtherBot]]:
    async with other_bot() as bot, elsewhere(server, directory, **behind(bot, "messenger")) as stage:
        yield stage, bot


def _mids(bot: OtherBot) -> Counter[str]:
    """How often the bot was handed each message: what it knows them again by."""
    return Counter(each.content["entry"][0]["messaging"][0]["message"]["mid"] for each in bot.handed)


async def _settled(stage: Elsewhere) -> list[Passing]:
    """Wait until nothing is left to pass on, or to work off; everything that was passed on."""
    async with opened(stage.settings) as here:
        store = here.brands["glow"].store

        async def over() -> bool:
            jobs = [each async for batch in store.scan(Job) for each in batch if each.record.kind is JobKind.PASS_ON]
            return not jobs and not await store.backlog(1)

        await until(over, "work to be over", within=60)
        return [each.record async for batch in store.scan(Passing) for each in batch]


@pytest.mark.parametrize("point", ["absorbed", "finished"])
async def test_what_was_accepted_reaches_the_bot(store_server: StoreServer, tmp_path: Path, point: str) -> None:
    """At whatever point it dies: the bot has the message once it runs again, and nothing is sent by us."""
    async with _stage(store_server, tmp_path) as (stage, bot):
        await stage.dies_of(point, ANA, "hello")
        assert not bot.handed or point == "finished"
        await stage.processes.start(ROLE)
        (passing,) = await _settled(stage)
        assert (passing.state, passing.body) == ("passed", b"")
        (times,) = _mids(bot).values()
        assert times == 1 if point != "finished" else times <= 2
        assert not stage.graph.sent


async def test_killed_while_the_bot_has_it(store_server: StoreServer, tmp_path: Path) -> None:
    """Nobody knows whether the bot has it: it is handed over again, with the same bytes, so that the bot knows it."""
    async with _stage(store_server, tmp_path) as (stage, bot):
        bot.seconds = [1.0]
        await stage.deliver("messenger", "message", ANA, text="hello")

        async def begun() -> bool:
            return not bot.seconds

        await until(begun, "the bot to be handed it")
        await stage.processes.kill(ROLE)
        await _settled(stage)
        assert list(_mids(bot).values()) == [2]
        assert len({each.body for each in bot.handed}) == 1
