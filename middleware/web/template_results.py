"""`GET /v1/templates/{name}/results`: how the replies of one template did. A client needs the right `templates`.

What is answered are counts and shares: nothing of any customer. They are worked out when asked for, one request after
the other, in a bounded time: of a brand with very many conversations, from as many as can be read by then.
"""

import asyncio
import re
from datetime import datetime, timedelta

from aiohttp import web

from middleware.domain.template_results import GOALS, USUAL_DAYS, TemplateResults
from middleware.pipeline.template_results import Asked, template_results
from middleware.web.clients import client_of
from middleware.web.keys import CLIENTS, CLOCK, STORE
from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.problems import Problem, problem

routes = web.RouteTableDef()

ONE_AT_A_TIME: web.AppKey[asyncio.Lock] = web.AppKey("one_at_a_time", asyncio.Lock)
"""Held by the request whose results are being worked out."""

MOST_DAYS = 365
READ_FOR = 5.0
"""Seconds after which the answer is what was read by then."""
WAIT_FOR = 5.0
"""Seconds that a request waits for the one before it."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_UNAUTHORISED = "Send a client's key as a bearer token."


@routes.get("/v1/templates/{name}/results")
async def results(request: web.Request) -> web.Response:
    """Results of one template. Query: `days`, `goal`, and `brand` where the client sees several."""
    brand = _brand_for(request)
    if isinstance(brand, web.Response):
        return brand
    now = request.app[CLOCK].now()
    asked = _asked(request, now)
    if isinstance(asked, web.Response):
        return asked
    lock = request.app[ONE_AT_A_TIME]
    try:
        async with asyncio.timeout(WAIT_FOR):
            await lock.acquire()
    except TimeoutError:
        return problem(503, "Busy", "Other results are being worked out. Ask again.", headers={"Retry-After": "5"})
    try:
        return _json(await _read(request, brand, asked, now))
    finally:
        lock.release()


async def _read(request: web.Request, brand: str, asked: Asked, now: datetime) -> TemplateResults:
    clock = request.app[CLOCK]
    end = clock.monotonic() + READ_FOR
    store = request.app[STORE].brand(brand)
    return await template_results(store, brand, asked, now, go_on=lambda _: clock.monotonic() < end)


def _brand_for(request: web.Request) -> str | web.Response:
    """The brand whose template is asked for, or why nothing is shown."""
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", _UNAUTHORISED, {"WWW-Authenticate": "Bearer"})
    if not client.templates:
        return problem(403, "Forbidden", "This client has not the right `templates` in the settings.")
    named = request.query.get("brand", "")
    if not named and len(client.brands) != 1:
        return problem(404, "Not found", "Say which `brand` is meant.")
    brand = named or next(iter(client.brands))
    if brand not in client.brands or not _NAME.fullmatch(request.match_info["name"]):
        return problem(404, "Not found", "No such brand, or no name of a template.")
    return brand


def _asked(request: web.Request, now: datetime) -> Asked | web.Response:
    goal = next((each for each in GOALS if each == request.query.get("goal", "answered")), None)
    days = request.query.get("days", str(USUAL_DAYS))
    if goal is None:
        return problem(400, "Bad request", f"`goal` is one of {', '.join(GOALS)}.")
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= MOST_DAYS):
        return problem(400, "Bad request", f"`days` is a number from 1 to {MOST_DAYS}.")
    return Asked(now - timedelta(days=int(days)), goal, request.match_info["name"])


def _json(found: TemplateResults) -> web.Response:
    return web.Response(text=found.model_dump_json(), content_type="application/json")


def _problem(status: int, says: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, says, Problem, "application/problem+json", headers)


OPERATION = Operation(
    "GET", "/v1/templates/{name}/results", "templateResults", "templates", "How the replies of a template did",
    "Counts of replies, and shares of customers with 95 % intervals, by locale and variant. Of variants a winner is "
    "named only where the numbers carry it, however often this is asked. A name that nothing was said with has no "
    f"rows. Reading ends after {READ_FOR:g} seconds: without `complete` they are of what was read by then.",
    (
        Answer(200, "The results. What is not known is null.", TemplateResults),
        _problem(400, "`days` or `goal` is wrong."),
        _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(403, "The client has not the right `templates`."),
        _problem(404, "No such brand, or it is not said which, or no name of a template."),
        _problem(
            503, "The store does not answer, or results are being worked out for others.",
            ("Retry-After", "Seconds until it is worth trying again."),
        ),
    ),
    (
        Parameter(
            "path", "name", "The template's name.", required=True,
            schema={"type": "string", "pattern": f"^{_NAME.pattern}$"},
        ),
        Parameter("query", "brand", "The brand; not needed by a client that has one."),
        Parameter(
            "query", "days", f"Replies of so many last days: 1 to {MOST_DAYS}, else {USUAL_DAYS}.",
            schema={"type": "integer", "minimum": 1, "maximum": MOST_DAYS},
        ),
        Parameter(
            "query", "goal", "What variants are compared by: else `answered`.",
            schema={"type": "string", "enum": list(GOALS)},
        ),
    ),
    security=("clientKey",),
)  # fmt: skip
