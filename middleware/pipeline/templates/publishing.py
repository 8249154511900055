"""A new version of a template: by publishing its draft, by going back to an earlier one, or from a file.

Written in this order, so that a crash leaves what was before or what comes after: the version, which nothing names yet;
that it is under way; the head, which decides; page and edition, which follow. Several templates go through each step
together.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from middleware.domain.template_versions import (
    THE_FILE,
    Draft,
    TemplateHead,
    TemplateVersion,
    same_person,
    version_id,
)
from middleware.pipeline.templates import edition
from middleware.pipeline.templates.editing import written
from middleware.pipeline.templates.errors import NotNow, TemplateChanged, TemplateRefused
from middleware.pipeline.templates.parts import (
    Templates,
    changed,
    heads_of,
    known_head,
    published_source,
    version_of,
)
from middleware.ports import Delete, Put, Stored

_NUMBERS_TRIED = 5
"""Numbers that may be taken by versions whose publication was broken off."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A version that is about to be published over a head as it was read.

    `clears` says that it is the head's draft, which is none any more then.
    """

    head: Stored[TemplateHead]
    version: TemplateVersion
    clears: bool = False

    @property
    def name(self) -> str:
        """The template's name."""
        return self.head.record.id


@dataclass(frozen=True, slots=True)
class Published:
    """A version that customers get from now on, and the template's revision with it."""

    version: TemplateVersion
    revision: int


async def publish_draft(
    of: Templates, name: str, *, by: str, now: datetime, note: str = "", revision: int | None = None
) -> Published:
    """Publish the draft of a template. Without a `note` it has that of the draft.

    Raises NoTemplate, TemplateChanged, TemplateRefused; and NotNow if there is no draft, if it changes nothing, was
    based on an older version, or was written by whoever publishes it where that takes two persons.
    """
    head = await known_head(of, name, revision)
    draft = head.record.draft
    if draft is None:
        raise NotNow(f"{name} has no draft: save one first")
    if of.two_persons and same_person(draft.by, by):
        raise NotNow(f"{draft.by} wrote this draft, and in this brand somebody else has to publish it")
    await _refuse_outdated(of, head.record, draft)
    if draft.source == await published_source(of, head.record):
        raise NotNow(f"the draft of {name} is what is published already: discard it")
    await _refuse_errors(of, name, draft.source)
    return await _publish_one(of, plan(head, draft, reviewer=by, now=now, note=note or draft.note, clears=True))


async def roll_back(
    of: Templates, name: str, number: int, *, by: str, now: datetime, note: str = "", revision: int | None = None
) -> Published:
    """Publish an earlier version anew, as a new one; number 0 gives the template back to its file. A draft stays.

    Raises NoTemplate, TemplateChanged, TemplateRefused, and NotNow if it is published already.
    """
    head = await known_head(of, name, revision)
    if number == head.record.published:
        raise NotNow(f"version {number} of {name} is published already")
    if number == THE_FILE:
        draft = await _of_file(of, head, by=by, now=now)
    else:
        earlier = await version_of(of, name, number)
        if earlier.repeats == THE_FILE:
            return await roll_back(of, name, THE_FILE, by=by, now=now, note=note, revision=head.version)
        await _refuse_errors(of, name, earlier.source)
        draft = Draft(source=earlier.source, by=earlier.author, at=now)
    planned = plan(head, draft, reviewer=by, now=now, note=note)
    again = planned.version.model_copy(update={"repeats": number})
    return await _publish_one(of, replace(planned, version=again))


def plan(
    head: Stored[TemplateHead], draft: Draft, *, reviewer: str, now: datetime, note: str, clears: bool = False
) -> Planned:
    """The version that a draft becomes. Raises NotDone for a reviewer or a note that does not fit."""
    checked = written(draft.source, by=reviewer, at=now, note=note, based_on=draft.based_on)
    version = TemplateVersion(
        id=version_id(head.record.id, head.record.published + 1),
        source=draft.source,
        author=draft.by,
        reviewer=checked.by,
        at=now,
        note=note,
        before=head.record.published,
    )
    return Planned(head, version, clears)


