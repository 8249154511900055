"""Who writes to the flows when they are tried: somebody made up by name, or written out for one test."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field

from flows.language.suggest import did_you_mean
from flows.preview.customers import CUSTOMERS
from flows.preview.picking import picked
from flows.schema import SCHEMA
from flows.templates.model import LocaleName
from flows.trying.blocks import level_of
from flows.values import Values
from middleware.domain.conversation import Intent
from middleware.domain.identifiers import Level, NamedLevel
from middleware.domain.record import Record
from middleware.errors import FlowError

_GIVEN = frozenset({"message", "answers"})
"""Groups of values that come about while somebody writes."""

BLANK = "nobody"


class PersonFile(Record):
    """A customer as a test file writes them. `like` is somebody made up, whom the others change."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    like: str | None = None
    """Begin with somebody made up (`ana`, `ben`, `cara` ...); without it nothing is known."""
    level: NamedLevel | None = None
    """What they may be told: `new`, `channel`, `carried`, `linked`, `verified`. Without it all that is written here."""
    locale: LocaleName | None = None
    """The language that they have set on the channel."""
    zone: Annotated[str, Field(max_length=60)] | None = None
    """Their time zone, such as `Europe/Madrid`."""
    first_message: bool | None = None
    """Nothing was said before the first turn."""
    codes: bool | None = None
    """The brand sends one-time codes."""
    marketing: bool | None = None
    """They have said on this channel whether they want promotion."""
    values: dict[str, Any] = Field(default_factory=dict)
    """Values as templates name them: `profile`, `orders`, `cart` ... A group here replaces the whole group."""
    without: tuple[str, ...] = ()
    """Groups of values that they have not."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes. `values` are plain, as templates name them, whatever their level lets them be told."""

    name: str
    about: str
    values: Values
    level: Level
    locale: str | None
    zone: str | None
    first_message: bool
    codes: bool
    marketing: bool | None = None


def person_named(name: str) -> Person:
    """Somebody made up. Raises FlowError where there is nobody of that name."""
    customer = CUSTOMERS.get(name)
    if customer is None:
        known = ", ".join(CUSTOMERS)
        raise FlowError(f"nobody is called {name!r}{did_you_mean(name, CUSTOMERS)}; there are {known}")
    conversation = customer.values.get("conversation")
    first = isinstance(conversation, dict) and bool(conversation.get("first_message"))
    return Person(
        name=customer.name,
        about=customer.about,
        values={key: value for key, value in customer.values.items() if key not in _GIVEN},
        level=level_of(customer.values),
        locale=customer.locale,
        zone=customer.zone,
        first_message=first,
        codes="proof" in customer.values,
    )


def person_of(written: str | PersonFile) -> Person:
    """Who is written in a test file. Raises FlowError that says what is wrong with them."""
    if isinstance(written, str):
        return person_named(written)
    base = person_named(written.like) if written.like is not None else _NOBODY
    values = {**base.values, **picked_values(written.values)}
    for group in written.without:
        if group not in SCHEMA:
            raise FlowError(f"without: there is no value {group}{did_you_mean(group, SCHEMA)}")
        values.pop(group, None)
    _check_zone(written.zone)
    _check_intent(values.get("conversation"))
    return Person(
        name=base.name,
        about="written for this test",
        values=values,
        level=written.level if written.level is not None else level_of(values),
        locale=written.locale or base.locale,
        zone=written.zone or base.zone,
        first_message=base.first_message if written.first_message is None else written.first_message,
        codes=base.codes if written.codes is None else written.codes,
        marketing=written.marketing,
    )


def _check_zone(zone: str | None) -> None:
    try:
        if zone is not None:
            ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise FlowError(f"zone: there is no time zone {zone}; write one such as Europe/Madrid") from None


def _check_intent(conversation: object) -> None:
    intent = conversation.get("intent") if isinstance(conversation, dict) else None
    if intent is not None and intent not in get_args(Intent):
        raise FlowError(f"conversation.intent: there is no intent {intent}; there are {', '.join(get_args(Intent))}")


def picked_values(written: Mapping[str, Any]) -> Values:
    """The groups that are written, and no others; what YAML reads as a time is a text again."""
    return {name: value for name, value in picked(_plain(written)).items() if name in written}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case date():
            return value.isoformat()
    return value


_NOBODY = Person(BLANK, "nothing is known", {}, Level.NEW, None, None, first_message=False, codes=False)
