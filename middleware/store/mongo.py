"""The store on MongoDB, through motor's subset that PyMongo's own async client shares (docs/decisions/0001)."""

import asyncio
from collections.abc import Awaitable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import ClientBulkWriteException, PyMongoError
from pymongo.monitoring import CommandListener
from pymongo.results import UpdateResult

from middleware.domain.jobs import Job, JobKind
from middleware.domain.record import Record
from middleware.errors import NotStorable, StoreUnavailable
from middleware.ports import Delete, InboxEntry, Put, Stored
from middleware.store.codec import from_document, to_document
from middleware.store.collections import COLLECTIONS, ensure

R = TypeVar("R", bound=Record)
T = TypeVar("T")

Write = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | DeleteOne

ANSWER_WITHIN = 2.0
"""Seconds. A webhook that cannot be stored is answered 503 within 2.5 s."""

Listener = CommandListener
"""Is told every command that goes to the store: what tests count."""

_DUPLICATE_KEY = 11000


def connect(uri: str, *, retryable: bool, listeners: tuple[Listener, ...] = ()) -> "AsyncIOMotorClient[dict[str, Any]]":
    """A client with the promises that the store needs: majority, journaled, no long waits.

    `retryable` writes are off on the embedded server, where they cost more than the write; our keys make a repeated
    write harmless.
    """
    return AsyncIOMotorClient(
        uri,
        w="majority",
        journal=True,
        retryWrites=retryable,
        maxPoolSize=20,
        connectTimeoutMS=1500,
        serverSelectionTimeoutMS=1500,
        socketTimeoutMS=5000,
        event_listeners=listeners,
        appname="throughline",
    )


class MongoBrandStore:
    """One brand's database."""

    def __init__(self, client: "AsyncIOMotorClient[dict[str, Any]]", database: str) -> None:
        self._client = client
        self._name = database
        options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._database = client.get_database(database, codec_options=options)

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """See `BrandStore.get`."""
        if not ids:
            return {}
        collection = self._database[COLLECTIONS[kind].name]
        found = await _in_time(collection.find({"_id": {"$in": list(ids)}}).to_list(None))
        return {document["_id"]: from_document(kind, document) for document in found}

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """See `BrandStore.write`."""
        if not changes:
            return ()
        writes = [self._write_of(position, change) for position, change in enumerate(changes)]
        in_order = not any(isinstance(write, InsertOne) for write in writes)
        try:
            result = await _in_time(
                self._client.bulk_write(writes, ordered=in_order, verbose_results=True),
            )
        except ClientBulkWriteException as error:
            return _landed_in_spite_of(error, changes)
        replaced = result.update_results
        return tuple(
            replaced[position].matched_count == 1 if position in replaced else True for position in range(len(changes))
        )

    async def backlog(self, most: int) -> list[InboxEntry]:
        """See `BrandStore.backlog`."""
        cursor = self._database[COLLECTIONS[InboxEntry].name].find({}).limit(most)
        found = await _in_time(cursor.to_list(None))
        return [from_document(InboxEntry, document).record for document in found]

    async def due_jobs(self, kind: JobKind, now: datetime, most: int) -> list[Stored[Job]]:
        """See `BrandStore.due_jobs`. No index: the jobs hold only what is not done."""
        cursor = self._database[COLLECTIONS[Job].name].find({"kind": kind, "not_before": {"$lte": now}}).limit(most)
        found = await _in_time(cursor.to_list(None))
        return [from_document(Job, document) for document in found]

    async def waiting_on(self, lane: str) -> list[InboxEntry]:
        """See `BrandStore.waiting_on`. No index: the inbox holds only what is not finished."""
        cursor = self._database[COLLECTIONS[InboxEntry].name].find({"lane": lane})
        found = await _in_time(cursor.to_list(None))
        return [from_document(InboxEntry, document).record for document in found]

    async def ensure(self) -> list[str]:
        """Create the collections that are missing; their names."""
        return await _in_time(ensure(self._database))

    def _write_of(self, position: int, change: Put | Delete) -> Write:
        kind = change.kind if isinstance(change, Delete) else type(change.record)
        namespace = f"{self._name}.{COLLECTIONS[kind].name}"
        if isinstance(change, Delete):
            return DeleteOne({"_id": change.id}, namespace=namespace)
        document = _encoded(position, change)
        if change.version == 0:
            return InsertOne(document, namespace=namespace)
        known = {"_id": document["_id"], "v": change.version}
        return ReplaceOne(known, document, namespace=namespace)


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
        await _in_time(self._client.admin.command("ping"))

    async def ensure(self) -> dict[str, list[str]]:
        """Create missing collections everywhere: database name -> what was created."""
        stores = [*self._brands.values(), self._common]
        return {store._name: await store.ensure() for store in stores}  # noqa: SLF001 - our own part

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def _encoded(position: int, put: Put) -> dict[str, Any]:
    """The document as bytes, so that one that cannot be stored fails alone, before it joins others in a command."""
    try:
        return cast("dict[str, Any]", RawBSONDocument(bson.encode(to_document(put.record, put.version + 1))))
    except (BSONError, OverflowError, TypeError, UnicodeEncodeError, RecursionError) as error:
        raise NotStorable(position, f"does not fit the store: {type(error).__name__}") from error


async def _in_time(answer: Awaitable[T]) -> T:
    """The store's answer, or StoreUnavailable: late, gone, or refusing."""
    try:
        # Not `wait_for`: on Python 3.11 that swallows a cancellation that comes together with the answer.
        async with asyncio.timeout(ANSWER_WITHIN):
            return await answer
    except ClientBulkWriteException:
        raise
    except (PyMongoError, TimeoutError) as error:
        raise StoreUnavailable(f"the store does not answer: {type(error).__name__}") from error


def _landed_in_spite_of(error: ClientBulkWriteException, changes: tuple[Put | Delete, ...]) -> tuple[bool, ...]:
    """What landed when some inserts met an existing key. Any other error makes the whole answer unusable."""
    failed = {each["idx"]: each["code"] for each in error.details["writeErrors"]}
    if error.error is not None or not failed or any(code != _DUPLICATE_KEY for code in failed.values()):
        raise StoreUnavailable("the store refused a write") from error
    # Not `partial_result`: that is None when nothing at all was successful, as when every insert is a duplicate.
    replaced: dict[int, UpdateResult] = error.details["updateResults"]
    return tuple(
        position not in failed and (position not in replaced or replaced[position].matched_count == 1)
        for position in range(len(changes))
    )
