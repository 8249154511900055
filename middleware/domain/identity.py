"""Identities: one document for each identifier, the edges between them, and the ids that are worked out from them."""

import hashlib
from collections.abc import Iterable
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
    visitor: str | None = None
    """The key of the first visitor of the brand's site who came by it: nobody else's visits count."""
    unasked: bool = False
    """It was given out where nobody had written, as in a reminder."""


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


SHARED_BY_MANY = "more people are reached by it than one"
SHARED_FROM = 5
"""Customers of one shop who have ordered with the same address or number: from then on it is nobody's own."""


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
    holders: tuple[str, ...] = ()
    """The shop's customers, by key, on whose orders this address or number stands: at most `SHARED_FROM` a shop."""
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

    def held_by(self, holders: Iterable[str]) -> "Identity":
        """The identity after customers have ordered with it. From `SHARED_FROM` of one shop on it is suspended."""
        of_shop: dict[str, set[str]] = {}
        for holder in {*self.holders, *holders}:
            of_shop.setdefault(Identifier.from_key(holder).scope, set()).add(holder)
        kept = tuple(sorted(each for some in of_shop.values() for each in sorted(some)[:SHARED_FROM]))
        held = self if kept == self.holders else self.model_copy(update={"holders": kept})
        is_shared = any(len(some) >= SHARED_FROM for some in of_shop.values())
        return held.with_suspension(SHARED_BY_MANY) if is_shared else held

    def moved_to(self, profile_id: str) -> "Identity":
        """The identity as one of another profile."""
        if profile_id == self.profile_id:
            return self
        return self.model_copy(update={"profile_id": profile_id, "facts": self.facts + 1})

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
