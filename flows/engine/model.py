"""A flow file, as it is written."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, model_validator

from flows.engine.captures import Capture
from flows.engine.words import words_of
from flows.templates.model import LocaleName, Name, Words
from middleware.domain.conversation import Intent
from middleware.domain.events import NewsKind
from middleware.domain.look_ups import LookUpName
from middleware.domain.recommendations import WHYS, Why
from middleware.domain.record import Record
from middleware.domain.settable import LONGEST_NOTE, MOST_NOTES, SETTABLE, is_settable

Purpose = Literal["product", "cart"]


def _with_words(phrase: str) -> str:
    if not words_of(phrase):
        raise ValueError("has no word in it; write what a customer would")
    return phrase


Phrases = Annotated[tuple[Annotated[Words, AfterValidator(_with_words)], ...], Field(min_length=1)]

EngineName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", strict=True)]
"""An engine as the settings call it."""

MOST_RECOMMENDED = 10
"""Products that one step recommends."""

MOST_LOOK_UPS = 5
"""Look-ups of one step."""

ACTIONS = (
    "personal_link", "send_code", "reply", "ask_engine", "look_up", "recommend", "if_", "hand_over", "stop", "ask",
    "wait", "tag", "untag", "set", "intent",
)  # fmt: skip
DEEPEST_STEPS = 4


_DURATION = re.compile(r"(\d{1,4})(s|m|h|d)")
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST_WAIT = timedelta(days=7)


def duration(written: Any) -> timedelta:  # noqa: ANN401 - whatever stands in the file
    """A time such as `30m`. Raises ValueError for anything else, and for what is longer than a flow can wait."""
    match = _DURATION.fullmatch(written) if isinstance(written, str) else None
    length = int(match[1]) * _UNITS[match[2]] if match is not None else timedelta(0)
    if not timedelta(0) < length <= LONGEST_WAIT:
        raise ValueError("must be a time of at most 7 days; write 30m, 2h or 1d")
    return length


def shown_time(length: timedelta) -> str:
    """A length of time as files have it: `90m`, `2h`, `1d`."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[timedelta, BeforeValidator(duration)]

ABANDONED_AFTER = timedelta(hours=1)
"""How long a cart must not have changed before it counts as left, where a flow says nothing else."""

SOONEST_ABANDONED, LATEST_ABANDONED = timedelta(minutes=15), timedelta(hours=23)
"""Sooner is while somebody looks for their card. Later no window is open: it closes 24 hours after the customer wrote,
and whoever wrote after the cart changed is not told.
"""


def abandoned(written: Any) -> timedelta | None:  # noqa: ANN401 - whatever stands in the file
    """After what time a cart counts as left: `true`, or a time. Raises ValueError for anything else."""
    if isinstance(written, bool):
        return ABANDONED_AFTER if written else None
    try:
        length = duration(written)
    except ValueError:
        length = timedelta(0)
    if not SOONEST_ABANDONED <= length <= LATEST_ABANDONED:
        raise ValueError("must be true (after 1h), or a time from 15m to 23h; write 3h")
    return length


Abandoned = Annotated[
    timedelta | None,
    BeforeValidator(abandoned),
    PlainSerializer(lambda length: shown_time(length) if length is not None else None),
]


