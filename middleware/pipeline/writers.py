"""The identifiers of a person under which they write, and their conversations."""

from collections.abc import Iterable

from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.ports import BrandStore

WRITES = (
    IdentifierKind.WHATSAPP,
    IdentifierKind.MESSENGER,
    IdentifierKind.INSTAGRAM,
    IdentifierKind.PHONE,
    IdentifierKind.VISITOR,
)
"""Identifiers under which customers write. A WhatsApp user id comes before the phone: it is the lane."""


async def writers_of(store: BrandStore, profile: Profile) -> list[Identity]:
    """The identities of a person under which they write, as they are now."""
    keys = [each.identifier for each in profile.members if Identifier.from_key(each.identifier).kind in WRITES]
    return [each.record for each in (await store.get(Identity, keys)).values() if not each.record.suspended]


async def conversations_of(store: BrandStore, writers: Iterable[Identity]) -> list[Conversation]:
    """The conversations in which they have a seat."""
    seats = {seat.conversation_id for each in writers for seat in each.seats}
    return [each.record for each in (await store.get(Conversation, seats)).values()]
