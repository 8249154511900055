"""What a merge, an unmerge or a split would change, before anybody does it. Pure, of profiles as they are read."""

from collections.abc import Collection, Iterable

from middleware.domain.identifiers import Identifier
from middleware.domain.profile import Member, Profile
from middleware.domain.record import Record
from middleware.identity.merging import parted, why_apart


class Side(Record):
    """What one of the two profiles has, or would have. Identifiers are masked.

    `orders`, `open_carts`, `tickets` and `records` are counts; `refuses` the channels on which the person wants no
    promotions; `kinds` the sorts of identifiers, by which one sees which conversations go along.
    """

    id: str
    identifiers: tuple[str, ...]
    kinds: tuple[str, ...]
    orders: int
    open_carts: int
    tickets: int
    records: int
    refuses: tuple[str, ...]


class Preview(Record):
    """`before` and `after`, each a side for every profile that there is then; and what a person should look at."""

    before: tuple[Side, ...]
    after: tuple[Side, ...]
    against: str | None = None
    """Why no rule would do it, in words."""
    looks: tuple[str, ...] = ()
    """What changes for somebody, in words."""


def of_merge(one: Profile, other: Profile, apart: Collection[str] = ()) -> Preview:
    """What making two profiles one would change."""
    older, younger = sorted((one, other), key=Profile.age)
    joined = older.with_members_of(younger)
    gained = joined.refused() - (older.refused() & younger.refused())
    looks = [f"promotions on {channel} stop for both: one of them refuses them" for channel in sorted(gained)]
    looks.append("what a sender may be told stays as it is: a merge is no proof")
    return Preview(
        before=(_side(older), _side(younger)),
        after=(_side(joined),),
        against=why_apart(one, other, apart),
        looks=tuple(looks),
    )


def of_unmerge(child: Profile, holders: Collection[Profile]) -> Preview:
    """What taking a merged profile out of the ones that hold it, nearest first, would change."""
    alone, without = parted(child, holders)
    since = {member.identifier for member in alone.members} - {member.identifier for member in child.members}
    looks = [f"{_masked(key)} came since the merge, and goes along" for key in sorted(since)]
    both = alone.refused() & without[-1].refused()
    looks += [f"the refusal of promotions on {channel} stays with both" for channel in sorted(both)]
    return Preview(before=(_side([*holders][-1]),), after=(_side(without[-1]), _side(alone)), looks=tuple(looks))


def of_split(profile: Profile, identifiers: Collection[str]) -> Preview:
    """What moving some identifiers into a profile of their own would change."""
    goes = tuple(member for member in profile.members if member.identifier in identifiers)
    stays = tuple(member for member in profile.members if member.identifier not in identifiers)
    cut = [
        f"{_masked(member.identifier)} and {_masked(edge.to)} are one person by {edge.rule}: that no longer counts"
        for member in profile.members
        for edge in member.edges
        if (member.identifier in identifiers) != (edge.to in identifiers) and profile.member(edge.to) is not None
    ]
    parts = (profile.model_copy(update={"members": stays}), profile.model_copy(update={"id": "new", "members": goes}))
    return Preview(before=(_side(profile),), after=tuple(map(_side, parts)), looks=tuple(cut))


def _side(profile: Profile) -> Side:
    members = profile.members
    return Side(
        id=profile.id,
        identifiers=tuple(_masked(member.identifier) for member in members),
        kinds=tuple(sorted({str(Identifier.from_key(member.identifier).kind) for member in members})),
        orders=len({order.id for member in members for order in member.fragment.orders}),
        open_carts=len({cart.token for member in members for cart in member.fragment.open_carts()}),
        tickets=len({ticket.id for member in members for ticket in member.fragment.tickets}),
        records=sum(_has_record(members)),
        refuses=tuple(sorted(profile.refused())),
    )


def _has_record(members: Iterable[Member]) -> Iterable[bool]:
    return (member.fragment.record is not None or member.fragment.customer is not None for member in members)


def _masked(key: str) -> str:
    return Identifier.from_key(key).masked()