def _listed(written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return [written] if isinstance(written, str) else written


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("looks the same up twice; write each name once")
    return names


LookUps = Annotated[
    tuple[LookUpName, ...], BeforeValidator(_listed), Field(max_length=MOST_LOOK_UPS), AfterValidator(_each_once)
]
Value = Annotated[Words, StringConstraints(max_length=LONGEST_NOTE)]
Tags = Annotated[tuple[Value, ...], BeforeValidator(_listed), Field(max_length=MOST_NOTES)]


def _settable(field: str) -> str:
    if not is_settable(field):
        names = ", ".join(SETTABLE)
        raise ValueError(f"is no field that a flow can set; write {names}, or custom.<name>")
    return field


SettableField = Annotated[str, AfterValidator(_settable)]


class HandOverFile(Record):
    """Why a person is asked, and which."""

    reason: Words
    to: Literal["person", "vip"] = "person"


class RecommendFile(Record):
    """How many products are recommended at most, and for which reasons."""

    most: Annotated[int, Field(ge=1, le=MOST_RECOMMENDED, strict=True)] = 3
    why: Annotated[tuple[Why, ...], BeforeValidator(_listed), Field(min_length=1)] = WHYS

    @model_validator(mode="before")
    @classmethod
    def _plain_number(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        return {"most": written} if isinstance(written, int) else written


class AskFile(Record):
    """A question: what is said, what counts as an answer, and what is done where none comes."""

    template: Name
    again: Name | None = None
    """What is said when a message was no answer; the question itself if nothing else is named."""
    capture: Capture
    into: Name | None = None
    tries: Annotated[int, Field(ge=1, le=5, strict=True)] = 2
    within: Duration = timedelta(hours=24)
    otherwise: tuple["Step", ...] = ()


class WaitFile(Record):
    """A time to wait for, the customer's next message, or whichever comes first."""

    for_: Duration | None = Field(default=None, alias="for")
    until: Literal["customer_writes"] | None = None
    though_written: bool = False

    @model_validator(mode="before")
    @classmethod
    def _plain_time(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        return {"for": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.for_ is None and self.until is None:
            raise ValueError("never ends; write for: 2h, or until: customer_writes")
        if self.though_written and self.until is not None:
            raise ValueError("goes on when the customer writes, or although they write; write until or though_written")
        return self


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
    order_placed: bool = False
    """The shop tells of an order that was just placed, and the customer may be told of it here."""
    ticket_solved: bool = False
    """The help desk tells of a ticket that was just solved."""
    cart_abandoned: Abandoned = None
    """A cart that the customer may be told of here was left: it has not changed for that time."""
    ad_referral: bool = False
    """The event itself brings an ad or a link."""
    first_message: bool = False
    unmatched: bool = False
    """Tried only when nothing above has matched."""
    fallback: bool = False
    """Tried last of all."""

    def news(self) -> frozenset[NewsKind]:
        """The news that start it."""
        wanted: dict[NewsKind, bool] = {
            "order_placed": self.order_placed,
            "ticket_solved": self.ticket_solved,
            "cart_abandoned": self.cart_abandoned is not None,
        }
        return frozenset(what for what, is_wanted in wanted.items() if is_wanted)

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
    look_up: LookUps = ()
    recommend: RecommendFile | None = None
    if_: Words | None = Field(default=None, alias="if")
    then: tuple["Step", ...] = ()
    else_: tuple["Step", ...] = Field(default=(), alias="else")
    hand_over: Words | HandOverFile | None = None
    tag: Tags = ()
    untag: Tags = ()
    set: dict[SettableField, Value] = Field(default_factory=dict, max_length=MOST_NOTES)
    intent: Intent | None = None
    stop: bool = False
    ask: AskFile | None = None
    wait: WaitFile | None = None
    name: Name | None = None
    """What a step that waits is called: a flow that waits there is found again by it after the file has changed."""

    @model_validator(mode="before")
    @classmethod
    def _plain_word(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        return {written: True} if written in ("stop", "send_code") else written

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        named = [action for action in ACTIONS if getattr(self, action)]
        if len(named) != 1:
            raise ValueError(f"does one thing: {', '.join(ACTIONS).replace('if_', 'if')}")
        if (self.then or self.else_) and not self.if_:
            raise ValueError("has then or else without an if")
        if self.name and not (self.ask or self.wait):
            raise ValueError("has a name; only ask and wait have one")
        return self


Block = Literal[
    "orders", "cart", "ad_click", "product", "browsing", "marketing", "support", "consent", "details", "history"
]
"""A block of the context (`middleware.domain.context.BLOCKS`) that does not come on demand."""


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
    promotes: bool = False
    """What it says is promotion: after a timer it says nothing to whoever has not agreed to that."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
