"""The trace of a turn: what came in, who it was, what was known, decided, said, and what came of it."""

import asyncio

from aiohttp import web

from middleware.console.routes import BUILDER, any_of, get
from middleware.console.traces.telling import Telling
from middleware.console.visit import Visit
from middleware.domain.board import Wanted
from middleware.domain.trace import Trace
from middleware.pipeline.again import DecidingAgain
from middleware.pipeline.trace import NoTrace

_LAST = 10
"""Turns of a conversation that are listed."""
_LATEST = 15
"""Conversations of which the last turn is listed."""

_READERS = any_of("agent", "builder")


async def look_for(visit: Visit) -> web.StreamResponse:
    """The field that a trace is found with."""
    named = visit.query("id").strip()
    if named:
        return visit.go(visit.path("traces", named))
    found = await _latest(visit)
    if found:
        await visit.on_record("trace.listed")
    return visit.page("traces/find.html", named="", because="", traces=found, telling=Telling(visit.language))


async def _latest(visit: Visit) -> list[Trace]:
    """The last turn of each of the latest conversations: whoever has no id begins there."""
    board = visit.brand.board
    board.start()
    heads = board.page(Wanted(), most=_LATEST).rows
    found = await asyncio.gather(*(_last_of(visit, head.id) for head in heads))
    return [each for each in found if each is not None]


async def _last_of(visit: Visit, conversation: str) -> Trace | None:
    """None where nothing was decided, or it is not kept any more."""
    try:
        return (await visit.console.traces.find(visit.brand.name, conversation))[-1]
    except NoTrace:
        return None


async def trace(visit: Visit) -> web.StreamResponse:
    """One trace, or the last ones of a conversation. They have what a customer wrote in them: on record."""
    named = visit.at("id")
    try:
        found = await visit.console.traces.find(visit.brand.name, named, _LAST)
    except NoTrace as error:
        telling = Telling(visit.language)
        return visit.page(
            "traces/find.html", status=404, named=named, because=str(error), traces=[], telling=telling
        )  # fmt: skip
    # What was asked for may be the platform's id of a message; that of a turn says nothing of anybody.
    await visit.on_record("trace.read", found[0].turn if ":" in named else named)
    telling = Telling(visit.language)
    if len(found) > 1:
        return visit.page("traces/several.html", traces=found[::-1], telling=telling)
    return visit.page("traces/page.html", trace=found[0], telling=telling, account=_account(visit, found[0]))


async def decide_again(visit: Visit) -> web.StreamResponse:
    """A turn decided again with the flows of today. Nothing is written or sent but the record that somebody looked."""
    named = visit.at("id")
    here = visit.brand.brand
    try:
        again = await DecidingAgain(here, here.flows, visit.console.channels).turn(named)
    except NoTrace:
        raise web.HTTPNotFound from None
    await visit.on_record("trace.decide_again", again.turn)
    template = "traces/again.html" if visit.is_fragment else "traces/again_page.html"
    return visit.page(template, again=again, turns=(again, *again.answers), telling=Telling(visit.language))


def _account(visit: Visit, found: Trace) -> str:
    """The account as the settings call it."""
    known = visit.brand.brand.accounts.get((found.channel, found.account))
    return f"{found.channel} / {known.name if known is not None else found.account}"


ROUTES = (
    get("/{brand}/traces", look_for, _READERS),
    get("/{brand}/traces/{id:.+}/again", decide_again, BUILDER),
    # Ids of messages may have a slash in them.
    get("/{brand}/traces/{id:.+}", trace, _READERS),
)
