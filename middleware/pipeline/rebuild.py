"""Working fragments out anew from the events on record: by the stage that absorbed them, over a copy in memory.

Absorbing commutes, so whatever the order in which events are read, what comes out is the same, byte for byte. A
fragment that differs was changed by something else than its events, or by a fault of an older version.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from middleware.domain.events import Event
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.errors import StoreUnavailable
from middleware.pipeline.absorb import after_event
from middleware.pipeline.absorb_facts import absorb_facts, named_in
from middleware.pipeline.path import FACTS, is_told
from middleware.pipeline.profiles import read_profiles
from middleware.pipeline.records import records
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, Put, Recorded, Stored

R = TypeVar("R", bound=Record)

_READ_AT_ONCE = 200

_FOLLOWED = frozenset(
    {
        IdentifierKind.SHOP_ORDER,
        IdentifierKind.SHOP_CHECKOUT,
        IdentifierKind.SHOP_CART,
        IdentifierKind.PERSONAL_LINK,
        IdentifierKind.TICKET,
    }
)
"""Kinds through which facts pass on their way to a person: followed to all events about the same thing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One identifier whose fragment is not what its events say. `fields` are those that differ."""

    identifier: str
    fields: tuple[str, ...]
    stored: Stored[Identity]
    rebuilt: Fragment


@dataclass(slots=True)
class _Copy:
    """As much of a store as absorbing facts asks for, in memory."""

    identities: dict[str, Stored[Identity]] = field(default_factory=dict)

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """The identities that there are; nothing of any other kind."""
        if kind is not Identity:
            return {}
        return {each: cast("Stored[R]", self.identities[each]) for each in ids if each in self.identities}

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """Keep identities; all else is let go. Nobody else writes here, so everything lands."""
        for change in changes:
            if isinstance(change, Put) and isinstance(change.record, Identity):
                self.identities[change.record.id] = Stored(change.record, change.version + 1)
        return (True,) * len(changes)


async def differences(store: BrandStore, identifiers: Collection[str]) -> list[Difference]:
    """The identifiers whose stored fragment is not what the events on record say, in the order of their keys.

    Reads all events of the brand, twice: for commands that people start. Identities are read before the events, so
    that what comes in meanwhile is noticed when a difference is written.
    """
    stored = await _identities(store, identifiers)
    rebuilt = await rebuilt_fragments(store, stored)
    return [
        Difference(key, changed, each, rebuilt[key])
        for key, each in sorted(stored.items())
        if (changed := _differing(each.record.fragment, rebuilt[key]))
    ]


async def rebuilt_fragments(store: BrandStore, identifiers: Iterable[str]) -> dict[str, Fragment]:
    """The fragments that the events on record give, by identifier."""
    wanted = set(identifiers)
    concerned = await _concerned(store, wanted)
    copy = _Copy(await _links_given_out(store, concerned | wanted))
    async for event in _events(store):
        if event.anchor is not None and event.anchor.key in concerned | wanted:
            await _fold(copy, event)
    nothing = Stored(Identity(id=""), 0)
    return {key: copy.identities.get(key, nothing).record.fragment for key in sorted(wanted)}


async def write_difference(store: BrandStore, difference: Difference) -> bool:
    """Put the rebuilt fragment in its place, and into the profiles that show it. False if somebody was quicker."""
    identity = difference.stored.record.with_fragment(difference.rebuilt)
    (landed,) = await store.write(difference.stored.put(identity))
    if landed:
        await _show(store, identity)
    return landed


async def _show(store: BrandStore, identity: Identity) -> None:
    """Bring the identity's profile, and what that is merged into, to its present state."""
    for _ in range(TRIES_TO_LAND):
        profiles = await read_profiles(store, {identity.profile_id} if identity.profile_id is not None else set())
        shown = {key: each.record.with_member(identity) for key, each in profiles.items()}
        puts = [each.put(shown[key]) for key, each in profiles.items() if shown[key] != each.record]
        if not puts or all(await store.write(*puts)):
            return
    raise StoreUnavailable("others keep changing the same profiles")


async def _fold(copy: _Copy, event: Event) -> None:
    """Absorb one event into the copy, as its stage does."""
    anchor = event.anchor
    if anchor is None:
        return
    if not is_told(event):
        known = copy.identities.get(anchor.key, Stored(Identity(id=anchor.key), 0))
        identity = known.record.with_fragment(after_event(known.record.fragment, event))
        copy.identities[anchor.key] = Stored(identity, known.version + 1)
    elif event.kind in FACTS:
        await absorb_facts(cast("BrandStore", copy), event)


async def _concerned(store: BrandStore, wanted: set[str]) -> set[str]:
    """The anchors of all events that can have changed these identifiers, directly or by way of an order or a cart."""
    about = [
        (event.anchor.key, frozenset(named_in(event))) async for event in _events(store) if event.anchor is not None
    ]
    reached, size = set(wanted), -1
    while size != len(reached):
        size = len(reached)
        for anchor, keys in about:
            if anchor in reached or not reached.isdisjoint(keys):
                reached.add(anchor)
                reached |= {key for key in keys if Identifier.from_key(key).kind in _FOLLOWED}
    return reached


async def _links_given_out(store: BrandStore, keys: Iterable[str]) -> dict[str, Stored[Identity]]:
    """Personal links with who was given them: that is written when a reply goes out, and no event says it."""
    links = [key for key in keys if Identifier.from_key(key).kind is IdentifierKind.PERSONAL_LINK]
    found = await _identities(store, links)
    return {key: Stored(Identity(id=key, link=each.record.link), 0) for key, each in found.items()}


async def _events(store: BrandStore) -> AsyncIterator[Event]:
    async for stored in records(store, Recorded):
        yield stored.record.event


def _differing(stored: Fragment, rebuilt: Fragment) -> tuple[str, ...]:
    """The fields that differ in their bytes."""
    left, right = _bytes_of(stored), _bytes_of(rebuilt)
    return tuple(name for name in sorted(left) if left[name] != right[name])


def _bytes_of(fragment: Fragment) -> dict[str, Any]:
    return fragment.model_dump(mode="json")


async def members_of(store: BrandStore, profiles: Sequence[Profile]) -> list[str]:
    """The identifiers of some profiles that have a document of their own."""
    keys = sorted({member.identifier for profile in profiles for member in profile.members})
    return sorted(await _identities(store, keys))


async def _identities(store: BrandStore, keys: Iterable[str]) -> dict[str, Stored[Identity]]:
    """The identities with these keys, a bounded number a read."""
    ordered = sorted(keys)
    found: dict[str, Stored[Identity]] = {}
    for start in range(0, len(ordered), _READ_AT_ONCE):
        found |= await store.get(Identity, ordered[start : start + _READ_AT_ONCE])
    return found
