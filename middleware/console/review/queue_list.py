"""The queue as a list."""

from aiohttp import web

from middleware.console.review.asked import LEAST, asked_by
from middleware.console.review.telling import Telling, names_shown, records_shown
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.pipeline.review import NotDecided

MOST = 25


async def listing(visit: Visit) -> web.StreamResponse:
    """Open candidates, the surest first."""
    asked = asked_by(visit)
    try:
        page = await visit.brand.queue.page(MOST, visit.query("after"), rule=asked.rule, least=asked.bits)
    except NotDecided as error:
        raise web.HTTPBadRequest from error
    await visit.on_record("candidate.list")
    tell = Telling(visit.language)
    return visit.page(
        "review/list.html", page=page, asked=asked, choices=LEAST, tell=tell, names=names_shown, records=records_shown
    )


ROUTES = (get("/{brand}/review", listing, AGENT),)
