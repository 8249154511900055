"""The pages and the edition: how processes come to know that another version is published.

The heads say what is published, and there may be thousands of them. A process reads one document a second, the edition,
and from it sees which page changed; from a page, which versions. Both follow the heads. So that a crash between the
writes leaves no head that nobody looks at, a version stands in the edition as under way before its head is written, and
until its page is: meanwhile processes ask the head itself.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from middleware.domain.template_versions import (
    ALL_PAGES,
    EDITION,
    MOST_TEMPLATES,
    TemplateEdition,
    TemplateHead,
    TemplatePage,
    UnderWay,
    page_of_template,
)
from middleware.errors import StoreUnavailable
from middleware.pipeline.templates.errors import NotNow
from middleware.pipeline.templates.parts import Templates
from middleware.ports import BrandStore, Put, Stored

LEFT_BEHIND_AFTER = timedelta(seconds=10)
"""What is under way for longer was left behind by a process that died."""

_TRIES = 100
"""Writes of one document that others write too: each time somebody else has won, so that all get on."""


async def read_edition(store: BrandStore) -> Stored[TemplateEdition]:
    """The edition; version 0 before anything was ever published."""
    return (await store.get(TemplateEdition, [EDITION])).get(EDITION) or Stored(TemplateEdition(), 0)


async def read_pages(store: BrandStore, ids: Collection[str] = ALL_PAGES) -> dict[str, Stored[TemplatePage]]:
    """Pages by id; version 0 for one that is not there yet."""
    found = await store.get(TemplatePage, ids)
    return {each: found.get(each) or Stored(TemplatePage(id=each), 0) for each in ids}


async def enter_names(of: Templates, names: Collection[str]) -> None:
    """Put names on their pages that are not there yet. Raises NotNow if there would be too many templates."""
    known = {name for page in (await read_pages(of.store)).values() for name in page.record.numbers}
    new = set(names) - known
    if len(known) + len(new) > MOST_TEMPLATES:
        raise NotNow(f"there are {len(known):,} templates already, and {MOST_TEMPLATES:,} is the most")
    await _turn_pages(of.store, new)


async def begin(store: BrandStore, versions: Collection[str], now: datetime) -> None:
    """Say that these versions (ids) are under way, before their heads are written."""
    entries = tuple(UnderWay(version=each, at=now) for each in versions)
    await _change(
        store,
        lambda edition: edition.model_copy(update={"under_way": (*edition.under_way, *entries)}),
    )


async def end(store: BrandStore, versions: Collection[str]) -> None:
    """Let the pages say what the heads of these versions say, and the versions not be under way any more."""
    over, names = set(versions), {each.rpartition("|")[0] for each in versions}
    pages = await _turn_pages(store, names)

    def ended(edition: TemplateEdition) -> TemplateEdition:
        left = tuple(each for each in edition.under_way if each.version not in over)
        marks = {page: max(mark, edition.marks.get(page, 0)) for page, mark in pages.items()}
        return edition.model_copy(update={"under_way": left, "marks": {**edition.marks, **marks}})

    await _change(store, ended)


async def mend(store: BrandStore, now: datetime) -> None:
    """End what a process that died has left behind."""
    edition = (await read_edition(store)).record
    left = left_behind(edition, now)
    if left:
        await end(store, left)


def left_behind(edition: TemplateEdition, now: datetime) -> tuple[str, ...]:
    """The versions that are under way for too long."""
    return tuple(each.version for each in edition.under_way if now - each.at > LEFT_BEHIND_AFTER)


async def _turn_pages(store: BrandStore, names: Iterable[str]) -> dict[str, int]:
    """Let the pages of these names say what their heads say; the versions of these pages."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for name in names:
        waiting[page_of_template(name)].append(name)
    turned: dict[str, int] = {}
    for _ in range(_TRIES):
        # The page is read before the head: whoever has written the head since writes the page after us.
        pages = await read_pages(store, waiting)
        heads = await store.get(TemplateHead, [name for each in waiting.values() for name in each])
        puts: list[tuple[str, Put]] = []
        for page, stored in pages.items():
            numbers = {name: heads[name].record.published if name in heads else 0 for name in waiting[page]}
            told = {**stored.record.numbers, **numbers}
            if told == stored.record.numbers:
                turned[page] = stored.version
            else:
                puts.append((page, stored.put(stored.record.model_copy(update={"numbers": told}))))
        landed = await store.write(*(put for _, put in puts))
        turned |= {page: put.version + 1 for (page, put), done in zip(puts, landed, strict=True) if done}
        waiting = {page: each for page, each in waiting.items() if page not in turned}
        if not waiting:
            return turned
    raise StoreUnavailable("too many publish at once; look whether it was done")


async def _change(store: BrandStore, change: Callable[[TemplateEdition], TemplateEdition]) -> None:
    for _ in range(_TRIES):
        edition = await read_edition(store)
        (landed,) = await store.write(edition.put(change(edition.record)))
        if landed:
            return
    raise StoreUnavailable("too many publish at once; look whether it was done")
