"""What is kept of a person, found by ids alone: from the profile to its identifiers, from there along their timelines
to events, orders and other things, links and conversations.

A thing that somebody else has a part in (an order with an address of another profile on it) is theirs as well: it
stays with them, and the person is taken off it.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from middleware.domain.commerce import Order
from middleware.domain.erasing import THINGS
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.domain.timeline import TimelineHead, TimelinePage
from middleware.domain.turn import LinkIssued, Turn, turn_id_of
from middleware.pipeline.absorb_facts import named_in
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.unlisting import in_parts, page_ids
from middleware.ports import BrandStore, Recorded, Stored

_OF_SHOPS = frozenset({IdentifierKind.SHOP_CUSTOMER, IdentifierKind.SHOP_ORDER, IdentifierKind.SHOP_CHECKOUT})


@dataclass(slots=True)
class Gathered:
    """What belongs to a person. Identifiers are keys."""

    profiles: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    """Those of the person, and links that were given to them."""
    things: set[str] = field(default_factory=set)
    """Orders, checkouts, carts and tickets that are theirs alone."""
    beside: set[str] = field(default_factory=set)
    """Those of nobody or of somebody else in which they are named."""
    orphans: set[str] = field(default_factory=set)
    """Those beside that stand on nothing else: an address that is on their orders alone, also one of which nothing is
    kept at the moment.
    """
    others: set[str] = field(default_factory=set)
    """Other profiles that have a part in the same things."""
    conversations: set[str] = field(default_factory=set)
    events: int = 0
    turns: int = 0
    is_whole: bool = True
    """False: there are more events than were looked at."""


async def members_of(store: BrandStore, profile_ids: Collection[str]) -> Gathered:
    """The profiles that these ids resolve to, with all that is merged into them, and their identifiers."""
    found = await read_profiles(store, profile_ids)
    resolved = roots(found)
    gathered = Gathered(profiles=set(found))
    for profile in (resolved[key] for key in profile_ids if key in resolved):
        gathered.profiles |= profile.homes
        gathered.own |= {member.identifier for member in profile.members}
    return gathered


async def add_newcomers(store: BrandStore, gathered: Gathered) -> None:
    """Also the identifiers that came to these profiles since they were read. What a merge has made of them meanwhile is
    somebody else's.
    """
    for stored in (await store.get(Profile, gathered.profiles)).values():
        homes = gathered.profiles | {None}
        gathered.own |= {member.identifier for member in stored.record.members if member.home in homes}


async def gather(store: BrandStore, brand: str, gathered: Gathered, most: int | None = None) -> Gathered:
    """Everything that goes with these identifiers. `most`: events that are looked at, for a look before."""
    members, named = set(gathered.own), dict[str, set[str]]()
    async for keys in event_keys_of(store, members):
        if most is not None and gathered.events >= most:
            gathered.is_whole = False
            break
        events = await store.get(Recorded, keys)
        turns = await store.get(Turn, [turn_id_of(brand, key) for key in keys])
        gathered.events += len(events)
        gathered.turns += len(turns)
        for stored in events.values():
            _note_things(named, stored.record.event)
        gathered.own |= set(_links_of(each.record for each in turns.values()))
    identities = await read_all(store, members)
    gathered.conversations = {seat.conversation_id for each in identities.values() for seat in each.record.seats}
    await _take_things(store, gathered, named, reached_from(each.record for each in identities.values()))
    return gathered


async def event_keys_of(store: BrandStore, identifiers: Collection[str]) -> AsyncIterator[list[str]]:
    """The keys of the events in the timelines of these identifiers, so many at a time, each once."""
    seen: set[str] = set()
    async for entries in _entries_of(store, identifiers):
        for some in in_parts([key for key in dict.fromkeys(entries) if key not in seen]):
            seen.update(some)
            yield some


async def _entries_of(store: BrandStore, identifiers: Collection[str]) -> AsyncIterator[list[str]]:
    for some in in_parts(sorted(identifiers)):
        heads = (await store.get(TimelineHead, some)).values()
        yield [entry.event for head in heads for entry in (*head.record.entries, *head.record.full)]
        for ids in in_parts([page for head in heads for page in page_ids(head.record)]):
            pages = await store.get(TimelinePage, ids)
            yield [entry.event for page in pages.values() for entry in page.record.entries]


async def read_all(store: BrandStore, keys: Collection[str]) -> dict[str, Stored[Identity]]:
    """The identities under these keys, however many."""
    found: dict[str, Stored[Identity]] = {}
    for some in in_parts(sorted(keys)):
        found |= await store.get(Identity, some)
    return found


def _note_things(named: dict[str, set[str]], event: Event) -> None:
    """Note the things that an event names, and under the one that it is about whoever it names there."""
    if event.anchor is None:
        return
    keys = named_in(event)
    things = {key for key in keys if Identifier.from_key(key).kind in THINGS}
    for thing in things:
        named.setdefault(thing, set())
    if event.anchor.key in things:
        named[event.anchor.key] |= keys - things


def _links_of(turns: Iterable[Turn]) -> Iterator[str]:
    for turn in turns:
        for effect in turn.decision.effects:
            if isinstance(effect, LinkIssued):
                yield Identifier(IdentifierKind.PERSONAL_LINK, "", effect.id).key


def reached_from(identities: Iterable[Identity]) -> set[str]:
    """The identifiers that are named in these."""
    keys: set[str] = set()
    for each in identities:
        keys |= {edge.to for edge in each.edges} | set(each.holders)
        keys |= {key for order in each.fragment.orders for key in order.contacts}
        keys |= {key for cart in each.fragment.carts for key in cart.contacts}
        keys |= {ticket.requester for ticket in each.fragment.tickets if ticket.requester is not None}
    return keys


async def _take_things(store: BrandStore, gathered: Gathered, named: dict[str, set[str]], reached: set[str]) -> None:
    """Sort things into those that are theirs alone and those that are not, and who is named beside them. `named`: the
    things, with those whom events name on them.
    """
    things, found = named.keys(), await read_all(store, named)
    kept = {key: reached_from([each.record]) for key, each in found.items()}
    contacts = {key: (on | kept.get(key, set())) - things for key, on in named.items()}
    beside = await read_all(store, reached.union(*contacts.values()) - gathered.own - things)
    profiles = roots(await read_profiles(store, {each.record.profile_id or "" for each in beside.values()} - {""}))
    homes = {key: profiles[each.record.profile_id].id for key, each in beside.items()
             if each.record.profile_id in profiles}  # fmt: skip
    foreign = {key: home for key, home in homes.items() if home not in gathered.profiles}
    nobodys = [each.record for each in beside.values() if each.record.profile_id is None]
    more = await read_all(store, _orders_under(nobodys, gathered.own, things))
    if more:
        await _take_things(store, gathered, named | {key: set() for key in more}, reached)
        return
    for key in things:
        if contacts[key].isdisjoint(foreign):
            gathered.things.add(key)
        else:
            gathered.beside.add(key)
            gathered.others |= {foreign[each] for each in contacts[key] if each in foreign}
    gathered.beside |= {key for key in beside if Identifier.from_key(key).kind not in THINGS}
    alone = (each for each in nobodys if each.id in gathered.beside and _stands_alone(each, gathered, foreign))
    gathered.orphans = {each.id for each in alone} | _unkept(contacts, gathered, beside)


def _unkept(contacts: Mapping[str, set[str]], gathered: Gathered, beside: Collection[str]) -> set[str]:
    """Who is named on things that are theirs alone, and nothing is kept of: what was dropped a moment ago took it
    along, and what is still being worked on may bring it back.
    """
    theirs = set().union(*(contacts[key] for key in gathered.things))
    shared = set().union(*(contacts[key] for key in contacts.keys() - gathered.things))
    gone = theirs - shared - gathered.own - set(beside)
    return {key for key in gone if Identifier.from_key(key).kind not in THINGS}


def _orders_under(contacts: Iterable[Identity], own: Collection[str], things: Collection[str]) -> set[str]:
    """The keys of further orders that name the person and stand under contacts of nobody: an event that is being worked
    on may have come as far as there, and stands in no timeline yet.
    """
    shops = {named.scope for key in {*own, *things} if (named := Identifier.from_key(key)).kind in _OF_SHOPS}
    orders = {order.id for each in contacts for order in each.fragment.orders if _names(order, own)}
    return {Identifier(IdentifierKind.SHOP_ORDER, shop, order).key for shop in shops for order in orders} - set(things)


def _names(order: Order, keys: Collection[str]) -> bool:
    """Whether one of these identifiers stands on an order."""
    return not set(keys).isdisjoint(order.contacts)


def _stands_alone(identity: Identity, gathered: Gathered, foreign: Collection[str]) -> bool:
    """Whether everything that is kept under a contact of nobody goes."""
    orders = {Identifier.from_key(key).value for key in gathered.things if key.startswith(IdentifierKind.SHOP_ORDER)}
    ends = {edge.to for edge in identity.edges} | set(identity.holders)
    gone = gathered.own | gathered.things | gathered.beside
    return ends <= gone and all(
        order.id in orders or (_names(order, gathered.own) and not _names(order, foreign))
        for order in identity.fragment.orders
    )
