"""`POST /v1/turns/{id}/replies`: the answer of a bot engine that said that it comes later. A client needs the right
`replies`. It goes through the inbox like everything: what is answered with 202 is stored, is worked on after what came
before it, and told twice it is said once.

`GET /v1/turns/{id}`: the trace of a turn, for tools that show it to people. A client needs the right `profiles`.
"""

import hashlib
import re
from typing import Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from middleware.domain.engine_answers import MOST_BYTES, read_answer
from middleware.domain.engine_reading import Unreadable
from middleware.domain.engines import EngineAnswer
from middleware.pipeline.trace import NoTrace
from middleware.web.clients import client_of
from middleware.web.keys import CLIENTS, REPLIES, SUBMIT, TRACES
from middleware.web.permitted import permitted
from middleware.web.problems import problem

routes = web.RouteTableDef()

_OWN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)


class ReplyTaken(BaseModel):
    """What was stored: the key of the event, the same when the answer is told again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["taken"] = "taken"
    event: str


@routes.get("/v1/turns/{id}")
async def trace(request: web.Request) -> web.Response:
    """How a turn was decided and what came of it. `id` is that of a turn, an event, a message or a reply; of a
    conversation the latest turn is told. Query: `brand` where the client sees several.
    """
    traces = request.app[TRACES]
    allowed = permitted(request, "profiles", traces.brands)
    if isinstance(allowed, web.Response):
        return allowed
    try:
        found = await traces.find(allowed[1], request.match_info["id"])
    except NoTrace as error:
        return problem(404, "Not found", str(error))
    return web.Response(text=found[-1].model_dump_json(exclude_none=True), content_type="application/json")


@routes.post("/v1/turns/{id}/replies")
async def replies(request: web.Request) -> web.Response:
    """Take a later answer. `webhook-id` or `Idempotency-Key` tells it apart from others to the same turn; without one,
    its own content does.
    """
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", "Send a client's key as a bearer token.", {"WWW-Authenticate": "Bearer"})
    if not client.replies:
        return problem(403, "Forbidden", "This client may not answer turns: write replies = true in its settings.")
    body = await request.read()
    if len(body) > MOST_BYTES:
        return problem(413, "Too large", f"An answer has at most {MOST_BYTES:,} bytes.")
    try:
        answer = _read(body)
        own = _own_id(request, body)
    except ValueError as error:
        return problem(400, "Bad request", str(error))
    taken = await request.app[REPLIES].take(client.brands, request.match_info["id"], own, answer)
    if taken is None:
        return problem(404, "Not found", "No turn of this id waits for an answer.")
    brand, event = taken
    request.app[SUBMIT]([(brand, event)], ())
    said = ReplyTaken(event=event.key)
    return web.Response(status=202, text=said.model_dump_json(), content_type="application/json")


def _read(body: bytes) -> EngineAnswer:
    """Raises ValueError with what is wrong."""
    try:
        return read_answer(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise ValueError("The body is no JSON.") from None
    except Unreadable as error:
        raise ValueError(f"The answer cannot be read: {error}.") from None


def _own_id(request: web.Request, body: bytes) -> str:
    """The engine's id for this answer. Raises ValueError for one that is none."""
    named = request.headers.get("webhook-id") or request.headers.get("Idempotency-Key")
    if named is None:
        return hashlib.blake2b(body, digest_size=12).hexdigest()
    if not _OWN_ID.fullmatch(named):
        raise ValueError("`webhook-id` or `Idempotency-Key`: letters, digits, ., :, - and _, at most 128.")
    return named
