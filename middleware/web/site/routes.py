"""The routes of a site: its scripts, what they report, and the visitor's own conversation.

Pages of other origins ask here without being asked back first (a body of plain text, no header of their own), and
nothing of a request is trusted: not its origin, which anybody but a browser can make up, nor its content.
"""

import asyncio
import time

import orjson
from aiohttp import web

from middleware.errors import StoreUnavailable
from middleware.pipeline.normalise import Delivery
from middleware.pipeline.seals import Signer
from middleware.ports import WebhookRequest
from middleware.web import webhooks
from middleware.web.keys import METRICS, SUBMIT
from middleware.web.problems import problem, unavailable
from middleware.web.site.asking import Asked, Refused, asked
from middleware.web.site.conversation import CHANNEL, Reader
from middleware.web.site.parts import SITE
from middleware.web.site.signing_in import proved

MOST_EVENTS = 20

HELD_FOR = 25.0
LOOK_EVERY = 0.5
MOST_HELD = 2_000
"""Pages that are held open at once; more are answered at once, and ask again by themselves."""

routes = web.RouteTableDef()


@routes.get("/site/{account}/throughline.js")
@routes.get("/site/{account}/chat.js")
async def script(request: web.Request) -> web.Response:
    """A script, squeezed, and compressed for whoever takes that."""
    site = request.app[SITE]
    if request.match_info["account"] not in site.accounts:
        raise web.HTTPNotFound
    found = site.scripts[request.path.rpartition("/")[2]]
    headers = {
        "Cache-Control": "public, max-age=3600",
        "Content-Type": "text/javascript; charset=utf-8",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": found.tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == found.tag:
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=found.packed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=found.plain, headers=headers)


@routes.post("/site/{account}/events")
async def report(request: web.Request) -> web.Response:
    """What a visitor looks at, has in the cart, writes. 204 when all of it is stored, and else nothing is."""
    begun = time.perf_counter()
    try:
        answer = await _reported(request, await asked(request), begun)
    except Refused as refused:
        answer = refused.answer
    if answer.status >= 400:  # noqa: PLR2004 - HTTP
        request.app[METRICS].refused(CHANNEL, _RESULTS.get(answer.status, "refused"))
    return _readable(request, answer)


@routes.post("/site/{account}/conversation")
async def conversation(request: web.Request) -> web.Response:
    """The visitor's conversation as soon as it is another than the page has (`after`); 204 if it stays the same."""
    try:
        return _readable(request, await _conversation(request, await asked(request)))
    except Refused as refused:
        return _readable(request, refused.answer)


_RESULTS = {401: "unsigned", 429: "too_many", 503: "unavailable"}


async def _reported(request: web.Request, page: Asked, begun: float) -> web.Response:
    events = page.body.get("events")
    if not isinstance(events, list) or not 0 < len(events) <= MOST_EVENTS:
        return problem(400, "Bad request", f"events is no list of 1 to {MOST_EVENTS}.")
    try:
        async with asyncio.timeout(webhooks.ANSWER_WITHIN):
            said = await proved(page, page.body["token"]) if page.body.get("token") is not None else None
            if said == "somebody_else":
                return problem(409, "Conflict", "This visitor has signed in to another account before.")
            if said == "no_token":
                return problem(
                    401, "Unauthorized", "The token does not count here.", headers={"WWW-Authenticate": "Bearer"}
                )
            return await _stored(request, page, {"proved": said, "events": events}, begun)
    except (StoreUnavailable, TimeoutError):
        return unavailable()


async def _stored(request: web.Request, page: Asked, content: dict[str, object], begun: float) -> web.Response:
    """Put an envelope through the intake, like any delivery, but whole or not at all.

    Strangers do not fill the quarantine: nobody sends again what was refused, and nobody mends it.
    """
    intake, account = page.site.intake, page.account
    envelope = {"object": "site", "account": account.id, "visitor": page.visitor, **content}
    try:
        raw = orjson.dumps(envelope)
    except TypeError:  # lone surrogates, integers beyond 64 bit, absurd nesting
        return problem(400, "Bad request", "events holds what cannot be stored.")
    webhook = WebhookRequest(headers={}, body=raw)
    signer = Signer((account,), (), account.name)
    delivery = Delivery(intake.connectors[CHANNEL], webhook, signer, page.site.clock.now())
    found = intake.sort(delivery)
    refused = next((each.reason for kept in found.quarantined.values() for each in kept), None)
    if refused is not None:
        return problem(400, "Bad request", f"In events: {refused}.")
    accepted = await intake.store(found)
    request.app[SUBMIT](accepted.fresh, accepted.again)
    results = {"fresh": len(accepted.fresh), "duplicate": accepted.duplicates, "quarantined": accepted.quarantined}
    request.app[METRICS].accepted(CHANNEL, results, time.perf_counter() - begun)
    return web.Response(status=204)


async def _conversation(request: web.Request, page: Asked) -> web.Response:
    site, after = page.site, page.body.get("after")
    reader = Reader(site.store.brand(page.account.brand), page.account.id, page.visitor)
    until = site.clock.monotonic() + (HELD_FOR if site.waiting < MOST_HELD else 0)
    site.waiting += 1
    try:
        while True:
            found = await reader.changed(after if isinstance(after, str) else "")
            if found is not None:
                return web.json_response(text=found.model_dump_json(exclude_none=True))
            if site.clock.monotonic() >= until or await _over(request, site.closing):
                return web.Response(status=204)
    finally:
        site.waiting -= 1


async def _over(request: web.Request, closing: asyncio.Event) -> bool:
    """Wait a little; whether nobody waits for the answer any more."""
    try:
        async with asyncio.timeout(LOOK_EVERY):
            await closing.wait()
    except TimeoutError:
        return request.transport is None or request.transport.is_closing()
    return True


def _readable(request: web.Request, answer: web.Response) -> web.Response:
    """Let the page read the answer, if it is one of the account's."""
    site, origin = request.app[SITE], request.headers.get("Origin")
    account = site.accounts.get(request.match_info["account"])
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    if account is not None and origin is not None and origin in account.origins:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return answer
