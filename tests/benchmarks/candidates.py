"""`make bench-candidates`: what one look at a record costs, with so many records in the index.

The index is written in bulk: some records of made-up people as a scan would leave them, the rest filled up with records
and blocks that nobody shares. Then records of other made-up people come, one by one.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from middleware.domain.candidates import MOST_IN_A_BLOCK, Block, Candidate, Indexed
from middleware.domain.identity import Identity
from middleware.identity.comparable import comparable
from middleware.identity.weights import shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.ports import Put
from middleware.store.codec import to_document
from middleware.store.mongo import MongoBrandStore, connect
from tests.commands import Commands
from tests.records import crowd
from tests.stores import StoreServer, _port

_AT_ONCE = 500
_FILLED_AT_ONCE = 2_000
_PEOPLE = 2_000
_LOOKS = 300
_BLOCKS_OF_ONE = 1


def documents(identities: Sequence[Identity]) -> Iterator[list[Indexed]]:
    """The index of these records, some documents at a time."""
    holders: dict[str, list[str]] = {}
    found: list[Indexed] = []
    for identity in identities:
        own = comparable(identity)
        if own is not None:
            found.append(Indexed(id=identity.id, comparable=own))
            for key in own.keys:
                holders.setdefault(key, []).append(identity.id)
    found += [Indexed(id=key, block=_block(members)) for key, members in holders.items()]
    yield from (found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE))


def _block(members: list[str]) -> Block:
    if len(members) > MOST_IN_A_BLOCK:
        return Block(count=MOST_IN_A_BLOCK + 1)
    return Block(members=tuple(sorted(members)), count=len(members))


def _filling(first: int, number: int, like: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Documents of records and blocks that nobody shares, as they are stored."""
    some: list[dict[str, Any]] = []
    for record in range(first, first + number):
        key = f"source_record|file:2|{record:09}"
        some.append({**like, "_id": key})
        for block in range(_BLOCKS_OF_ONE):
            members = {"members": [key], "count": 1}
            some.append({"_id": f"n:{uuid.UUID(int=record * 64 + block).hex[::-1][:24]}", "v": 1, "block": members})
        if len(some) >= _FILLED_AT_ONCE:
            yield some
            some = []
    yield some


async def _fill(client: Any, database: str, people: Sequence[Identity], size: int) -> None:
    collection = client[database]["matching"]
    for some in documents(people):
        await collection.insert_many([to_document(each, 1) for each in some], ordered=False)
    own = next(each for each in map(comparable, people) if each is not None)
    like = to_document(Indexed(id="like", comparable=own), 1)
    for filling in _filling(0, max(size - len(people), 0), like):
        if filling:
            await collection.insert_many(filling, ordered=False)


@contextmanager
def _careless(directory: Path) -> Iterator[str]:
    """A server over the same data that waits for no disk: only for filling. Its URI."""
    log = directory / "careless.log"
    command = [sys.executable, "-m", "secantus", "--port", "0", "--storage-path", str(directory / "data")]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - our own command
    try:
        yield f"mongodb://127.0.0.1:{_port(log)}/?directConnection=true&retryWrites=false"
    finally:
        process.terminate()
        process.wait(timeout=120)


async def _filled(directory: Path, database: str, people: Sequence[Identity], size: int) -> float:
    """Fill a new store; the seconds that it took."""
    began = perf_counter()
    with _careless(directory) as uri:
        client: Any = AsyncIOMotorClient(uri)  # with no promises, and as long as it takes
        await _fill(client, database, people, size)
        client.close()
    return perf_counter() - began


async def _measured(uri: str, database: str, size: int, filled: float) -> dict[str, Any]:
    commands = Commands()
    client = connect(uri, listeners=(commands,))
    store = MongoBrandStore(client, database)
    await store.ensure()
    newcomers = crowd(_LOOKS, seed=1)[:_LOOKS]
    weights, took, used = shipped_weights(size), [], []
    for number, each in enumerate(newcomers):
        identity = each.model_copy(update={"id": f"source_record|new:1|{number}"})
        await store.write(Put(identity))
        commands.seen.clear()
        began = perf_counter()
        await match_record(store, identity.id, weights, ReviewRules(), identity.fragment.record.version.at)  # type: ignore[union-attr]
        took.append((perf_counter() - began) * 1000)
        used.append(len(commands.seen))
    candidates = sum([len(batch) async for batch in store.scan(Candidate)])
    await store.close()
    client.close()
    return {
        "records": size,
        "filled_in_s": round(filled, 1),
        "looks": len(took),
        "candidates": candidates,
        "median_ms": round(median(took), 1),
        "p95_ms": round(quantiles(took, n=20)[-1], 1),
        "most_commands": max(used),
        "mean_commands": round(sum(used) / len(used), 2),
    }


async def _all(sizes: Sequence[int]) -> None:
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            directory, database = Path(name), f"bench_{uuid.uuid4().hex[:12]}"
            filled = await _filled(directory, database, crowd(_PEOPLE)[:size], size)
            with StoreServer.started(directory) as server:
                print(json.dumps(await _measured(server.uri, database, size, filled)), flush=True)  # noqa: T201 - output


def main() -> None:
    """Measure, one line of JSON for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    asyncio.run(_all(parser.parse_args().sizes))


if __name__ == "__main__":
    main()
