"""What records of sources would make of profiles, had they been told otherwise. Reads, and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.ownership import Ownership
from middleware.domain.profile import Member, Profile
from middleware.domain.source_record import Scalar, SourceRecord, newest_record
from middleware.identity.joined import Joined, join
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import BrandStore


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a profile: what it says now and what it would say."""

    field: str
    before: Scalar
    after: Scalar

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class WouldBe:
    """What a record would make of the profile that it is part of. `profile_id` None: it would be a new one."""

    profile_id: str | None
    fields: tuple[FieldChange, ...]

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """The fields that would change."""
        return tuple(each for each in self.fields if each.differs)


async def would_be(store: BrandStore, event: Event, ownership: Ownership) -> WouldBe | None:
    """What the record in an event would change; None for an event without one."""
    if event.record is None or event.anchor is None:
        return None
    key = event.anchor.key
    profile = await _profile_of(store, key)
    now = profile or Profile(id="", created_at=event.received_at, members=(Member(identifier=key, facts=0),))
    known = next((each.fragment.record for each in now.members if each.identifier == key), None)
    then = with_records(now, {key}, {key: newest_record(known, event.record)})
    before, after = fields_of(join(now, ownership)), fields_of(join(then, ownership))
    named = sorted({*before, *after})
    fields = tuple(FieldChange(name, before.get(name), after.get(name)) for name in named)
    return WouldBe(profile.id if profile is not None else None, fields)


def with_records(profile: Profile, known: set[str], records: Mapping[str, SourceRecord]) -> Profile:
    """A profile as if of the members that are `known` these records were told, and nothing else."""
    members = tuple(
        each.model_copy(update={"fragment": each.fragment.model_copy(update={"record": records.get(each.identifier)})})
        if each.identifier in known
        else each
        for each in profile.members
    )
    return profile.model_copy(update={"members": members})


def fields_of(joined: Joined) -> dict[str, Scalar]:
    """What a joined profile says, by field."""
    fields: dict[str, Scalar] = {name: each.value for name, each in joined.values.items()}
    for kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE):
        contacts = [Identifier.from_key(each.identifier).value for each in joined.contacts if each.kind == kind]
        fields[kind] = ", ".join(sorted(contacts)) or None
    return {**fields, "tags": joined.tags, "segments": joined.segments}


def masked(value: Scalar) -> str:
    """A value as a person may see it who only wants to know what sort of change it is. Empty for none."""
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return f"{len(value)} tags"
    text = str(value)
    shown = f"{text[0]}…{text[-1]}" if len(text) > 3 else "…"  # noqa: PLR2004 - of less nothing is shown
    return f"{shown} ({len(text)} characters)"


async def _profile_of(store: BrandStore, key: str) -> Profile | None:
    """The profile that a record is part of by now."""
    identity = (await store.get(Identity, [key])).get(key)
    home = identity.record.profile_id if identity is not None else None
    return roots(await read_profiles(store, {home})).get(home) if home is not None else None
