"""`throughline identity scan`: index, weights and candidates in bulk; a scan that is killed goes on."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from middleware.clock import SystemClock
from middleware.domain.candidates import (
    MODEL,
    SCAN,
    Candidate,
    Indexed,
    LearntModel,
    ScanState,
    ValueCounts,
)
from middleware.domain.identity import Identity
from middleware.pipeline.learnt import read_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.pipeline.merging import merge_profiles
from middleware.pipeline.review import Queue
from middleware.pipeline.scanning import Scan
from middleware.ports import BrandStore, Delete, Put
from middleware.store.mongo import MongoBrandStore, connect
from tests.integration.cli import command, environment, write_config
from tests.records import NOW, crowd, record_identity, record_key
from tests.stores import StoreServer

ANA = {"first_name": "Ana", "last_name": "Quintanilla", "email": "ana@quintanilla.example", "phone": "+34600111222"}
WEAK = 5.0
_AT_ONCE = 200
_TIMES_KILLED = 4


@dataclass
class Place:
    """A brand's store, and the settings that lead there."""

    store: MongoBrandStore
    config: Path


@pytest.fixture
async def place(store_server: StoreServer, tmp_path: Path, database: str) -> AsyncIterator[Place]:
    """An empty brand."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9", brands={"glow": {"database": database}})
    client = connect(store_server.uri)
    store = MongoBrandStore(client, database)
    try:
        await store.ensure()
        yield Place(store, config)
    finally:
        await store.close()
        client.close()


async def put(store: BrandStore, identities: list[Identity]) -> None:
    """Write identities as absorbing leaves them."""
    for start in range(0, len(identities), _AT_ONCE):
        assert all(await store.write(*map(Put, identities[start : start + _AT_ONCE])))


async def scanned(store: BrandStore) -> ScanState:
    """One scan, to its end."""
    return await Scan(store, ReviewRules(), SystemClock().now, lambda _what, _done, _of: None).run()


async def open_ones(store: BrandStore) -> dict[str, tuple[float, tuple[str, str]]]:
    """Score and records of each open candidate."""
    batches = [batch async for batch in store.scan(Candidate)]
    return {each.record.id: (each.record.bits, each.record.records) for batch in batches for each in batch}


async def test_a_scan_finds_who_came_before_it(place: Place) -> None:
    """With --json it counts what it did; the candidates are in the queue, and the weights are versioned."""
    await put(place.store, [*crowd(100), record_identity("a", **ANA), record_identity("b", **ANA)])

    ended = await command("identity", "scan", "--json", config=place.config)

    assert ended.code == 0, ended.err
    found = await open_ones(place.store)
    assert ended.json["candidates"] == len(found)
    assert ended.json["records"] == len(crowd(100)) + 2
    assert (record_key("a"), record_key("b")) in {tuple(sorted(records)) for _, records in found.values()}
    assert (await place.store.get(LearntModel, [MODEL]))[MODEL].record.version == 1
    assert b"Traceback" not in ended.err.encode()


async def test_one_by_one_and_in_bulk_find_the_same(place: Place) -> None:
    """A look at each record, one by one and with the same weights, finds the pairs that a scan finds, as likely.

    But for weak ones: one by one, a record is compared with the sixty that share most with it, and who else shares an
    address is seen among those alone.
    """
    people = crowd(40)
    await put(place.store, people)
    await scanned(place.store)
    in_bulk = await open_ones(place.store)
    weights = await read_weights(place.store)
    await forgotten(place.store)

    for each in people * 2:  # the first of two that share an address does not know yet that they do
        await match_record(place.store, each.id, weights, ReviewRules(), NOW)

    one_by_one = await open_ones(place.store)
    strong = {key: bits for key, (bits, _) in in_bulk.items() if bits > WEAK}
    assert strong
    assert {key: bits for key, (bits, _) in one_by_one.items() if bits > WEAK} == strong


async def forgotten(store: BrandStore) -> None:
    """Take index and candidates away."""
    found: list[Delete] = []
    async for indexed in store.scan(Indexed):
        found += [Delete(Indexed, each.record.id) for each in indexed]
    async for candidates in store.scan(Candidate):
        found += [Delete(Candidate, each.record.id) for each in candidates]
    for start in range(0, len(found), _AT_ONCE):
        await store.write(*found[start : start + _AT_ONCE])


async def test_a_scan_after_a_scan_changes_nothing(place: Place) -> None:
    """The same candidates, found when they were; the entries in the index stay as they are; old weights go."""
    await put(place.store, crowd(100))
    await scanned(place.store)
    before, when = await open_ones(place.store), await _found_at(place.store)
    entries = [each async for batch in place.store.scan(Indexed) for each in batch]

    await scanned(place.store)

    assert await open_ones(place.store) == before
    assert await _found_at(place.store) == when
    assert [each async for batch in place.store.scan(Indexed) for each in batch] == entries
    assert (await place.store.get(LearntModel, [MODEL]))[MODEL].record.version == 2
    counts = [each.record.id async for batch in place.store.scan(ValueCounts) for each in batch]
    assert {each.partition("|")[0] for each in counts} == {"2"}


async def _found_at(store: BrandStore) -> dict[str, object]:
    return {each.record.id: each.record.created_at async for batch in store.scan(Candidate) for each in batch}


async def test_what_was_decided_stays_decided(place: Place) -> None:
    """No scan brings a rejected pair back, nor one with a locked profile, even when the index was lost."""
    await put(place.store, [record_identity(each, **ANA) for each in "abc"])
    await scanned(place.store)
    queue = Queue(place.store, merge_profiles)
    found = await open_ones(place.store)
    assert len(found) == 3
    rejected = next(iter(sorted(found)))
    await queue.reject(rejected, by="kim", note="", now=NOW)
    locked = next(each for each in sorted(found) if each != rejected).split("|")[0]
    await queue.lock(locked, by="kim", note="", now=NOW)
    left = await open_ones(place.store)
    await forgotten(place.store)

    await scanned(place.store)

    assert set(await open_ones(place.store)) == set(left)


async def test_a_pair_that_is_none_any_more_is_closed(place: Place) -> None:
    """What a record said when it was scanned last does not count."""
    await put(place.store, [record_identity("a", **ANA), record_identity("b", **ANA)])
    await scanned(place.store)
    assert await open_ones(place.store)
    stored = (await place.store.get(Identity, [record_key("a")]))[record_key("a")]
    await place.store.write(stored.put(record_identity("a", first_name="Ben", last_name="Oldenburg")))

    await scanned(place.store)

    assert await open_ones(place.store) == {}


async def test_learnt_weights_come_back_as_they_were_learnt(place: Place) -> None:
    """What the documents hold is the model that was learnt, with the commonest values and their counts."""
    await put(place.store, crowd(300))
    await scanned(place.store)
    learnt = (await place.store.get(LearntModel, [MODEL]))[MODEL].record
    weights = await read_weights(place.store)
    assert weights.version == 1
    assert weights.model.person == learnt.person
    assert learnt.learnt_from > 0
    common = max(weights.statistics.given.counts.items(), key=lambda each: each[1])
    assert common[1] > 1
    assert weights.statistics.given.total > 300


async def test_a_scan_that_is_killed_goes_on(place: Place, store_server: StoreServer, database: str) -> None:
    """Killed again and again with nothing written down but its place: in the end the same candidates."""
    people = crowd(400, seed=3)
    await put(place.store, people)
    killed = 0
    seen: set[tuple[str, int]] = set()
    while killed < _TIMES_KILLED:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "middleware", "identity", "scan", env=environment(place.config),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        if not await _moved(place.store, process, seen):
            break
        process.kill()
        await process.wait()
        killed += 1
    assert killed > 1

    ended = await command("identity", "scan", "--json", config=place.config)

    assert ended.code == 0, ended.err
    client = connect(store_server.uri)
    other = MongoBrandStore(client, f"{database}_2")
    try:
        await other.ensure()
        await put(other, people)
        await scanned(other)
        assert await open_ones(place.store) == await open_ones(other)
    finally:
        await other.close()
        client.close()


async def _moved(store: BrandStore, process: asyncio.subprocess.Process, seen: set[tuple[str, int]]) -> bool:
    """Wait until the scan has written down a place that it had not been at; False if it ended instead."""
    while process.returncode is None:
        stored = (await store.get(ScanState, [SCAN])).get(SCAN)
        if stored is not None:
            place = (stored.record.phase, stored.record.bucket)
            if stored.record.phase != "done" and place not in seen:
                seen.add(place)
                return True
        await asyncio.sleep(0.01)
    return False
