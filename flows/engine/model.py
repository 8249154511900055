"""A flow file, as it is written."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from flows.engine.words import words_of
from flows.templates.model import LocaleName, Name, Words
from middleware.domain.record import Record

Purpose = Literal["product", "cart"]


def _with_words(phrase: str) -> str:
    if not words_of(phrase):
        raise ValueError("has no word in it; write what a customer would")
    return phrase


Phrases = Annotated[tuple[Annotated[Words, AfterValidator(_with_words)], ...], Field(min_length=1)]

EngineName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", strict=True)]
"""An engine as the settings call it."""

ACTIONS = ("personal_link", "send_code", "reply", "ask_engine", "if_", "hand_over", "stop")
DEEPEST_STEPS = 4


class Triggers(Record):
    """What starts a flow. At least one of them."""

    payload: tuple[Words, ...] = ()
    """Beginnings of what a pressed button or quick reply carries."""
    code: bool = False
    """The message was taken as a one-time code."""
    any_message: bool = False
    """Whatever the customer writes, presses or comes through: before the other flows are looked at."""
    intent: dict[LocaleName, Phrases] = Field(default_factory=dict)
    """Words and phrases by language."""
    address: bool = False
    """The message names an e-mail address to which a one-time code could go."""
    ad_referral: bool = False
    """The event itself brings an ad or a link."""
    first_message: bool = False
    unmatched: bool = False
    """Tried only when nothing above has matched."""
    fallback: bool = False
    """Tried last of all."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(
                "starts nothing; add payload, code, any_message, intent, address, ad_referral, unmatched or fallback"
            )
        return self


class Step(Record):
    """One step: exactly one of the actions, done only where `when` holds."""

    when: Words | None = None
    personal_link: Purpose | None = None
    send_code: Literal[True] | None = None
    reply: Name | None = None
    ask_engine: EngineName | None = None
    if_: Words | None = Field(default=None, alias="if")
    then: tuple["Step", ...] = ()
    else_: tuple["Step", ...] = Field(default=(), alias="else")
    hand_over: Words | None = None
    stop: bool = False

    @model_validator(mode="before")
    @classmethod
    def _plain_word(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        return {written: True} if written in ("stop", "send_code") else written

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        named = [action for action in ACTIONS if getattr(self, action)]
        if len(named) != 1:
            raise ValueError("does one thing: personal_link, send_code, reply, ask_engine, if, hand_over or stop")
        if (self.then or self.else_) and not self.if_:
            raise ValueError("has then or else without an if")
        return self


Block = Literal[
    "orders", "cart", "ad_click", "product", "browsing", "marketing", "support", "consent", "details", "history"
]
"""A block of the context (`middleware.domain.context.BLOCKS`)."""


class FlowFile(Record):
    """One flow file."""

    flow: Name
    purpose: Words
    priority: int = 0
    """Higher is tried first; flows of the same priority in the order of their files."""
    needs: tuple[Block, ...] = ()
    triggers: Triggers
    when: Words | None = None
    gather: bool = True
    """Whether a text that starts it waits a moment for what is written next, so that both are answered together."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
