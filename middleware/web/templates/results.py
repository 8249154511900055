"""`GET /v1/templates/{name}/results`: how the replies of one template did. A client needs the right `templates`.

What is answered are counts and shares: nothing of any customer. They are worked out when asked for, one request after
the other, in a bounded time: of a brand with very many conversations, from as many as can be read by then.
"""

import asyncio
from datetime import datetime, timedelta
from typing import get_args

from aiohttp import web

from middleware.domain.template_results import GOALS, USUAL_DAYS, By, TemplateResults
from middleware.domain.template_versions import is_template_name
from middleware.pipeline.template_results import Asked as ResultsAsked
from middleware.pipeline.template_results import template_results
from middleware.pipeline.templates.errors import NoTemplate
from middleware.pipeline.templates.parts import known_head
from middleware.web.keys import CLOCK
from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.problems import Problem, problem
from middleware.web.templates.asking import Asked, Unfit, answered

routes = web.RouteTableDef()

ONE_AT_A_TIME: web.AppKey[asyncio.Lock] = web.AppKey("one_at_a_time", asyncio.Lock)
"""Held by the request whose results are being worked out."""

MOST_DAYS = 365
READ_FOR = 5.0
"""Seconds after which the answer is what was read by then."""
WAIT_FOR = 5.0
"""Seconds that a request waits for the one before it."""


@routes.get("/v1/templates/{name}/results")
async def results(request: web.Request) -> web.Response:
    """Results of one template. Query: `days`, `goal`, `by`, and `brand` where the client sees several."""
    return await answered(request, _results)


async def _results(asked: Asked) -> web.Response:
    now = asked.request.app[CLOCK].now()
    wanted = _wanted(asked, now)
    lock = asked.request.app[ONE_AT_A_TIME]
    try:
        async with asyncio.timeout(WAIT_FOR):
            await lock.acquire()
    except TimeoutError:
        return problem(503, "Busy", "Other results are being worked out. Ask again.", headers={"Retry-After": "5"})
    try:
        found = await _read(asked, wanted, now)
    finally:
        lock.release()
    if not found.rows:
        # One that has gone meanwhile has results as long as what it said is looked at.
        await known_head(asked.of, asked.name)
    return web.Response(text=found.model_dump_json(), content_type="application/json")


async def _read(asked: Asked, wanted: ResultsAsked, now: datetime) -> TemplateResults:
    clock = asked.request.app[CLOCK]
    end = clock.monotonic() + READ_FOR
    return await template_results(asked.of.store, asked.brand, wanted, now, lambda _: clock.monotonic() < end)


def _wanted(asked: Asked, now: datetime) -> ResultsAsked:
    """What the query asks for. Raises Unfit, and NoTemplate for a name that no template can have."""
    query = asked.request.query
    goal = next((each for each in GOALS if each == query.get("goal", "answered")), None)
    by = next((each for each in get_args(By) if each == query.get("by", "variant")), None)
    days = query.get("days", str(USUAL_DAYS))
    if goal is None:
        raise Unfit(400, "Bad request", f"`goal` is one of {', '.join(GOALS)}.")
    if by is None:
        raise Unfit(400, "Bad request", f"`by` is one of {', '.join(get_args(By))}.")
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= MOST_DAYS):
        raise Unfit(400, "Bad request", f"`days` is a number from 1 to {MOST_DAYS}.")
    if not is_template_name(asked.name):
        raise NoTemplate("no template can be called this")
    return ResultsAsked(now - timedelta(days=int(days)), goal, asked.name, by)


def _problem(status: int, says: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, says, Problem, "application/problem+json", headers)


OPERATION = Operation(
    "GET", "/v1/templates/{name}/results", "templateResults", "templates", "How the replies of a template did",
    "Counts of replies, and shares of customers with 95 % intervals, by locale and variant. Of variants a winner is "
    "named only where the numbers carry it, however often this is asked. A template that said nothing has no rows. "
    f"Reading ends after {READ_FOR:g} seconds: without `complete` they are of what was read by then.",
    (
        Answer(200, "The results. What is not known is null.", TemplateResults),
        _problem(400, "`days`, `goal` or `by` is wrong."),
        _problem(401, "No key, or none that we know.", ("WWW-Authenticate", "`Bearer`.")),
        _problem(403, "The client has not the right `templates`."),
        _problem(404, "No such brand, or it is not said which, or no such template."),
        _problem(
            503, "The store does not answer, or results are being worked out for others.",
            ("Retry-After", "Seconds until it is worth trying again."),
        ),
    ),
    (
        Parameter(
            "path", "name", "The template's name.", required=True,
            schema={"type": "string"},
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
        Parameter(
            "query", "by", "`version`: a row for each version that was published. Else one for each variant.",
            schema={"type": "string", "enum": list(get_args(By))},
        ),
    ),
    security=("clientKey",),
)  # fmt: skip
