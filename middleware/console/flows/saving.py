"""Saving what is typed as the draft of a file, over what it was begun on; and what if others were quicker."""

from collections.abc import Mapping

from aiohttp import web

from middleware.console.drafts import Conflict, differing, typed_text
from middleware.console.flows.working import Work, opened
from middleware.console.visit import Visit
from middleware.domain.template_versions import same_person
from middleware.pipeline.releases.drafting import save_draft
from middleware.pipeline.releases.errors import DraftChanged
from middleware.pipeline.templates.errors import NotDone

Texts = tuple[str, str]
"""The text of a file of flows, and that of its tests."""


def typed_of(work: Work, form: Mapping[str, str]) -> Texts:
    """What stands in the form; what is not in it stays as it is."""
    before = {"source": work.source, "tests": work.tests}
    texts = {name: typed_text(form, name, text) if name in form else text for name, text in before.items()}
    return texts["source"], texts["tests"]


def is_late(work: Work, form: Mapping[str, str]) -> bool:
    """Whether others have saved or published since the form was given out, and theirs is not to be written over."""
    return _mark_in(form) != work.mark


def _mark_in(form: Mapping[str, str]) -> str:
    return form.get("over") or form.get("revision", "")


async def saved(visit: Visit, work: Work, form: Mapping[str, str]) -> Work | None:
    """The file with what is typed as its draft; None where others were quicker. What changes nothing is not written.

    Raises HTTPRequestEntityTooLarge.
    """
    source, tests = typed_of(work, form)
    if (source, tests) == (work.source, work.tests) and not work.outdated:
        return work
    if is_late(work, form):
        return None
    draft = work.draft
    if draft is None or not same_person(draft.by, visit.user.id):
        await visit.on_record("flow.drafted", about=work.file)
    try:
        await save_draft(
            visit.brand.store, work.file, source, tests,
            base=work.base, by=visit.user.id, now=visit.now, revision=work.stored.version,
        )  # fmt: skip
    except DraftChanged:
        return None
    except NotDone:
        raise web.HTTPRequestEntityTooLarge(max_size=0, actual_size=0) from None
    return await opened(visit)


def conflict_of(work: Work, form: Mapping[str, str]) -> Conflict:
    """What others have, and what is typed over it."""
    source, tests = typed_of(work, form)
    lines = (*differing(work.source, source), *differing(work.tests, tests))
    mine = {"source": source, "tests": tests}
    if _mark_in(form).rpartition(".")[2] == work.base:
        return Conflict(*work.changed, mine, lines)
    head = work.head.record
    return Conflict(head.changed_by, head.changed_at, mine, lines, did="published")
