"""Merges under `kill -9`: the profiles are as before or as after, and what was begun can be ended."""

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from middleware.domain.identity import Identity
from middleware.domain.journal import JournalEntry
from middleware.domain.profile import Profile
from middleware.pipeline.rolling_forward import carry_on
from middleware.ports import Put
from middleware.store.mongo import MongoBrandStore, connect
from tests.scenarios.merging_forever import OLDER, YOUNGER
from tests.stores import StoreServer
from tests.unit.middleware.builders import at, bsuid

KILLS = 8
HERS, HIS = bsuid("ES.1"), bsuid("ES.2")


@pytest.fixture
async def store(store_server: StoreServer, database: str) -> AsyncIterator[MongoBrandStore]:
    """Two profiles in a database of their own."""
    client = connect(store_server.uri)
    store = MongoBrandStore(client, database)
    for name, identifier, minutes in ((OLDER, HERS, 0), (YOUNGER, HIS, 1)):
        identity = Identity(id=identifier.key, profile_id=name)
        profile = Profile(id=name, created_at=at(minutes)).with_member(identity)
        await store.write(Put(identity), Put(profile))
    try:
        yield store
    finally:
        await client.drop_database(database)
        client.close()


async def as_one(store: MongoBrandStore) -> bool:
    """Whether both are one profile. Fails if the pointer says something else than the copies."""
    found = await store.get(Profile, [OLDER, YOUNGER])
    older, younger = found[OLDER].record, found[YOUNGER].record
    shown = {member.identifier for member in older.members}
    merged = younger.merged_into is not None
    assert shown == ({HERS.key, HIS.key} if merged else {HERS.key})
    assert younger.member(HIS.key) is not None
    return merged


async def test_a_killed_merge_is_whole_or_not_there(
    store: MongoBrandStore, store_server: StoreServer, database: str
) -> None:
    """Killed at any moment between and within merges and unmerges, eight times: never half of one."""
    chance = random.Random(20261125)  # noqa: S311 - moments of a test
    for _ in range(KILLS):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.scenarios.merging_forever", store_server.uri, database,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await as_one(store)
    entries = [each.record async for batch in store.scan(JournalEntry) for each in batch]
    assert entries
    for entry in sorted(entries, key=lambda each: each.at):
        if entry.state == "begun":
            await carry_on(store, entry)
            assert await as_one(store) is (entry.kind == "merge")
