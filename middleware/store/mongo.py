"""The store on MongoDB, through motor's subset that PyMongo's own async client shares (docs/decisions/0001)."""

import asyncio
from collections import ChainMap
from collections.abc import AsyncGenerator, Collection, Container, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import pymongo
from bson.codec_options import CodecOptions
from motor.core import AgnosticBaseCursor
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo.monitoring import CommandListener

from middleware.domain.jobs import Job, JobKind
from middleware.domain.record import Record
from middleware.ports import Delete, InboxEntry, Put, Stored
from middleware.store.codec import from_document
from middleware.store.collections import COLLECTIONS, WRITTEN_AT, ensure, ensure_indexes, span_of
from middleware.store.group import Grouped
from middleware.store.timing import in_time
from middleware.store.writes import GroupedWrites

R = TypeVar("R", bound=Record)

Listener = CommandListener
"""Is told every command that goes to the store: what tests count."""

_MOST_IDS = 25_000
"""Ids of unfinished work that one look at the inbox reads: more than one process holds."""

_LOOKED_AT = 20
"""Entries of the inbox that are read together at least."""

_MOST_READ = 100
"""Documents in one reading command. On the embedded server the time for one `$in` grows with the square of its ids:
3 ms for 20, 17 ms for 100, 300 ms for 500, a second for 1,000."""

_SCAN_ANSWERS_WITHIN = 60.0
"""Seconds for one batch of a scan. The embedded server reads everything that matches before it gives the first one."""

_MADE_WITHIN = 30.0
"""Seconds for making all collections of a database: once, by a command or at the start."""

_INDEXED_WITHIN = 600.0
"""Seconds for making an index on what is there already."""

_SCANNED_AT_ONCE = 200

_EVERYTHING: Mapping[str, Any] = {"$and": [{}]}
"""Not `{}`: for that the embedded server would decode all documents along the index that it sorts by, while everybody
else waits. So it decodes them beside other work. MongoDB takes both for the same."""


def connect(uri: str, *, listeners: tuple[Listener, ...] = ()) -> "AsyncIOMotorClient[dict[str, Any]]":
    """A client with the promises that the store needs: majority, journaled, no long waits.

    Whether writes are retryable is left to the URI: the embedded server's says no, since there they cost more than the
    write; our keys make a repeated write harmless.
    """
    return AsyncIOMotorClient(
        uri,
        w="majority",
        journal=True,
        maxPoolSize=20,
        connectTimeoutMS=1500,
        serverSelectionTimeoutMS=1500,
        socketTimeoutMS=5000,
        event_listeners=listeners,
        appname="throughline",
    )


