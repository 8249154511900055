"""What all that is done to releases of flows needs: what is kept of them, and their flows as they would be said now."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from middleware.domain.flow_releases import (
    FLOW_HEAD,
    THE_FILES,
    FlowFiles,
    FlowHead,
    FlowPublication,
    FlowRelease,
    numbered,
)
from middleware.domain.template_versions import TemplateFinding
from middleware.errors import FlowError
from middleware.pipeline.releases.errors import FlowsChanged, NoRelease
from middleware.pipeline.templates.errors import NotNow
from middleware.pipeline.templates.parts import published_sources
from middleware.ports import BrandStore, Stored, TemplateDesk

_READ_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Releases:
    """The flows of one brand. `desk` has those of its files. `two_persons`: nobody publishes what they imported."""

    store: BrandStore
    desk: TemplateDesk
    two_persons: bool = False


async def read_head(store: BrandStore) -> Stored[FlowHead]:
    """Which release customers get; version 0 before anything was ever published."""
    return (await store.get(FlowHead, [FLOW_HEAD])).get(FLOW_HEAD) or Stored(FlowHead(), 0)


async def head_at(store: BrandStore, revision: int | None) -> Stored[FlowHead]:
    """The same. Raises FlowsChanged where it is not at the revision that is given."""
    head = await read_head(store)
    if revision is not None and revision != head.version:
        raise changed(head)
    return head


def changed(head: Stored[FlowHead]) -> FlowsChanged:
    """The error for whoever was not the first to publish."""
    record = head.record
    return FlowsChanged(in_words(record.release), record.changed_by, record.changed_at, head.version)


def in_words(number: int) -> str:
    """What a release is called."""
    return f"release {number}" if number != THE_FILES else "the files (release 0)"


async def release_of(store: BrandStore, number: int) -> FlowRelease:
    """One release that was imported. Raises NoRelease."""
    key = numbered(number)
    found = (await store.get(FlowRelease, [key])).get(key) if number > 0 else None
    if found is None:
        raise NoRelease(f"there is no release {number}: throughline flows releases lists them")
    return found.record


async def files_of(store: BrandStore, release: FlowRelease) -> FlowFiles:
    """The files of a release. Raises NoRelease."""
    found = (await store.get(FlowFiles, [release.files])).get(release.files)
    if found is None:
        raise NoRelease(f"the files of release {release.number} are not in the store")
    return found.record


async def publications(store: BrandStore, number: int) -> AsyncIterator[FlowPublication]:
    """What customers got: this publication, and those before it, back to the first one."""
    read: dict[str, Stored[FlowPublication]] = {}
    while number:
        if numbered(number) not in read:
            ids = [numbered(each) for each in range(max(1, number - _READ_AT_ONCE + 1), number + 1)]
            read = await store.get(FlowPublication, ids)
        stored = read.get(numbered(number))
        if stored is None:
            return
        yield stored.record
        number = stored.record.before


async def desk_with(store: BrandStore, files: TemplateDesk, number: int) -> TemplateDesk:
    """A desk with the flows of a release; `files` is that of the files. Raises NoRelease and FlowError."""
    if number == THE_FILES:
        return files
    sources = (await files_of(store, await release_of(store, number))).flows
    return await asyncio.to_thread(files.carrying, sources)


async def desk_now(store: BrandStore, files: TemplateDesk) -> TemplateDesk:
    """A desk with the flows that customers get. Raises NoRelease, and NotNow where they cannot be said here."""
    number = (await read_head(store)).record.release
    try:
        return await desk_with(store, files, number)
    except FlowError as error:
        raise NotNow(f"{in_words(number)} is published, and cannot be said by this process:\n{error}") from None


async def mistakes(store: BrandStore, desk: TemplateDesk) -> list[TemplateFinding]:
    """What keeps the flows of a desk from being said, with the templates that are published now."""
    published = await published_sources(store, desk.said)
    found: list[TemplateFinding] = []
    for name, each in published.items():
        found += await asyncio.to_thread(desk.compile, name, each.source)
    return [*found, *await asyncio.to_thread(desk.lacks, published.keys())]
