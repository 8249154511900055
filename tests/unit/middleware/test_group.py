"""Group commit: who goes together, who waits for whom, and what each is told."""

import asyncio
from collections.abc import Sequence

import pytest

from middleware.errors import StoreUnavailable
from middleware.store.group import Again, Grouped


class Slow:
    """A store that answers when it is told to, and remembers what was asked together."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.answers: list[asyncio.Future[list[str | Exception]]] = []

    async def __call__(self, asked: Sequence[int]) -> list[str | Exception]:
        """Every number as text, or what the test says."""
        self.groups.append(list(asked))
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]

    async def under_way(self, number: int) -> None:
        """Wait until so many groups have been begun."""
        while len(self.groups) < number:  # noqa: ASYNC110 - an event for each number would be more to read
            await asyncio.sleep(0)

    def answer(self) -> None:
        """Answer the group that is under way."""
        self.answers[-1].set_result([str(each) for each in self.groups[-1]])


def _one(_: int) -> int:
    return 1


async def test_one_alone_waits_for_nobody() -> None:
    """A question goes out at once, and its answer comes back to it."""
    store = Slow()
    grouped = Grouped(store, _one, most=10)
    asked = asyncio.create_task(grouped.ask(1))
    await store.under_way(1)
    store.answer()
    assert await asked == "1"
    assert store.groups == [[1]]


async def test_what_comes_meanwhile_goes_together() -> None:
    """While one group is under way the others gather; the next one has all of them, in order."""
    store = Slow()
    grouped = Grouped(store, _one, most=10)
    first = asyncio.create_task(grouped.ask(0))
    await store.under_way(1)
    others = [asyncio.create_task(grouped.ask(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    store.answer()
    assert await first == "0"
    await store.under_way(2)
    store.answer()
    assert await asyncio.gather(*others) == ["1", "2", "3", "4", "5"]
    assert store.groups == [[0], [1, 2, 3, 4, 5]]


async def test_a_group_is_bounded() -> None:
    """No more than fits goes together; one that is too large by itself goes alone, in its turn."""
    store = Slow()
    grouped = Grouped(store, lambda number: number, most=10)
    asked = [asyncio.create_task(grouped.ask(number)) for number in (4, 5, 3, 50, 10)]
    for number in range(1, 5):
        await store.under_way(number)
        store.answer()
    await asyncio.gather(*asked)
    assert store.groups == [[4, 5], [3], [50], [10]]


async def test_whoever_gives_up_holds_up_nobody() -> None:
    """A caller that is cancelled while it waits is not asked for, and the others get their answers."""
    store = Slow()
    grouped = Grouped(store, _one, most=10)
    first = asyncio.create_task(grouped.ask(0))
    await store.under_way(1)
    tired, patient = asyncio.create_task(grouped.ask(1)), asyncio.create_task(grouped.ask(2))
    await asyncio.sleep(0)
    tired.cancel()
    first.cancel()
    store.answer()
    await store.under_way(2)
    store.answer()
    assert await patient == "2"
    assert store.groups == [[0], [2]]


async def test_each_is_told_its_own_fate() -> None:
    """An error of one is nobody else's; who has to go again goes first into the next group."""
    store = Slow()
    grouped = Grouped(store, _one, most=3)
    asked = [asyncio.create_task(grouped.ask(number)) for number in range(4)]
    await store.under_way(1)
    store.answers[-1].set_result(["0", StoreUnavailable("refused"), Again()])
    await store.under_way(2)
    assert store.groups[1] == [2, 3]
    store.answer()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(each) for each in told] == ["0", "refused", "2", "3"]


async def test_an_error_of_all_is_told_to_all() -> None:
    """When the command as a whole fails everybody in it hears so, and the next group is asked all the same."""
    store = Slow()
    grouped = Grouped(store, _one, most=2)
    asked = [asyncio.create_task(grouped.ask(number)) for number in range(3)]
    await store.under_way(1)
    store.answers[-1].set_exception(StoreUnavailable("gone"))
    await store.under_way(2)
    store.answer()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(each) for each in told] == ["gone", "gone", "2"]


async def test_closing_ends_what_is_under_way() -> None:
    """Nobody waits for ever on a store that is closed."""
    store = Slow()
    grouped = Grouped(store, _one, most=1)
    asked = [asyncio.create_task(grouped.ask(number)) for number in range(2)]
    await store.under_way(1)
    await grouped.close()
    for each in asked:
        with pytest.raises(asyncio.CancelledError):
            await each
