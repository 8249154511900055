"""Drafts: what somebody is writing, kept whether it is right or not."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.template_versions import Draft, TemplateFinding, TemplateHead, same_person
from middleware.pipeline.templates.edition import enter_names
from middleware.pipeline.templates.errors import NotNow, TemplateRefused
from middleware.pipeline.templates.parts import Templates, changed, head_of, known_head, made, write_head
from middleware.ports import Stored


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft that was saved, at which revision, and what is to be mended in it."""

    head: Stored[TemplateHead]
    findings: tuple[TemplateFinding, ...]


async def save_draft(
    of: Templates, name: str, source: str, *, by: str, now: datetime, note: str = "", revision: int | None = None
) -> Saved:
    """Save a draft over the one that is there; errors in it keep it from being published and not from being saved.

    Without a `revision` somebody else's draft is left alone. Raises NoTemplate, TemplateChanged, and NotDone for what
    is too large.
    """
    head = await head_of(of, name, revision)
    there = head.record.draft
    if revision is None and there is not None and not same_person(there.by, by) and there.source != source:
        raise changed(head)
    draft = written(source, by=by, at=now, note=note, based_on=head.record.published)
    if not head.version:
        await enter_names(of, [name])
    update = {"draft": draft, "changed_by": draft.by, "changed_at": now}
    head = await write_head(of, head, head.record.model_copy(update=update))
    return Saved(head, tuple(await asyncio.to_thread(of.desk.check, name, source)))


async def ask_for_publication(
    of: Templates, name: str, *, by: str, now: datetime, note: str = "", revision: int | None = None
) -> Stored[TemplateHead]:
    """Ask others to publish one's own draft, as it is, where that takes two persons.

    Raises NoTemplate, TemplateChanged, TemplateRefused for one with errors, and NotNow where there is none of one's own
    or nobody else is needed.
    """
    head = await known_head(of, name, revision)
    draft = head.record.draft
    if draft is None or not same_person(draft.by, by):
        raise NotNow(f"{name} has no draft of yours")
    if not of.two_persons:
        raise NotNow(f"nobody has to be asked: publish {name} yourself")
    findings = await asyncio.to_thread(of.desk.check, name, draft.source)
    if any(each.severity == "error" for each in findings):
        raise TemplateRefused(findings)
    checked = written(draft.source, by=draft.by, at=draft.at, note=note or draft.note, based_on=draft.based_on)
    asked = checked.model_copy(update={"asked_at": now})
    return await write_head(
        of, head, head.record.model_copy(update={"draft": asked, "changed_by": by, "changed_at": now})
    )


async def discard_draft(
    of: Templates, name: str, *, by: str, now: datetime, revision: int | None = None
) -> Stored[TemplateHead]:
    """Throw the draft away. Raises NoTemplate, TemplateChanged, and NotNow if there is none."""
    head = await known_head(of, name, revision)
    if head.record.draft is None:
        raise NotNow(f"{name} has no draft")
    return await write_head(
        of, head, head.record.model_copy(update={"draft": None, "changed_by": by, "changed_at": now})
    )


def written(source: str, *, by: str, at: datetime, note: str, based_on: int) -> Draft:
    """A draft of these values. Raises NotDone with what is wrong with them."""
    return made(Draft, source=source, by=by, at=at, note=note, based_on=based_on)
