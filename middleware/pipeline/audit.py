"""The audit log of a brand: numbered entries, each chained to the one before, so that a change shows.

The number decides who comes next: two who write at once want the same one, and the second tries the next. The head
only says from where to look.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from middleware.domain.record import at_millisecond
from middleware.domain.users import AuditEntry, AuditHead
from middleware.errors import StoreUnavailable
from middleware.ports import TRIES_TO_LAND, BrandStore, Put, Stored

_LOOKED_AHEAD = 20


async def audit(
    store: BrandStore, *, by: str, what: str, now: datetime, about: str = "", details: Mapping[str, str] | None = None
) -> AuditEntry:
    """Write one entry. Raises StoreUnavailable: what is not on record must not be done."""
    head = (await store.get(AuditHead, ["audit"])).get("audit") or Stored(AuditHead(), 0)
    last = await _last(store, head.record.count)
    for _ in range(TRIES_TO_LAND):
        entry = _chained(
            last, AuditEntry(id="", at=at_millisecond(now), by=by, what=what, about=about, details=dict(details or {}),
                             hash="")
        )  # fmt: skip
        (landed,) = await store.write(Put(entry))
        if landed:
            # Only a hint: whoever comes too late with it has written an entry all the same.
            await store.write(head.put(AuditHead(count=int(entry.id))))
            return entry
        last = await _last(store, int(entry.id))
    raise StoreUnavailable("others keep writing to the audit log")


async def entries(store: BrandStore, *, before: int | None = None, most: int = 50) -> list[AuditEntry]:
    """The newest entries, or those before a number, newest first."""
    if before is None:
        head = (await store.get(AuditHead, ["audit"])).get("audit")
        last = await _last(store, head.record.count if head is not None else 0)
        before = (int(last.id) if last is not None else 0) + 1
    ids = [_id(number) for number in range(max(before - most, 1), before)]
    found = await store.get(AuditEntry, ids)
    return [found[each].record for each in reversed(ids) if each in found]


async def broken_at(store: BrandStore) -> int | None:
    """The number of the first entry that was changed, removed or put in, or None if the chain holds."""
    number, before = 0, None
    async for entry in _all(store):
        number += 1
        if entry.id != _id(number) or _chained(before, entry).hash != entry.hash:
            return number
        before = entry
    return None


async def _all(store: BrandStore) -> AsyncIterator[AuditEntry]:
    async for some in store.scan(AuditEntry):
        for stored in some:
            yield stored.record


async def _last(store: BrandStore, known: int) -> AuditEntry | None:
    """The newest entry; it is at `known` or not far behind it."""
    last: AuditEntry | None = None
    while True:
        ids = [_id(number) for number in range(max(known, 1), known + _LOOKED_AHEAD)]
        found = await store.get(AuditEntry, ids)
        if not found:
            return last
        last = found[max(found)].record
        if len(found) < len(ids):
            return last
        known = int(last.id)


def _chained(before: AuditEntry | None, entry: AuditEntry) -> AuditEntry:
    """The entry as it follows on another one."""
    number = _id(int(before.id) + 1 if before is not None else 1)
    numbered = entry.model_copy(update={"id": number, "hash": ""})
    said = f"{before.hash if before is not None else ''}\n{numbered.model_dump_json()}"
    return numbered.model_copy(update={"hash": hashlib.sha256(said.encode()).hexdigest()})


def _id(number: int) -> str:
    return f"{number:010d}"
