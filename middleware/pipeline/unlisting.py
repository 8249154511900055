"""Timelines of what is erased: they go with their identifier, or lose the lines of events that are no more."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from middleware.domain.identity import Identity
from middleware.domain.timeline import Entry, TimelineHead, TimelinePage, page_id
from middleware.errors import StoreUnavailable
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, Recorded

T = TypeVar("T")

AT_ONCE = 100
"""Records in one command."""


def in_parts(items: Sequence[T]) -> Iterator[list[T]]:
    """So many at a time as go into one command."""
    return (list(items[start : start + AT_ONCE]) for start in range(0, len(items), AT_ONCE))


def page_ids(head: TimelineHead) -> list[str]:
    """The ids of all pages of a timeline."""
    return [page_id(head.id, number) for number in range(head.pages)]


async def delete_under(store: BrandStore, keys: Collection[str]) -> None:
    """Delete identities with their timelines. What has changed since it was read is read again first."""
    for _ in range(TRIES_TO_LAND):
        identities, heads = await store.get(Identity, keys), await store.get(TimelineHead, keys)
        if not identities and not heads:
            return
        for pages in in_parts([page for head in heads.values() for page in page_ids(head.record)]):
            await store.write(*(Delete(TimelinePage, page) for page in pages))
        await store.write(
            *(Delete(TimelineHead, key, each.version) for key, each in heads.items()),
            *(Delete(Identity, key, each.version) for key, each in identities.items()),
        )
    raise StoreUnavailable("others keep changing the same identifiers")


async def unlist(store: BrandStore, key: str) -> None:
    """Take the lines of events that are no more out of a timeline."""
    for _ in range(TRIES_TO_LAND):
        head = (await store.get(TimelineHead, [key])).get(key)
        if head is None:
            return
        for ids in in_parts(page_ids(head.record)):
            pages = (await store.get(TimelinePage, ids)).values()
            known = await _on_record(store, [entry for page in pages for entry in page.record.entries])
            puts = [page.put(page.record.model_copy(update={"entries": left})) for page in pages
                    if (left := _kept(page.record.entries, known)) != page.record.entries]  # fmt: skip
            await store.write(*puts)
        known = await _on_record(store, [*head.record.entries, *head.record.full])
        last = head.record.until
        changes = {"entries": _kept(head.record.entries, known), "full": _kept(head.record.full, known),
                   "until": last.model_copy(update={"line": ""}) if last is not None else None}  # fmt: skip
        after = head.record.model_copy(update=changes)
        if after == head.record or all(await store.write(head.put(after))):
            return
    raise StoreUnavailable("others keep changing the same timeline")


async def _on_record(store: BrandStore, entries: Collection[Entry]) -> set[str]:
    found: set[str] = set()
    for keys in in_parts([entry.event for entry in entries]):
        found |= set(await store.get(Recorded, keys))
    return found


def _kept(entries: tuple[Entry, ...], known: Collection[str]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.event in known)
