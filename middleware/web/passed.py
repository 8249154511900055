"""`GET /v1/passed/{token}`: the context beside something that was passed on, for the bot that has it.

The link is the key: it is signed, leads to one sender's context, and lives for ten minutes. One that has run out looks
like one that never was.
"""

from typing import Any, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from middleware.pipeline.passed_context import LINK_LIVES
from middleware.web.keys import PASSED
from middleware.web.openapi import Answer, Operation, Parameter
from middleware.web.problems import UNAVAILABLE, problem, problem_answer

routes = web.RouteTableDef()


class PassedContext(BaseModel):
    """What a link leads to. A header says the same; there `left_out` names what did not fit."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_: Literal["throughline.passed/1"] = Field(alias="schema")
    at: int
    context: dict[str, Any]
    left_out: list[str]


@routes.get("/v1/passed/{token}")
async def passed(request: web.Request) -> web.Response:
    """The context of the sender, as it is now. Waits a second at most until what was passed on has been absorbed."""
    found = await request.app[PASSED].behind(request.match_info["token"])
    if found is None:
        return problem(404, "Not found", "No such link, or it has run out.")
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=orjson.dumps(dict(found)), content_type="application/json", headers=headers)


_TOKEN = {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"}

OPERATION = Operation(
    "GET", "/v1/passed/{token}", "passed", "context", "The context beside what was passed on",
    "For a bot that gets its webhooks through here and asked for a link in place of a header. The link is the key: it "
    f"leads to the context of one sender, for {LINK_LIVES // 60} minutes.",
    (
        Answer(200, "The context. What is not known is left out.", PassedContext),
        problem_answer(404, "No such link, or it has run out."),
        UNAVAILABLE,
    ),
    (Parameter("path", "token", "The end of the link.", required=True, schema=_TOKEN),),
)  # fmt: skip
