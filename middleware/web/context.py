"""`GET /v1/context`: who is writing, for programs that ask instead of being told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from middleware.domain.context import Context
from middleware.handover import (
    LEAST,
    MOST,
    UnknownFieldError,
    blocks_of,
    explained,
    hand_over,
    prompt_of,
    selected,
    selection,
)
from middleware.identity.evidence import RULES
from middleware.web.clients import Client, client_of
from middleware.web.keys import CLIENTS, LOOK_UP
from middleware.web.problems import problem

routes = web.RouteTableDef()

MOST_PROMPT = 20_000
"""Characters of a prompt that can be asked for."""
_ASKED = ("channel", "account", "sender")
_REASONS = {name: rule.reason for name, rule in RULES.items()}


class _BadQueryError(ValueError):
    """A query that cannot be answered, and why."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for beside whom: blocks, fields, and how it should come."""

    blocks: frozenset[str]
    fields: dict[str, Any] | None
    explain: bool
    prompt: bool
    plain: bool
    most: int


@routes.get("/v1/context")
async def context(request: web.Request) -> web.Response:
    """The context of one sender.

    Query: `channel`, `account` (id or name), `sender` (the id on that channel; on WhatsApp the business-scoped id or
    the phone number); optional `blocks`, `fields`, `explain`, `prompt`, `view`, `most`. 401 without a client's key, 404
    for an account that the client may not see, exactly as for one that does not exist.
    """
    client = client_of(request.headers.get("Authorization"), request.app[CLIENTS].values())
    if client is None:
        return problem(401, "Unauthorized", "Send a client's key as a bearer token.", {"WWW-Authenticate": "Bearer"})
    try:
        channel, named, sender = _whom(request.query)
        wish = _wish(request.query)
    except ValueError as error:
        return problem(400, "Bad request", f"{error}.")
    if not wish.blocks <= client.blocks:
        unseen = ", ".join(sorted(wish.blocks - client.blocks))
        known = ", ".join(sorted(client.blocks))
        return problem(403, "Forbidden", f"Not among this client's blocks ({known}): {unseen[:200]}.")
    look_up = request.app[LOOK_UP]
    account = look_up.account(channel, named, client.brands)
    if account is None:
        return problem(404, "Not found", "No such account on this channel.")
    wanted = wish.blocks or (client.blocks if wish.fields is None else frozenset())
    found = await look_up.context(account, sender, wanted)
    if found is None:
        return problem(400, "Bad request", "This is no sender id of this channel.")
    return _answer(found, wish, wanted, client)


def _answer(found: Context, wish: _Wish, blocks: frozenset[str], client: Client) -> web.Response:
    """What is handed over, as it was asked for. Ids go to clients that may read profiles."""
    if wish.plain:
        return web.Response(text=prompt_of(found, blocks=blocks, most=wish.most), content_type="text/plain")
    told = hand_over(found, blocks=blocks, ids=client.profiles)
    answer = told
    if wish.fields is not None:
        answer = {**{name: told[name] for name in ("schema", "trace_id", "at")}, "fields": selected(told, wish.fields)}
    if wish.prompt:
        answer["prompt"] = prompt_of(found, blocks=blocks, most=wish.most)
    if wish.explain:
        explanation = explained(found, _REASONS, blocks=blocks, ids=client.profiles)
        answer["explanation"] = explanation.model_dump(mode="json", exclude_none=True)
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


def _whom(query: Mapping[str, str]) -> tuple[str, ...]:
    """Channel, account and sender. Raises ValueError with what is missing."""
    missing = [name for name in _ASKED if not query.get(name)]
    if missing:
        raise _BadQueryError(f"Missing in the query: {', '.join(missing)}")
    return tuple(query[name] for name in _ASKED)


def _wish(query: Mapping[str, str]) -> _Wish:
    """What was asked for. Raises ValueError with what is wrong."""
    blocks = frozenset(filter(None, (name.strip() for name in query.get("blocks", "").split(","))))
    fields = _fields(query["fields"]) if query.get("fields") else None
    view = query.get("view") or "json"
    if view not in {"json", "prompt"}:
        raise _BadQueryError("`view` is json or prompt")
    if view == "prompt" and (fields is not None or "explain" in query or "prompt" in query):
        raise _BadQueryError("`view=prompt` is a text of its own: leave out fields, explain and prompt")
    if fields is not None and blocks and not blocks_of(fields) <= blocks:
        outside = ", ".join(sorted(blocks_of(fields) - blocks))
        raise _BadQueryError(f"`fields` names blocks that `blocks` leaves out: {outside}")
    return _Wish(
        blocks=blocks or (blocks_of(fields) if fields is not None else frozenset()),
        fields=fields,
        explain=_flag(query, "explain"),
        prompt=_flag(query, "prompt"),
        plain=view == "prompt",
        most=_most(query.get("most")),
    )


def _fields(text: str) -> dict[str, Any]:
    try:
        return selection(text)
    except UnknownFieldError as error:
        raise _BadQueryError(f"`fields`: {error}") from None


def _flag(query: Mapping[str, str], name: str) -> bool:
    value = query.get(name, "0")
    if value not in {"0", "1"}:
        raise _BadQueryError(f"`{name}` is 1 or 0")
    return value == "1"


def _most(text: str | None) -> int:
    """How many characters a prompt may have."""
    if text is None:
        return MOST
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and LEAST <= int(text) <= MOST_PROMPT):  # noqa: PLR2004 - digits
        raise _BadQueryError(f"`most` is a number of characters from {LEAST} to {MOST_PROMPT}")
    return int(text)
