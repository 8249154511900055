"""From a file to a mapping. Everything that is wrong is told with line and column."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from connectors.mapping.document import Document, Finding, MappingFileError, parse, read_document, text_of
from connectors.mapping.written import (
    WrittenCondition,
    WrittenConsent,
    WrittenField,
    WrittenItems,
    WrittenMapping,
    WrittenOrder,
    WrittenRecord,
    WrittenTicket,
    WrittenTime,
)
from middleware.domain.customer import ConsentChannel
from middleware.domain.mapping import (
    Choice,
    Condition,
    ConsentChoice,
    ConsentRule,
    FieldRule,
    Format,
    ItemsRule,
    OrderChoice,
    OrderRule,
    RecordRule,
    SourceMapping,
    TicketChoice,
    TicketRule,
    TimeRule,
    format_of,
)


def load_mapping(path: Path) -> SourceMapping:
    """The mapping in a file. Raises MappingError with every mistake found."""
    return read_mapping(text_of(path), str(path))


@cache
def shipped_mapping(connector: str) -> SourceMapping | None:
    """The mapping that a connector comes with; None if it has none. Raises MappingError."""
    place = files("connectors.sources") / connector / "mapping.yaml"
    if not place.is_file():
        return None
    return read_mapping(place.read_text(encoding="utf-8"), f"connectors/sources/{connector}/mapping.yaml")


def read_mapping(text: str, file: str) -> SourceMapping:
    """The mapping in a YAML text; `file` is its name for messages. Raises MappingError with every mistake found."""
    document = read_document(text, file)
    written = parse(WrittenMapping, document)
    wrong = [*_misplaced(document, written)]
    if wrong:
        raise MappingFileError(wrong)
    return SourceMapping(
        record=_record(written.record) if written.record else None,
        ticket=_ticket(written.ticket) if written.ticket else None,
        order=_order(written.order) if written.order else None,
    )


def mapping_schema() -> dict[str, Any]:
    """The JSON Schema of a mapping's file, for editors."""
    schema = WrittenMapping.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Throughline mapping", **schema}


def _misplaced(document: Document, written: WrittenMapping) -> list[Finding]:
    """Fields whose format is not theirs to choose."""
    fields = written.record.fields if written.record else {}
    return [
        document.error(("record", "fields", name, "as"), f"{name} is always read as {format_of(name)}; remove as")
        for name, field in fields.items()
        if format_of(name) is not None and field.as_ not in {None, format_of(name)}
    ]


def _record(written: WrittenRecord) -> RecordRule:
    return RecordRule(
        when=_condition(written.when),
        id=written.id or (),
        changed_at=_time(written.changed_at),
        gone=_condition(written.gone),
        fields=tuple(_field(name, field) for name, field in written.fields.items()),
        consents=tuple(_consent(channel, consent) for channel, consent in written.consents.items()),
    )


def _condition(written: WrittenCondition | None) -> Condition | None:
    return Condition(path=written.from_, words=written.is_) if written is not None else None


def _time(written: WrittenTime | None) -> TimeRule | None:
    if written is None:
        return None
    return TimeRule(paths=written.from_, written=written.written, time_zone=written.time_zone)


def _field(name: str, written: WrittenField) -> FieldRule:
    return FieldRule(
        field=name,
        paths=written.from_ or (),
        constant=written.value,
        format=_format(name, written),
        choices=tuple(Choice(said=said, means=means) for said, means in (written.choices or {}).items()),
        otherwise=written.otherwise,
        required=written.required,
        invalid=written.invalid,
        identifies=written.identifies,
        written=written.written,
        time_zone=written.time_zone,
        currency=written.currency,
        currency_paths=written.currency_from or (),
        separator=written.separator,
    )


def _format(name: str, written: WrittenField) -> Format:
    return format_of(name) or written.as_ or ("choice" if written.choices else "text")


def _consent(channel: ConsentChannel, written: WrittenConsent) -> ConsentRule:
    words = {
        "subscribed": written.subscribed,
        "not_subscribed": written.not_subscribed,
        "unsubscribed": written.unsubscribed,
        "pending": written.pending,
    }
    rows = [{"said": said, "state": state} for state, some in words.items() for said in some]
    return ConsentRule(
        channel=channel,
        paths=written.from_,
        words=tuple(map(ConsentChoice.model_validate, rows)),
        required=written.required,
        at=_time(written.at),
    )


def _rows(states: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"said": said, "state": state} for said, state in states.items()]


def _ticket(written: WrittenTicket) -> TicketRule:
    return TicketRule(
        when=_condition(written.when),
        id=written.id,
        changed_at=_time(written.changed_at),
        created_at=_time(written.created_at),
        state=written.state or (),
        states=tuple(map(TicketChoice.model_validate, _rows(written.states))),
        requester=written.requester or (),
        subject=written.subject or (),
        priority=written.priority or (),
        channel=written.channel or (),
        tags=written.tags or (),
        url=written.url or (),
    )


def _order(written: WrittenOrder) -> OrderRule:
    return OrderRule(
        when=_condition(written.when),
        id=written.id,
        number=written.number or (),
        changed_at=_time(written.changed_at),
        created_at=_time(written.created_at),
        state=written.state or (),
        states=tuple(map(OrderChoice.model_validate, _rows(written.states))),
        total=written.total or (),
        currency=written.currency,
        currency_paths=written.currency_from or (),
        email=written.email or (),
        phone=written.phone or (),
        country=written.country or (),
        items=_items(written.items) if written.items else None,
    )


def _items(written: WrittenItems) -> ItemsRule:
    return ItemsRule(
        each=written.each,
        title=written.title,
        quantity=written.quantity or (),
        price=written.price or (),
        sku=written.sku or (),
        variant_id=written.variant_id or (),
    )
