"""From a file to ownership: which sources may write which field, and who wins."""

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from connectors.mapping.document import did_you_mean, parse, read_document, text_of
from connectors.mapping.written import Written
from middleware.domain.mapping import is_field
from middleware.domain.ownership import DEFAULT_OWNERSHIP, MODES, Ownership, OwnershipRow
from middleware.domain.source_record import FIELDS

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}", re.ASCII)

Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Sources = Annotated[tuple[Source, ...], Field(max_length=50)]


def _known_field(name: str) -> str:
    if name == "custom" or is_field(name, names_valid=_NAME.fullmatch(name.partition(".")[2]) is not None):
        return name
    raise ValueError(f"is no field of a profile{did_you_mean(name, FIELDS)}; one of your own is custom.<name>")


class WrittenOwnershipRow(Written):
    """The sources of a field by what they may do with it, each list in the order in which they win."""

    owner: Sources = ()
    fill_if_empty: Sources = ()
    ask_a_person: Sources = ()
    never: Sources = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        named = [*self.owner, *self.fill_if_empty, *self.ask_a_person, *self.never]
        twice = next((each for each in named if named.count(each) > 1), None)
        if twice is not None:
            raise ValueError(f"names {twice} twice; a source has one of {', '.join(MODES)}")
        if not named:
            raise ValueError(f"names no source; add one of {', '.join(MODES)}")
        return self


class WrittenOwnership(Written):
    """A file of ownership: `default` for all fields, `fields` for those that differ."""

    default: WrittenOwnershipRow | None = None
    fields: dict[Annotated[str, AfterValidator(_known_field)], WrittenOwnershipRow] = Field(default_factory=dict)


def load_ownership(path: Path) -> Ownership:
    """The ownership in a file. Raises MappingError with every mistake found."""
    return read_ownership(text_of(path), str(path))


def read_ownership(text: str, file: str) -> Ownership:
    """The ownership in a YAML text: over what is shipped, or in its place where there is a `default`.

    Raises MappingError with every mistake found.
    """
    written = parse(WrittenOwnership, read_document(text, file))
    rows = {row.field: row for row in DEFAULT_OWNERSHIP.rows} if written.default is None else {}
    rows |= {field: _row(field, row) for field, row in written.fields.items()}
    default = _row("", written.default) if written.default is not None else DEFAULT_OWNERSHIP.default
    return Ownership(default=default, rows=tuple(rows[field] for field in sorted(rows)))


def ownership_schema() -> dict[str, Any]:
    """The JSON Schema of a file of ownership, for editors."""
    schema = WrittenOwnership.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Throughline ownership", **schema}


def _row(field: str, written: WrittenOwnershipRow) -> OwnershipRow:
    return OwnershipRow(field=field, **written.model_dump())
