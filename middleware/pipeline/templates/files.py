"""Many templates at once, as whoever keeps them in files has them: what would change, and bringing it in.

Reading and writing the files themselves is the command's work.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from middleware.domain.template_versions import (
    THE_FILE,
    TemplateFinding,
    TemplateHead,
    TemplateVersion,
    is_template_name,
    version_id,
)
from middleware.pipeline.templates.editing import save_draft, written
from middleware.pipeline.templates.edition import read_pages
from middleware.pipeline.templates.errors import NotDone
from middleware.pipeline.templates.parts import Templates, heads_of
from middleware.pipeline.templates.publishing import plan, publish_all
from middleware.ports import Stored

AT_ONCE = 100
"""Templates that are read, and published, together."""

Told = Callable[[int], None]
"""Told how many more are done."""


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template as a file has it. `file` is how findings call it."""

    name: str
    source: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A file beside what is published: the same, changed, new, or not to be published because of its `findings`."""

    text: TemplateText
    head: Stored[TemplateHead]
    state: Literal["same", "changed", "new", "refused"]
    findings: tuple[TemplateFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What became of one: the number of its version (0: a draft), or why it was left as it was."""

    name: str
    number: int = 0
    why_not: str = ""


async def published(of: Templates, *, files_too: bool = False) -> AsyncIterator[list[TemplateText]]:
    """What customers get, in the order of names and some at a time: what was published over the files.

    With `files_too` also those templates that stand in files alone.
    """
    names = {name for page in (await read_pages(of.store)).values() for name, number in page.record.numbers.items()
             if number}  # fmt: skip
    ordered = sorted(names | (of.desk.files.keys() if files_too else set()))
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        sources = await sources_of(of, await heads_of(of, some), files_too=files_too)
        yield [TemplateText(name, source) for name, source in sources.items() if source is not None]


async def compare(of: Templates, texts: Sequence[TemplateText], told: Told = lambda _: None) -> list[Compared]:
    """Each beside what is published, and checked if it is another."""
    found: list[Compared] = []
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        heads = await heads_of(of, [each.name for each in some if is_template_name(each.name)])
        sources = await sources_of(of, heads, files_too=True)
        for text in some:
            found.append(await _compared(of, text, heads.get(text.name), sources.get(text.name)))
            told(1)
    return found


async def bring_in(
    of: Templates, compared: Sequence[Compared], *, by: str, now: datetime, note: str = "", told: Told = lambda _: None
) -> list[BroughtIn]:
    """Publish what is new or changed, each if nobody has changed it since it was compared; drafts of others stay.

    Nothing of it may be `refused`. In a brand in which it takes two persons they become drafts.
    Raises NotDone for an author or a note that does not fit.
    """
    outcome: list[BroughtIn] = []
    changed = [each for each in compared if each.state != "same"]
    if any(each.state == "refused" for each in changed):
        raise NotDone("some have errors: nothing was brought in")
    for start in range(0, len(changed), AT_ONCE):
        some = changed[start : start + AT_ONCE]
        bring = _as_drafts if of.two_persons else _as_versions
        outcome += await bring(of, some, by=by, now=now, note=note)
        told(len(some))
    return outcome


async def _as_versions(
    of: Templates, some: Sequence[Compared], *, by: str, now: datetime, note: str
) -> list[BroughtIn]:
    planned = []
    for each in some:
        draft = written(each.text.source, by=by, at=now, note=note, based_on=each.head.record.published)
        planned.append(plan(each.head, draft, reviewer=by, now=now, note=note, clears=_is_draft(each)))
    fates = await publish_all(of, planned, now)
    return [
        BroughtIn(each.text.name, why_not=str(fate))
        if isinstance(fate, NotDone)
        else BroughtIn(each.text.name, fate.version.number)
        for each, fate in zip(some, fates, strict=True)
    ]


async def _as_drafts(of: Templates, some: Sequence[Compared], *, by: str, now: datetime, note: str) -> list[BroughtIn]:
    outcome = []
    for each in some:
        try:
            await save_draft(of, each.text.name, each.text.source, by=by, now=now, note=note)
        except NotDone as error:
            outcome.append(BroughtIn(each.text.name, why_not=str(error)))
        else:
            outcome.append(BroughtIn(each.text.name))
    return outcome


def _is_draft(each: Compared) -> bool:
    """Whether it is what the template's draft says: then there is none any more."""
    draft = each.head.record.draft
    return draft is not None and draft.source == each.text.source


async def _compared(
    of: Templates, text: TemplateText, head: Stored[TemplateHead] | None, source: str | None
) -> Compared:
    if head is None:
        wrong = TemplateFinding(
            file=text.file, line=1, severity="error", message=f"{text.name[:80]!r} can be no template's name: write "
            "small letters, digits and single _, and call the file <name>.yaml",
        )  # fmt: skip
        return Compared(text, Stored(TemplateHead(id=text.name), 0), "refused", (wrong,))
    if source == text.source:
        return Compared(text, head, "same")
    findings = tuple(await asyncio.to_thread(of.desk.check, text.name, text.source, text.file))
    if any(each.severity == "error" for each in findings):
        return Compared(text, head, "refused", findings)
    return Compared(text, head, "new" if source is None else "changed", findings)


async def sources_of(
    of: Templates, heads: dict[str, Stored[TemplateHead]], *, files_too: bool
) -> dict[str, str | None]:
    """What customers get of each; None where that is nothing, or stands in a file and is not wanted."""
    of_files = of.desk.files if files_too else {}
    numbers = {name: head.record.published for name, head in heads.items()}
    ids = [version_id(name, number) for name, number in numbers.items() if number != THE_FILE]
    versions = await of.store.get(TemplateVersion, ids)
    sources: dict[str, str | None] = {}
    for name, number in numbers.items():
        stored = versions.get(version_id(name, number))
        if stored is None or stored.record.repeats == THE_FILE:
            sources[name] = of_files.get(name)
        else:
            sources[name] = stored.record.source
    return sources
