"""What is typed becomes a release: the whole set, once it is checked and every test holds; and its tests, run."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from flows.publishing.importing import flow_names
from middleware.console.drafts import note_of
from middleware.console.flows.checking import ALL_WITHIN, TESTS_WITHIN, checked
from middleware.console.flows.editor import page, told_of_conflict
from middleware.console.flows.page import Ran, difference
from middleware.console.flows.publishing import ask_for, publish_one, refused_here
from middleware.console.flows.saving import is_late, saved, typed_of
from middleware.console.flows.working import Work, opened
from middleware.console.routes import BUILDER, post
from middleware.console.visit import Visit
from middleware.domain.flow_drafts import FlowDraft, put_into
from middleware.domain.flow_releases import FlowFiles
from middleware.pipeline.releases.drafting import mark_released, open_drafts
from middleware.pipeline.releases.errors import FlowsChanged
from middleware.pipeline.releases.importing import Imported, bring_in
from middleware.pipeline.templates.errors import NotDone

ALONG = "along:"
"""Before the name of a file whose draft is taken along."""


async def release(visit: Visit) -> web.StreamResponse:
    """Save what is typed, and make a release of the whole set with it; publish it, or ask others to, where that is
    wished.
    """
    work, form = await opened(visit), await visit.form()
    outcome = await saved(visit, work, form)
    if outcome is None or (outcome is work and is_late(work, form)):
        return await told_of_conflict(visit, form)
    along = await _along(visit, outcome, form)
    sources = put_into(outcome.whole(outcome.source, outcome.tests), along)
    looked = await checked(visit, sources, outcome.file, ALL_WITHIN)
    if not looked.good:
        return await page(visit, outcome, refused=looked, status=422)
    try:
        made = await _made(visit, outcome, FlowFiles.of(sources), note_of(form))
    except FlowsChanged:
        return await told_of_conflict(visit, form)
    except NotDone as error:
        return await refused_here(visit, error)
    await mark_released(visit.brand.store, [outcome.file, *(each.id for each in along)], sources, made.release.number)
    return await _gone_on(visit, made, outcome, form)


async def _made(visit: Visit, work: Work, files: FlowFiles, note: str) -> Imported:
    """The set as a release, as long as the flows over which it was put together are published."""
    await visit.on_record("flows.release_made", about=work.file)
    names = await asyncio.to_thread(flow_names, files.flows.values())
    of, by = visit.brand.flow_editing.releases(), visit.user.id
    return await bring_in(of, files, names, by=by, now=visit.now, note=note, revision=work.head.version)


async def _gone_on(visit: Visit, made: Imported, work: Work, form: Mapping[str, str]) -> web.StreamResponse:
    """What is wished to be done with the release."""
    number = made.release.number
    match form.get("then"):
        case "publish":
            return await publish_one(visit, number, note_of(form), work.head.version)
        case "ask":
            return await ask_for(visit, number)
    return visit.go(visit.path("flows", "releases"), said="said.flows_same" if made.same else "said.flows_released")


async def _along(visit: Visit, work: Work, form: Mapping[str, str]) -> list[FlowDraft]:
    """The drafts of other files that are ticked, as they stand now."""
    wanted = {name.removeprefix(ALONG) for name in form if name.startswith(ALONG)} - {work.file}
    drafts = await open_drafts(visit.brand.store, work.published) if wanted else ()
    return [each for each in drafts if each.id in wanted]


async def tests(visit: Visit) -> web.StreamResponse:
    """The tests of what is typed, run against the set with what is typed. Nothing is saved."""
    work, form = await opened(visit), await visit.form()
    source, typed = typed_of(work, form)
    looked = await checked(visit, work.whole(source, typed), work.file, TESTS_WITHIN, of_file=True)
    ran = Ran(looked.tried.outcomes, len(looked.tried.outcomes) + looked.tried.unrun)
    return visit.page(
        "flows/tests.html" if visit.is_fragment else "flows/typed_tests_page.html",
        work=work,
        ran=ran if ran.of else None,
        error=visit.text("editor.mend_first", n=looked.errors) if looked.errors else "",
        difference=difference,
    )


ROUTES = (
    post("/{brand}/flows/edit/{file}/release", release, BUILDER),
    post("/{brand}/flows/edit/{file}/tests", tests, BUILDER),
)
