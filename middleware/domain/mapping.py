"""Mappings: which part of a source's body becomes which field of a profile, ticket or order. Data, never code."""

from collections.abc import Iterator
from typing import Literal

from middleware.domain.commerce import OrderState
from middleware.domain.customer import ConsentChannel, ConsentState
from middleware.domain.record import Record
from middleware.domain.signals import TicketState
from middleware.domain.source_record import FIELDS, Scalar


class Where(Record):
    """A step into a list: to its first member whose value under the name `key` is written `value`."""

    key: str
    value: str


Step = str | int | Where
"""One step of a path: the name of a member, a position in a list (from 0), or a member by one of its values."""


class Path(Record):
    """Where in a body a value stands. `text` is how it was written."""

    text: str
    steps: tuple[Step, ...]


Format = Literal[
    "text", "lower", "choice", "email", "phone", "country", "language", "date", "datetime", "money", "number",
    "integer", "boolean", "tags",
]  # fmt: skip
"""How a value is read and written.

`email` is normalised, `phone` E.164, `country` ISO 3166 alpha-2, `language` BCP 47, `date` and `datetime` ISO 8601 (a
time in UTC), `money` an amount with its currency, `49.90 EUR`; `choice` one of the words that the rule lists.
"""

FIXED_FORMATS: dict[str, Format] = {
    "email": "email",
    "phone": "phone",
    "country": "country",
    "birth_date": "date",
    "language": "language",
    "tags": "tags",
}
"""Fields that every brand has and that are written in one way only."""


class Choice(Record):
    """One row of a table: what the source says, compared without regard to case, and what it means."""

    said: str
    means: str


class Condition(Record):
    """Holds when the value at the path is one of these words, compared without regard to case."""

    path: Path
    words: tuple[str, ...]


class TimeRule(Record):
    """Where a time stands. `written`: `iso`, `unix_seconds`, `unix_milliseconds`, or a pattern (`DD.MM.YYYY HH:mm`).

    `time_zone` (IANA) is that of times that name none; without it such a time cannot be read.
    """

    paths: tuple[Path, ...]
    written: str = "iso"
    time_zone: str | None = None


class FieldRule(Record):
    """How one profile field is filled: from the first of `paths` that holds something, or with `constant`.

    `invalid` says what becomes of a value that does not fit: `refuse` keeps the whole record out, `leave_out` only this
    value. `identifies`: people may be recognised by it. `written` and `time_zone` are those of `TimeRule`; of a number
    or an amount, `comma` where the comma is the decimal sign. `currency` (ISO 4217), or where it stands, is for money;
    `separator` parts the tags of a text.
    """

    field: str
    paths: tuple[Path, ...] = ()
    constant: Scalar = None
    format: Format = "text"
    choices: tuple[Choice, ...] = ()
    otherwise: str | None = None
    required: bool = False
    invalid: Literal["refuse", "leave_out"] = "refuse"
    identifies: bool = False
    written: str = "iso"
    time_zone: str | None = None
    currency: str | None = None
    currency_paths: tuple[Path, ...] = ()
    separator: str = ","


class ConsentChoice(Record):
    """One word of a source and the state of consent that it means."""

    said: str
    state: ConsentState


class ConsentRule(Record):
    """Where a source says whether somebody wants marketing on a channel. A word that is not listed is refused."""

    channel: ConsentChannel
    paths: tuple[Path, ...]
    words: tuple[ConsentChoice, ...]
    required: bool = False
    at: TimeRule | None = None


class RecordRule(Record):
    """How a record of a person is read. A source that has its own id and time needs neither rule for them here."""

    when: Condition | None = None
    id: tuple[Path, ...] = ()
    changed_at: TimeRule | None = None
    gone: Condition | None = None
    fields: tuple[FieldRule, ...] = ()
    consents: tuple[ConsentRule, ...] = ()

    def identifying(self) -> frozenset[str]:
        """The fields by which people may be recognised."""
        return frozenset(rule.field for rule in self.fields if rule.identifies)


class TicketChoice(Record):
    """One word of a source and the state of a ticket that it means."""

    said: str
    state: TicketState


class OrderChoice(Record):
    """One word of a source and the state of an order that it means."""

    said: str
    state: OrderState


class TicketRule(Record):
    """How a help desk's ticket is read. `requester` is the id of the record of who asked."""

    when: Condition | None = None
    id: tuple[Path, ...]
    changed_at: TimeRule | None = None
    created_at: TimeRule | None = None
    state: tuple[Path, ...] = ()
    states: tuple[TicketChoice, ...] = ()
    requester: tuple[Path, ...] = ()
    subject: tuple[Path, ...] = ()
    priority: tuple[Path, ...] = ()
    channel: tuple[Path, ...] = ()
    tags: tuple[Path, ...] = ()
    url: tuple[Path, ...] = ()


class ItemsRule(Record):
    """How the lines of an order are read: `each` is the list, the others stand in its members."""

    each: Path
    title: tuple[Path, ...]
    quantity: tuple[Path, ...] = ()
    price: tuple[Path, ...] = ()
    sku: tuple[Path, ...] = ()
    variant_id: tuple[Path, ...] = ()


class OrderRule(Record):
    """How an order is read. `email` and `phone` are the contacts on it: each attests this order and nothing else."""

    when: Condition | None = None
    id: tuple[Path, ...]
    number: tuple[Path, ...] = ()
    changed_at: TimeRule | None = None
    created_at: TimeRule | None = None
    state: tuple[Path, ...] = ()
    states: tuple[OrderChoice, ...] = ()
    total: tuple[Path, ...] = ()
    currency: str | None = None
    currency_paths: tuple[Path, ...] = ()
    email: tuple[Path, ...] = ()
    phone: tuple[Path, ...] = ()
    country: tuple[Path, ...] = ()
    items: ItemsRule | None = None


class SourceMapping(Record):
    """How the bodies of one source are read. A body is the first of these whose `when` holds (none: always)."""

    record: RecordRule | None = None
    ticket: TicketRule | None = None
    order: OrderRule | None = None

    def names(self) -> frozenset[str]:
        """The names at the beginning of all its paths: of a file, the columns that it reads."""
        return frozenset(path.steps[0] for path in _paths(self) if isinstance(path.steps[0], str))


def _paths(value: object) -> Iterator[Path]:
    """All paths in a rule."""
    if isinstance(value, Path):
        yield value
    parts = value.__dict__.values() if isinstance(value, Record) else value if isinstance(value, tuple) else ()
    for part in parts:
        yield from _paths(part)


def format_of(field: str) -> Format | None:
    """The format that a field always has; None where the rule chooses one."""
    base = field.partition(".")[0]
    return FIXED_FORMATS.get(field if base not in {"email", "phone"} else base)


def identifies_by_itself(field: str) -> bool:
    """Whether people are recognised by a field unless its rule says that they are not."""
    return field.partition(".")[0] in {"email", "phone"}


def is_field(field: str, *, names_valid: bool) -> bool:
    """Whether a profile can have such a field; `names_valid` says whether the name after the dot is written right."""
    base, dot, _ = field.partition(".")
    return field in FIELDS or (bool(dot) and names_valid and base in {"custom", "email", "phone"})
