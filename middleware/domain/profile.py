"""Profiles: the join of the fragments of all linked identifiers, and what their owner says of promotions."""

from collections.abc import Collection, Iterable
from datetime import datetime

from middleware.domain.fragment import Fragment
from middleware.domain.identity import Edge, Identity, PersonalLink
from middleware.domain.record import Record

KEPT_LINKS = 10
"""Personal links that a profile remembers of each profile merged into it: the ones given out last."""

KEPT_WORDS = 40
"""Words on consent that a profile keeps, one for each identifier and channel: those that were said last."""


class Member(Record):
    """The copy of one identity inside a profile: what the hot path reads instead of the identities themselves.

    `home` is the profile that the identity itself names: another one than this after a merge, and where it goes when
    the two are taken apart again.
    """

    identifier: str
    home: str | None = None
    facts: int
    edges: tuple[Edge, ...] = ()
    suspended: str | None = None
    fragment: Fragment = Fragment()
    link: PersonalLink | None = None

    @classmethod
    def of(cls, identity: Identity) -> "Member":
        """The copy of an identity in its present state."""
        return cls(
            identifier=identity.id,
            home=identity.profile_id,
            facts=identity.facts,
            edges=identity.edges,
            suspended=identity.suspended,
            fragment=identity.fragment,
            link=identity.link,
        )


class ConsentWord(Record):
    """What one identifier of a person said of promotions on one channel, and the profiles for which it counts.

    A refusal counts for all that were one profile when it came, and stays with each of them when they are taken apart.
    """

    channel: str
    by: str
    granted: bool
    at: datetime
    event: str
    homes: tuple[str, ...]

    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by event key."""
        return (self.at, self.event)


class Profile(Record):
    """The join of the fragments of all linked identifiers.

    A merge is `merged_into` on the younger profile; its identities keep naming it, so that clearing the pointer
    takes the two apart again.
    """

    id: str
    created_at: datetime
    merged_into: str | None = None
    merged_by: str | None = None
    """The rule that merged it."""
    members: tuple[Member, ...] = ()
    words: tuple[ConsentWord, ...] = ()

    @property
    def homes(self) -> frozenset[str]:
        """The ids of all profiles that are one in this one, its own among them."""
        return frozenset({self.id, *(member.home for member in self.members if member.home is not None)})

    def refused(self) -> frozenset[str]:
        """The channels on which an identifier refuses promotions by its last word: the most restrictive one counts."""
        return frozenset(word.channel for word in self.words if not word.granted)

    def with_word(self, word: ConsentWord) -> "Profile":
        """The profile after a word on consent: the last one of each identifier on each channel."""
        words = _last_words((*self.words, word))
        return self if words == self.words else self.model_copy(update={"words": words})

    def with_member(self, identity: Identity) -> "Profile":
        """The profile with the identity's present state; an older copy never replaces a newer one.

        Of two that differ at the same count the identity's counts: the copy is of a write that did not land.
        """
        known = {member.identifier: member for member in self.members}
        mine, present = known.get(identity.id), Member.of(identity)
        if mine is not None and (mine.facts > identity.facts or mine == present):
            return self
        known[identity.id] = present
        return self.model_copy(update={"members": _bounded(known)})

    def with_members_of(self, other: "Profile") -> "Profile":
        """The profile with the members of another one beside its own."""
        known = {member.identifier: member for member in self.members}
        for member in other.members:
            mine = known.get(member.identifier)
            if mine is None or mine.facts < member.facts:
                known[member.identifier] = member
        after = {"members": _bounded(known), "words": _last_words((*self.words, *other.words))}
        return self if after == {"members": self.members, "words": self.words} else self.model_copy(update=after)

    def without(self, homes: Collection[str]) -> "Profile":
        """The profile without what belongs to these others, which were merged into it."""
        left = tuple(member for member in self.members if member.home not in homes)
        kept = self.model_copy(update={"members": left})
        return kept.model_copy(update={"words": _of_homes(self.words, kept.homes)})

    def only(self, homes: Collection[str], members: Iterable[Member]) -> "Profile":
        """The profile with nothing but what belongs to these homes, of its own and of `members`."""
        by_age = sorted((*self.members, *members), key=lambda member: member.facts)
        mine = {member.identifier: member for member in by_age if member.home in homes}
        return self.model_copy(update={"members": _bounded(mine), "words": _of_homes(self.words, homes)})

    def member(self, identifier: str) -> Member | None:
        """The member under an identifier key."""
        return next((member for member in self.members if member.identifier == identifier), None)

    def age(self) -> tuple[datetime, str]:
        """What decides which of two profiles is the older one."""
        return (self.created_at, self.id)


def _bounded(members: dict[str, Member]) -> tuple[Member, ...]:
    """The members in order of their keys, without all but the latest personal links of each home."""
    issued: dict[str | None, list[tuple[datetime, str]]] = {}
    for key, member in members.items():
        if member.link is not None:
            issued.setdefault(member.home, []).append((member.link.issued_at, key))
    dropped = {key for links in issued.values() for _, key in sorted(links)[:-KEPT_LINKS]}
    return tuple(members[key] for key in sorted(members) if key not in dropped)


def _last_words(words: Iterable[ConsentWord]) -> tuple[ConsentWord, ...]:
    """The last word of each identifier on each channel; of the same one told twice, for all whom either names."""
    last: dict[tuple[str, str], ConsentWord] = {}
    for word in words:
        known = last.get((word.channel, word.by))
        if known is not None and known.event == word.event:
            homes = tuple(sorted({*known.homes, *word.homes}))
            last[word.channel, word.by] = known.model_copy(update={"homes": homes})
        elif known is None or known.rank() < word.rank():
            last[word.channel, word.by] = word
    kept = sorted(last.values(), key=ConsentWord.rank)[-KEPT_WORDS:]
    return tuple(sorted(kept, key=lambda word: (word.channel, word.by)))


def _of_homes(words: Iterable[ConsentWord], homes: Collection[str]) -> tuple[ConsentWord, ...]:
    """The words that count for any of these, for these alone."""
    mine = ((word, tuple(home for home in word.homes if home in homes)) for word in words)
    return tuple(word.model_copy(update={"homes": left}) for word, left in mine if left)
