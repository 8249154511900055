"""The board of a running installation: what customers and agents do shows at once, in every process that shows it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from middleware.bootstrap import opened
from middleware.domain.agents import Assigned, Closed, TagsChanged, TookOver
from middleware.domain.board import Wanted
from middleware.domain.conversation import Conversation
from middleware.pipeline.board import Board
from tests.running import Running, until
from tests.scenarios.agents import done, writes
from tests.scenarios.looking import BRAND, customer


@pytest.fixture
async def board(shop: Running) -> AsyncIterator[Board]:
    """The board of the installation, loaded."""
    board = shop.here.boards[BRAND]
    board.start()

    async def is_loaded() -> bool:
        return board.loaded

    await until(is_loaded, "the board")
    yield board
    await board.stop()


async def test_what_happens_shows_at_once(shop: Running, board: Board) -> None:
    """A row has the customer's name, the last words and who answers; each act of an agent moves it."""
    person = customer(shop, "whatsapp", name="Ana López")
    await person.says("where is my order?")
    (row,) = board.page(Wanted(name="lopez")).rows
    assert (row.name, row.channel, row.state(shop.here.clock.now())) == ("Ana López", "whatsapp", "bot")
    assert row.last is not None
    assert row.last.by == "bot"
    assert row.closes_at is not None

    await done(shop, person, TookOver())
    assert board.page(Wanted(state="person")).counts == {"person": 1}
    await writes(shop, person, "Ana here.")
    await done(shop, person, TagsChanged(add=("vip",)))
    await done(shop, person, Assigned(to="eva"))
    (row,) = board.page(Wanted(vip=True, assignee="eva", closes_within=timedelta(hours=24))).rows
    assert row.last is not None
    assert (row.last.text, row.last.by) == ("Ana here.", "human")
    await done(shop, person, Closed())
    assert board.page(Wanted(state="closed")).counts == {"closed": 1}
    stored = (await shop.here.brands[BRAND].store.get(Conversation, [row.id]))[row.id]
    known = board.head(row.id)
    assert known is not None
    assert known.version == stored.version


async def test_another_process_sees_it(shop: Running) -> None:
    """A process that works nothing off shows what others write: what it loads, and then what its looks find."""
    early, late = customer(shop, "messenger", 1, "Early"), customer(shop, "messenger", 2, "Late")
    await early.says("hello")
    async with opened(shop.here.settings) as other:
        board = other.boards[BRAND]
        board.start()
        try:
            news = board.subscribe(board.mark)
            heard = asyncio.create_task(anext(news))
            assert [each.last.text[:5] for each in (await heard).heads if each.last is not None]
            await late.says("hello")

            async def is_here() -> bool:
                return len(board.page(Wanted()).rows) == 2

            await until(is_here, "the other process to see it")
            await news.aclose()
        finally:
            await board.stop()
