"""Drafts of flows: kept whether they are right or not, and written over unseen by nobody."""

from collections.abc import Collection, Mapping
from datetime import datetime

from middleware.domain.flow_drafts import (
    MOST_DRAFTS,
    FlowDraft,
    FlowWriting,
    is_flow_path,
    is_open,
    pair_of,
    pair_written,
)
from middleware.pipeline.releases.errors import DraftChanged, NoRelease
from middleware.pipeline.templates.errors import NotDone, NotNow
from middleware.pipeline.templates.parts import made
from middleware.ports import BrandStore, Stored


async def draft_of(store: BrandStore, file: str) -> Stored[FlowDraft]:
    """The draft of a file of flows; version 0 before anybody wrote in it. Raises NoRelease for no name of a file."""
    if not is_flow_path(file):
        raise NoRelease(f"no file of flows can be called {file[:80]!r}")
    return (await store.get(FlowDraft, [file])).get(file) or Stored(FlowDraft(id=file), 0)


async def open_drafts(store: BrandStore, published: Mapping[str, str]) -> tuple[FlowDraft, ...]:
    """All drafts that are still to come over what is published, in the order of their files."""
    return tuple(each for each in await _all_drafts(store) if is_open(each, published))


async def save_draft(
    store: BrandStore, file: str, source: str, tests: str, *, base: str, by: str, now: datetime, revision: int
) -> Stored[FlowDraft]:
    """Save what is written over the draft of this revision; mistakes in it keep it from no draft.

    Raises NoRelease, DraftChanged, and NotDone for what is too large or one too many.
    """
    before = await draft_of(store, file)
    if before.version != revision:
        raise _changed(before)
    if not before.version and len(await _all_drafts(store)) >= MOST_DRAFTS:
        raise NotDone(f"people have written in {MOST_DRAFTS:,} files already")
    writing = made(FlowWriting, source=source, tests=tests, by=by, at=now, base=base)
    return await _written(store, before, writing, writing.by, now)


async def discard_draft(store: BrandStore, file: str, *, by: str, now: datetime, revision: int) -> Stored[FlowDraft]:
    """Throw a draft away. Raises NoRelease, DraftChanged, and NotNow if there is none."""
    before = await draft_of(store, file)
    if before.version != revision:
        raise _changed(before)
    if before.record.writing is None:
        raise NotNow(f"{file} has no draft")
    return await _written(store, before, None, by, now)


async def mark_released(store: BrandStore, files: Collection[str], sources: Mapping[str, str], number: int) -> None:
    """Note in drafts that they became a release of these sources. One that was written in meanwhile stays as it is."""
    for file, stored in (await store.get(FlowDraft, files)).items():
        draft, writing = stored.record, stored.record.writing
        if writing is not None and pair_written(file, writing.source, writing.tests) == pair_of(sources, file):
            released = writing.model_copy(update={"released": number})
            await store.write(stored.put(draft.model_copy(update={"writing": released})))


async def _all_drafts(store: BrandStore) -> list[FlowDraft]:
    return [each.record async for some in store.scan(FlowDraft) for each in some]


async def _written(
    store: BrandStore, before: Stored[FlowDraft], writing: FlowWriting | None, by: str, now: datetime
) -> Stored[FlowDraft]:
    record = before.record.model_copy(update={"writing": writing, "changed_by": by, "changed_at": now})
    (landed,) = await store.write(before.put(record))
    if not landed:
        raise _changed(await draft_of(store, record.id))
    return Stored(record, before.version + 1)


def _changed(draft: Stored[FlowDraft]) -> DraftChanged:
    return DraftChanged(draft.record.id, draft.record.changed_by, draft.record.changed_at, draft.version)
