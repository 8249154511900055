"""Pairs of profiles for tests of the review queue: records of two tools, with what chats and shops brought."""

import hashlib
from datetime import timedelta

from middleware.domain.commerce import Order, Version
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity
from middleware.domain.profile import ConsentWord, Member, Profile
from middleware.identity.weights import shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.ports import BrandStore, Put
from tests.records import NOW, record_identity

HUBSPOT, KLAVIYO = "hubspot:1", "klaviyo:1"
NUMBER = "+34600111222"
HOSTILE = '<img src=x onerror="alert(1)">'
BIDI = "\u202eevil\u202c العربية " + "x" * 60


async def add_pair(
    store: BrandStore, number: int, first: str = "Ana", other: str = "Ana", last: str = ""
) -> tuple[str, str]:
    """A contact of the CRM and, a day younger, a profile of the e-mail tool that are one person, another one for each
    number below 100; the ids of the two profiles, the older one first.
    """
    digits = hashlib.sha256(str(number).encode()).hexdigest()[:9]
    name = "".join("abdefgiklmnoprtu"[int(digit, 16)] for digit in digits) + "mann"
    values = {
        "last_name": last or name, "email": f"{name}@web.example", "birth_date": f"19{number:02}-0{number % 9 + 1}-12"
    }  # fmt: skip
    one = record_identity(f"{number}1", scope=HUBSPOT, **{**values, "first_name": first})
    two = record_identity(f"{number}2", scope=KLAVIYO, **{**values, "first_name": other})
    older = await add_profile(store, f"p_{number}_old", one)
    younger = await add_profile(store, f"p_{number}_young", two, days=1)
    for each in (one, two):
        await match_record(store, each.id, shipped_weights(), ReviewRules(), NOW)
    return older, younger


async def add_profile(store: BrandStore, profile_id: str, *identities: Identity, days: int = 0) -> str:
    """A profile with these identities, so many days younger than the others."""
    homed = [each.model_copy(update={"profile_id": profile_id}) for each in identities]
    members = tuple(sorted((Member.of(each) for each in homed), key=lambda each: each.identifier))
    profile = Profile(id=profile_id, created_at=NOW + timedelta(days=days), members=members)
    assert all(await store.write(*(Put(each) for each in homed), Put(profile)))
    return profile_id


async def add_chat(store: BrandStore, profile_id: str, number: str = NUMBER) -> str:
    """Give a profile a sender of WhatsApp, and the number that comes with it; the sender's key."""
    sender = Identifier(IdentifierKind.WHATSAPP, "", f"ES.{number[1:]}").key
    phone = Identifier(IdentifierKind.PHONE, "", number).key
    tie = Edge(to=phone, evidence=Evidence.ATTESTED, rule="whatsapp.sender", at=NOW)
    first = Fragment(first_seen=NOW)
    return await _add(
        store, profile_id,
        Identity(id=sender, profile_id=profile_id, edges=(tie,), fragment=first, facts=1),
        Identity(id=phone, profile_id=profile_id, facts=1),
    )  # fmt: skip


async def add_order(store: BrandStore, profile_id: str, number: str = NUMBER) -> str:
    """Give a profile an order on which a phone number stands."""
    order = Order(
        id="1001", number="#1001", state="open", created_at=NOW, version=Version(at=NOW, event="o"),
        contacts=(Identifier(IdentifierKind.PHONE, "", number).key,),
    )  # fmt: skip
    key = Identifier(IdentifierKind.SHOP_ORDER, "glow.myshopify.com", "1001").key
    return await _add(
        store, profile_id, Identity(id=key, profile_id=profile_id, fragment=Fragment(orders=(order,)), facts=1)
    )


async def add_customer(store: BrandStore, profile_id: str, number: str) -> str:
    """Make a profile a customer of the shop."""
    key = Identifier(IdentifierKind.SHOP_CUSTOMER, "glow.myshopify.com", number).key
    return await _add(store, profile_id, Identity(id=key, profile_id=profile_id, facts=1))


async def refuse(store: BrandStore, profile_id: str, by: str) -> None:
    """Let one identifier of a profile refuse promotions by e-mail."""
    stored = (await store.get(Profile, [profile_id]))[profile_id]
    word = ConsentWord(channel="email", by=by, granted=False, at=NOW, event="w", homes=(profile_id,))
    assert all(await store.write(stored.put(stored.record.with_word(word))))


async def _add(store: BrandStore, profile_id: str, *identities: Identity) -> str:
    stored = (await store.get(Profile, [profile_id]))[profile_id]
    profile = stored.record
    for each in identities:
        profile = profile.with_member(each)
    assert all(await store.write(*(Put(each) for each in identities)))
    assert all(await store.write(stored.put(profile)))
    return identities[0].id
