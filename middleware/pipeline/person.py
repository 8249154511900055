"""One person as people of the brand look at them: everything known, and beside it what a bot would be told.

A bounded number of reads by `_id`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.profile import Profile
from middleware.identity.joined import Joined, join
from middleware.pipeline.parts import Brand
from middleware.pipeline.profile_view import conversations_of, find_profile

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """One person. `conversations` are theirs, the one written in last first."""

    profile: Profile
    joined: Joined
    conversations: tuple[Conversation, ...]

    def conversation(self, identifier: str) -> Conversation | None:
        """The conversation with this id; without one, the one written in last. None if it is not this person's."""
        if not identifier:
            return next(iter(self.conversations), None)
        return next((each for each in self.conversations if each.id == identifier), None)


async def read_person(brand: Brand, profile_id: str) -> Person | None:
    """The person whom a profile's id means by now; None if there is none."""
    profile = await find_profile(brand.store, profile_id)
    if profile is None:
        return None
    conversations = await conversations_of(brand.store, profile)
    return Person(profile, join(profile, brand.ownership, conversations), _latest_first(conversations))


def sender_in(conversation: Conversation, profile: Profile | None) -> str:
    """The identifier, by key, by which somebody writes in a conversation: the platform's own id before a phone number,
    and one that the profile still has before one that it has not.
    """

    def place(key: str) -> tuple[bool, bool, str]:
        is_member = profile is not None and profile.member(key) is not None
        return (not is_member, Identifier.from_key(key).kind is IdentifierKind.PHONE, key)

    return min(conversation.aliases, key=place)


def _latest_first(conversations: Sequence[Conversation]) -> tuple[Conversation, ...]:
    return tuple(sorted(conversations, key=lambda each: (each.last_inbound_at or _NEVER, each.id), reverse=True))
