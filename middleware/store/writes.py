"""Writing in groups: which changes go together, in which command, and what each caller is told.

Three ways, by what a caller's changes are:

- new records of one collection (an inbox entry, a turn): `insert` of all of them, the cheapest command there is;
- changes without a new record: one ordered command, so that a crash leaves a first part of each caller's changes;
- anything else: one unordered command, in which a record that exists already stops nobody.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import bson
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError, ClientBulkWriteException

from middleware.errors import NotStorable, StoreUnavailable
from middleware.ports import Delete, Put
from middleware.store.codec import to_document
from middleware.store.collections import COLLECTIONS
from middleware.store.group import Again, Grouped
from middleware.store.timing import in_time

Client = AsyncIOMotorClient[dict[str, Any]]
Operation = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | DeleteOne
Landed = tuple[bool, ...]

_DUPLICATE_KEY = 11000

_LARGEST = 16 * 1024 * 1024 - 16 * 1024
"""Bytes of one document: MongoDB takes 16 MiB, and the command around it needs some room."""

_MOST_BYTES = 4 * 1024 * 1024
"""In one command: far from the 48 MB that the wire takes, near to what a server does in a moment."""

_PER_CHANGE = 8 * 1024
"""What each change counts at least, so that a command has at most 512 of them."""


class Encoded(RawBSONDocument):
    """A document as bytes. The driver asks whether it is empty, which would decode all of it."""

    def __bool__(self) -> bool:
        """Never empty: each has its `_id`."""
        return True


@dataclass(frozen=True, slots=True)
class Change:
    """One change, encoded: a document that cannot be stored has failed its own caller by now."""

    collection: str
    id: str
    version: int | None
    """The version that it must have now; 0: it must not exist, None: whatever it is."""
    document: Encoded | None = None
    """None for a deletion."""
    weight: int = 0
    """Bytes."""

    @property
    def is_new(self) -> bool:
        """Whether it makes a new document."""
        return self.version == 0

    def operation(self, database: str) -> Operation:
        """The same for a command over several collections."""
        namespace = f"{database}.{self.collection}"
        if self.document is None:
            return DeleteOne(self._known(), namespace=namespace)
        document = cast("dict[str, Any]", self.document)
        if self.is_new:
            return InsertOne(document, namespace=namespace)
        return ReplaceOne(self._known(), document, namespace=namespace)

    def _known(self) -> dict[str, Any]:
        return {"_id": self.id} if self.version is None else {"_id": self.id, "v": self.version}


Changes = tuple[Change, ...]


class GroupedWrites:
    """All writes of one database."""

    def __init__(self, client: Client, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._client = client
        self._database = database
        self._inserts: dict[str, Grouped[Changes, Landed]] = {}
        self._ordered: Grouped[Changes, Landed] = Grouped(partial(self._bulk, ordered=True), _weight, _MOST_BYTES)
        self._mixed: Grouped[Changes, Landed] = Grouped(partial(self._bulk, ordered=False), _weight, _MOST_BYTES)

    async def write(self, changes: Sequence[Put | Delete]) -> Landed:
        """Carry out one caller's changes; for each whether it landed. See `BrandStore.write`."""
        encoded = tuple(_encoded(position, change) for position, change in enumerate(changes))
        return await self._group_for(encoded).ask(encoded)

    async def close(self) -> None:
        """End what is under way."""
        await asyncio.gather(*(each.close() for each in (self._ordered, self._mixed, *self._inserts.values())))

    def _group_for(self, changes: Changes) -> Grouped[Changes, Landed]:
        if not any(change.is_new for change in changes):
            return self._ordered
        collection = changes[0].collection
        if not all(change.is_new and change.collection == collection for change in changes):
            return self._mixed
        if collection not in self._inserts:
            insert = partial(_insert, self._database[collection])
            self._inserts[collection] = Grouped(insert, _weight, _MOST_BYTES)
        return self._inserts[collection]

    async def _bulk(self, sets: Sequence[Changes], *, ordered: bool) -> list[Landed | Exception]:
        """One command over several collections."""
        operations = [change.operation(self._database.name) for changes in sets for change in changes]
        try:
            result = await in_time(self._client.bulk_write(operations, ordered=ordered, verbose_results=True))
        except ClientBulkWriteException as error:
            return _told(sets, _failures(error), error.details["updateResults"], ordered=ordered)
        return _told(sets, {}, result.update_results, ordered=ordered)


async def _insert(
    collection: "AsyncIOMotorCollection[dict[str, Any]]", sets: Sequence[Changes]
) -> list[Landed | Exception]:
    """New documents of one collection."""
    documents = [change.document for changes in sets for change in changes if change.document is not None]
    try:
        await in_time(collection.insert_many(documents, ordered=False))
    except BulkWriteError as error:
        if error.details["writeConcernErrors"]:
            raise StoreUnavailable("the store could not keep a write") from error
        return _told(sets, {each["index"]: each["code"] for each in error.details["writeErrors"]}, {}, ordered=False)
    return _told(sets, {}, {}, ordered=False)


def _failures(error: ClientBulkWriteException) -> dict[int, int]:
    """Position -> error code. Any failure of the command as a whole is the failure of everybody in it."""
    failed = {each["idx"]: each["code"] for each in error.details["writeErrors"]}
    if error.error is not None or error.details["writeConcernErrors"] or not failed:
        raise StoreUnavailable("the store refused a write") from error
    return failed


def _told(
    sets: Sequence[Changes], failed: Mapping[int, int], replaced: Mapping[int, Any], *, ordered: bool
) -> list[Landed | Exception]:
    """What each caller is told: for each of its changes whether it landed, or why that is not known.

    `replaced` has, by position, what became of the replacements. An ordered command ends at its first failure.
    """
    answers: list[Landed | Exception] = []
    first, end = 0, min(failed) if ordered and failed else None
    for changes in sets:
        positions = range(first, first + len(changes))
        first += len(changes)
        if end is not None and positions.start > end:
            answers.append(Again())
        elif any(failed.get(position, _DUPLICATE_KEY) != _DUPLICATE_KEY for position in positions):
            answers.append(StoreUnavailable("the store refused a write"))
        else:
            answers.append(tuple(_landed(position, failed, replaced) for position in positions))
    return answers


def _landed(position: int, failed: Mapping[int, int], replaced: Mapping[int, Any]) -> bool:
    return position not in failed and (position not in replaced or replaced[position].matched_count == 1)


def _encoded(position: int, change: Put | Delete) -> Change:
    """The change with its document as bytes. Raises NotStorable before it joins any others."""
    if isinstance(change, Delete):
        home = COLLECTIONS[change.kind]
        return Change(home.name, home.key(change.id), change.version)
    try:
        document = to_document(change.record, change.version + 1)
        raw = bson.encode(document)
    except (BSONError, OverflowError, TypeError, UnicodeEncodeError, RecursionError) as error:
        raise NotStorable(position, f"does not fit the store: {type(error).__name__}") from error
    if len(raw) > _LARGEST:
        raise NotStorable(position, "does not fit the store: too large")
    return Change(COLLECTIONS[type(change.record)].name, document["_id"], change.version, Encoded(raw), len(raw))


def _weight(changes: Changes) -> int:
    return sum(max(_PER_CHANGE, change.weight) for change in changes)
