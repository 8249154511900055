"""The editor of one file of flows: its page, what comes of every few keys, and saving."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from flows.checking.written import written_flow
from flows.diagram.svg import svg_of
from flows.preview.customers import CUSTOMERS
from middleware.console.drafts import Conflict, differing, others
from middleware.console.flows.checking import Checked, checked
from middleware.console.flows.page import IMAGE, told_graph, ways
from middleware.console.flows.saving import conflict_of, is_late, saved, typed_of
from middleware.console.flows.working import ENDING, Work, opened, set_now
from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.flow_drafts import TESTS, is_flow_path
from middleware.domain.template_versions import is_template_name, same_person
from middleware.errors import FlowError
from middleware.pipeline.releases.drafting import discard_draft, open_drafts
from middleware.pipeline.releases.errors import DraftChanged
from middleware.pipeline.releases.making import making_of
from middleware.pipeline.templates.errors import NotNow


async def editor(visit: Visit) -> web.StreamResponse:
    """The page."""
    return await page(visit, await opened(visit))


async def page(
    visit: Visit, work: Work, *, conflict: Conflict | None = None, refused: Checked | None = None, status: int = 200
) -> web.Response:
    """The page of a file; `refused` is what kept it from becoming a release."""
    looked = await checked(visit.brand, work.whole(work.source, work.tests), work.file)
    making = await making_of(visit.brand.store, work.file)
    two_persons = visit.brand.flow_editing.releases().two_persons
    return visit.page(
        "flows/editor.html",
        status=status,
        work=work,
        looked=looked,
        conflict=conflict,
        refused=refused,
        late=False,
        oob=False,
        making=making.record if making is not None else None,
        customers=CUSTOMERS.values(),
        channels=tuple(CHANNELS),
        changes=await changes(work),
        beside=[each for each in await open_drafts(visit.brand.store, work.published) if each.id != work.file],
        two_persons=two_persons,
        others_may=await others(visit, BUILDER) if two_persons else [],
        **drawn(visit, work),
    )


def drawn(visit: Visit, work: Work) -> dict[str, Any]:
    """The steps of what is worked on, and where it goes on after each; nothing where it is refused."""
    try:
        graph = told_graph(visit, written_flow(work.source, work.file).file)
    except FlowError:
        return {"graph": None, "ways": {}}
    return {"graph": graph, "ways": ways(graph)}


async def changes(work: Work) -> tuple[str, ...]:
    """What the draft changes in what is published, in the file and in its tests."""
    pairs = ((work.file, work.source), (TESTS + work.file, work.tests))
    return await asyncio.to_thread(
        lambda: tuple(line for path, text in pairs for line in differing(work.published.get(path, ""), text))
    )


async def typing(visit: Visit) -> web.StreamResponse:
    """What is to be mended in what is typed. Nothing is saved."""
    work, form = await opened(visit), await visit.form()
    looked = await checked(visit.brand, work.whole(*typed_of(work, form)), work.file)
    late = is_late(work, form) and not same_person(work.changed[0], visit.user.id)
    return visit.page("flows/typed.html", work=work, looked=looked, late=late)


async def save(visit: Visit) -> web.StreamResponse:
    """Save what is typed as the draft."""
    work, form = await opened(visit), await visit.form()
    outcome = await saved(visit, work, form)
    if outcome is None:
        return await told_of_conflict(visit, form)
    if not visit.is_fragment:
        return visit.go(visit.path("flows", "edit", work.file))
    return visit.page("flows/saved.html", work=outcome, changes=await changes(outcome), **drawn(visit, outcome))


async def told_of_conflict(visit: Visit, form: Mapping[str, str]) -> web.Response:
    """Others were quicker: what they have beside what is typed, and what can be done."""
    work = await opened(visit)
    found = conflict_of(work, form)
    if visit.is_fragment:
        visit.headers |= {"HX-Retarget": "#conflict", "HX-Reswap": "innerHTML"}
        return visit.page("flows/conflict.html", status=409, work=work, conflict=found)
    return await page(visit, work, conflict=found, status=409)


async def discard(visit: Visit) -> web.StreamResponse:
    """Throw the draft away."""
    work, form = await opened(visit), await visit.form()
    if is_late(work, form):
        return await told_of_conflict(visit, form)
    await visit.on_record("flow.discarded", about=work.file)
    said = "said.template_discarded"
    try:
        await discard_draft(visit.brand.store, work.file, by=visit.user.id, now=visit.now, revision=work.stored.version)
    except DraftChanged:
        return await told_of_conflict(visit, form)
    except NotNow:
        said = ""
    return visit.go(visit.path("flows", "edit", work.file), said=said)


async def diagram(visit: Visit) -> web.StreamResponse:
    """What is worked on, as an image; 404 where it is refused. Its address changes with what is worked on."""
    work = await opened(visit)
    try:
        image = await asyncio.to_thread(lambda: svg_of(told_graph(visit, written_flow(work.source, work.file).file)))
    except FlowError:
        raise web.HTTPNotFound from None
    return web.Response(text=image, headers=IMAGE)


async def new(visit: Visit) -> web.StreamResponse:
    """Begin a flow of this name, or a file of tests alone; or go on with what there is."""
    form = await visit.form()
    name = form.get("name", "").strip()
    if not is_template_name(name) or not is_flow_path(name + ENDING):
        return visit.go(visit.path("flows"), said="said.flow_no_name")
    _, published = await set_now(visit)
    there, path = name + ENDING in published, visit.path("flows", "edit", name + ENDING)
    begin = "tests" if form.get("begin") == "tests" else "flow"
    return visit.go(path if there else f"{path}?begin={begin}", said="said.flow_there" if there else "")


ROUTES = (
    post("/{brand}/flows/new", new, BUILDER),
    get("/{brand}/flows/edit/{file}", editor, BUILDER),
    get("/{brand}/flows/edit/{file}/diagram", diagram, BUILDER, bare=True),
    post("/{brand}/flows/edit/{file}/typing", typing, BUILDER),
    post("/{brand}/flows/edit/{file}/draft", save, BUILDER),
    post("/{brand}/flows/edit/{file}/discard", discard, BUILDER),
)
