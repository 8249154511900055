"""`GET /v1/context`: who is writing, for programs that ask instead of being told."""

from aiohttp import web

from middleware.web.clients import client_of
from middleware.web.keys import CLIENTS, LOOK_UP
from middleware.web.problems import problem

routes = web.RouteTableDef()

_ASKED = ("channel", "account", "sender")


@routes.get("/v1/context")
async def context(request: web.Request) -> web.Response:
    """The context of one sender.

    Query: `channel`, `account` (id or name), `sender` (the id on that channel; on WhatsApp the business-scoped id or
    the phone number), `blocks` (comma-separated, optional). 401 without a client's key, 404 for an account that the
    client may not see, exactly as for one that does not exist.
    """
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", "Send a client's key as a bearer token.", {"WWW-Authenticate": "Bearer"})
    missing = [name for name in _ASKED if not request.query.get(name)]
    if missing:
        return problem(400, "Bad request", f"Missing in the query: {', '.join(missing)}.")
    channel, named, sender = (request.query[name] for name in _ASKED)
    blocks = _blocks(request.query.get("blocks"))
    if not blocks <= client.blocks:
        unseen = ", ".join(sorted(blocks - client.blocks))
        known = ", ".join(sorted(client.blocks))
        return problem(403, "Forbidden", f"Not among this client's blocks ({known}): {unseen[:200]}.")
    look_up = request.app[LOOK_UP]
    account = look_up.account(channel, named, client.brands)
    if account is None:
        return problem(404, "Not found", "No such account on this channel.")
    wanted = blocks if request.query.get("blocks") else client.blocks
    found = await look_up.context(account, sender, wanted)
    if found is None:
        return problem(400, "Bad request", "This is no sender id of this channel.")
    return web.Response(text=found.model_dump_json(by_alias=True, exclude_none=True), content_type="application/json")


def _blocks(asked: str | None) -> frozenset[str]:
    """The blocks that were asked for by name; none when nothing was said. Unknown names stay and are refused."""
    return frozenset(filter(None, (name.strip() for name in (asked or "").split(","))))
