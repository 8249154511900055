"""One person as people of the brand look at them: everything known, and beside it what a bot would be told.

A bounded number of reads by `_id`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.journal import Verdict
from middleware.domain.profile import Profile
from middleware.identity.joined import Joined, join
from middleware.identity.merging import pair_id
from middleware.pipeline.parts import Brand
from middleware.pipeline.profile_view import conversations_of, find_profile
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import BrandStore

_MOST_PARTS = 50
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


async def profile_of_conversation(store: BrandStore, conversation_id: str) -> tuple[Conversation, str | None] | None:
    """A conversation and the profile of whoever writes in it; None if there is no such conversation."""
    found = (await store.get(Conversation, [conversation_id])).get(conversation_id)
    if found is None:
        return None
    identities = await store.get(Identity, found.record.aliases)
    homes = sorted({each.record.profile_id for each in identities.values() if each.record.profile_id is not None})
    profiles = roots(await read_profiles(store, homes))
    # Several only where identifiers were taken apart since: then whoever has the conversation's own seat.
    seated = {
        each.record.profile_id
        for each in identities.values()
        if any(seat.conversation_id == conversation_id for seat in each.record.seats)
    }
    best = next((home for home in homes if home in seated), next(iter(homes), None))
    return found.record, profiles[best].id if best is not None and best in profiles else None


@dataclass(frozen=True, slots=True)
class Part:
    """A profile that was merged into this one, by which rule, and, where it was decided, by whom and when."""

    id: str
    rule: str
    by: str = ""
    at: datetime | None = None


async def parts_of(store: BrandStore, profile: Profile) -> tuple[Part, ...]:
    """The profiles that are one in this one, beside its own. Reads only where there are any."""
    others = sorted(profile.homes - {profile.id})[:_MOST_PARTS]
    if not others:
        return ()
    children = await store.get(Profile, others)
    pairs = {each: pair_id(each, children[each].record.merged_into or "") for each in others if each in children}
    verdicts = await store.get(Verdict, sorted(pairs.values()))
    found = []
    for key, pair in pairs.items():
        rule, verdict = children[key].record.merged_by or "", verdicts.get(pair)
        decided = (verdict.record.by, verdict.record.at) if verdict is not None else ("", None)
        found.append(Part(key, rule, *decided))
    return tuple(found)


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
