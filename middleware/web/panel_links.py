"""`POST /v1/panel-links`: a link to the panel of one sender, for the frame of a help desk.

Only for clients whose settings say `profiles`.
"""

from datetime import datetime
from typing import Annotated

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from middleware.web.clients import Client, client_of
from middleware.web.keys import CLIENTS, CLOCK, LOOK_UP, PANEL_LINKS
from middleware.web.problems import problem

routes = web.RouteTableDef()

_LARGEST_BODY = 4_096

_Text = Annotated[str, Field(max_length=300)]


class PanelLink(BaseModel):
    """Where the panel is, and until when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    expires_at: datetime


class _Asked(BaseModel):
    """The body: whom it is about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: _Text = ""
    account: _Text = ""
    sender: _Text = ""
    profile_id: _Text = ""
    brand: _Text = ""


@routes.post("/v1/panel-links")
async def panel_link(request: web.Request) -> web.Response:
    """A link that works for ten minutes."""
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", "Send a client's key as a bearer token.", {"WWW-Authenticate": "Bearer"})
    if not client.profiles:
        return problem(403, "Forbidden", "This client may not read profiles (`profiles` in its settings).")
    links = request.app[PANEL_LINKS]
    missing = links.missing()
    if missing:
        return problem(409, "Conflict", f"Set {missing} first.")
    asked = await _asked(request)
    if asked is None:
        said = "Send JSON with channel, account and sender, or with profile_id and, of several brands, brand"
        return problem(400, "Bad request", f"{said}.")
    found = await _whom(request, client, asked)
    if isinstance(found, web.Response):
        return found
    brand, profile_id, conversation = found
    now = request.app[CLOCK].now()
    url, over = await links.make(
        brand=brand, profile_id=profile_id, conversation=conversation, by=f"client:{client.name}", now=now
    )  # fmt: skip
    made = PanelLink(url=url, expires_at=over)
    return web.Response(status=201, text=made.model_dump_json(), content_type="application/json")


async def _asked(request: web.Request) -> _Asked | None:
    body = await request.content.read(_LARGEST_BODY + 1)
    try:
        asked = _Asked.model_validate(orjson.loads(body)) if len(body) <= _LARGEST_BODY else None
    except (orjson.JSONDecodeError, ValidationError):
        return None
    if asked is None or bool(asked.profile_id) == bool(asked.channel and asked.account and asked.sender):
        return None
    return asked


async def _whom(request: web.Request, client: Client, asked: _Asked) -> tuple[str, str, str] | web.Response:
    """Brand, profile and conversation, or what is answered instead."""
    look_up = request.app[LOOK_UP]
    if asked.profile_id:
        named = asked.brand or (next(iter(client.brands)) if len(client.brands) == 1 else "")
        is_known = named in client.brands and asked.profile_id.isascii() and asked.profile_id.isprintable()
        found = await look_up.joined(named, asked.profile_id) if is_known else None
        if found is None:
            return problem(404, "Not found", "No such profile.")
        return named, found.profile_id, ""
    account = look_up.account(asked.channel, asked.account, client.brands)
    if account is None:
        return problem(404, "Not found", "No such account on this channel.")
    target = await look_up.panel_of(account, asked.sender)
    if target is None:
        return problem(400, "Bad request", "This is no sender id of this channel.")
    return account.brand, *target
