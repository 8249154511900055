"""What has had its day is deleted: requests for one-time codes, how often they were asked for, whose a token is, codes
for pairing, and sessions, links and attempts of the console.

Every process that works does it now and then. Only what nobody has changed since it was read goes, so that they are not
in each other's way.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

import structlog

from middleware.domain.attempts import Attempts
from middleware.domain.pairing import PairingCode
from middleware.domain.proof import Proof, ProofQuota
from middleware.domain.site import TOKEN, SiteTie
from middleware.domain.users import SESSION_LIVES, Session, Ticket
from middleware.errors import StoreUnavailable
from middleware.identity.proof import counts_no_more, is_over
from middleware.ports import BrandStore, Clock, Delete

log = structlog.get_logger(__name__)

EVERY = 3_600.0
"""Seconds."""

R = TypeVar("R", Proof, ProofQuota, SiteTie, PairingCode, Session, Ticket, Attempts)


async def purge_for_ever(stores: Collection[BrandStore], clock: Clock) -> None:
    """Purge these stores, now and every hour."""
    while True:
        for store in stores:
            try:
                await purge(store, clock.now())
            except StoreUnavailable as error:
                log.warning("the store does not answer", action="purge", error=str(error))
            except Exception:
                log.exception("nothing can be purged", action="purge")
        await asyncio.sleep(EVERY)


async def purge(store: BrandStore, now: datetime) -> None:
    """Delete what nobody needs any more at `now`. Raises StoreUnavailable."""
    await _purge(store, Proof, lambda proof: is_over(proof, now))
    await _purge(store, ProofQuota, lambda quota: counts_no_more(quota, now))
    await _purge(store, SiteTie, lambda tie: tie.is_over(now), prefix=TOKEN)
    await _purge(store, PairingCode, lambda code: code.is_over(now))
    await _purge(store, Session, lambda session: now > session.begun_at + 2 * SESSION_LIVES)
    await _purge(store, Ticket, lambda ticket: now > ticket.expires_at)
    await _purge(store, Attempts, lambda attempts: now >= attempts.until)


async def _purge(store: BrandStore, kind: type[R], is_over: Callable[[R], bool], prefix: str = "") -> None:
    async with aclosing(store.scan(kind, prefix=prefix)) as batches:
        async for batch in batches:
            over = (each for each in batch if is_over(each.record))
            await store.write(*(Delete(kind, each.record.id, each.version) for each in over))
