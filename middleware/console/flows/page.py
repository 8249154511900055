"""The flows that the brand says now, and one of them: drawn, step by step, as text, checked and tested."""

import asyncio
from dataclasses import dataclass, replace
from difflib import ndiff
from itertools import takewhile
from time import monotonic

from aiohttp import web

from flows.checking.folder import Texts
from flows.diagram.graph import Graph, graph_of
from flows.diagram.svg import svg_of
from flows.engine.model import FlowFile
from flows.folder import FlowShown, Folder, shown_flows
from flows.shelf import Shelf
from flows.trying.expecting import Difference
from flows.trying.testing import FlowTests, Outcome
from middleware.console.flows.checking import TESTS_WITHIN
from middleware.console.flows.releases import waiting
from middleware.console.flows.working import set_now, set_of
from middleware.console.routes import BUILDER, get
from middleware.console.sentences import told
from middleware.console.visit import Visit
from middleware.domain.flow_drafts import lone_tests
from middleware.domain.flow_releases import THE_FILES
from middleware.errors import FlowError
from middleware.pipeline.releases.drafting import open_drafts
from middleware.pipeline.releases.making import under_way

IMAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Content-Type": "image/svg+xml; charset=utf-8",
}
"""A diagram brings its style along; nothing in it is run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The tests of one file, run: all of them, or those that were begun in time."""

    outcomes: tuple[Outcome, ...]
    of: int


async def flows(visit: Visit) -> web.StreamResponse:
    """All of them."""
    head, published = await set_now(visit)
    drafts = await open_drafts(visit.brand.store, published)
    return visit.page(
        "flows/page.html",
        flows=await _shown(visit),
        head=head.record,
        lone_tests=lone_tests(published),
        drafts=drafts,
        making=await under_way(visit.brand.store, [each.id for each in drafts], visit.now),
        asks=await waiting(visit),
    )


async def flow(visit: Visit) -> web.StreamResponse:
    """One flow."""
    found = await _one(visit)
    graph = told_graph(visit, found.written.file)
    return visit.page("flows/flow.html", flow=found, graph=graph, ways=ways(graph))


async def diagram(visit: Visit) -> web.StreamResponse:
    """Its diagram, as an image."""
    found = await _one(visit)
    drawn = await asyncio.to_thread(lambda: svg_of(told_graph(visit, found.written.file)))
    return web.Response(text=drawn, headers=IMAGE)


async def findings(visit: Visit) -> web.StreamResponse:
    """What the check says of it, its templates and its tests."""
    found = await _one(visit)
    checked = await asyncio.to_thread(found.findings)
    template = "flows/findings.html" if visit.is_fragment else "flows/findings_page.html"
    return visit.page(template, flow=found, files=checked)


async def tests(visit: Visit) -> web.StreamResponse:
    """Its tests, run against what the brand says now. They talk to nobody and keep nothing."""
    found = await _one(visit)
    ran, error = None, ""
    try:
        written = found.read_tests()
        if written is not None:
            ran = await asyncio.to_thread(_ran, written, visit.brand.flows().shelf)
    except FlowError as wrong:
        error = str(wrong)
    template = "flows/tests.html" if visit.is_fragment else "flows/tests_page.html"
    return visit.page(template, flow=found, ran=ran, error=error, difference=difference)


def _ran(written: FlowTests, shelf: Shelf) -> Ran:
    until = monotonic() + TESTS_WITHIN
    outcomes = takewhile(lambda _: monotonic() < until, written.run(shelf))
    return Ran(tuple(outcomes), len(written.names()))


def difference(found: Difference) -> list[tuple[str, str]]:
    """What was expected and what came, line by line: on which side a line stands (`-`, `+`, or both), and the line."""
    lines = ndiff(found.expected.splitlines(), found.actual.splitlines())
    return [(line[0], line[2:]) for line in lines if not line.startswith("?")]


def told_graph(visit: Visit, written: FlowFile) -> Graph:
    """The graph of a flow, in the visitor's language: what the brand wrote in it stays as it is."""
    graph, locale = graph_of(written), visit.language.locale
    return replace(
        graph,
        nodes=[replace(each, lines=tuple(told(line, locale) for line in each.lines)) for each in graph.nodes],
        edges=[replace(each, label=told(each.label, locale)) for each in graph.edges],
    )


def ways(graph: Graph) -> dict[int, list[tuple[str, int]]]:
    """Where the flow goes on after each step: why, and with which one, both as people read them."""
    found: dict[int, list[tuple[str, int]]] = {}
    for edge in graph.edges:
        found.setdefault(edge.start, []).append((edge.label, edge.end + 1))
    return found


async def _shown(visit: Visit) -> tuple[FlowShown, ...]:
    own = await _own(visit)
    # In a thread: files are read and understood once, which takes its time.
    return await asyncio.to_thread(shown_flows, visit.brand.flows(), own)


async def _own(visit: Visit) -> Folder | None:
    """The brand's own flows: those of the release that is said, or else of its folder."""
    here = visit.brand
    number = here.live.release
    if number == THE_FILES:
        return here.own_flows
    if number not in here.released:
        sources = await set_of(visit, number)
        here.released.clear()
        here.released[number] = (here.own_flows or Folder(Texts())).with_flows(sources)
    return here.released[number]


async def _one(visit: Visit) -> FlowShown:
    name = visit.at("name")
    found = next((each for each in await _shown(visit) if each.name == name), None)
    if found is None:
        raise web.HTTPNotFound
    return found


ROUTES = (
    get("/{brand}/flows", flows, BUILDER),
    get("/{brand}/flows/flow/{name}", flow, BUILDER),
    get("/{brand}/flows/flow/{name}/diagram", diagram, BUILDER, bare=True),
    get("/{brand}/flows/flow/{name}/findings", findings, BUILDER),
    get("/{brand}/flows/flow/{name}/tests", tests, BUILDER),
)
