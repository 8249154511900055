"""Mailboxes change hands: who proves one long after it was last proven may be somebody else by now. Pure."""

from collections.abc import Mapping
from datetime import datetime

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.identity.proof import COUNTS_FOR

MAY_HAVE_NEW_OWNER = "the mailbox was last proven so long ago that it may have a new owner"


def in_doubt(identities: Mapping[str, Identity], roots: Mapping[str, Profile], now: datetime) -> frozenset[str]:
    """The ids of the profiles to which nothing of an event leads but a mailbox that was last proven long ago.

    `identities` are those of the event, by key; `roots` what the profiles that they name resolve to.
    """
    leading: dict[str, list[bool]] = {}
    for key, identity in identities.items():
        root = roots.get(identity.profile_id) if identity.profile_id is not None else None
        if identity.suspended is None and root is not None:
            leading.setdefault(root.id, []).append(_is_old(key, root, now))
    return frozenset(each for each, are_old in leading.items() if all(are_old))


def _is_old(key: str, profile: Profile, now: datetime) -> bool:
    """Whether it is a mailbox that somebody in this profile has proven, and nobody lately."""
    if Identifier.from_key(key).kind is not IdentifierKind.EMAIL:
        return False
    here = {member.identifier for member in profile.members}
    proven = (
        edge.at
        for member in profile.members
        for edge in member.edges
        # An edge out of the profile is the word of whoever came later.
        if key in {member.identifier, edge.to} and edge.to in here
    )
    last = max(proven, default=None)
    return last is not None and now - last >= COUNTS_FOR
