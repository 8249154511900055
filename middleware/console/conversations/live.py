"""What changes, told as it happens (server-sent events): which conversations, never what stands in them.

The page asks for what it shows anew. So whoever was cut off misses nothing, and nothing is shown that the page's own
request may not see.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from aiohttp import web

from middleware.console.guard import finish
from middleware.console.routes import AGENT, get
from middleware.console.visit import Visit
from middleware.errors import StoreUnavailable
from middleware.pipeline.board import News, TooManySubscribersError

BEATS_EVERY = 15.0
"""Seconds after which a comment says that the stream is alive; so often, too, the session is looked up."""
TOLD_EVERY = 1.0
"""Seconds between two messages of one stream at least."""
MOST_NAMED = 200

_STREAM = "text/event-stream"
_COMES_BACK_AFTER = 2_000
"""Milliseconds."""


async def live(visit: Visit) -> web.StreamResponse:
    """Tell what changes, until the session or the process ends, or nobody listens any more."""
    if _STREAM not in visit.request.headers.get("Accept", ""):
        raise web.HTTPNotAcceptable
    board = visit.brand.board
    board.start()
    after = visit.request.headers.get("Last-Event-ID", visit.query("after"))[:100]
    answer = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    answer.content_type = _STREAM
    finish(visit, answer)
    await answer.prepare(visit.request)
    news = board.subscribe(after or board.mark)
    with suppress(ConnectionError, StoreUnavailable, TooManySubscribersError):
        async with aclosing(news):
            await answer.write(f"retry: {_COMES_BACK_AFTER}\n\n".encode())
            await _tell(visit, answer, news)
    return answer


async def _tell(visit: Visit, answer: web.StreamResponse, news: AsyncGenerator[News, None]) -> None:
    closing = asyncio.create_task(visit.console.closing.wait())
    following = asyncio.ensure_future(anext(news))
    try:
        while not closing.done():
            await asyncio.wait({closing, following}, timeout=BEATS_EVERY, return_when=asyncio.FIRST_COMPLETED)
            if closing.done() or not await _may_hear(visit):
                return
            if not following.done():
                await answer.write(b": still here\n\n")
                continue
            await answer.write(_message(following.result()))
            await asyncio.wait({closing}, timeout=TOLD_EVERY)
            following = asyncio.ensure_future(anext(news))
    finally:
        for task in (closing, following):
            task.cancel()
        await asyncio.gather(closing, following, return_exceptions=True)


async def _may_hear(visit: Visit) -> bool:
    """Whether the session still counts, for this brand. Raises StoreUnavailable."""
    user = await visit.console.sessions.user_of(visit.session)
    return user is not None and AGENT.lets_in(user) and visit.brand.name in user.brands


def _message(news: News) -> bytes:
    """One message: `changed` with the ids, or `reload` where it is not known what, or too much."""
    named = [head.id for head in news.heads]
    whole = news.reload or len(named) > MOST_NAMED
    event, data = ("reload", "[]") if whole else ("changed", json.dumps(named))
    return f"event: {event}\nid: {news.mark}\ndata: {data}\n\n".encode()


ROUTES = (get("/{brand}/conversations/live", live, AGENT, bare=True),)
