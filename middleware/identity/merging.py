"""Making two profiles one, and two of one again. Pure: what each profile is afterwards.

Profiles are joined by a pointer on the younger one; the older one takes copies of its members, each with the `home`
that its identity keeps naming. So whatever came after a merge, by whichever identifier, is known to belong to one
side, and taking the two apart is giving each side what names it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile

_ONE_EACH = frozenset({IdentifierKind.SHOP_CUSTOMER, IdentifierKind.SITE_ACCOUNT, IdentifierKind.SOURCE_RECORD})
"""Kinds of which a person has one in each scope."""

_MANY_EACH = frozenset({"leads", "csv", "person"})
"""Sources in which a person may well have several records: a form is filled in twice, a list holds somebody twice."""

DECIDED_APART = "somebody decided that they are two people"


def pair_id(one: str, other: str) -> str:
    """The id of a pair of profiles, the same whichever is named first."""
    return "|".join(sorted((one, other)))


def pairs_of(one: Profile, other: Profile) -> frozenset[str]:
    """All pairs of one profile's homes with the other's: a decision about any of them is one about both."""
    return frozenset(pair_id(mine, theirs) for mine in one.homes for theirs in other.homes)


def why_apart(one: Profile, other: Profile, apart: Collection[str] = ()) -> str | None:
    """Why no rule may merge two profiles, in words; None if nothing is against it."""
    if not pairs_of(one, other).isdisjoint(apart):
        return DECIDED_APART
    mine, theirs = _own_records(one), _own_records(other)
    for kind, scope in sorted(mine.keys() & theirs.keys()):
        if mine[kind, scope].isdisjoint(theirs[kind, scope]):
            return f"two different records of {scope} ({kind}), where a person has one"
    return None


def _own_records(profile: Profile) -> dict[tuple[str, str], set[str]]:
    """The ids of a person that only one person can have, by kind and scope; those of records that are gone left out."""
    found: dict[tuple[str, str], set[str]] = {}
    for member in profile.members:
        kind, scope, value = Identifier.from_key(member.identifier)
        told = (member.fragment.customer, member.fragment.record)
        is_gone = any(each is not None and each.gone for each in told)
        if kind in _ONE_EACH and not is_gone and scope.partition(":")[0] not in _MANY_EACH:
            found.setdefault((kind, scope), set()).add(value)
    return found


def merged(older: Profile, younger: Profile, rule: str) -> tuple[Profile, Profile]:
    """Both profiles after the younger one was merged into the older one."""
    pointing = younger.model_copy(update={"merged_into": older.id, "merged_by": rule})
    return older.with_members_of(younger), pointing


def parted(child: Profile, holders: Iterable[Profile]) -> tuple[Profile, list[Profile]]:
    """A merged profile on its own again, and all that it was merged into (`holders`, nearest first) without it."""
    holding = list(holders)
    members = [member for holder in holding for member in holder.members]
    words = [word for holder in holding for word in holder.words]
    homes = child.homes
    alone = child.model_copy(update={"merged_into": None, "merged_by": None})
    for word in words:
        alone = alone.with_word(word)
    return alone.only(homes, members), [holder.without(homes) for holder in holding]


@dataclass(frozen=True, slots=True)
class Split:
    """A profile taken in two by a person: what stays, and what goes into a profile of its own."""

    stays: Profile
    goes: Profile
    identities: tuple[Identity, ...]
    """The identities that go, naming their new profile."""


def split(profile: Profile, identities: Collection[Identity], new_id: str) -> Split:
    """A profile without some of its identities, which make up the profile `new_id` from now on.

    Edges between the two sides stay with the identity that keeps them; an edge out of a profile leads nowhere.
    """
    gone = {identity.id for identity in identities}
    left = tuple(member for member in profile.members if member.identifier not in gone)
    goes = Profile(id=new_id, created_at=profile.created_at)
    moved = tuple(identity.moved_to(new_id) for identity in identities)
    for identity in moved:
        goes = goes.with_member(identity)
    for word in profile.words:
        goes = goes.with_word(word.model_copy(update={"homes": (new_id,)}))
    return Split(profile.model_copy(update={"members": left}), goes, moved)
