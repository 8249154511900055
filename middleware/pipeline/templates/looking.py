"""What people see of templates: which there are, what was published, and what differs."""

import asyncio
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from middleware.domain.template_versions import (
    THE_FILE,
    Preview,
    TemplateHead,
    TemplateVersion,
    version_id,
)
from middleware.errors import FlowError
from middleware.pipeline.templates.edition import read_pages
from middleware.pipeline.templates.errors import NoTemplate, NotNow
from middleware.pipeline.templates.parts import (
    Templates,
    heads_of,
    known_head,
    published_source,
    version_of,
)
from middleware.ports import Stored

DRAFT = "draft"
PUBLISHED = "published"

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_DIGITS = 9
_READ_AT_ONCE = 20
_COMPARED_LINES = 2_500
"""Lines of a text that are compared one by one: of more, the time grows with the square."""


@dataclass(frozen=True, slots=True)
class Row:
    """One template. `said`: some flow says it. `in_file`: it has a version 0."""

    head: Stored[TemplateHead]
    said: bool
    in_file: bool


@dataclass(frozen=True, slots=True)
class RenderedChange:
    """What a made-up customer got and would get; None where the template lacks that locale."""

    customer: str
    locale: str
    channel: str
    before: Preview | None
    after: Preview | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two versions of a template: of the text, as a unified diff, and of what customers get.

    `compared`: how many results were. `unrendered`: why there are none.
    """

    one: str
    other: str
    text: str
    rendered: tuple[RenderedChange, ...]
    compared: int
    unrendered: str = ""


async def listed(of: Templates, most: int, after: str = "") -> tuple[tuple[Row, ...], str | None]:
    """Templates in the order of their names, behind `after`; and what to go on with."""
    known = {name for page in (await read_pages(of.store)).values() for name in page.record.numbers}
    names = sorted(name for name in known | of.desk.files.keys() if name > after)
    heads = await heads_of(of, names[:most])
    rows = tuple(_row(of, head) for name, head in heads.items() if head.version or name in of.desk.files)
    return rows, names[most - 1] if len(names) > most else None


async def looked_at(of: Templates, name: str) -> Row:
    """One template. Raises NoTemplate."""
    return _row(of, await known_head(of, name))


async def versions(
    of: Templates, name: str, most: int = _READ_AT_ONCE, before: int | None = None
) -> tuple[tuple[TemplateVersion, ...], int | None]:
    """What was published, the latest first, only numbers below `before`; and what to go on with.

    Raises NoTemplate.
    """
    head = await known_head(of, name)
    found: list[TemplateVersion] = []
    read: dict[str, Stored[TemplateVersion]] = {}
    number = head.record.published
    while number != THE_FILE:
        if version_id(name, number) not in read:
            first = max(1, number - _READ_AT_ONCE + 1)
            read = await of.store.get(TemplateVersion, [version_id(name, each) for each in range(first, number + 1)])
        stored = read.get(version_id(name, number))
        if stored is None:
            raise NoTemplate(f"version {number} of {name} is not in the store")
        if before is None or number < before:
            if len(found) == most:
                return tuple(found), found[-1].number
            found.append(stored.record)
        number = stored.record.before
    return tuple(found), None


async def source_of(of: Templates, name: str, which: str) -> str:
    """The source of a version: its number, `draft` or `published`. Raises NoTemplate."""
    head = await known_head(of, name)
    if which == DRAFT:
        if head.record.draft is None:
            raise NoTemplate(f"{name} has no draft")
        return head.record.draft.source
    if which == PUBLISHED:
        source = await published_source(of, head.record)
    elif not (which.isascii() and which.isdigit() and len(which) <= _MOST_DIGITS):
        raise NoTemplate(f"{which[:40]!r} is no version: a number, draft or published")
    elif int(which) == THE_FILE:
        source = of.desk.files.get(name)
    else:
        source = (await version_of(of, name, int(which))).source
    if source is None:
        raise NoTemplate(f"{name} has no version {which}")
    return source


async def difference(of: Templates, name: str, one: str = "", other: str = "") -> Difference:
    """What differs between two versions. Without names: the published one and the draft, else the two latest.

    Raises NoTemplate, and NotNow where there are no two.
    """
    if not one or not other:
        one, other = await _usual(of, name, one)
    before, after = await source_of(of, name, one), await source_of(of, name, other)
    text = await asyncio.to_thread(unified, before, after, f"{name} {one}", f"{name} {other}")
    try:
        shown = [{_key(each): each for each in await asyncio.to_thread(of.desk.previews, name, source)}
                 for source in (before, after)]  # fmt: skip
    except FlowError as error:
        return Difference(one, other, text, (), 0, str(error))
    keys = list(dict.fromkeys((*shown[0], *shown[1])))
    changes = tuple(
        RenderedChange(*key, shown[0].get(key), shown[1].get(key))
        for key in keys
        if shown[0].get(key) != shown[1].get(key)
    )
    return Difference(one, other, text, changes, len(keys))


async def _usual(of: Templates, name: str, one: str) -> tuple[str, str]:
    head = (await known_head(of, name)).record
    if one:
        return one, DRAFT if head.draft is not None and one != DRAFT else PUBLISHED
    if head.draft is not None:
        return PUBLISHED, DRAFT
    if head.published == THE_FILE:
        raise NotNow(f"{name} has neither a draft nor a version but that of its file")
    return str((await version_of(of, name, head.published)).before), str(head.published)


def _row(of: Templates, head: Stored[TemplateHead]) -> Row:
    return Row(head, head.record.id in of.desk.said, head.record.id in of.desk.files)


def _key(preview: Preview) -> tuple[str, str, str]:
    return preview.customer, preview.locale, preview.channel


def unified(one: str, other: str, from_name: str, to_name: str) -> str:
    """A unified diff of two texts; of long ones all of the one and then all of the other."""
    before, after = _LINE.findall(one), _LINE.findall(other)
    if max(len(before), len(after)) > _COMPARED_LINES:
        return "".join((f"--- {from_name}\n", f"+++ {to_name}\n", *_signed("-", before), *_signed("+", after)))
    return "".join(_ended(difflib.unified_diff(before, after, from_name, to_name)))


def _signed(sign: str, lines: Sequence[str]) -> Iterable[str]:
    return _ended(sign + line for line in lines)


def _ended(lines: Iterable[str]) -> Iterable[str]:
    """Each line with an end: as `diff` does, one that has none in the file says so."""
    return (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
