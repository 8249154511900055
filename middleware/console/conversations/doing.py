"""Putting an act into the inbox, and waiting for a moment so that the page shows what became of it."""

import asyncio
from contextlib import aclosing, suppress

from middleware.console.visit import Visit
from middleware.domain.agents import Act
from middleware.domain.conversation import Conversation
from middleware.domain.messages import Reply
from middleware.pipeline.agents import Refused, Taken, acted
from middleware.pipeline.board import TooManySubscribersError

WAITS = 1.0
"""Seconds. What takes longer comes by itself once it is done."""


async def done(visit: Visit, conversation: Conversation, act: Act | Reply, nonce: str) -> Taken | Refused:
    """Do it, on record. Raises StoreUnavailable: then the same form can be sent again."""
    board = visit.brand.board
    board.start()
    mark, what = board.mark, "reply" if isinstance(act, Reply) else act.what
    await visit.on_record(f"conversation.{what}", about=conversation.id)
    found = await acted(visit.brand.brand, conversation.id, act, visit.user.id, nonce, visit.now)
    if isinstance(found, Refused):
        return found
    events = [(visit.brand.name, event) for event in found.events]
    visit.console.submit(*(([], events) if found.again else (events, [])))
    if found.events:
        await _until_shown(visit, conversation.id, mark)
    return found


async def _until_shown(visit: Visit, conversation: str, mark: str) -> None:
    with suppress(TimeoutError, TooManySubscribersError):
        async with asyncio.timeout(WAITS), aclosing(visit.brand.board.subscribe(mark)) as news:
            async for each in news:
                if any(head.id == conversation for head in each.heads):
                    return
