"""Records of sources for tests: made-up people, as connectors would tell them."""

from dataclasses import fields
from datetime import UTC, datetime

from middleware.domain.commerce import Version
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.identity.matching.records import PersonRecord
from tests.unit.middleware.matching.customers import Customers

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


def source_record(number: str, *, source: str = "hubspot", gone: bool = False, **values: str) -> SourceRecord:
    """A source's record with these values."""
    version = Version(at=NOW, event=f"e{number}")
    told = () if gone else tuple(FieldValue(field=each, value=values[each], version=version) for each in sorted(values))
    return SourceRecord(id=number, source=source, version=version, values=told, gone=gone)


def record_key(number: str, *, scope: str = "hubspot:1") -> str:
    """The key of the identifier of a source's record."""
    return Identifier(IdentifierKind.SOURCE_RECORD, scope, number).key


def record_identity(number: str, *, scope: str = "hubspot:1", gone: bool = False, **values: str) -> Identity:
    """The identity of a source's record."""
    record = source_record(number, source=scope.partition(":")[0], gone=gone, **values)
    return Identity(id=record_key(number, scope=scope), fragment=Fragment(record=record))


def crowd(people: int, *, seed: int = 1) -> list[Identity]:
    """Made-up customers of several tools, with doubles among them."""
    records = Customers(people, seed=seed).records
    return [_identity(f"{number:07}", record) for number, record in enumerate(records)]


def _identity(number: str, record: PersonRecord) -> Identity:
    values = {each.name: getattr(record, each.name) for each in fields(record) if each.name != "source"}
    known = {name: value for name, value in values.items() if value and name != "personal_id"}
    return record_identity(number, scope=f"{record.source or 'file'}:1", **known)
