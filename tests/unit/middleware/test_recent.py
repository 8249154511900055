"""Reading back what happened lately: all of it, and nothing older, however long the timeline is."""

import random
from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from middleware.domain.record import Record
from middleware.domain.timeline import PAGE_SIZE, TimelinePage
from middleware.pipeline.recent import entries_since
from middleware.pipeline.timeline import noting, read_heads
from middleware.ports import Stored
from tests.unit.middleware.builders import at, message, phone
from tests.unit.middleware.memory_store import MemoryStore

R = TypeVar("R", bound=Record)

ANA, BEA = phone(), phone("+34600999888")
EVENTS = 40 * PAGE_SIZE


class Counting(MemoryStore):
    """A store that counts the pages that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 0

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """See `BrandStore.get`."""
        self.pages += len(ids) if kind is TimelinePage else 0
        return await super().get(kind, ids)


async def _noted(store: MemoryStore, minutes: Collection[float]) -> None:
    """Messages of Ana at these times, noted one after the other."""
    for each in minutes:
        heads = await read_heads(store, {ANA.key})
        must, pages = await noting(store, heads.values(), message(ANA, minutes=each))
        await store.write(*must, *pages)


async def _times(store: MemoryStore, since: float) -> list[datetime]:
    found = await entries_since(store, {ANA.key, BEA.key}, at(since))
    assert set(found) <= {ANA.key, BEA.key}
    return sorted(entry.at for entry in found.get(ANA.key, []))


async def test_all_that_happened_since_is_found() -> None:
    """In the head, on the page that is set aside, and on full pages: each once, whatever the time asked for."""
    store = Counting()
    await _noted(store, range(EVENTS))
    for since in (-1, 0, 1, 500, EVENTS - 100, EVENTS - 20, EVENTS - 1, EVENTS):
        assert await _times(store, since) == [at(each) for each in range(max(0, since), EVENTS)], since


async def test_what_is_older_is_hardly_read() -> None:
    """The last hundred of more than a thousand: not all forty pages."""
    store = Counting()
    await _noted(store, range(EVENTS))
    assert len(await _times(store, EVENTS - 100)) == 100
    assert store.pages <= 16


async def test_what_was_told_late_is_found() -> None:
    """Told in an order that nobody can rely on, a page may hold newer things than the pages behind it."""
    store = Counting()
    minutes = list(range(EVENTS // 4))
    random.Random(4).shuffle(minutes)  # noqa: S311 - drawn by lot, nothing secret
    await _noted(store, minutes)
    for since in (0, 100, EVENTS // 4 - 30):
        assert await _times(store, since) == [at(each) for each in range(since, EVENTS // 4)], since
