"""Taking made-up people out again: them, what was said with them, and nothing else.

Found by what only they have: keys of events begin with their accounts, identifiers are of their scopes. Everything that
leads to something else goes after it, so that a removal which was broken off finds what is left.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field

from middleware.domain.candidates import Candidate, Indexed
from middleware.domain.co_purchases import CoPurchases, CountedOrder, order_hash
from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.made_up import MADE_UP, MADE_UP_ACCOUNTS, is_made_up, scoped_prefixes, unscoped_keys
from middleware.domain.order_numbers import OrderNumber
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.domain.timeline import TimelineHead, TimelinePage, page_id
from middleware.domain.timers import Timer
from middleware.domain.turn import Turn, turn_id_of
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.records import records
from middleware.ports import TRIES_TO_LAND, BrandStore, DeadLetter, Delete, InboxEntry, Recorded

Step = Callable[[], Awaitable[None]]
_AT_ONCE = 100

REMOVING_STEPS = 6

_BOUGHT = Identifier(IdentifierKind.SHOP_PRODUCT, MADE_UP_ACCOUNTS["shopify"], "").key


@dataclass(slots=True)
class Found:
    """What is theirs. `stays` are people with whom a real one was merged: nothing of them is touched."""

    identities: dict[str, Identity] = field(default_factory=dict)
    profiles: set[str] = field(default_factory=set)
    stays: int = 0

    @property
    def conversations(self) -> set[str]:
        """The ids of their conversations."""
        return {seat.conversation_id for each in self.identities.values() for seat in each.seats}


async def found_in(store: BrandStore) -> Found:
    """All made-up people of a brand."""
    found = Found(identities={key: each.record for key, each in (await store.get(Identity, unscoped_keys())).items()})
    for prefix in scoped_prefixes():
        async for stored in records(store, Identity, prefix=prefix):
            found.identities[stored.record.id] = stored.record
    homes = {each.profile_id for each in found.identities.values() if each.profile_id is not None}
    profiles = await read_profiles(store, homes)
    for root in {each.id: each for each in roots(profiles).values()}.values():
        members = {member.identifier for member in root.members}
        theirs = {key for key in members if is_made_up(key) or _is_link(key)}
        if theirs != members:
            found.stays += 1
            found.identities = {key: each for key, each in found.identities.items() if key not in members}
            continue
        found.identities |= {key: each.record for key, each in (await store.get(Identity, theirs)).items()}
        found.profiles |= {root.id, *root.homes}
    return found


async def remove_from(store: BrandStore, brand: str, step: Step) -> Found:
    """Take them out, in `REMOVING_STEPS`. Doing it again takes out what is left. Raises StoreUnavailable."""
    found = await found_in(store)
    conversations = found.conversations
    pages, events = await _told_of(store, found.identities)
    events |= await _acted_in(store, conversations)
    if not found.stays:
        events |= {key async for key in _events(store)}
    await step()
    await _delete(store, Timer, [key async for key in _timers(store, found.identities)])
    await _delete(store, Turn, [turn_id_of(brand, key) for key in events])
    await step()
    for kind in JobKind:
        await _delete(store, Job, [Job.id_of(kind, key) for key in events])
    await _delete(store, DeadLetter, events)
    await _delete(store, InboxEntry, events)
    await step()
    await _unmatched(store, found.identities)
    await _delete(store, OrderNumber, _order_numbers(found.identities.values()))
    await _delete(store, CountedOrder, [order_hash(key) for key in found.identities])
    await _delete(store, CoPurchases, [each.record.id async for each in records(store, CoPurchases, prefix=_BOUGHT)])
    await step()
    await _delete(store, TimelinePage, pages)
    await _delete(store, TimelineHead, found.identities)
    await _delete(store, Conversation, conversations)
    await step()
    await _delete(store, Profile, found.profiles)
    await _delete(store, Identity, found.identities)
    await _delete(store, Recorded, events)
    await step()
    return found


def _is_link(key: str) -> bool:
    return Identifier.from_key(key).kind is IdentifierKind.PERSONAL_LINK


async def _events(store: BrandStore) -> AsyncGenerator[str, None]:
    """The keys of all events of their accounts."""
    for connector, account in MADE_UP_ACCOUNTS.items():
        async for stored in records(store, Recorded, prefix=f"{connector}:{account}:"):
            yield stored.record.id


async def _told_of(store: BrandStore, identities: Collection[str]) -> tuple[list[str], set[str]]:
    """The pages of their timelines, and the events that stand in them."""
    heads = [each.record for each in (await store.get(TimelineHead, identities)).values()]
    pages = [page_id(head.id, number) for head in heads for number in range(head.pages)]
    written = [each.record.entries for each in (await store.get(TimelinePage, pages)).values()]
    entries = [*written, *(head.entries for head in heads), *(head.full for head in heads)]
    return pages, {entry.event for some in entries for entry in some}


async def _acted_in(store: BrandStore, conversations: Collection[str]) -> set[str]:
    """The events of the latest turns there: what agents did is in no timeline."""
    found = (await store.get(Conversation, conversations)).values()
    turns = await store.get(Turn, {turn for each in found for turn in each.record.applied})
    return {each.record.event_key for each in turns.values()}


async def _timers(store: BrandStore, identities: Collection[str]) -> AsyncGenerator[str, None]:
    """Those that ring for them."""
    async for stored in records(store, Timer):
        anchor = stored.record.event.anchor
        if anchor is not None and anchor.key in identities:
            yield stored.record.id


async def _unmatched(store: BrandStore, identities: Collection[str]) -> None:
    """Take their records out of the index of what is compared, and the questions about them out of the queue."""
    indexed = {key: each.record.comparable for key, each in (await store.get(Indexed, identities)).items()}
    for key, comparable in indexed.items():
        for block in comparable.keys if comparable is not None else ():
            await _leave(store, block, key)
        await _delete(store, Candidate, comparable.candidates if comparable is not None else ())
    await _delete(store, Indexed, indexed)


async def _leave(store: BrandStore, block: str, member: str) -> None:
    for _ in range(TRIES_TO_LAND):
        stored = (await store.get(Indexed, [block])).get(block)
        if stored is None or stored.record.block is None:
            return
        left = stored.record.block.without_member(member)
        if left == stored.record.block:
            return
        if not left.count:
            await store.write(Delete(Indexed, block, stored.version))
        elif (await store.write(stored.put(stored.record.model_copy(update={"block": left}))))[0]:
            return


def _order_numbers(identities: Iterable[Identity]) -> list[str]:
    orders = [(order, each.id) for each in identities for order in each.fragment.orders]
    named = (OrderNumber.of(order.number, key) for order, key in orders)
    return [each.id for each in named if each is not None]


async def _delete(store: BrandStore, kind: type[Record], ids: Iterable[str]) -> None:
    named = list(ids)
    for start in range(0, len(named), _AT_ONCE):
        await store.write(*(Delete(kind, each) for each in named[start : start + _AT_ONCE]))


async def mark(store: BrandStore) -> None:
    """Tag their conversations."""
    ids = (await found_in(store)).conversations
    for _ in range(TRIES_TO_LAND):
        stored = (await store.get(Conversation, ids)).values()
        untagged = [each for each in stored if MADE_UP not in each.record.tags]
        if not untagged:
            return
        await store.write(
            *(each.put(each.record.model_copy(update={"tags": (*each.record.tags, MADE_UP)})) for each in untagged)
        )