async def publish_all(of: Templates, planned: Sequence[Planned], now: datetime) -> list[Published | TemplateChanged]:
    """Publish checked versions of different templates, as many of them as nobody else has changed meanwhile.

    For each what became of it, in the same order.
    """
    await edition.mend(of.store, now)
    await edition.enter_names(of, [each.name for each in planned])
    numbered = await _insert(of, planned)
    ids = [each.version.id for each in numbered if isinstance(each, Planned)]
    await edition.begin(of.store, ids, now)
    decided = await _decide(of, numbered)
    await edition.end(of.store, ids)
    return decided


async def _publish_one(of: Templates, planned: Planned) -> Published:
    (outcome,) = await publish_all(of, [planned], planned.version.at)
    if isinstance(outcome, TemplateChanged):
        raise outcome
    return outcome


async def _insert(of: Templates, planned: Sequence[Planned]) -> list[Planned | TemplateChanged]:
    """Each with a version in the store under a number that was free."""
    outcome: list[Planned | TemplateChanged] = list(planned)
    waiting = list(range(len(planned)))
    for _ in range(_NUMBERS_TRIED):
        tried = [each for each in (outcome[at] for at in waiting) if isinstance(each, Planned)]
        landed = await of.store.write(*(Put(each.version) for each in tried))
        waiting = [at for at, done in zip(waiting, landed, strict=True) if not done]
        if not waiting:
            return outcome
        heads = await heads_of(of, [planned[at].name for at in waiting])
        for at in waiting:
            outcome[at] = _next_number(outcome[at], heads[planned[at].name])
        waiting = [at for at in waiting if isinstance(outcome[at], Planned)]
    return [changed(planned[at].head) if at in waiting else each for at, each in enumerate(outcome)]


def _next_number(planned: Planned | TemplateChanged, head: Stored[TemplateHead]) -> Planned | TemplateChanged:
    """The same under the next number, unless the head was changed: then whoever took this one was quicker."""
    if isinstance(planned, TemplateChanged) or head.version != planned.head.version:
        return changed(head)
    identifier = version_id(planned.name, planned.version.number + 1)
    return replace(planned, version=planned.version.model_copy(update={"id": identifier}))


async def _decide(of: Templates, numbered: Sequence[Planned | TemplateChanged]) -> list[Published | TemplateChanged]:
    """Write the heads. What has lost leaves no version behind."""
    planned = [each for each in numbered if isinstance(each, Planned)]
    landed = await of.store.write(*(each.head.put(_head_after(each)) for each in planned))
    lost = [each for each, done in zip(planned, landed, strict=True) if not done]
    await of.store.write(*(Delete(TemplateVersion, each.version.id) for each in lost))
    heads = await heads_of(of, [each.name for each in lost])
    fates: dict[str, Published | TemplateChanged] = {
        each.name: Published(each.version, each.head.version + 1) for each in planned if each not in lost
    } | {name: changed(head) for name, head in heads.items()}
    return [fates[each.name] if isinstance(each, Planned) else each for each in numbered]


def _head_after(planned: Planned) -> TemplateHead:
    version = planned.version
    update = {"published": version.number, "changed_by": version.reviewer, "changed_at": version.at}
    return planned.head.record.model_copy(update=update | ({"draft": None} if planned.clears else {}))


async def _refuse_outdated(of: Templates, head: TemplateHead, draft: Draft) -> None:
    if draft.based_on == head.published:
        return
    since = await version_of(of, head.id, head.published)
    raise NotNow(
        f"the draft of {head.id} was based on version {draft.based_on}; {since.reviewer} has published version"
        f" {since.number} since: look at the difference and save the draft again"
    )


async def _refuse_errors(of: Templates, name: str, source: str) -> None:
    findings = await asyncio.to_thread(of.desk.check, name, source)
    if any(each.severity == "error" for each in findings):
        raise TemplateRefused(findings)


async def _of_file(of: Templates, head: Stored[TemplateHead], *, by: str, now: datetime) -> Draft:
    """The file's template as a draft; an empty one where there is no file: no flow says it then. Raises NotNow."""
    name = head.record.id
    if name in of.desk.said and name not in of.desk.files:
        raise NotNow(
            f"{name} has no file that it could be given back to, and flows say it: publish flows without it first"
        )
    if (await version_of(of, name, head.record.published)).repeats == THE_FILE:
        raise NotNow(f"{name} is that of its file already")
    return written(of.desk.files.get(name, ""), by=by, at=now, note="", based_on=head.record.published)
