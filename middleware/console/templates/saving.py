"""Saving what is typed as the draft, on the revision on which it was begun; and what if somebody was quicker."""

from collections.abc import Mapping

from aiohttp import web

from flows.templates.rewriting import NotInTheForm
from middleware.console.drafts import Conflict, differing
from middleware.console.templates.working import Work, not_in_form, opened, source_of_form
from middleware.console.visit import Visit
from middleware.domain.template_versions import same_person
from middleware.errors import FlowError
from middleware.pipeline.templates.editing import save_draft
from middleware.pipeline.templates.errors import NotDone, TemplateChanged


async def saved(visit: Visit, work: Work, form: Mapping[str, str]) -> Work | web.Response | None:
    """The template with what is typed as its draft; None where somebody else has saved since the form was given out;
    an answer where it cannot be saved at all. What changes nothing is not written.
    """
    revision = revision_of(form)
    try:
        source = source_of_form(work, form)
    except NotInTheForm:
        return not_in_form(visit)
    except FlowError:
        raise web.HTTPBadRequest from None
    draft = work.draft
    up_to_date = draft is None or draft.based_on == work.row.head.record.published
    if source == work.source and up_to_date:
        return work
    if revision != work.revision:
        return None
    if draft is None or not same_person(draft.by, visit.user.id):
        await visit.on_record("template.drafted", about=work.name)
    note = draft.note if draft is not None and same_person(draft.by, visit.user.id) else ""
    try:
        await save_draft(
            visit.brand.templates(), work.name, source, by=visit.user.id, now=visit.now, note=note, revision=revision
        )
    except TemplateChanged:
        return None
    except NotDone:
        raise web.HTTPRequestEntityTooLarge(max_size=0, actual_size=0) from None
    return await opened(visit)


def conflict_of(work: Work, form: Mapping[str, str]) -> Conflict:
    """What somebody else has saved, and what is typed over it."""
    try:
        mine = source_of_form(work, form)
    except FlowError:
        mine = work.source
    return Conflict(work.changed_by, work.changed_at, {"source": mine}, differing(work.source, mine))


def revision_of(form: Mapping[str, str]) -> int:
    """The revision on which what is sent is based; that of the others, where somebody wants theirs to go over it.

    Raises HTTPBadRequest.
    """
    given = form.get("over") or form.get("revision", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):  # noqa: PLR2004 - a number of a document
        raise web.HTTPBadRequest
    return int(given)