class MongoBrandStore:
    """One brand's database. What is asked at the same time goes in one command (`group.py`, `writes.py`)."""

    def __init__(self, client: "AsyncIOMotorClient[dict[str, Any]]", database: str) -> None:
        options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._database = client.get_database(database, codec_options=options)
        self._reads: dict[str, Grouped[Collection[str], Mapping[str, Any]]] = {}
        self._writes = GroupedWrites(client, self._database)

    @property
    def name(self) -> str:
        """The database's name."""
        return self._database.name

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """See `BrandStore.get`."""
        if not ids:
            return {}
        home = COLLECTIONS[kind]
        reads, wanted = self._reads_of(home.name), [home.key(each) for each in ids]
        if len(wanted) <= _MOST_READ:
            found = await reads.ask(wanted)
        else:
            parts = (wanted[start : start + _MOST_READ] for start in range(0, len(wanted), _MOST_READ))
            found = ChainMap(*map(dict, await asyncio.gather(*map(reads.ask, parts))))
        return {home.identifier(key): from_document(kind, found[key]) for key in wanted if key in found}

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """See `BrandStore.write`."""
        return await self._writes.write(changes) if changes else ()

    async def backlog(self, most: int, known: Container[str] = (), besides: Collection[str] = ()) -> list[InboxEntry]:
        """See `BrandStore.backlog`. Ids first: at load nearly all of them are known."""
        others = {"event.account": {"$nin": list(besides)}} if besides else {}
        cursor = self._database[COLLECTIONS[InboxEntry].name].find(others, {"_id": 1}, limit=_MOST_IDS)
        ids = [document["_id"] for document in await in_time(cursor.to_list(None))]
        unknown = [key for key in ids if key not in known]
        found: list[InboxEntry] = []
        at_once = max(most, _LOOKED_AT)
        # What was finished since the ids were read makes room for others: nothing found means that nothing is left.
        while unknown and len(found) < most:
            some, unknown = unknown[:at_once], unknown[at_once:]
            found += [stored.record for stored in (await self.get(InboxEntry, some)).values()]
        return found[:most]

    async def count(self, kind: type[Record], most: int) -> int:
        """See `BrandStore.count`. Along the ids: the embedded server counts by reading everything."""
        home = COLLECTIONS[kind]
        cursor = self._database[home.name].find(span_of(home, "", ""), {"_id": 1}, limit=most + 1)
        return len(await in_time(cursor.hint("_id_").to_list(None)))

    async def due_jobs(self, kind: JobKind, now: datetime, most: int) -> list[Stored[Job]]:
        """See `BrandStore.due_jobs`. No index: the jobs hold only what is not done. Ids first, as in `backlog`."""
        due = {"kind": kind, "not_before": {"$lte": now}}
        cursor = self._database[COLLECTIONS[Job].name].find(due, {"_id": 1}, limit=most)
        ids = [document["_id"] for document in await in_time(cursor.to_list(None))]
        # What somebody else has taken between the two reads is not due any more.
        return [stored for stored in (await self.get(Job, ids)).values() if stored.record.not_before <= now]

    async def written(
        self, kind: type[R], most: int, *, newest: str, span: tuple[datetime, datetime] | None = None
    ) -> dict[str, int]:
        """See `BrandStore.written`. What was written before documents were dated comes last."""
        home = COLLECTIONS[kind]
        among = _EVERYTHING if span is None else {WRITTEN_AT: {"$gte": span[0], "$lt": span[1]}}
        cursor = self._database[home.name].find(among, {"v": 1, newest: 1}, limit=most)
        found = await _answer(cursor.sort(WRITTEN_AT, -1))
        never = datetime.min.replace(tzinfo=UTC)
        found.sort(key=lambda document: document.get(newest) or never, reverse=True)
        return {home.identifier(document["_id"]): document["v"] for document in found}

    async def outlines(
        self, kind: type[R], ids: Collection[str], *, without: Collection[str], last_of: str
    ) -> list[Stored[R]]:
        """See `BrandStore.outlines`. Not with the reads of others, which would wait for it."""
        home = COLLECTIONS[kind]
        fields = {**dict.fromkeys(without, 0), last_of: {"$slice": -1}}
        cursor = self._database[home.name].find({"_id": {"$in": [home.key(each) for each in ids]}}, fields)
        return [from_document(kind, document) for document in await _answer(cursor)]

    async def found_by(self, kind: type[R], fields: Collection[str], values: Collection[str]) -> list[Stored[R]]:
        """See `BrandStore.found_by`. One command for each field: not every server uses indexes for alternatives."""
        home = COLLECTIONS[kind]
        assert set(fields) <= set(home.by), "a field without an index"  # noqa: S101 - a mistake of ours
        collection, among = self._database[home.name], {"$in": sorted(values)}
        answers = await asyncio.gather(*(_answer(collection.find({field: among})) for field in fields))
        found = {document["_id"]: document for documents in answers for document in documents}
        return [from_document(kind, document) for document in found.values()]

    async def scan(self, kind: type[R], *, after: str = "", prefix: str = "") -> AsyncGenerator[list[Stored[R]], None]:
        """See `BrandStore.scan`. One cursor along `_id`, held to that index: docs/decisions/0011."""
        home = COLLECTIONS[kind]
        found_here = self._database[home.name].find(span_of(home, after, prefix))
        cursor = found_here.sort("_id", 1).hint("_id_").batch_size(_SCANNED_AT_ONCE)
        try:
            while found := await _batch(cursor):
                yield [from_document(kind, document) for document in found]
        finally:
            await cursor.close()

    async def ensure(self) -> list[str]:
        """Create the collections that are missing, with their indexes; their names."""
        created = await in_time(ensure(self._database), _MADE_WITHIN)
        with pymongo.timeout(_INDEXED_WITHIN):
            await in_time(ensure_indexes(self._database), _INDEXED_WITHIN)
        return created

    async def close(self) -> None:
        """End what is under way."""
        await asyncio.gather(self._writes.close(), *(reads.close() for reads in self._reads.values()))

    def _reads_of(self, collection: str) -> Grouped[Collection[str], Mapping[str, Any]]:
        if collection not in self._reads:
            self._reads[collection] = Grouped(partial(_find_all, self._database[collection]), len, _MOST_READ)
        return self._reads[collection]


async def _find_all(
    collection: "AsyncIOMotorCollection[dict[str, Any]]", asked: Sequence[Collection[str]]
) -> list[Mapping[str, Any] | Exception]:
    """The documents that all callers asked for, to each of them: document by id."""
    ids = {key for keys in asked for key in keys}
    # One more than there can be, so that the answer is whole and no cursor stays open.
    cursor = collection.find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1)
    found = {document["_id"]: document for document in await in_time(cursor.to_list(None))}
    return [found] * len(asked)


class MongoStore:
    """All databases of an installation on one client. `databases` maps brand to database name."""

    def __init__(self, client: "AsyncIOMotorClient[dict[str, Any]]", databases: Mapping[str, str], common: str) -> None:
        self._client = client
        self._brands = {name: MongoBrandStore(client, database) for name, database in databases.items()}
        self._common = MongoBrandStore(client, common)

    def brand(self, name: str) -> MongoBrandStore:
        """See `Store.brand`."""
        return self._brands[name]

    @property
    def common(self) -> MongoBrandStore:
        """See `Store.common`."""
        return self._common

    async def ping(self) -> None:
        """See `Store.ping`."""
        await in_time(self._client.admin.command("ping"))

    async def ensure(self) -> dict[str, list[str]]:
        """Create missing collections everywhere: database name -> what was created."""
        return {store.name: await store.ensure() for store in self._all()}

    async def close(self) -> None:
        """End what is under way, and give the connections back."""
        await asyncio.gather(*(store.close() for store in self._all()))
        self._client.close()

    def _all(self) -> list[MongoBrandStore]:
        return [*self._brands.values(), self._common]


async def _batch(cursor: "AgnosticBaseCursor[dict[str, Any]]") -> list[dict[str, Any]]:
    """What the cursor holds next; nothing at its end."""
    with pymongo.timeout(_SCAN_ANSWERS_WITHIN):  # over the client's, which are for short answers
        return await in_time(cursor.to_list(_SCANNED_AT_ONCE), _SCAN_ANSWERS_WITHIN)


async def _answer(cursor: "AgnosticBaseCursor[dict[str, Any]]") -> list[dict[str, Any]]:
    """All that a cursor holds, in one answer as far as it goes: what may be much takes longer than a message may."""
    with pymongo.timeout(_SCAN_ANSWERS_WITHIN):
        return await in_time(cursor.batch_size(_MOST_IDS).to_list(None), _SCAN_ANSWERS_WITHIN)
