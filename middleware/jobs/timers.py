"""Timers that are due become events in the inbox, where the flow that waits for them goes on.

Every process that works looks for them, and none claims any: the event's key follows from the timer, so that two that
let the same one ring put the same event there, and one whose work is over already finds its turn. First the event, then
the timer goes: a crash in between lets it ring again.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing

import structlog

from middleware.domain.timers import Timer
from middleware.errors import StoreUnavailable
from middleware.ports import BrandStore, Clock, Delete, InboxEntry, Put

log = structlog.get_logger(__name__)

LOOKS_EVERY = 1.0
"""Seconds."""

Checkpoint = Callable[[str], None]


async def ring_for_ever(stores: Mapping[str, BrandStore], clock: Clock, checkpoint: Checkpoint) -> None:
    """Let the timers of these brands ring, by name, each when it is due."""
    while True:
        for name, store in stores.items():
            try:
                await ring(store, clock, checkpoint)
            except StoreUnavailable as error:
                log.warning("the store does not answer", action="timers", brand=name, error=str(error))
            except Exception:
                log.exception("timers cannot be read", action="timers", brand=name)
        await asyncio.sleep(LOOKS_EVERY)


async def ring(store: BrandStore, clock: Clock, checkpoint: Checkpoint) -> int:
    """Let all timers ring that are due; how many. Raises StoreUnavailable.

    Timers lie in the order of their times, so that of those that are not due none but the first few are read.
    """
    rung = 0
    async with aclosing(store.scan(Timer)) as batches:
        async for batch in batches:
            due = [each.record for each in batch if each.record.rings_at <= clock.now()]
            if due:
                await store.write(*(Put(InboxEntry.of(timer.rung(clock.now()))) for timer in due))
                checkpoint("rung")
                await store.write(*(Delete(Timer, timer.id) for timer in due))
                rung += len(due)
            if len(due) < len(batch):
                break
    return rung
