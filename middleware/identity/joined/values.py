"""Which of several sources is believed, field by field: what a person pinned, then who owns the field, then the newest.

What sources say is a claim, whoever says it. A person's edit is a record of the source `person`; None in it means that
the person has let go.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from middleware.domain.commerce import Version
from middleware.domain.fragment import Name
from middleware.domain.identifiers import Evidence, Identifier
from middleware.domain.ownership import Ownership
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


def picked(members: Sequence[Member], ownership: Ownership) -> Picked:
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


def believed(field: str, told: Sequence[Told], ownership: Ownership) -> tuple[Told | None, list[Question]]:
    """The one of several values that is believed, and the questions that are left open."""
    pinned = [each for each in told if each.owner == PERSON]
    if pinned:
        newest = max(pinned, key=Told.newness)
        if newest.value is not None:
            return newest, []
    said = [each for each in told if each.owner != PERSON and each.value not in {None, "", ()}]
    asking = [each for each in said if ownership.mode(each.field, each.owner) == "ask_a_person"]
    ranked = sorted(_ranked(field, said, ownership), key=lambda each: each[0])
    chosen = max((each for place, each in ranked if place == ranked[0][0]), key=Told.newness, default=None)
    alike = [each for place, each in ranked if place[:2] == ranked[0][0][:2]]
    return chosen, [*_asked(field, chosen, asking), *_conflict(field, chosen, alike)]


_Place = tuple[bool, int, str]


def _ranked(field: str, said: Iterable[Told], ownership: Ownership) -> Iterable[tuple[_Place, Told]]:
    """The values that count by themselves, each with its place: what customers call themselves comes last."""
    for each in said:
        if ownership.mode(each.field, each.owner) in {"owner", "fill_if_empty"}:
            index, name = ownership.place(field, each.owner) or (len(ownership.rank(field)), each.owner)
            yield (each.is_hint and bool(name), index, name), each


def _asked(field: str, chosen: Told | None, asking: Sequence[Told]) -> list[Question]:
    differ = [each for each in asking if chosen is None or _folded(each.value) != _folded(chosen.value)]
    return [Question(field=field, why="ask_a_person", values=_shown(chosen, differ))] if differ else []


def _conflict(field: str, chosen: Told | None, alike: Sequence[Told]) -> list[Question]:
    """Sources that are believed alike and say different things. Of what customers call themselves nobody is asked."""
    if chosen is None or chosen.is_hint:
        return []
    differ = [each for each in alike if not each.is_hint and _folded(each.value) != _folded(chosen.value)]
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


def _address(told: Sequence[Told], ownership: Ownership) -> Address | None:
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
