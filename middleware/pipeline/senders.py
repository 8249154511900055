"""Under which identifiers a customer writes, and in which conversations: whom to write to, and on which lane."""

from collections.abc import Iterable

from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, conversation_id_of
from middleware.domain.profile import Profile
from middleware.domain.turn import Turn
from middleware.ports import BrandStore

WRITES = (
    IdentifierKind.WHATSAPP,
    IdentifierKind.MESSENGER,
    IdentifierKind.INSTAGRAM,
    IdentifierKind.PHONE,
    IdentifierKind.VISITOR,
)
"""Identifiers under which customers write. A WhatsApp user id comes before the phone: it is the lane."""


def senders_in(
    conversation: Conversation, writers: Iterable[Identity], first: frozenset[str] = frozenset()
) -> tuple[Identifier, ...]:
    """The identifiers of these that have their seat in the conversation: first those whose keys are in `first`, each
    part in the order of `WRITES`.
    """
    here = [each.id for each in writers if each.seat(conversation.channel, conversation.account) == conversation.id]
    keys = sorted(here, key=lambda key: (key not in first, WRITES.index(Identifier.from_key(key).kind), key))
    return tuple(map(Identifier.from_key, keys))


async def senders_of(store: BrandStore, conversation: Conversation) -> tuple[Identifier, ...]:
    """The identifiers under which the customer writes in the conversation; the first one's lane is the customer's."""
    writes = [each for each in conversation.aliases if Identifier.from_key(each).kind in WRITES]
    writers = (await store.get(Identity, writes)).values()
    found = senders_in(conversation, [each.record for each in writers if not each.record.suspended])
    return found or await sender_in_doubt(store, conversation)


async def sender_in_doubt(store: BrandStore, conversation: Conversation) -> tuple[Identifier, ...]:
    """Who writes in a conversation of somebody of whom it is in doubt whose identifier it is: it has no aliases, so
    whoever was written to last.
    """
    turns = await store.get(Turn, conversation.applied[-1:])
    for turn in turns.values():
        for sender in turn.record.recipient:
            here = (conversation.channel, conversation.account, sender)
            if conversation_id_of(*here, in_doubt=True) == conversation.id:
                return (sender,)
    return ()


async def writers_of(store: BrandStore, profile: Profile) -> list[Identity]:
    """The identities of a person under which they write, as they are now."""
    keys = [each.identifier for each in profile.members if Identifier.from_key(each.identifier).kind in WRITES]
    return [each.record for each in (await store.get(Identity, keys)).values() if not each.record.suspended]


async def conversations_of(store: BrandStore, writers: Iterable[Identity]) -> list[Conversation]:
    """The conversations in which they have a seat."""
    seats = {seat.conversation_id for each in writers for seat in each.seats}
    return [each.record for each in (await store.get(Conversation, seats)).values()]
