"""What all that is done to templates needs: the store of a brand, its desk, its rules."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from middleware.domain.record import Record
from middleware.domain.template_versions import (
    THE_FILE,
    PublishedSource,
    TemplateHead,
    TemplateVersion,
    is_template_name,
    version_id,
)
from middleware.pipeline.templates.errors import NotDone, NoTemplate, TemplateChanged
from middleware.ports import BrandStore, Put, Stored, TemplateDesk

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of one brand. `two_persons`: nobody publishes a draft of their own."""

    store: BrandStore
    desk: TemplateDesk
    two_persons: bool = False


async def heads_of(of: Templates, names: Collection[str]) -> dict[str, Stored[TemplateHead]]:
    """The heads of these templates, by name; version 0 for one that nobody has edited yet."""
    found = await of.store.get(TemplateHead, names)
    return {name: found.get(name) or Stored(TemplateHead(id=name), 0) for name in names}


async def head_of(of: Templates, name: str, revision: int | None = None) -> Stored[TemplateHead]:
    """The head of a template, known or new. Raises NoTemplate for a name that no template can have, and
    TemplateChanged where it is not at the revision that is given.
    """
    if not is_template_name(name):
        raise NoTemplate(f"no template can be called {name[:80]!r}: small letters, digits and single _, 60 at most")
    head = (await heads_of(of, [name]))[name]
    if revision is not None and revision != head.version:
        raise changed(head)
    return head


async def known_head(of: Templates, name: str, revision: int | None = None) -> Stored[TemplateHead]:
    """The head of a template that is there, edited or in a file. Raises NoTemplate and TemplateChanged."""
    head = await head_of(of, name, revision)
    if not head.version and name not in of.desk.files:
        raise NoTemplate(f"there is no template {name}")
    return head


def changed(head: Stored[TemplateHead]) -> TemplateChanged:
    """The error for whoever was not the first to write."""
    return TemplateChanged(head.record.id, head.record.changed_by, head.record.changed_at, head.version)


async def write_head(of: Templates, before: Stored[TemplateHead], record: TemplateHead) -> Stored[TemplateHead]:
    """Write a head over the one that was read. Raises TemplateChanged."""
    (landed,) = await of.store.write(Put(record, before.version))
    if not landed:
        raise changed((await heads_of(of, [record.id]))[record.id])
    return Stored(record, before.version + 1)


async def version_of(of: Templates, name: str, number: int) -> TemplateVersion:
    """One version that was published. Raises NoTemplate."""
    key = version_id(name, number)
    found = (await of.store.get(TemplateVersion, [key])).get(key) if number > 0 else None
    if found is None:
        raise NoTemplate(f"{name} has no version {number}")
    return found.record


async def published_source(of: Templates, head: TemplateHead) -> str | None:
    """What customers get; None if there is nothing."""
    if not head.published:
        return of.desk.files.get(head.id)
    version = await version_of(of, head.id, head.published)
    return of.desk.files.get(head.id) if version.repeats == 0 else version.source


async def published_sources(store: BrandStore, names: Collection[str]) -> dict[str, PublishedSource]:
    """What customers get of the templates of these names in place of files, by name."""
    heads = (await store.get(TemplateHead, names)).values()
    ids = [version_id(head.record.id, head.record.published) for head in heads if head.record.published != THE_FILE]
    versions = (stored.record for stored in (await store.get(TemplateVersion, ids)).values())
    return {each.name: PublishedSource(each.number, each.source) for each in versions if each.repeats != THE_FILE}


def made(kind: type[R], **fields: Any) -> R:  # noqa: ANN401 - the fields of any record
    """A record of what somebody wrote. Raises NotDone with what is wrong with it."""
    try:
        return kind(**fields)
    except ValidationError as error:
        raise NotDone("; ".join(f"{each['loc'][0]}: {_said(each['msg'])}" for each in error.errors())) from None


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
