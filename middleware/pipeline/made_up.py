"""Taking made-up people out again: them, what was said with them, and nothing else.

Found by what only they have: keys of events begin with their accounts, identifiers are of their scopes. What is found
goes as a person does who is erased (`pipeline/erasing/taking.py`), but that no hash of it is kept: they may come again.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from middleware.domain.co_purchases import CoPurchases, CountedOrder, order_hash
from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.made_up import MADE_UP, MADE_UP_ACCOUNTS, is_made_up, scoped_prefixes, unscoped_keys
from middleware.domain.record import Record, at_millisecond
from middleware.pipeline.erasing.gathering import Gathered, gather, reached_from
from middleware.pipeline.erasing.sweeping import SWEEPS, Sweep, Wanted, sweep_batch
from middleware.pipeline.erasing.taking import delete_shells, take_out, work_of
from middleware.pipeline.erasing.underway import StillAtWork
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.records import records
from middleware.pipeline.unlisting import in_parts
from middleware.ports import TRIES_TO_LAND, BrandStore, Clock, Delete, InboxEntry, Recorded

_LOOKS_EVERY = timedelta(seconds=1)
_BOUGHT = Identifier(IdentifierKind.SHOP_PRODUCT, MADE_UP_ACCOUNTS["shopify"], "").key


class Progress(Protocol):
    """What is told how far a removal is. Each raises ThroughlineError once another process goes on with it."""

    async def step(self) -> None:
        """One step is done."""
        ...

    async def alive(self) -> None:
        """It is still under way."""
        ...

    async def holds(self, shells: Collection[str]) -> Collection[str]:
        """These conversations are emptied next; all that are to be deleted, those of a removal that was broken off
        among them.
        """
        ...


@dataclass(slots=True)
class Found:
    """What is theirs. `strays` are identifiers of theirs under which nothing is kept yet; `stays` is how many people
    there are with whom a real one was merged: nothing of them is touched.
    """

    identities: dict[str, Identity] = field(default_factory=dict)
    strays: set[str] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    stays: int = 0


async def found_in(store: BrandStore) -> Found:
    """All made-up people of a brand."""
    found = Found(identities={key: each.record for key, each in (await store.get(Identity, unscoped_keys())).items()})
    for prefix in scoped_prefixes():
        async for stored in records(store, Identity, prefix=prefix):
            found.identities[stored.record.id] = stored.record
    homes = {each.profile_id for each in found.identities.values() if each.profile_id is not None}
    staying: set[str] = set()
    for root in {each.id: each for each in roots(await read_profiles(store, homes)).values()}.values():
        members = {member.identifier for member in root.members}
        if any(not is_made_up(key) and not _is_link(key) for key in members):
            found.stays += 1
            staying |= members
            continue
        found.identities |= {key: each.record for key, each in (await store.get(Identity, members)).items()}
        found.profiles |= {root.id, *root.homes}
    found.identities = {key: each for key, each in found.identities.items() if not _is_of(each, staying)}
    found.strays = {key async for key in _anchors(store)} - found.identities.keys() - staying if not staying else set()
    return found


async def remove_from(
    store: BrandStore, brand: str, clock: Clock, progress: Progress, settles: timedelta
) -> Found:  # fmt: skip
    """Take them out, in `REMOVING_STEPS`. Doing it again takes out what is left. Raises StoreUnavailable."""
    found, at = await found_in(store), at_millisecond(clock.now())
    own = found.identities.keys() | found.strays
    gathered = await gather(store, brand, Gathered(profiles=set(found.profiles), own=set(own)))
    work, shells = work_of(gathered), await progress.holds(gathered.conversations)
    await progress.step()
    while True:
        try:
            await take_out(store, brand, work, shells, clock, at)
            break
        except StillAtWork as reason:
            await progress.alive()
            await asyncio.sleep(reason.again_in.total_seconds())
    gone_at, wanted = clock.now(), Wanted.by(work, at)
    await progress.step()
    for sweep in _SWEEPS:
        await _swept(store, brand, sweep, wanted, progress)
        await progress.step()
    await _delete(store, CountedOrder, [order_hash(key) for key in own])
    await _delete(store, CoPurchases, [each.record.id async for each in records(store, CoPurchases, prefix=_BOUGHT)])
    await progress.step()
    await _settled(gone_at + settles, clock, progress)
    await delete_shells(store, shells)
    await progress.step()
    return found


def _sweeps() -> Iterator[Sweep]:
    """Those of a person, without what only webhooks bring. Of events theirs alone, by how the ids begin; their things
    are known already.
    """
    for sweep in SWEEPS:
        if sweep.kind is Recorded:
            accounts = MADE_UP_ACCOUNTS.items()
            yield from (sweep._replace(prefix=f"{connector}:{account}:") for connector, account in accounts)
        elif sweep.kind is not Identity and not sweep.by_webhook:
            yield sweep


_SWEEPS = tuple(_sweeps())

REMOVING_STEPS = len(_SWEEPS) + 4


async def _swept(store: BrandStore, brand: str, sweep: Sweep, wanted: Wanted, progress: Progress) -> None:
    after = ""
    while (batch := await sweep_batch(store, brand, sweep, wanted, after)) is not None:
        after = batch.after
        await progress.alive()


async def _settled(at: datetime, clock: Clock, progress: Progress) -> None:
    while (left := at - clock.now()) > timedelta(0):
        await asyncio.sleep(min(left, _LOOKS_EVERY).total_seconds())
        await progress.alive()


def _is_link(key: str) -> bool:
    return Identifier.from_key(key).kind is IdentifierKind.PERSONAL_LINK


def _is_of(identity: Identity, people: Collection[str]) -> bool:
    """Whether an identifier, or the thing under it, belongs to one of these."""
    return identity.id in people or not reached_from([identity]).isdisjoint(people)


async def _anchors(store: BrandStore) -> AsyncGenerator[str, None]:
    """Whom the events of their accounts are about, those that are not worked off among them."""
    for connector, account in MADE_UP_ACCOUNTS.items():
        prefix = f"{connector}:{account}:"
        async for recorded in records(store, Recorded, prefix=prefix):
            if recorded.record.event.anchor is not None:
                yield recorded.record.event.anchor.key
        async for entry in records(store, InboxEntry, prefix=prefix):
            if entry.record.event.anchor is not None:
                yield entry.record.event.anchor.key


async def _delete(store: BrandStore, kind: type[Record], ids: Collection[str]) -> None:
    for some in in_parts(list(ids)):
        await store.write(*(Delete(kind, each) for each in some))


async def mark(store: BrandStore) -> None:
    """Tag their conversations."""
    ids = {seat.conversation_id for each in (await found_in(store)).identities.values() for seat in each.seats}
    for _ in range(TRIES_TO_LAND):
        stored = (await store.get(Conversation, ids)).values()
        untagged = [each for each in stored if MADE_UP not in each.record.tags]
        if not untagged:
            return
        await store.write(
            *(each.put(each.record.model_copy(update={"tags": (*each.record.tags, MADE_UP)})) for each in untagged)
        )
