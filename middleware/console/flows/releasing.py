"""What is typed becomes a release, beside other work: begun, looked at, stopped; and its tests, run."""

from collections.abc import Mapping

from aiohttp import web

from middleware.console.drafts import note_of
from middleware.console.flows.checking import TESTS_WITHIN, checked
from middleware.console.flows.editor import page, told_of_conflict
from middleware.console.flows.making import Wish, begin
from middleware.console.flows.page import Ran, difference
from middleware.console.flows.saving import is_late, saved, typed_of
from middleware.console.flows.working import Work, opened
from middleware.console.following import Part, anew, part_of
from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.flow_drafts import FlowDraft, is_flow_path, put_into
from middleware.domain.flow_makings import FlowMaking, Then
from middleware.domain.flow_releases import FlowFiles
from middleware.pipeline.releases.drafting import open_drafts
from middleware.pipeline.releases.importing import refuse_too_much
from middleware.pipeline.releases.making import making_of, stop_making
from middleware.pipeline.templates.errors import NotDone

ALONG = "along:"
"""Before the name of a file whose draft is taken along."""
_WISHES: Mapping[str, Then] = {"publish": "publish", "ask": "ask"}


async def release(visit: Visit) -> web.StreamResponse:
    """Save what is typed, and begin to make a release of the whole set with it. What cannot be one for what is written
    in it is told at once.
    """
    work, form = await opened(visit), await visit.form()
    outcome = await saved(visit, work, form)
    if outcome is None or (outcome is work and is_late(work, form)):
        return await told_of_conflict(visit, form)
    along = await _along(visit, outcome, form)
    sources = put_into(outcome.whole(outcome.source, outcome.tests), along)
    _see_that_it_fits(sources)
    looked = await checked(visit.brand, sources, outcome.file)
    if looked.errors:
        return await page(visit, outcome, refused=looked, status=422)
    wish = Wish(
        outcome.file,
        tuple(each.id for each in along),
        sources,
        outcome.head.version,
        visit.user.id,
        note_of(form),
        _WISHES.get(form.get("then", ""), ""),
    )
    if visit.brand.flow_editing.makings.full:
        raise web.HTTPTooManyRequests
    begun = await begin(visit.brand, visit.console.clock, wish)
    return visit.go(visit.path("flows", "edit", outcome.file, "release"), said="" if begun else "said.flows_under_way")


def _see_that_it_fits(sources: Mapping[str, str]) -> None:
    """Raises HTTPRequestEntityTooLarge for what is too much for a release: nobody waits for it to be checked."""
    try:
        refuse_too_much(FlowFiles.of(sources))
    except NotDone:
        raise web.HTTPRequestEntityTooLarge(max_size=0, actual_size=0) from None


async def _along(visit: Visit, work: Work, form: Mapping[str, str]) -> list[FlowDraft]:
    """The drafts of other files that are ticked, as they stand now."""
    wanted = {name.removeprefix(ALONG) for name in form if name.startswith(ALONG)} - {work.file}
    drafts = await open_drafts(visit.brand.store, work.published) if wanted else ()
    return [each for each in drafts if each.id in wanted]


async def making(visit: Visit) -> web.StreamResponse:
    """How far the release out of this draft is, or what came of it last."""
    found = await _making(visit)
    if found is None:
        return visit.go(visit.path("flows", "edit", visit.at("file")))
    return visit.page("flows/making.html", making=found, part=_part(visit, found), oob=False)


async def making_part(visit: Visit) -> web.StreamResponse:
    """The part of it that comes anew by itself."""
    found = await _making(visit)
    if found is None:
        return visit.go(visit.path("flows", "edit", visit.at("file")))
    return anew(visit, _part(visit, found))


async def stop(visit: Visit) -> web.StreamResponse:
    """Stop it: no release is made."""
    found = await _making(visit)
    if found is not None and found.is_under_way(visit.now):
        await visit.on_record("flows.making_stopped", about=found.id)
        await stop_making(visit.brand.store, found.id, visit.now)
    return visit.go(visit.path("flows", "edit", visit.at("file"), "release"))


async def _making(visit: Visit) -> FlowMaking | None:
    """Raises HTTPNotFound for what no file of flows can be called."""
    file = visit.at("file")
    if not is_flow_path(file):
        raise web.HTTPNotFound
    stored = await making_of(visit.brand.store, file)
    return stored.record if stored is not None else None


def _part(visit: Visit, found: FlowMaking) -> Part:
    return part_of(visit, "flows/making_part.html", making=found, oob=visit.is_fragment)


async def tests(visit: Visit) -> web.StreamResponse:
    """The tests of what is typed, run against the set with what is typed. Nothing is saved."""
    work, form = await opened(visit), await visit.form()
    source, typed = typed_of(work, form)
    looked = await checked(visit.brand, work.whole(source, typed), work.file, TESTS_WITHIN, of_file=True)
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
    get("/{brand}/flows/edit/{file}/release", making, BUILDER),
    get("/{brand}/flows/edit/{file}/release/part", making_part, BUILDER),
    post("/{brand}/flows/edit/{file}/release/stop", stop, BUILDER),
    post("/{brand}/flows/edit/{file}/tests", tests, BUILDER),
)
