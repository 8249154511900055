"""`/v1/review/...`: the review queue for programs that show it to people. A client needs the right `review`.

What is decided is decided in the client's name, with the name of the person that it gives.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from middleware.domain.candidates import Because, Candidate
from middleware.domain.identifiers import Identifier
from middleware.domain.journal import LONGEST_NOTE, Verdict
from middleware.identity.candidates import masked
from middleware.pipeline.review import Looked, NoCandidate, NotDecided, Queue, Side
from middleware.web.clients import client_of
from middleware.web.keys import CLIENTS, CLOCK, QUEUES
from middleware.web.permitted import permitted
from middleware.web.problems import problem

routes = web.RouteTableDef()

MOST = 100
_USUAL = 20


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldShown(_Shape):
    """One field of both records, as told and masked."""

    field: str
    one: str
    other: str
    one_masked: str
    other_masked: str


class SideShown(_Shape):
    """One of the two profiles. Identifiers are masked."""

    profile: str
    record: str
    created_at: datetime | None = None
    identifiers: tuple[str, ...] = ()


class CandidateShown(_Shape):
    """Two profiles that may be one person."""

    id: str
    bits: float
    probability: float
    reasons: tuple[Because, ...]
    counter_reasons: tuple[Because, ...]
    conflicts: tuple[str, ...]
    fields: tuple[FieldShown, ...]
    profiles: tuple[str, str]
    sides: tuple[SideShown, ...] = ()
    rule: str
    model_version: int
    created_at: datetime


class QueueShown(_Shape):
    """A page of open candidates, the surest first. `next` goes into `after` for the page behind it."""

    items: tuple[CandidateShown, ...]
    next: str | None = None


class VerdictShown(_Shape):
    """What was decided."""

    id: str
    verdict: Literal["accepted", "rejected", "locked"]
    by: str
    at: datetime
    note: str


class _Said(_Shape):
    """The body of a decision."""

    by: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


Decide = Callable[[Queue, str, str, str, datetime], Awaitable[Verdict]]


@routes.get("/v1/review/candidates")
async def listed(request: web.Request) -> web.Response:
    """Open candidates, the surest first. Query: `brand` (if the client has several), `limit` (100 at most), `after`."""
    queue = queue_for(request)
    if isinstance(queue, web.Response):
        return queue
    limit = request.query.get("limit", str(_USUAL))
    # No longer than the longest: a number of thousands of digits is not even read.
    if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST)) and 1 <= int(limit) <= MOST):
        return problem(400, "Bad request", f"`limit` is a number from 1 to {MOST}.")
    try:
        page = await queue.page(int(limit), request.query.get("after", ""))
    except NotDecided as error:
        return problem(400, "Bad request", str(error))
    return _json(QueueShown(items=tuple(shown(each) for each in page.items), next=page.after))


@routes.get("/v1/review/candidates/{id}")
async def looked(request: web.Request) -> web.Response:
    """One open candidate, side by side."""
    queue = queue_for(request)
    if isinstance(queue, web.Response):
        return queue
    try:
        return _json(shown_whole(await queue.look(request.match_info["id"])))
    except NoCandidate as error:
        return problem(404, "Not found", str(error))


@routes.post("/v1/review/candidates/{id}/accept")
async def accept(request: web.Request) -> web.Response:
    """They are one person."""

    async def decide(queue: Queue, key: str, by: str, note: str, now: datetime) -> Verdict:
        return await queue.accept(key, by=by, note=note, now=now)

    return await _decided(request, decide)


@routes.post("/v1/review/candidates/{id}/reject")
async def reject(request: web.Request) -> web.Response:
    """They are two people, for ever."""

    async def decide(queue: Queue, key: str, by: str, note: str, now: datetime) -> Verdict:
        return await queue.reject(key, by=by, note=note, now=now)

    return await _decided(request, decide)


@routes.post("/v1/review/profiles/{id}/lock")
async def lock(request: web.Request) -> web.Response:
    """Keep a profile out of the queue, for ever."""

    async def decide(queue: Queue, key: str, by: str, note: str, now: datetime) -> Verdict:
        return await queue.lock(key, by=by, note=note, now=now)

    return await _decided(request, decide)


async def _decided(request: web.Request, decide: Decide) -> web.Response:
    queue = queue_for(request)
    if isinstance(queue, web.Response):
        return queue
    try:
        said = _Said.model_validate(orjson.loads(await request.read() or b"{}"))
    except (orjson.JSONDecodeError, ValidationError):
        return problem(400, "Bad request", 'Send {"note": "why", "by": "who"} as JSON; both may be left out.')
    by, now = decided_by(request, said.by), request.app[CLOCK].now()
    try:
        verdict = await decide(queue, request.match_info["id"], by, said.note, now)
    except NoCandidate as error:
        return problem(404, "Not found", str(error))
    except NotDecided as error:
        return problem(409, "Conflict", str(error))
    fields = verdict.model_dump(include=set(VerdictShown.model_fields))
    return _json(VerdictShown(**fields))


def decided_by(request: web.Request, person: str) -> str:
    """In whose name something is decided: the person whom the client names, and the client."""
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    name = client.name if client is not None else ""
    return f"{person} ({name})" if person else name


def queue_for(request: web.Request) -> Queue | web.Response:
    """The queue that the client may read and decide on, or what is answered instead."""
    found = permitted(request, "review", request.app[QUEUES].keys())
    return found if isinstance(found, web.Response) else request.app[QUEUES][found[1]]


def shown(candidate: Candidate) -> CandidateShown:
    """A candidate as programs see it."""
    return CandidateShown(
        id=candidate.id,
        bits=candidate.bits,
        probability=candidate.probability,
        reasons=candidate.reasons,
        counter_reasons=candidate.counter_reasons,
        conflicts=candidate.conflicts,
        fields=tuple(
            FieldShown(
                field=each.field,
                one=each.one,
                other=each.other,
                one_masked=masked(each.field, each.one),
                other_masked=masked(each.field, each.other),
            )
            for each in candidate.fields
        ),
        profiles=candidate.profiles,
        rule=candidate.rule,
        model_version=candidate.model_version,
        created_at=candidate.created_at,
    )


def shown_whole(looked_at: Looked) -> CandidateShown:
    """A candidate with both sides."""
    sides = zip(looked_at.sides, looked_at.candidate.records, strict=True)
    return shown(looked_at.candidate).model_copy(update={"sides": tuple(_side(side, key) for side, key in sides)})


def _side(side: Side, record: str) -> SideShown:
    return SideShown(
        profile=side.profile_id,
        record=record,
        created_at=side.created_at,
        identifiers=tuple(Identifier.from_key(each).masked() for each in side.identifiers),
    )


def _json(answer: BaseModel) -> web.Response:
    return web.Response(text=answer.model_dump_json(exclude_none=True), content_type="application/json")
