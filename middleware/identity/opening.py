"""What a merge would let senders be told that they are not told now. Pure, of profiles as they are read.

A merge adds no edge. But an edge, or the contact on an order, that led out of one profile leads somewhere once both are
one: then a sender reaches what it was about.
"""

from collections.abc import Iterable
from datetime import datetime

from middleware.domain.identifiers import Identifier, IdentifierKind, NamedLevel
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.identity.disclosure import Sight

MOST_SENDERS = 50
"""Senders that are looked at, of both profiles together."""

_SENDERS = frozenset(
    {
        IdentifierKind.MESSENGER,
        IdentifierKind.INSTAGRAM,
        IdentifierKind.WHATSAPP,
        IdentifierKind.PHONE,
        IdentifierKind.VISITOR,
    }
)


class Opening(Record):
    """What one sender would be told that they are not told now. `sender` is masked; counts are of what is new."""

    sender: str
    before: NamedLevel
    after: NamedLevel
    orders: int
    tickets: int
    carts: int
    identifiers: int


def newly_disclosed(one: Profile, other: Profile, now: datetime) -> tuple[Opening, ...]:
    """For each sender who would be told more once two profiles are one, what that is; empty if it is nobody."""
    older, younger = sorted((one, other), key=Profile.age)
    together = older.with_members_of(younger)
    senders = [(key, profile) for profile in (one, other) for key in _senders(profile)][:MOST_SENDERS]
    found = (_opening(Sight(alone, key, now), Sight(together, key, now), now) for key, alone in senders)
    return tuple(each for each in found if each is not None)


def _senders(profile: Profile) -> Iterable[str]:
    """Who has written: nobody else is told anything."""
    wrote = (each for each in profile.members if each.suspended is None and each.fragment.first_seen is not None)
    return (each.identifier for each in wrote if Identifier.from_key(each.identifier).kind in _SENDERS)


def _opening(before: Sight, after: Sight, now: datetime) -> Opening | None:
    cart_before, cart_after = before.cart(now)[0], after.cart(now)[0]
    opening = Opening(
        sender=Identifier.from_key(before.sender).masked(),
        before=before.level(),
        after=after.level(),
        orders=len({order.id for order in after.orders(now=now)} - {order.id for order in before.orders(now=now)}),
        tickets=len(set(_ids(after)) - set(_ids(before))),
        carts=int(cart_after is not None and (cart_before is None or cart_before.token != cart_after.token)),
        identifiers=len(after.levels.keys() - before.levels.keys()),
    )
    is_more = opening.after > opening.before or opening.orders or opening.tickets or opening.carts
    return opening if is_more or opening.identifiers else None


def _ids(sight: Sight) -> Iterable[tuple[str, str]]:
    return ((desk, ticket.id) for desk, ticket in sight.tickets())
