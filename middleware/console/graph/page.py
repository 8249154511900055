"""The page with the graph of a profile, and the same as a table."""

from aiohttp import web

from middleware.console.review.telling import Telling
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.pipeline.profile_view import read_graph


async def graph(visit: Visit) -> web.StreamResponse:
    """Identifiers, masked, and what joins them."""
    asked_for = visit.at("profile")
    found = await read_graph(visit.brand.store, asked_for)
    if found is None:
        raise web.HTTPNotFound
    await visit.on_record("profile.graph", found[0].profile_id)
    return visit.page(
        "graph/page.html", graph=found[0], merged=found[1], asked_for=asked_for, tell=Telling(visit.language)
    )  # fmt: skip


ROUTES = (get("/{brand}/people/{profile}/graph", graph, AGENT),)
