"""What sources tell of a person: one record of one source, value by value, each with its own version.

A CRM contact, a profile of an e-mail tool, a lead, a row of a file. A source may tell of a single value that changed,
so versions are kept per value, not per record. All of it is a claim: somebody typed it somewhere.
"""

from collections.abc import Iterable

from middleware.domain.commerce import Version
from middleware.domain.record import Record

FIELDS = (
    "first_name", "last_name", "full_name", "email", "phone", "street", "city", "postcode", "state", "country",
    "birth_date", "language", "company", "job_title", "lifecycle_stage", "lead_status", "tags",
)  # fmt: skip
"""The profile fields that every brand has. A brand's own are `custom.<name>`.

`email` is a normalised address, `phone` E.164, `country` ISO 3166 alpha-2, `birth_date` ISO 8601, `language` BCP 47;
`tags` is a list. A source's further e-mail addresses and phones are `email.<name>` and `phone.<name>`, such as
`phone.mobile`.
"""

FLOWS = "flows"
"""The source of what the brand's own flows say of a customer: it stands in the fragment of the sender."""

Scalar = str | int | float | bool | tuple[str, ...] | None


class FieldValue(Record):
    """One value of one field, as one version of a record has it. None: the source says that it is empty.

    Without `identifies` it is shown, and nobody is recognised by it: the mapping says so.
    """

    field: str
    value: Scalar = None
    version: Version
    identifies: bool = True


class SourceRecord(Record):
    """One source's record of one person. `id` is what the source calls it, `source` the connector's name.

    `values` are sorted by field. `gone`: the source deleted it, or merged it into the record `merged_into` (the
    source's id). Then nothing else of it is kept, and no later version brings it back. `erased`: deleted because the
    person wanted to be forgotten.
    """

    id: str
    source: str
    version: Version
    values: tuple[FieldValue, ...] = ()
    gone: bool = False
    erased: bool = False
    merged_into: str | None = None

    def value(self, field: str) -> Scalar:
        """The value of a field, None if there is none."""
        return next((each.value for each in self.values if each.field == field), None)

    def identifying(self) -> "SourceRecord":
        """The record with nothing but the values by which people may be recognised."""
        return self.model_copy(update={"values": tuple(each for each in self.values if each.identifies)})

    def texts(self, field: str) -> tuple[str, ...]:
        """All texts of a field and of its further ones: `email`, `email.work`."""
        wanted = (each for each in self.values if each.field == field or each.field.startswith(f"{field}."))
        return tuple(each.value for each in wanted if isinstance(each.value, str) and each.value)


def newest_values(values: Iterable[FieldValue]) -> tuple[FieldValue, ...]:
    """The newest value of each field, by field."""
    newest: dict[str, FieldValue] = {}
    for value in values:
        known = newest.get(value.field)
        newest[value.field] = value if known is None or known.version < value.version else known
    return tuple(newest[field] for field in sorted(newest))


def newest_record(known: SourceRecord | None, incoming: SourceRecord) -> SourceRecord:
    """Two tellings of one record as one: the newest value of each field. One that is gone stays gone."""
    if known is None:
        known = incoming
    version = max(known.version, incoming.version, key=lambda each: each.rank())
    if known.gone or incoming.gone:
        return SourceRecord(
            id=incoming.id,
            source=incoming.source,
            version=version,
            gone=True,
            erased=known.erased or incoming.erased,
            merged_into=max(filter(None, (known.merged_into, incoming.merged_into)), default=None),
        )
    return incoming.model_copy(update={"version": version, "values": newest_values((*known.values, *incoming.values))})
