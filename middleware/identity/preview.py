"""What a merge, an unmerge or a split would change, before anybody does it. Pure, of profiles as they are read."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

from middleware.domain.identifiers import Identifier
from middleware.domain.profile import Member, Profile
from middleware.domain.record import Record
from middleware.identity.merging import parted, why_apart
from middleware.identity.opening import Opening, newly_disclosed


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


class Note(Record):
    """One thing that a person should look at: what it is, and what it is about (channels, masked identifiers, a rule).

    `level_stays` is about nothing, `link_cut` about two identifiers and the rule that joined them, the others about
    one thing each.
    """

    what: Literal["promotions_stop", "level_stays", "came_since", "refusal_stays", "link_cut"]
    about: tuple[str, ...] = ()


_WORDS = {
    "promotions_stop": "promotions on {0} stop for both: one of them refuses them",
    "level_stays": "what a sender may be told stays as it is: a merge is no proof",
    "came_since": "{0} came since the merge, and goes along",
    "refusal_stays": "the refusal of promotions on {0} stays with both",
    "link_cut": "{0} and {1} are one person by {2}: that no longer counts",
}


class Preview(Record):
    """`before` and `after`, each a side for every profile that there is then; and what a person should look at."""

    before: tuple[Side, ...]
    after: tuple[Side, ...]
    against: str | None = None
    """Why no rule would do it, in words."""
    looks: tuple[str, ...] = ()
    """What changes for somebody, in words."""
    notes: tuple[Note, ...] = ()
    """The same, for whoever has other words for it; `openings` apart."""
    openings: tuple[Opening, ...] = ()
    """The senders who would be told more than now, and what."""


def of_merge(one: Profile, other: Profile, now: datetime, apart: Collection[str] = ()) -> Preview:
    """What making two profiles one would change."""
    older, younger = sorted((one, other), key=Profile.age)
    joined = older.with_members_of(younger)
    gained = joined.refused() - (older.refused() & younger.refused())
    notes = [Note(what="promotions_stop", about=(channel,)) for channel in sorted(gained)]
    openings = newly_disclosed(older, younger, now)
    if not openings:
        notes.append(Note(what="level_stays"))
    return Preview(
        before=(_side(older), _side(younger)),
        after=(_side(joined),),
        against=why_apart(one, other, apart),
        looks=(*_in_words(notes), *map(_opening_in_words, openings)),
        notes=tuple(notes),
        openings=openings,
    )


def of_unmerge(child: Profile, holders: Collection[Profile]) -> Preview:
    """What taking a merged profile out of the ones that hold it, nearest first, would change."""
    alone, without = parted(child, holders)
    since = {member.identifier for member in alone.members} - {member.identifier for member in child.members}
    notes = [Note(what="came_since", about=(_masked(key),)) for key in sorted(since)]
    both = alone.refused() & without[-1].refused()
    notes += [Note(what="refusal_stays", about=(channel,)) for channel in sorted(both)]
    after = (_side(without[-1]), _side(alone))
    return Preview(before=(_side([*holders][-1]),), after=after, looks=_in_words(notes), notes=tuple(notes))


def of_split(profile: Profile, identifiers: Collection[str]) -> Preview:
    """What moving some identifiers into a profile of their own would change."""
    goes = tuple(member for member in profile.members if member.identifier in identifiers)
    stays = tuple(member for member in profile.members if member.identifier not in identifiers)
    cut = [
        Note(what="link_cut", about=(_masked(member.identifier), _masked(edge.to), edge.rule))
        for member in profile.members
        for edge in member.edges
        if (member.identifier in identifiers) != (edge.to in identifiers) and profile.member(edge.to) is not None
    ]
    parts = (profile.model_copy(update={"members": stays}), profile.model_copy(update={"id": "new", "members": goes}))
    after = tuple(map(_side, parts))
    return Preview(before=(_side(profile),), after=after, looks=_in_words(cut), notes=tuple(cut))


def _in_words(notes: Sequence[Note]) -> tuple[str, ...]:
    return tuple(_WORDS[note.what].format(*note.about) for note in notes)


def _opening_in_words(opening: Opening) -> str:
    """A level that stays is told as well: it says how far what is new goes."""
    counts = {"orders": opening.orders, "tickets": opening.tickets, "carts": opening.carts,
              "identifiers": opening.identifiers}  # fmt: skip
    more = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing yet"
    levels = f"{opening.before.name.lower()}, then {opening.after.name.lower()}"
    return f"{opening.sender} would be told more than now ({levels}): {more}"


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
