"""Records to BSON documents and back.

A document is the record's fields with `_id` for `id` and `v` for the version; in a dated collection with `t` for the
time of writing. The raw slice of an event is kept as JSON bytes: its keys are somebody else's and need not be good BSON
keys.
"""

from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from middleware.domain.record import Record
from middleware.ports import Stored
from middleware.store.collections import COLLECTIONS, WRITTEN_AT

R = TypeVar("R", bound=Record)

_NOT_OF_THE_RECORD = frozenset({"_id", "v", WRITTEN_AT})


def to_document(record: Record, version: int) -> dict[str, Any]:
    """The document of a record at a version."""
    fields = record.model_dump(exclude_none=True, by_alias=True)
    event = fields.get("event")
    if event is not None:
        event["raw"] = orjson.dumps(event["raw"])
    home = COLLECTIONS[type(record)]
    written = {WRITTEN_AT: datetime.now(UTC)} if home.dated else {}
    return {"_id": home.key(fields.pop("id")), "v": version, **written, **fields}


def from_document(kind: type[R], document: dict[str, Any]) -> Stored[R]:
    """The record of a document, with its version."""
    fields = {key: value for key, value in document.items() if key not in _NOT_OF_THE_RECORD}
    event = fields.get("event")
    if event is not None:
        fields["event"] = {**event, "raw": orjson.loads(event["raw"])}
    identifier = COLLECTIONS[kind].identifier(document["_id"])
    return Stored(kind.model_validate({"id": identifier, **fields}), document["v"])
