"""What is compared of a source's record of a person, made from nothing but its values. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields

from middleware.domain.candidates import Comparable
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, profile_id_of
from middleware.domain.jobs import Job, JobKind
from middleware.domain.source_record import SourceRecord
from middleware.identity.matching.blocking import keys_of
from middleware.identity.matching.records import Person, PersonRecord, normalised

COMPARED_KINDS = frozenset({IdentifierKind.SOURCE_RECORD, IdentifierKind.SHOP_CUSTOMER})
"""The kinds of identifiers under which sources keep a record of a person."""

VALUES = tuple(each.name for each in fields(PersonRecord) if each.name != "source")
"""The fields that are compared."""

_LONGEST = 160
"""Characters of a value that are compared: no name is longer, and comparing takes time by length."""

MOST_KEYS = 40


def wanted_for(event: Event) -> tuple[Job, ...]:
    """The jobs that an absorbed event calls for: to be written in the same command as the record that it changes."""
    anchor = event.anchor
    if anchor is None or anchor.kind not in COMPARED_KINDS:
        return ()
    if event.record is None and not (event.customer is not None and event.customer.gone):
        return ()
    job = Job.of(JobKind.CANDIDATES, event.key, event.connector, event.account, event.received_at)
    return (job.model_copy(update={"about": anchor.key}),)


def comparable_of(record: SourceRecord, source: str = "") -> PersonRecord:
    """The record in the form that is matched, as far as people may be recognised by it. A name told whole is taken
    apart there; the first contact counts.
    """
    record = record.identifying()
    values = {field: _text(record.value(field) or record.value(f"custom.{field}")) for field in VALUES}
    if not values["first_name"] and not values["last_name"]:
        values["first_name"] = _text(record.value("full_name"))
    for field in ("email", "phone"):
        values[field] = values[field] or next((_text(each) for each in record.texts(field)), "")
    return PersonRecord(**values, source=source or record.source)


def comparable(identity: Identity) -> Comparable | None:
    """What is compared of an identity; None if there is no record, or it is gone, or has nothing to compare."""
    record = identity.fragment.record
    if record is None or record.gone or (identity.fragment.customer is not None and identity.fragment.customer.gone):
        return None
    identifier = Identifier.from_key(identity.id)
    if identifier.kind not in COMPARED_KINDS:
        return None
    told = comparable_of(record, identifier.scope)
    keys = block_ids(normalised(told))
    if not keys:
        return None
    return Comparable(
        profile_id=identity.profile_id or profile_id_of(identifier),
        source=identifier.scope,
        values={field: value for field in VALUES if (value := getattr(told, field))},
        keys=keys,
    )


def block_ids(person: Person) -> tuple[str, ...]:
    """The ids of the blocks of a record: keys are personal, so they are kept as hashes, behind their kind's letter."""
    return tuple(sorted({_block_id(key) for key in keys_of(person)[:MOST_KEYS]}))


def person_of(values: Mapping[str, str], source: str) -> Person:
    """The values of a comparable in the form in which records are compared."""
    return normalised(PersonRecord(**values, source=source))


def _block_id(key: str) -> str:
    return f"{key[0]}:{hashlib.blake2b(key.encode(errors='replace'), digest_size=12).hexdigest()}"


def _text(value: object) -> str:
    return value[:_LONGEST].strip() if isinstance(value, str) else ""
