"""Every field of a brand's profiles with who may write it and where each source has it: for people who look."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from middleware.domain.mapping import FieldRule, SourceMapping
from middleware.domain.ownership import Mode, Ownership
from middleware.domain.source_record import FIELDS


@dataclass(frozen=True, slots=True)
class Source:
    """What one source may do with a field. `place` counts from 1; None where its value never counts by itself."""

    name: str
    mode: Mode
    place: int | None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field. `sources` in the order in which they win, then those that never do; `read` by the account's name."""

    field: str
    sources: tuple[Source, ...]
    read: tuple[tuple[str, FieldRule], ...]


def field_table(
    ownership: Ownership, sources: Collection[str], mappings: Mapping[str, SourceMapping | None]
) -> tuple[FieldRow, ...]:
    """The fields that every brand has, then those that its files name. `mappings` by the account's name."""
    rules = {
        name: {rule.field: rule for rule in mapping.record.fields}
        for name, mapping in mappings.items()
        if mapping is not None and mapping.record is not None
    }
    named = {row.field for row in ownership.rows} | {field for fields in rules.values() for field in fields}
    return tuple(
        FieldRow(
            field,
            tuple(_sources(ownership, field, sources)),
            tuple((name, fields[field]) for name, fields in rules.items() if field in fields),
        )
        for field in (*FIELDS, *sorted(named - set(FIELDS)))
    )


def _sources(ownership: Ownership, field: str, sources: Collection[str]) -> Iterator[Source]:
    places = {each: ownership.place(field, each) for each in sources}
    winning = sorted((place, each) for each, place in places.items() if place is not None)
    for number, (_, each) in enumerate(winning, start=1):
        yield Source(each, ownership.mode(field, each), number)
    for each in sorted(each for each, place in places.items() if place is None):
        yield Source(each, ownership.mode(field, each), None)
