"""The bytes of files that customers sent, as they are kept."""

import hashlib
from collections.abc import Collection, Mapping

from middleware.domain.attachments import (
    AttachmentPiece,
    Attachments,
    FileState,
    StoredFile,
    event_of_attachment,
    piece_ids,
)
from middleware.ports import BrandStore

_READ_AT_ONCE = 8


async def files_by_id(store: BrandStore, identifiers: Collection[str]) -> Mapping[str, StoredFile]:
    """What became of these attachments, by their ids; one that nobody has tried to fetch is not there. One read."""
    named = {each: found for each in identifiers if (found := event_of_attachment(each)) is not None}
    known = await store.get(Attachments, {event for event, _ in named.values()})
    files = {
        each: known[event].record.file(position)
        for each, (event, position) in named.items()
        if event in known and known[event].record.taken_back_at is None
    }
    return {each: file for each, file in files.items() if file is not None}


async def read_file(store: BrandStore, identifier: str) -> tuple[StoredFile, bytes] | None:
    """A file with its bytes, all of them in memory; None if there are none, or not as they were fetched."""
    file = (await files_by_id(store, [identifier])).get(identifier)
    named = event_of_attachment(identifier)
    if file is None or named is None or file.state is not FileState.FETCHED:
        return None
    content = await content_of(store, named[0], file)
    return (file, content) if content is not None else None


async def content_of(store: BrandStore, event: str, file: StoredFile) -> bytes | None:
    """The bytes of a file of an event; None if they are not those that were fetched."""
    ids, content = piece_ids(event, file), bytearray()
    for start in range(0, len(ids), _READ_AT_ONCE):
        pieces = await store.get(AttachmentPiece, ids[start : start + _READ_AT_ONCE])
        for key in ids[start : start + _READ_AT_ONCE]:
            content += pieces[key].record.data if key in pieces else b""
    return bytes(content) if hashlib.sha256(content).hexdigest() == file.sha256 else None
