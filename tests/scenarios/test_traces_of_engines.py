"""The turn that asks a bot engine and the one that answers name each other, whatever the engine did."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.golden import assert_golden
from tests.running import Running, until
from tests.scenarios.looking import customer, turns
from tests.scenarios.test_engines import Bot, answer_later, hangs, later, shop_with
from tests.scenarios.tracing import as_page, trace_of
from tests.stores import StoreServer


@pytest.fixture
def bot() -> Bot:
    """The bot."""
    return Bot()


@pytest.fixture
async def shop(bot: Bot, store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation whose messages all go to a bot."""
    async with shop_with(bot, store_server, tmp_path) as it:
        yield it


async def _turns(shop: Running, number: int) -> list[str]:
    """The ids of the turns, once there are so many and all work is over."""

    async def enough() -> bool:
        return len(await turns(shop)) >= number

    await until(enough, f"{number} turns")
    await shop.quiet()
    return [each.id for each in await turns(shop)]


async def _both(shop: Running, name: str) -> None:
    """Check the pages of the turn that asks and of the one that answers, and that they name each other."""
    asking, answering = [await trace_of(shop, each) for each in await _turns(shop, 2)]
    assert asking.engine is not None
    assert answering.engine is not None
    assert asking.engine.answered_by == (answering.turn,)
    assert answering.engine.asked_by == asking.turn
    assert asking.engine.outcome == answering.engine.outcome
    assert_golden(name, f"{as_page(asking)}\n\n{as_page(answering)}")


async def test_an_engine_answered(shop: Running) -> None:
    """What it was asked about, and what it said."""
    await customer(shop, "messenger").posts("hello")
    await _both(shop, "engine_answered")


async def test_an_engine_failed(shop: Running, bot: Bot) -> None:
    """How, and what was said in its place."""

    async def fails(_: dict[str, Any]) -> web.Response:
        return web.Response(status=500)

    bot.answer = fails
    await customer(shop, "messenger").posts("hello")
    await _both(shop, "engine_failed")


async def test_an_engine_is_being_asked(shop: Running, bot: Bot) -> None:
    """Before it answers, until when it may."""
    bot.answer = hangs
    await customer(shop, "messenger").posts("hello")
    (turn,) = await _turns(shop, 1)
    assert_golden("engine_being_asked", as_page(await trace_of(shop, turn)))


async def test_an_engine_answers_later(shop: Running, bot: Bot) -> None:
    """That it said so; then its answer, and one more."""
    bot.answer = later
    await customer(shop, "messenger").posts("hello")
    (turn,) = await _turns(shop, 1)

    async def awaited() -> bool:
        engine = (await trace_of(shop, turn)).engine
        return engine is not None and engine.outcome == "awaited"

    await until(awaited, "the word that the answer comes later")
    assert_golden("engine_later", as_page(await trace_of(shop, turn)))
    for own in ("one", "two"):
        await answer_later(shop, turn, {"messages": [{"text": f"Here I am, {own}"}]}, own=own)
        await asyncio.sleep(0.2)
    _, *answering = await _turns(shop, 3)
    found = await trace_of(shop, turn)
    assert found.engine is not None
    assert set(found.engine.answered_by) == set(answering)
    assert_golden("engine_later_answered", as_page(await trace_of(shop, answering[0])))
