"""Which of several sources is believed, field by field: what a person pinned, then who owns the field, then the newest.

What sources say is a claim, whoever says it. A person's edit is a record of the source `person`; None in it means that
the person has let go.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from middleware.domain.commerce import Version
from middleware.domain.fragment import Name
from middleware.domain.identifiers import Evidence, Identifier
from middleware.domain.profile import Member
from middleware.domain.source_record import FieldValue, Scalar
from middleware.identity.disclosure import source_of
from middleware.identity.joined.shape import KEPT_FIELDS, KEPT_PARTS, Address, Question, Valued

PERSON = "person"
"""The source of what a person of the brand edited. Scope of its records: `person:<brand>`."""

_NAMES = ("full_name", "first_name", "last_name")
_ADDRESS = ("street", "city", "postcode", "state", "country")
_LISTS = frozenset({"tags", "segments", "custom.segments"})
_CONTACTS = frozenset({"email", "phone"})


class Owning(Protocol):
    """Which sources may write a field, and who wins."""

    def mode(self, field: str, source: str) -> str:
        """`owner`, `fill_if_empty`, `never` or `ask_a_person`."""
        ...

    def rank(self, field: str) -> Sequence[str]:
        """The sources of a field, the one that is believed first; those not named come after all of them."""
        ...


class NewestCounts:
    """Ownership as long as nobody has said anything: every source may write, the newest word counts."""

    def mode(self, field: str, source: str) -> str:
        """Every source owns every field."""
        del self, field, source
        return "owner"

    def rank(self, field: str) -> Sequence[str]:
        """No source goes before another one."""
        del self, field
        return ()


@dataclass(frozen=True, slots=True)
class Told:
    """One value as one source has it. `owner` is the source as ownership knows it, `field` what it is asked about.

    `is_hint`: what the customer calls themselves on a channel. It fills what is empty.
    """

    field: str
    value: Scalar
    version: Version
    source: str
    owner: str
    is_hint: bool = False

    def valued(self) -> Valued:
        """The value as it is shown."""
        pinned = self.owner == PERSON
        return Valued(
            value=self.value,
            source=self.source,
            as_of=self.version.at,
            evidence=Evidence.CLAIMED,
            pinned=pinned,
        )

    def newness(self) -> tuple[tuple[datetime, datetime, str], str, str]:
        """The order in time; what is left of ties is decided by source and value, so that there always is an answer."""
        return (self.version.rank(), self.source, json.dumps(self.value, default=list))


@dataclass(frozen=True, slots=True)
class Picked:
    """The values that are believed, and what a person should decide."""

    values: dict[str, Valued]
    name: Valued | None
    address: Address | None
    questions: tuple[Question, ...]


def picked(members: Sequence[Member], ownership: Owning) -> Picked:
    """The believed values of these members' records and channels, whatever the order of the members."""
    told = [each for member in members for each in _told(member)]
    questions: list[Question] = []
    values: dict[str, Valued] = {}
    for field, of_field in sorted(_by_field(told).items())[:KEPT_FIELDS]:
        chosen, asked = believed(field, of_field, ownership)
        questions += asked
        if chosen is not None:
            values[field] = chosen.valued()
    name, _ = believed("full_name", list(_names(told)), ownership)
    return Picked(
        values=values,
        name=name.valued() if name is not None else None,
        address=_address(told, ownership),
        questions=tuple(questions[:KEPT_PARTS]),
    )


def believed(field: str, told: Sequence[Told], ownership: Owning) -> tuple[Told | None, list[Question]]:
    """The one of several values that is believed, and the questions that are left open."""
    pinned = [each for each in told if each.owner == PERSON]
    if pinned:
        newest = max(pinned, key=Told.newness)
        if newest.value is not None:
            return newest, []
    said = [each for each in told if each.owner != PERSON and each.value not in {None, "", ()}]
    modes = {each: ownership.mode(each.field, each.owner) for each in said}
    owners = [each for each in said if modes[each] == "owner" and not each.is_hint]
    fills = [each for each in said if modes[each] == "fill_if_empty" or (modes[each] == "owner" and each.is_hint)]
    asking = [each for each in said if modes[each] == "ask_a_person"]
    chosen = _first(field, owners, ownership) or _first(field, fills, ownership)
    return chosen, [*_asked(field, chosen, asking), *_conflict(field, chosen, owners, ownership)]


def _first(field: str, told: Sequence[Told], ownership: Owning) -> Told | None:
    """The newest of those that are believed first."""
    best = min((_place(field, each, ownership) for each in told), default=0)
    return max((each for each in told if _place(field, each, ownership) == best), key=Told.newness, default=None)


