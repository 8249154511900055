"""Identities (one document per identifier), profiles (the join of their fragments), and the edges between them."""

import hashlib
from datetime import datetime
from typing import Literal

from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier
from middleware.domain.record import Record


class Edge(Record):
    """Two identifiers belong together: `to` is the other one's key, `rule` the row of the evidence table."""

    to: str
    evidence: Evidence
    rule: str
    at: datetime

    def rank(self) -> tuple[str, datetime, str]:
        """The order in which edges are kept."""
        return (self.to, self.at, self.rule)


class PersonalLink(Record):
    """Where a personal link was given out: to whom, in which conversation, until when it counts."""

    issued_to: str
    conversation_id: str
    purpose: str
    issued_at: datetime
    expires_at: datetime


class Waiting(Record):
    """An event that waits for a lane, by its dedup key, with what tells which of two arrived earlier."""

    received_at: datetime
    occurred_at: datetime
    event: str

    def arrived(self) -> tuple[datetime, datetime, str]:
        """The order of arrival, the same for every process that asks."""
        return (self.received_at, self.occurred_at, self.event)


class Lease(Record):
    """Who works on a lane until when. `fence` rises whenever the lane is taken."""

    owner: str
    fence: int
    until: datetime
    wanted: Waiting | None = None
    """The oldest event that a worker was refused the lane for, or gave it back with: nothing newer goes before it."""

    def wanted_for(self, waiting: Waiting) -> "Lease":
        """The lease after somebody wanted the lane for an event."""
        if self.wanted is not None and self.wanted.arrived() <= waiting.arrived():
            return self
        return self.model_copy(update={"wanted": waiting})

    def is_of(self, other: "Lease | None") -> bool:
        """Whether it is the same taking of the lane."""
        return other is not None and (self.owner, self.fence) == (other.owner, other.fence)


class Asked(Record):
    """When the platform was last asked for the sender's profile, and for which event."""

    event: str
    at: datetime


class Seat(Record):
    """The conversation that one identifier has on one account."""

    channel: str
    account: str
    conversation_id: str


class Identity(Record):
    """Everything kept under one identifier: `id` is its key, which makes it unique by primary key.

    `profile_id` is None for an identifier that has brought facts but that no channel has written from (an e-mail
    address on an order). `facts` counts the changes of edges and fragment, so that the copy inside the profile can be
    compared. `suspended` says why the identifier neither links nor discloses at present.
    """

    id: str
    profile_id: str | None = None
    edges: tuple[Edge, ...] = ()
    suspended: str | None = None
    fragment: Fragment = Fragment()
    facts: int = 0
    seats: tuple[Seat, ...] = ()
    link: PersonalLink | None = None
    lease: Lease | None = None
    asked: Asked | None = None

    def with_edge(self, edge: Edge, *, latest: bool = False) -> "Identity":
        """The identity after learning of an edge. Of several reports of the same edge the earliest is kept, or the
        latest where that is what counts: an identifier may become another one more than once.
        """
        same = [known for known in self.edges if known.to == edge.to and known.rule == edge.rule]
        if same and (edge.at <= same[0].at if latest else same[0].at <= edge.at):
            return self
        edges = sorted({*(known for known in self.edges if known not in same), edge}, key=Edge.rank)
        return self.model_copy(update={"edges": tuple(edges), "facts": self.facts + 1})

    def with_fragment(self, fragment: Fragment) -> "Identity":
        """The identity with another fragment; unchanged if it is the same."""
        if fragment == self.fragment:
            return self
        return self.model_copy(update={"fragment": fragment, "facts": self.facts + 1})

    def with_suspension(self, why: str | None) -> "Identity":
        """The identity suspended, or freed again."""
        if why == self.suspended:
            return self
        return self.model_copy(update={"suspended": why, "facts": self.facts + 1})

    def with_seat(self, seat: Seat) -> "Identity":
        """The identity with a conversation on an account; the first one stays."""
        if self.seat(seat.channel, seat.account) is not None:
            return self
        return self.model_copy(update={"seats": (*self.seats, seat)})

    def seat(self, channel: str, account: str) -> str | None:
        """The conversation on one account, if there is one."""
        for seat in self.seats:
            if (seat.channel, seat.account) == (channel, account):
                return seat.conversation_id
        return None


KEPT_LINKS = 10
"""Personal links that a profile remembers: the ones given out last."""


class Member(Record):
    """The copy of one identity inside a profile: what the hot path reads instead of the identities themselves."""

    identifier: str
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
            facts=identity.facts,
            edges=identity.edges,
            suspended=identity.suspended,
            fragment=identity.fragment,
            link=identity.link,
        )


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
        members = _bounded(known)
        return self if members == self.members else self.model_copy(update={"members": members})

    def member(self, identifier: str) -> Member | None:
        """The member under an identifier key."""
        return next((member for member in self.members if member.identifier == identifier), None)

    def age(self) -> tuple[datetime, str]:
        """What decides which of two profiles is the older one."""
        return (self.created_at, self.id)


def _bounded(members: dict[str, Member]) -> tuple[Member, ...]:
    """The members in order of their keys, without all but the latest personal links."""
    issued = sorted((m.link.issued_at, key) for key, m in members.items() if m.link is not None)
    dropped = {key for _, key in issued[:-KEPT_LINKS]}
    return tuple(members[key] for key in sorted(members) if key not in dropped)


Kind = Literal["p", "c"]


def opaque_id(kind: Kind, *parts: str) -> str:
    """An opaque id that is the same whoever works it out: of a profile (`p`) or a conversation (`c`)."""
    return f"{kind}_" + hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


IN_DOUBT = "in doubt"


def profile_id_of(founder: Identifier, *, in_doubt: bool = False) -> str:
    """The id of the profile that an identifier founds; another one while it is in doubt whose identifier it is."""
    return opaque_id("p", founder.key, *([IN_DOUBT] if in_doubt else []))


def conversation_id_of(channel: str, account: str, founder: Identifier, *, in_doubt: bool = False) -> str:
    """The id of the conversation that an identifier begins on an account; another one while it is in doubt."""
    return opaque_id("c", channel, account, founder.key, *([IN_DOUBT] if in_doubt else []))
