"""Talking to the flows as somebody made up. Nothing is stored or sent: the form has what was done so far in it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from flows.preview.customers import CUSTOMERS
from flows.trying.expecting import titles
from flows.trying.replaying import LONGEST_ACT, MOST_ACTS, Act, Talked, talked
from middleware.console.routes import BUILDER, get, post
from middleware.console.visit import Visit
from middleware.domain.channels import CHANNELS
from middleware.domain.context import BLOCKS, Block, Context
from middleware.errors import FlowError, NotCompiled

_ACTS = TypeAdapter(tuple[Act, ...])
_OTHERS: Mapping[str, Act] = {
    "wait_hour": Act(does="waits", what="1h"),
    "wait_day": Act(does="waits", what="1d"),
    "picture": Act(does="sends", what="image"),
    "right_code": Act(does="code", what="right"),
    "wrong_code": Act(does="code", what="wrong"),
}
"""What a customer does beside writing and pressing, by the name of its button."""
_MOST_COMPILED = 100
_LONGEST_VALUE = 2_000


async def begin(visit: Visit) -> web.StreamResponse:
    """The page, with nothing said yet."""
    return await _page(visit, visit.query("customer") or "ana", visit.query("channel") or "messenger", ())


async def go_on(visit: Visit) -> web.StreamResponse:
    """One thing more is done. The whole conversation is talked again, as it is short."""
    form = await visit.form()
    try:
        acts = _ACTS.validate_json(form.get("acts") or "[]")
        added = _added(form)
    except ValidationError:
        raise web.HTTPBadRequest from None
    return await _page(visit, form.get("customer", "ana"), form.get("channel", "messenger"), (*acts, *added))


def _added(form: Mapping[str, str]) -> tuple[Act, ...]:
    if form.get("other") in _OTHERS:
        return (_OTHERS[form["other"]],)
    if form.get("press"):
        return (Act(does="presses", what=form["press"]),)
    said = form.get("say", "").strip()
    if not said:
        return ()
    return (Act(does="comes_by" if form.get("other") == "ad" else "says", what=said),)


async def _page(visit: Visit, customer: str, channel: str, acts: Sequence[Act]) -> web.Response:
    if customer not in CUSTOMERS or channel not in CHANNELS or len(acts) > MOST_ACTS:
        raise web.HTTPBadRequest
    error = ""
    try:
        found = await _talked(visit, customer, channel, acts)
    except FlowError as wrong:
        # What cannot be done is not done; what was said before stays.
        error, acts = str(wrong), acts[:-1]
        found = await _talked_or_refused(visit, customer, channel, acts)
    return visit.page(
        "flows/talk.html" if visit.is_fragment else "flows/try.html",
        talked=found,
        acts=_ACTS.dump_json(tuple(acts)).decode(),
        customer=CUSTOMERS[customer],
        customers=CUSTOMERS.values(),
        channel=channel,
        channels=tuple(CHANNELS),
        error=error,
        titles=titles,
        blocks=_blocks,
        shown=_shown,
        longest=LONGEST_ACT,
    )


async def _talked_or_refused(visit: Visit, customer: str, channel: str, acts: Sequence[Act]) -> Talked:
    """For acts that were possible when they were done, unless somebody made them up."""
    try:
        return await _talked(visit, customer, channel, acts)
    except FlowError:
        raise web.HTTPBadRequest from None


async def _talked(visit: Visit, customer: str, channel: str, acts: Sequence[Act]) -> Talked:
    here = visit.brand
    for _ in range(_MOST_COMPILED):
        try:
            return await asyncio.to_thread(
                talked, here.flows_said(), customer, channel, acts, codes=here.brand.codes is not None
            )
        except NotCompiled as missing:
            await here.live.held().ready(missing.template)
    raise web.HTTPServiceUnavailable


def _blocks(context: Context) -> list[tuple[str, Block[Any]]]:
    """What was known when it was decided, block by block."""
    found = [(name, getattr(context, name)) for name in BLOCKS]
    return [(name, block) for name, block in found if block is not None]


def _shown(value: object) -> str:
    """The value of a block, cut where it is long."""
    written = to_json(value, exclude_none=True).decode()
    return written if len(written) <= _LONGEST_VALUE else f"{written[:_LONGEST_VALUE]}…"


ROUTES = (
    get("/{brand}/flows/try", begin, BUILDER),
    post("/{brand}/flows/try", go_on, BUILDER),
)
