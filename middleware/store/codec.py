"""Records to BSON documents and back.

A document is the record's fields with `_id` for `id` and `v` for the version. The raw slice of an event is kept as
JSON bytes: its keys are somebody else's and need not be good BSON keys.
"""

from typing import Any, TypeVar

import orjson

from middleware.domain.record import Record
from middleware.ports import Stored
from middleware.store.collections import COLLECTIONS

R = TypeVar("R", bound=Record)


def to_document(record: Record, version: int) -> dict[str, Any]:
    """The document of a record at a version."""
    fields = record.model_dump(exclude_none=True, by_alias=True)
    event = fields.get("event")
    if event is not None:
        event["raw"] = orjson.dumps(event["raw"])
    return {"_id": COLLECTIONS[type(record)].key(fields.pop("id")), "v": version, **fields}


def from_document(kind: type[R], document: dict[str, Any]) -> Stored[R]:
    """The record of a document, with its version."""
    fields = {key: value for key, value in document.items() if key not in {"_id", "v"}}
    event = fields.get("event")
    if event is not None:
        fields["event"] = {**event, "raw": orjson.loads(event["raw"])}
    identifier = COLLECTIONS[kind].identifier(document["_id"])
    return Stored(kind.model_validate({"id": identifier, **fields}), document["v"])
