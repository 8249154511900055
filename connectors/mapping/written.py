"""What a file of a mapping may say: names, shapes and advice. The JSON Schema for editors is made from it."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from connectors.mapping.document import did_you_mean
from connectors.mapping.paths import LONGEST_PATH, parse_path
from connectors.mapping.times import WRITTEN, is_written, is_zone
from middleware.domain.customer import ConsentChannel
from middleware.domain.mapping import Format, Path, is_field
from middleware.domain.source_record import FIELDS

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}", re.ASCII)


def _path(value: object) -> Path:
    if not isinstance(value, str):
        raise ValueError("must be a path, written as a text")  # noqa: TRY004 - pydantic turns only this into a finding
    return parse_path(value)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _word(value: object) -> object:
    """A word as a body would say it: YAML reads yes, no and numbers as something else."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else "" if value is None else value


def _words(value: object) -> object:
    return [_word(each) for each in value] if isinstance(value, list) else [_word(value)]


def _word_keys(value: object) -> object:
    return {key: _word(each) for key, each in value.items()} if isinstance(value, dict) else value


def _known_way(value: str) -> str:
    if value != "comma" and not is_written(value):
        raise ValueError(f"is not known; write {WRITTEN}; for numbers comma")
    return value


def _known_zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("is no time zone; write one such as Europe/Berlin")
    return value


class _Short:
    """In the schema: a path or a list of paths may stand for the whole group."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        path = {"type": "string", "maxLength": LONGEST_PATH}
        return {"anyOf": [path, {"type": "array", "items": path}, handler(core)]}


def _from_short(value: object) -> object:
    return {"from": value} if isinstance(value, str | list) else value


OnePath = Annotated[Path, BeforeValidator(_path), WithJsonSchema({"type": "string", "maxLength": LONGEST_PATH})]
_SomePaths = Annotated[tuple[OnePath, ...], BeforeValidator(_listed), Field(max_length=10)]
Paths = Annotated[
    _SomePaths,
    Field(min_length=1),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 10}]}
    ),
]
Word = Annotated[str, BeforeValidator(_word), StringConstraints(max_length=100)]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    Field(max_length=200),
    WithJsonSchema({"anyOf": [{"type": ["string", "boolean", "integer", "null"]}, {"type": "array"}]}),
]
Table = Annotated[dict[str, Word], BeforeValidator(_word_keys), Field(min_length=1, max_length=500)]
Way = Annotated[str, AfterValidator(_known_way)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Written(BaseModel):
    """A group of a file: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False)


class WrittenCondition(Written):
    """Which bodies are meant: those whose value at `from` is one of the words `is`."""

    from_: OnePath = Field(alias="from")
    is_: Words = Field(alias="is")


class WrittenTime(Written):
    """Where a time stands and how it is written."""

    from_: Paths = Field(alias="from")
    written: Way = "iso"
    time_zone: Zone | None = None


Time = Annotated[WrittenTime, BeforeValidator(_from_short), _Short()]


class WrittenField(Written):
    """How one profile field is filled."""

    from_: Paths | None = Field(None, alias="from")
    value: str | int | float | bool | None = Field(None, union_mode="left_to_right")
    as_: Format | None = Field(None, alias="as")
    choices: Table | None = None
    otherwise: Word | None = None
    required: bool = False
    invalid: Literal["refuse", "leave_out"] = "refuse"
    identifies: bool = True
    written: Way = "iso"
    time_zone: Zone | None = None
    currency: Currency | None = None
    currency_from: Paths | None = None
    separator: Annotated[str, StringConstraints(min_length=1, max_length=5)] = ","

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.from_ is None) == (self.value is None):
            raise ValueError("needs either from (a path) or value (always the same)")
        return self

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> Self:
        if self.as_ == "money" and self.currency is None and self.currency_from is None:
            raise ValueError("is money; add currency, or currency_from with a path")
        if self.as_ == "choice" and self.choices is None:
            raise ValueError("is a choice; add choices")
        return self


def _known_field(name: str) -> str:
    base, dot, rest = name.partition(".")
    if is_field(name, names_valid=_NAME.fullmatch(rest) is not None):
        return name
    if dot and base in {"custom", "email", "phone"}:
        raise ValueError("is not written right; after the dot: small letters, digits and _")
    raise ValueError(f"is no field of a profile{did_you_mean(name, FIELDS)}; one of your own is custom.{_own(name)}")


def _own(name: str) -> str:
    return re.sub("[^a-z0-9_]+", "_", name.lower()).strip("_")[:40] or "name"


FieldName = Annotated[str, AfterValidator(_known_field)]
FieldEntry = Annotated[WrittenField, BeforeValidator(_from_short), _Short()]


class WrittenConsent(Written):
    """Where a source says whether somebody wants marketing, and its words for it."""

    from_: Paths = Field(alias="from")
    subscribed: Words = ()
    not_subscribed: Words = ()
    unsubscribed: Words = ()
    pending: Words = ()
    required: bool = False
    at: Time | None = None

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if not self.subscribed and not self.unsubscribed:
            raise ValueError("says nothing; add the words for subscribed and unsubscribed")
        words = [
            each.casefold() for each in (*self.subscribed, *self.not_subscribed, *self.unsubscribed, *self.pending)
        ]
        twice = next((each for each in words if words.count(each) > 1), None)
        if twice is not None:
            raise ValueError(f"has the word {twice!r} twice")
        return self


class WrittenRecord(Written):
    """A record of a person."""

    when: WrittenCondition | None = None
    id: Paths | None = None
    changed_at: Time | None = None
    gone: WrittenCondition | None = None
    fields: dict[FieldName, FieldEntry] = Field(default_factory=dict, max_length=200)
    consents: dict[ConsentChannel, WrittenConsent] = Field(default_factory=dict)


class WrittenTicket(Written):
    """A help desk's ticket."""

    when: WrittenCondition | None = None
    id: Paths
    changed_at: Time | None = None
    created_at: Time | None = None
    state: Paths | None = None
    states: dict[str, Literal["new", "open", "pending", "on_hold", "solved", "closed", "deleted"]] = Field(
        default_factory=dict
    )
    requester: Paths | None = None
    subject: Paths | None = None
    priority: Paths | None = None
    channel: Paths | None = None
    tags: Paths | None = None
    url: Paths | None = None


class WrittenItems(Written):
    """The lines of an order."""

    each: OnePath
    title: Paths
    quantity: Paths | None = None
    price: Paths | None = None
    sku: Paths | None = None
    variant_id: Paths | None = None


class WrittenOrder(Written):
    """An order of a shop."""

    when: WrittenCondition | None = None
    id: Paths
    number: Paths | None = None
    changed_at: Time | None = None
    created_at: Time | None = None
    state: Paths | None = None
    states: dict[str, Literal["open", "paid", "partly_shipped", "shipped", "cancelled", "refunded"]] = Field(
        default_factory=dict
    )
    total: Paths | None = None
    currency: Currency | None = None
    currency_from: Paths | None = None
    email: Paths | None = None
    phone: Paths | None = None
    country: Paths | None = None
    items: WrittenItems | None = None


class WrittenMapping(Written):
    """A file of a mapping: what the bodies of one source are, and where everything stands in them."""

    record: WrittenRecord | None = None
    ticket: WrittenTicket | None = None
    order: WrittenOrder | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.record is None and self.ticket is None and self.order is None:
            raise ValueError("says nothing; add record, ticket or order")
        return self