def _place(field: str, told: Told, ownership: Owning) -> int:
    order = list(ownership.rank(field))
    return order.index(told.owner) if told.owner in order else len(order)


def _asked(field: str, chosen: Told | None, asking: Sequence[Told]) -> list[Question]:
    differ = [each for each in asking if chosen is None or _folded(each.value) != _folded(chosen.value)]
    return [Question(field=field, why="ask_a_person", values=_shown(chosen, differ))] if differ else []


def _conflict(field: str, chosen: Told | None, owners: Sequence[Told], ownership: Owning) -> list[Question]:
    """Sources that are believed alike and say different things."""
    if chosen is None or chosen not in owners:
        return []
    place = _place(field, chosen, ownership)
    differ = [
        each
        for each in owners
        if _place(field, each, ownership) == place and _folded(each.value) != _folded(chosen.value)
    ]
    return [Question(field=field, why="conflict", values=_shown(chosen, differ))] if differ else []


def _shown(chosen: Told | None, others: Sequence[Told]) -> tuple[Valued, ...]:
    ordered = sorted(others, key=Told.newness, reverse=True)[:KEPT_PARTS]
    return tuple(each.valued() for each in ([chosen] if chosen is not None else []) + ordered)


def _folded(value: Scalar) -> Scalar:
    return value.strip().casefold() if isinstance(value, str) else value


def _told(member: Member) -> Iterable[Told]:
    """Everything that one member's record says, and what the customer calls themselves there."""
    source = source_of(member.identifier)
    record = member.fragment.record
    if record is not None and not record.gone:
        owner = PERSON if is_of_a_person(member) else record.source
        yield from (_of_record(each, source, owner) for each in record.values)
    for what, name in member.fragment.claimed().items():
        yield _of_channel({"name": "full_name", "locale": "language"}.get(what, what), name, source)


def is_of_a_person(member: Member) -> bool:
    """Whether a member is what a person of the brand edited."""
    return Identifier.from_key(member.identifier).scope.partition(":")[0] == PERSON


def _of_record(value: FieldValue, source: str, owner: str) -> Told:
    return Told(value.field, value.value, value.version, source, owner)


def _of_channel(field: str, name: Name, source: str) -> Told:
    version = Version(at=name.at, event=name.event)
    return Told(field, name.value, version, name.source or source, source, is_hint=True)


def _by_field(told: Iterable[Told]) -> dict[str, list[Told]]:
    """By field, without what is no single value (tags) and without contacts, of which a person has several."""
    fields: dict[str, list[Told]] = {}
    for each in told:
        if each.field not in _LISTS and each.field.partition(".")[0] not in _CONTACTS:
            fields.setdefault(each.field, []).append(each)
    return fields


def _by_source(told: Iterable[Told], fields: Sequence[str]) -> Mapping[str, dict[str, Told]]:
    """Source -> its newest value of each of some fields."""
    found: dict[str, dict[str, Told]] = {}
    for each in sorted(told, key=Told.newness):
        if each.field in fields and each.value is not None:
            found.setdefault(each.source, {})[each.field] = each
    return found


def _names(told: Iterable[Told]) -> Iterable[Told]:
    """One name of each source: first and last name of two sources are nobody's name."""
    for parts in _by_source(told, _NAMES).values():
        if "full_name" in parts:
            yield parts["full_name"]
            continue
        ordered = [parts[field] for field in ("first_name", "last_name") if field in parts]
        newest = max(ordered, key=Told.newness)
        yield replace(newest, value=" ".join(str(each.value) for each in ordered))


def _address(told: Sequence[Told], ownership: Owning) -> Address | None:
    """The address of the source that is believed; one with a street or a place goes before a mere country."""
    by_source = _by_source((each for each in told if each.owner != PERSON), _ADDRESS)
    whole = {source: parts for source, parts in by_source.items() if {"street", "city", "postcode"} & set(parts)}
    stand_ins = [next(parts[field] for field in _ADDRESS if field in parts) for parts in (whole or by_source).values()]
    best, _ = believed("street", stand_ins, ownership)
    pins = {
        each.field: each
        for each in (
            believed(field, [each for each in told if each.field == field and each.owner == PERSON], ownership)[0]
            for field in _ADDRESS
        )
        if each is not None
    }
    parts = {**(by_source[best.source] if best is not None else {}), **pins}
    if not parts:
        return None
    shown = best or max(parts.values(), key=Told.newness)
    return Address(
        **{field: str(each.value) for field, each in parts.items()},
        source=shown.source,
        as_of=max(each.version.at for each in parts.values()),
        evidence=Evidence.CLAIMED,
        pinned=tuple(sorted(pins)),
    )
