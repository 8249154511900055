"""The board of a running installation: what customers and agents do shows at once, in every process that shows it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from middleware.bootstrap.building import opened
from middleware.domain.agents import Assigned, Closed, TagsChanged, TookOver
from middleware.domain.board import Wanted
from middleware.domain.conversation import Conversation
from middleware.pipeline.board import Board
from middleware.pipeline.erasing import erase
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


@asynccontextmanager
async def _shown_elsewhere(shop: Running) -> AsyncIterator[Board]:
    """The board of another installation on the same store, loaded."""
    async with opened(shop.here.settings) as other:
        board = other.boards[BRAND]
        board.start()
        try:
            await until(lambda: _shows(board, len(board)), "the other board")
            yield board
        finally:
            await board.stop()


async def _shows(board: Board, number: int) -> bool:
    return board.loaded and len(board) == number


async def test_made_up_people_leave_the_boards_of_other_processes(shop: Running) -> None:
    """Filled in and taken out in one, they come and go in the other by themselves; a real conversation stays, and so
    does the store without what they left.
    """
    await customer(shop, "messenger", 1, "Early").says("hello")
    people, store = shop.here.made_up, shop.here.brands[BRAND].store
    people.settles = timedelta(seconds=8)
    async with _shown_elsewhere(shop) as board:
        assert await people.begin(BRAND, "filling")
        await people.over(BRAND)
        await until(lambda: _shows(board, 6), "made-up people to come")
        mark = board.mark
        assert await people.begin(BRAND, "removing")
        await until(lambda: _shows(board, 1), "made-up people to go")
        news = board.subscribe(mark)
        assert (await anext(news)).reload
        await news.aclose()
        await people.over(BRAND)
        standing = await people.standing(BRAND)
        assert (standing.state, standing.shells) == ("none", ())
    left = [each.record async for some in store.scan(Conversation) for each in some]
    assert [each.erased_at for each in left] == [None]


async def test_who_is_erased_leaves_the_boards_of_other_processes(shop: Running) -> None:
    """The same for a real person, before the shell of their conversation is deleted."""
    person, other = customer(shop, "messenger", 1, "Gone"), customer(shop, "messenger", 2, "Stays")
    await person.says("hello")
    await other.says("hello")
    brand = shop.here.brands[BRAND]
    assert brand.forgetting is not None
    brand.forgetting.settles = timedelta(hours=1)
    who = (await shop.context("messenger", person.id)).identity.profile_id
    async with _shown_elsewhere(shop) as board:
        assert len(board) == 2
        erasing = asyncio.create_task(
            erase(brand.store, brand.forgetting, [str(who)], shop.here.clock, by="root", cause="test")
        )
        await until(lambda: _shows(board, 1), "the person to go")
        assert not erasing.done()
        brand.forgetting.settles = timedelta(0)
        await erasing
    left = [each.record async for some in brand.store.scan(Conversation) for each in some]
    assert [each.id for each in left] == [(await other.conversation()).id]
