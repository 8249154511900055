"""A file of tests of flows, as it is written."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, model_validator

from flows.engine.model import Duration
from flows.preview.customers import NOW
from flows.templates.model import ChannelName, LocaleName, Name, Words
from flows.trying.people import PersonFile
from middleware.domain.events import MessageKind, NewsKind, Referral
from middleware.domain.record import Record

EffectName = Literal[
    "link_issued",
    "handed_over",
    "code_requested",
    "name_claimed",
    "tagged",
    "field_set",
    "intent_noted",
    "engine_asked",
]

ACTIONS = ("says", "presses", "sends", "comes_by", "gives_code", "news", "waits")
EXPECTED = ("replies", "flow", "locale", "effects", "state", "silent", "why")


def _listed(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return written if isinstance(written, list) else [written]


def _named(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return {"template": written} if isinstance(written, str) else written


def _effect(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return {"effect": written} if isinstance(written, str) else written


Texts = Annotated[tuple[Words, ...], BeforeValidator(_listed)]


class Written(Record):
    """A part of the file. What stands below a field is what editors and the reference say of it."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class ReplyExpected(Written):
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


class EffectExpected(Written):
    """What one effect has to be. What is not written does not matter."""

    effect: EffectName
    """What sort of effect it is."""
    purpose: str | None = None
    """Of a `link_issued`: `cart` or `product`."""
    reason: str | None = None
    """Of a `handed_over`: why."""
    to: Literal["person", "vip"] | None = None
    """Of a `handed_over`: whom."""
    masked: str | None = None
    """Of a `name_claimed`: the name as it is kept, masked."""
    add: Texts | None = None
    """Of `tagged`: the tags that come."""
    remove: Texts | None = None
    """Of `tagged`: the tags that go."""
    field: str | None = None
    """Of a `field_set`: the profile field."""
    value: str | None = None
    """Of a `field_set`: what it is said to be."""
    intent: str | None = None
    """Of an `intent_noted`: what the customer is after."""


class StateExpected(Written):
    """Where a flow waits afterwards."""

    flow: Name | None = None
    """The flow that waits."""
    step: Name | None = None
    """The name of the step at which it waits."""
    answers: dict[str, str | int] | None = None
    """All answers so far."""


class TurnFile(Written):
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
    news: NewsKind | None = None
    """A source tells of this: `order_placed` or `ticket_solved`; or `cart_abandoned`: they left their cart, for as long
    as any flow wants."""
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


class FlowTestFile(Written):
    """One test: a customer, and what happens."""

    test: Words
    """What must hold."""
    customer: str | PersonFile | None = None
    """Who writes: somebody made up by name, or written out. Without it that of the file."""
    channel: ChannelName | None = None
    """Where they write. Without it that of the file."""
    at: AwareDatetime | None = None
    """When they come. Without it that of the file."""
    turns: Annotated[tuple[TurnFile, ...], Field(min_length=1)]
    """What they do, one after the other."""


class BrandFile(Written):
    """What the settings of a brand say of it, as far as its replies depend on that."""

    locale: LocaleName = "en"
    time_zone: Annotated[str, Field(max_length=60)] | None = None


class FlowTestsFile(Written):
    """A file of tests. What is written above them holds for each that does not say otherwise."""

    about: Words | None = None
    """A sentence for whoever reads it."""
    brand: BrandFile = BrandFile()
    """The brand's `locale` (default `en`) and `time_zone`, as its settings have them."""
    customer: str | PersonFile = "ana"
    """Who writes, unless a test says otherwise: somebody made up by name, or written out. Default `ana`."""
    channel: ChannelName = "messenger"
    """Where they write: `messenger`, `instagram`, `whatsapp` or `webchat`. Default `messenger`."""
    at: AwareDatetime = NOW
    """When they come; default 6 March 2026, 12:00 UTC. Each thing that they do takes ten seconds from then on."""
    tests: Annotated[tuple[FlowTestFile, ...], Field(min_length=1)]
    """The tests, each a conversation of its own."""

    def customer_of(self, test: FlowTestFile) -> str | PersonFile:
        """Who writes in a test."""
        return self.customer if test.customer is None else test.customer

    def channel_of(self, test: FlowTestFile) -> str:
        """Where they write."""
        return test.channel or self.channel

    def begins_at(self, test: FlowTestFile) -> datetime:
        """When they come."""
        return test.at or self.at
