"""Finding people by what somebody at a desk has of them: an id, an address, a number, an order, a name.

Everything is found by `_id` or by a range of ids, and bounded; nothing is searched through. So a name is found where a
source has it on record, since those are indexed for matching, and where somebody writes under it, as the board knows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from middleware.domain.candidates import Comparable, Indexed
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.order_numbers import OrderNumber, folded_number
from middleware.domain.profile import Profile
from middleware.identity.comparable import block_ids
from middleware.identity.matching.folding import folded
from middleware.identity.matching.records import PersonRecord, normalised
from middleware.pipeline.person import profile_of_conversation
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.records import records
from middleware.ports import BrandStore

MOST_FOUND = 20
LONGEST_SEARCH = 200

How = Literal["profile", "identifier", "order", "record", "name", "writer", "lately"]
"""By what somebody was found: their profile's id; an identifier; an order's number; an address or number that a source
has on record (a claim); a name that a source has on record; what they call themselves where they write; that they
wrote lately.
"""

_PROFILE = re.compile(r"p_[0-9a-f]{24}", re.ASCII)
_CONTACTS = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
_MOST_READ = 100
_MOST_ORDERS = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who was found, and by what."""

    profile: Profile
    how: How


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a search has found, the surest first. `is_too_common`: too many have that name for them to be listed."""

    hits: tuple[Hit, ...]
    more: int = 0
    is_too_common: bool = False


async def find_people(
    store: BrandStore, text: str, identifiers: Collection[Identifier], conversations: Collection[str] = ()
) -> Found:
    """The people whom a text can mean. `identifiers` are all that it can be read as, `conversations` those in which
    somebody writes who calls themselves so. Raises StoreUnavailable.
    """
    text = text[:LONGEST_SEARCH].strip()
    if not text:
        return Found(())
    named, is_too_common = await _on_record(store, text, identifiers)
    ways: list[tuple[How, Collection[str]]] = [
        ("profile", [text] if _PROFILE.fullmatch(text) else []),
        ("identifier", await _owners(store, [each.key for each in identifiers])),
        ("order", await _owners(store, [key async for key in _orders(store, text)])),
        *named,
        ("writer", await _writers(store, conversations)),
    ]
    profiles = roots(await read_profiles(store, {key for _, keys in ways for key in keys}))
    hits: dict[str, Hit] = {}
    for how, keys in ways:
        for profile in sorted((profiles[key] for key in keys if key in profiles), key=Profile.age):
            hits.setdefault(profile.id, Hit(profile, how))
    found = tuple(hits.values())
    return Found(found[:MOST_FOUND], max(0, len(found) - MOST_FOUND), is_too_common=is_too_common)


async def writing_in(store: BrandStore, conversations: Collection[str]) -> Found:
    """Who writes in some conversations, in their order. Raises StoreUnavailable."""
    writers = await _writers(store, conversations)
    profiles = roots(await read_profiles(store, writers))
    return Found(tuple(Hit(profiles[each], "lately") for each in writers if each in profiles))


async def _writers(store: BrandStore, conversations: Collection[str]) -> list[str]:
    """The profiles of whoever writes in these, each once."""
    found = await asyncio.gather(*(profile_of_conversation(store, each) for each in conversations))
    return list(dict.fromkeys(each[1] for each in found if each is not None and each[1] is not None))


async def _owners(store: BrandStore, keys: Collection[str]) -> set[str]:
    """The profiles that these identifiers belong to. One that nobody has written from leads on: to who stands on the
    same orders, and to what it is joined with.
    """
    first = await store.get(Identity, keys) if keys else {}
    owners = {each.record.profile_id for each in first.values()}
    onward = {end for each in first.values() if each.record.profile_id is None for end in _leads_to(each.record)}
    ahead = sorted(onward - set(first))[:_MOST_READ]
    second = await store.get(Identity, ahead) if ahead else {}
    owners |= {each.record.profile_id for each in second.values()}
    return {owner for owner in owners if owner is not None}


def _leads_to(identity: Identity) -> Iterable[str]:
    yield from (edge.to for edge in identity.edges)
    yield from identity.holders
    for order in identity.fragment.orders:
        yield from order.contacts


async def _orders(store: BrandStore, text: str) -> AsyncIterator[str]:
    """The identifiers of the orders with this number."""
    number = folded_number(text)
    if not number:
        return
    count = 0
    async for stored in records(store, OrderNumber, prefix=f"{number}|"):
        yield stored.record.order
        count += 1
        if count == _MOST_ORDERS:
            return


async def _on_record(
    store: BrandStore, text: str, identifiers: Collection[Identifier]
) -> tuple[list[tuple[How, list[str]]], bool]:
    """Whom sources have on record with this address, number or name, out of the index of matching."""
    contacts = {each.kind: each.value for each in identifiers if each.kind in _CONTACTS}
    asked = PersonRecord(
        first_name="" if contacts else text,
        email=contacts.get(IdentifierKind.EMAIL, ""),
        phone=contacts.get(IdentifierKind.PHONE, ""),
    )
    person = normalised(asked)
    keys = [key for key in block_ids(person) if key[0] in ("mp" if contacts else "nf")]
    if not contacts and not person.family and person.given:
        # One word: it may be a family name.
        keys = [key for key in block_ids(normalised(PersonRecord(last_name=text))) if key[0] == "f"]
    blocks = [each.record.block for each in (await store.get(Indexed, keys)).values() if each.record.block is not None]
    members = sorted({key for block in blocks for key in block.members})[:_MOST_READ]
    known = await store.get(Indexed, members) if members else {}
    compared = [each.record.comparable for each in known.values() if each.record.comparable is not None]
    is_too_common = not contacts and any(block.is_closed for block in blocks) and not compared
    if contacts:
        return [("record", [each.profile_id for each in compared if _bears(each, identifiers)])], False
    words = folded(text).split()
    return [("name", [each.profile_id for each in compared if words and _is_called(each, words)])], is_too_common


def _bears(record: Comparable, identifiers: Collection[Identifier]) -> bool:
    values = {each.value.casefold() for each in identifiers}
    return any(record.values.get(field, "").casefold() in values for field in ("email", "phone"))


def _is_called(record: Comparable, words: Sequence[str]) -> bool:
    """Whether every word is one of the record's name, or begins one."""
    names = folded(" ".join(record.values.get(field, "") for field in ("first_name", "last_name"))).split()
    return all(any(name.startswith(word) for name in names) for word in words)
