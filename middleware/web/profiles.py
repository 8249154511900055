"""`GET /v1/profiles/{id}` and its timeline: everything known of one person, for what people work with.

Only for clients whose settings say `profiles`: what stands here knows no disclosure level.
"""

from aiohttp import web
from pydantic import BaseModel

from middleware.errors import CursorError
from middleware.pipeline.timeline import FIRST_LOOK, MOST_ENTRIES
from middleware.web.clients import client_of
from middleware.web.keys import CLIENTS, LOOK_UP
from middleware.web.problems import problem

routes = web.RouteTableDef()

_LONGEST_ID = 200


@routes.get("/v1/profiles/{id}")
async def profile(request: web.Request) -> web.Response:
    """One person, whole. Query: `brand` where the client sees several."""
    brand = _brand_for(request)
    if isinstance(brand, web.Response):
        return brand
    found = await request.app[LOOK_UP].joined(brand, request.match_info["id"])
    return _answer(found)


@routes.get("/v1/profiles/{id}/timeline")
async def timeline(request: web.Request) -> web.Response:
    """What happened, newest first. Query: `before` (the `next` of an answer), `most`, and `brand` as above."""
    brand = _brand_for(request)
    if isinstance(brand, web.Response):
        return brand
    most = _most(request.query.get("most"))
    if most is None:
        return problem(400, "Bad request", f"`most` is a number from 1 to {MOST_ENTRIES}.")
    try:
        found = await request.app[LOOK_UP].timeline(brand, request.match_info["id"], request.query.get("before"), most)
    except CursorError as error:
        return problem(400, "Bad request", str(error))
    return _answer(found)


def _brand_for(request: web.Request) -> str | web.Response:
    """The brand whose profile is asked for, or why it is not shown. A brand that the client may not see is none."""
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", "Send a client's key as a bearer token.", {"WWW-Authenticate": "Bearer"})
    if not client.profiles:
        return problem(403, "Forbidden", "This client may not read profiles (`profiles` in its settings).")
    named = request.query.get("brand")
    if named == "" or (named is None and len(client.brands) != 1):
        return problem(400, "Bad request", "Say which `brand`: this client sees several, or none was named.")
    brand = named if named is not None else next(iter(client.brands))
    if brand not in client.brands or not _is_id(request.match_info["id"]):
        return _nobody()
    return brand


def _is_id(text: str) -> bool:
    """Whether it can be the id of anything: what is not printable would not even be storable."""
    return len(text) <= _LONGEST_ID and text.isascii() and text.isprintable()


def _most(text: str | None) -> int | None:
    if text is None:
        return FIRST_LOOK
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ENTRIES))):
        return None
    return int(text) if 1 <= int(text) <= MOST_ENTRIES else None


def _nobody() -> web.Response:
    return problem(404, "Not found", "No such profile.")


def _answer(found: BaseModel | None) -> web.Response:
    if found is None:
        return _nobody()
    return web.Response(text=found.model_dump_json(exclude_none=True), content_type="application/json")
