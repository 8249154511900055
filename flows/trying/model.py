"""A file of tests of flows, as it is written."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from flows.engine.model import Duration
from flows.preview.customers import NOW
from flows.templates.model import ChannelName, LocaleName, Name, Words
from flows.trying.people import PersonFile
from middleware.domain.events import MessageKind, Referral
from middleware.domain.record import Record

EffectName = Literal[
    "link_issued", "handed_over", "code_requested", "name_claimed", "tagged", "field_set", "intent_noted"
]

ACTIONS = ("says", "presses", "sends", "comes_by", "gives_code", "waits")
EXPECTED = ("replies", "flow", "locale", "effects", "state", "silent", "why")


def _listed(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return written if isinstance(written, list) else [written]


def _named(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return {"template": written} if isinstance(written, str) else written


def _effect(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return {"effect": written} if isinstance(written, str) else written


Texts = Annotated[tuple[Words, ...], BeforeValidator(_listed)]


class ReplyExpected(Record):
    """What one message has to be. What is not written does not matter."""

    template: Name | None = None
    """The template that it is said with."""
    equals: str | None = None
    """The whole text."""
    contains: Texts = ()
    """Parts of the text."""
    lacks: Texts = ()
    """What must not be in the text."""
    buttons: Annotated[tuple[Words, ...], BeforeValidator(_listed)] | None = None
    """The titles of all that can be tapped."""
    fallback: bool | None = None
    """The template's fallback is said, because a value is missing."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("expects nothing; write template, equals, contains, lacks, buttons or fallback")
        return self


class EffectExpected(Record):
    """What one effect has to be. What is not written does not matter."""

    effect: EffectName
    purpose: str | None = None
    reason: str | None = None
    to: Literal["person", "vip"] | None = None
    add: Texts | None = None
    remove: Texts | None = None
    field: str | None = None
    value: str | None = None
    intent: str | None = None


class StateExpected(Record):
    """Where a flow waits afterwards."""

    flow: Name | None = None
    step: Name | None = None
    answers: dict[str, str | int] | None = None
    """All answers so far."""


class TurnFile(Record):
    """One turn: one thing that the customer does, and what has to come of it."""

    says: str | None = None
    """They write this."""
    presses: str | None = None
    """They press what carries this payload, or shows this title in the last message."""
    sends: MessageKind | None = None
    """They send an `image`, `audio`, `video`, `file` or `sticker`, without words."""
    comes_by: Referral | None = None
    """They come through an ad or a link; with `says` these are the words that they write there."""
    gives_code: Literal["right", "wrong"] | None = None
    """They answer with a one-time code."""
    waits: Duration | None = None
    """So much time passes."""
    replies: (
        Annotated[tuple[Annotated[ReplyExpected, BeforeValidator(_named)], ...], BeforeValidator(_listed)] | None
    ) = None
    """All messages of the bot, in their order: each the name of a template, or what it has to be. `[]`: none."""
    flow: Name | None = None
    """The flow that answered."""
    locale: str | None = None
    """The language of the answer."""
    effects: (
        Annotated[tuple[Annotated[EffectExpected, BeforeValidator(_effect)], ...], BeforeValidator(_listed)] | None
    ) = None
    """All effects, in their order. `[]`: none."""
    state: StateExpected | Literal["none"] | None = None
    """Where a flow waits afterwards; `none`: nowhere."""
    silent: str | None = None
    """Nothing is said, and this is in the reason."""
    why: Texts = ()
    """Each of these is in the reasons."""

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        done = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(done) != 1 and done != ["says", "comes_by"]:
            raise ValueError(f"does one thing: {', '.join(ACTIONS)} (says and comes_by go together)")
        return self


class FlowTestFile(Record):
    """One test: a customer, and what happens."""

    test: Words
    """What must hold."""
    customer: str | PersonFile | None = None
    channel: ChannelName | None = None
    at: AwareDatetime | None = None
    turns: Annotated[tuple[TurnFile, ...], Field(min_length=1)]


class BrandFile(Record):
    """What the settings of a brand say of it, as far as its replies depend on that."""

    locale: LocaleName = "en"
    time_zone: Annotated[str, Field(max_length=60)] | None = None


class FlowTestsFile(Record):
    """A file of tests. What is written above them holds for each that does not say otherwise."""

    about: Words | None = None
    brand: BrandFile = BrandFile()
    customer: str | PersonFile = "ana"
    channel: ChannelName = "messenger"
    at: AwareDatetime = NOW
    """When the customer comes: each thing that they do takes ten seconds from then on."""
    tests: Annotated[tuple[FlowTestFile, ...], Field(min_length=1)]

    def customer_of(self, test: FlowTestFile) -> str | PersonFile:
        """Who writes in a test."""
        return self.customer if test.customer is None else test.customer

    def channel_of(self, test: FlowTestFile) -> str:
        """Where they write."""
        return test.channel or self.channel

    def begins_at(self, test: FlowTestFile) -> datetime:
        """When they come."""
        return test.at or self.at
