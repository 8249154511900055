"""Stage 1, receive: the webhook routes. The raw bytes are read once, and the answer is given when they are stored."""

import asyncio
import time
from typing import TypeGuard

from aiohttp import web

from middleware.errors import StoreUnavailable
from middleware.pipeline.accept import Intake
from middleware.ports import Channel, Probed, WebhookRequest
from middleware.web.keys import INTAKE, METRICS, PUBLIC_URL, PULSES, SUBMIT, WANTED
from middleware.web.problems import problem, unavailable

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes. WhatsApp's deliveries may reach 3 MB."""

ANSWER_WITHIN = 2.3
"""Seconds until 503 is said, storing included."""

READ_WITHIN = 10.0

routes = web.RouteTableDef()


@routes.get("/webhooks/{connector}")
@routes.get("/webhooks/{connector}/{name}")
async def challenge(request: web.Request) -> web.Response:
    """The verification handshake: the challenge back as plain text for the right token, 403 for any other.

    A platform that only looks whether somebody is there is told so.
    """
    intake, connector, name = _target(request)
    reader = intake.connectors[connector]
    if isinstance(reader, Probed):
        return web.Response(text=reader.probed(), content_type="text/plain")
    if not _is_channel(reader):
        raise web.HTTPMethodNotAllowed("GET", ["POST"])
    tokens = [a.verify_token.get_secret_value() for a in intake.accounts(connector, name) if a.verify_token]
    answer = reader.challenge(dict(request.query), tokens)
    if answer is None:
        return problem(403, "Forbidden", "hub.verify_token is not the verify_token of any account here.")
    request.app[PULSES].verified(intake.accounts(connector, name))
    return web.Response(text=answer, content_type="text/plain")


@routes.post("/webhooks/{connector}")
@routes.post("/webhooks/{connector}/{name}")
async def deliver(request: web.Request) -> web.Response:
    """One delivery: 200 when everything in it is stored, 401 when nobody we know signed it, 503 to have it again."""
    begun = time.perf_counter()
    intake, connector, name = _target(request)
    metrics = request.app[METRICS]
    try:
        body = await _body(request)
    except TimeoutError:
        return problem(408, "Request timeout")
    headers = {key.lower(): value for key, value in request.headers.items()}
    query = dict(request.query) if request.query_string else {}
    webhook = WebhookRequest(headers, body, query, method=request.method, url=_url(request), address=name)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            accepted = await intake.accept(connector, name, webhook)
    except (StoreUnavailable, TimeoutError):
        metrics.refused(connector, "unavailable")
        return unavailable()
    if accepted is None:
        metrics.refused(connector, "unsigned")
        request.app[PULSES].refused(intake.accounts(connector, name))
        return problem(401, "Unauthorized", "The signature is missing or made with no secret of these accounts.")
    request.app[SUBMIT](accepted.fresh, accepted.again)
    for brand, job in accepted.jobs:
        request.app[WANTED](brand, job)
    results = {"fresh": len(accepted.fresh), "duplicate": accepted.duplicates, "quarantined": accepted.quarantined}
    metrics.accepted(connector, results, time.perf_counter() - begun)
    return web.Response(text="ok")


async def _body(request: web.Request) -> bytes:
    """The bytes of the body. Raises TimeoutError when they do not come in time."""
    if request.content.is_eof():  # all of it is here, as nearly always: nothing to wait for
        return await request.read()
    async with asyncio.timeout(READ_WITHIN):
        return await request.read()


def _url(request: web.Request) -> str:
    """The address as the platform knows it: what a proxy made of it says nothing."""
    base = request.app[PUBLIC_URL] or f"{request.scheme}://{request.host}"
    return base + request.raw_path


def _target(request: web.Request) -> tuple[Intake, str, str | None]:
    intake = request.app[INTAKE]
    connector, name = request.match_info["connector"], request.match_info.get("name")
    if connector not in intake.connectors:
        raise web.HTTPNotFound
    return intake, connector, name


def _is_channel(connector: object) -> TypeGuard[Channel]:
    return getattr(connector, "kind", None) == "channel"
