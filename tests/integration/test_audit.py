"""The audit log: every entry once, in one chain, and a change shows."""

import asyncio
from datetime import UTC, datetime

import pytest

from middleware.domain.users import AuditEntry
from middleware.pipeline.audit import audit, broken_at, entries
from middleware.ports import BrandStore, Delete
from tests.running import Running

NOW = datetime(2026, 11, 29, 18, 0, tzinfo=UTC)


@pytest.fixture
def store(shop: Running) -> BrandStore:
    """The store of a brand."""
    return shop.here.brands["glow"].store


async def _write(store: BrandStore, count: int) -> None:
    for number in range(count):
        await audit(store, by="ana", what="profile.reveal", now=NOW, about=f"p_{number}")


async def test_entries_are_numbered_and_newest_first(store: BrandStore) -> None:
    """All are there once, in order, and pages of them fit together."""
    await _write(store, 25)
    newest = await entries(store, most=10)
    assert [each.about for each in newest] == [f"p_{number}" for number in range(24, 14, -1)]
    older = await entries(store, before=int(newest[-1].id), most=100)
    assert [int(each.id) for each in older] == list(range(15, 0, -1))
    assert await broken_at(store) is None


async def test_two_who_write_at_once_both_are_on_record(store: BrandStore) -> None:
    """Ten at one moment are ten entries in one chain."""
    await asyncio.gather(*(audit(store, by="ana", what="x.y", now=NOW, about=str(each)) for each in range(10)))
    assert {each.about for each in await entries(store)} == {str(each) for each in range(10)}
    assert await broken_at(store) is None


@pytest.mark.parametrize("change", ["edited", "deleted", "last deleted", "moved"])
async def test_a_change_shows(store: BrandStore, change: str) -> None:
    """Whatever is done to an entry afterwards, the chain says where; but for the last one being cut off."""
    await _write(store, 6)
    found = await store.get(AuditEntry, ["0000000003", "0000000004", "0000000006"])
    third, fourth = found["0000000003"], found["0000000004"]
    if change == "edited":
        await store.write(third.put(third.record.model_copy(update={"by": "somebody"})))
    elif change == "deleted":
        await store.write(Delete(AuditEntry, "0000000003"))
    elif change == "moved":
        await store.write(
            third.put(fourth.record.model_copy(update={"id": "0000000003"})),
            fourth.put(third.record.model_copy(update={"id": "0000000004"})),
        )
    else:
        await store.write(Delete(AuditEntry, "0000000006"))
    assert await broken_at(store) == (None if change == "last deleted" else 3)
