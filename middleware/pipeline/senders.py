"""Under which identifiers a customer writes in a conversation: whom to write to, and on which lane."""

from collections.abc import Iterable

from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity

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
    """The identifiers of these that have their seat in the conversation: those whose keys are in `first`, then the rest,
    each in the order of `WRITES`.
    """
    here = [each.id for each in writers if each.seat(conversation.channel, conversation.account) == conversation.id]
    keys = sorted(here, key=lambda key: (key not in first, WRITES.index(Identifier.from_key(key).kind), key))
    return tuple(map(Identifier.from_key, keys))
