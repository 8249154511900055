"""Turns: the inbound event and all that was decided on it, written down in one insert."""

import hashlib
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from middleware.domain.agents import AgentAct, Tried
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState, Intent, Part
from middleware.domain.engines import EngineAsked
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.messages import Reply, SendState
from middleware.domain.record import Record


class LinkIssued(Record):
    """Effect: a personal link comes into being, for one sender in one conversation."""

    effect: Literal["link_issued"] = "link_issued"
    id: str
    purpose: str


class HandedOver(Record):
    """Effect: a person should look at the conversation; `vip`: one of those who look after special customers."""

    effect: Literal["handed_over"] = "handed_over"
    reason: str
    to: Literal["person", "vip"] = "person"


class CodeRequested(Record):
    """Effect: a one-time code goes to the e-mail address in the message, if it is known. The address is not in it."""

    effect: Literal["code_requested"] = "code_requested"


class NameClaimed(Record):
    """Effect: the customer was asked for a name and gave one. A claim, and masked: it identifies nobody."""

    effect: Literal["name_claimed"] = "name_claimed"
    masked: str


class Tagged(Record):
    """Effect: tags of the conversation, and of the profile as the flows' own source has them, come and go."""

    effect: Literal["tagged"] = "tagged"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class FieldSet(Record):
    """Effect: the flows' own source says something of a profile field. Whether it is believed, ownership decides."""

    effect: Literal["field_set"] = "field_set"
    field: str
    value: str


class IntentNoted(Record):
    """Effect: what the customer is after, as far as reports and people want to know it."""

    effect: Literal["intent_noted"] = "intent_noted"
    intent: Intent


class Paired(Record):
    """Effect: the conversation is a user's own from then on; `code` is the id of the code that they wrote."""

    effect: Literal["paired"] = "paired"
    login: str
    code: str


Effect = LinkIssued | HandedOver | CodeRequested | NameClaimed | Tagged | FieldSet | IntentNoted | EngineAsked | Paired


class Decision(Record):
    """What a flow made of one event: pure data, nothing has happened yet.

    `why` says step by step how it came about, in words without personal data.
    """

    flow: str | None = None
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    next_state: FlowState | None = None
    locale: str | None = None
    why: tuple[str, ...] = ()
    release: int | None = None
    """The release of flows that it was decided by; 0 are those of files. None: no flow was asked, or not known."""


class OutboundMessage(Record):
    """One message of a turn and what became of it. `key` is our correlation key at the platform."""

    key: str
    reply: Reply
    state: SendState = SendState.QUEUED
    code: str | None = None
    reason: str | None = None
    message_id: str | None = None
    attempts: int = 0
    settled_at: datetime | None = None
    author: str | None = None
    """The login of the agent who wrote it; None: the bot."""


class Turn(Record):
    """One turn. Everything but the `messages`' state and `done` stays as it was decided."""

    id: str
    event_key: str
    conversation_id: str
    profile_id: str
    channel: str
    account: str
    recipient: tuple[Identifier, ...]
    decided_at: datetime
    sent_at: datetime
    """When the customer wrote: what the age of a reply is counted from."""
    decision: Decision
    state: FlowState | None = None
    """Where a flow stood before."""
    messages: tuple[OutboundMessage, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why nothing is said, if nothing is."""
    context: dict[str, Any] = Field(default_factory=dict)
    """The context as it was handed over: what the reply can be explained with."""
    answers: str | None = None
    """The turn to which this one is an engine's answer."""
    part: Part | None = None
    """The message is a part of a burst: it is answered with the next one."""
    ends_burst: bool = False
    """The parts before it are answered with it."""
    done: bool = False
    unasked: bool = False
    """Nobody wrote: a timer began it."""
    act: AgentAct | None = None
    """What an agent did, as it holds: how long the bot is silent is worked out. Then no flow was asked."""

    @property
    def is_test(self) -> bool:
        """Whether a template was tried out with it: what it says is meant for nobody else."""
        return self.act is not None and isinstance(self.act.act, Tried)

    def asked(self) -> EngineAsked | None:
        """The engine that is asked for the answer, if one is."""
        return next((each for each in self.decision.effects if isinstance(each, EngineAsked)), None)


def turn_id(brand: str, event: Event) -> str:
    """The id of the turn of an event: 32 hex digits, the same whoever asks and whenever."""
    return turn_id_of(brand, event.key)


def turn_id_of(brand: str, event_key: str) -> str:
    """The same by the event's dedup key."""
    return hashlib.blake2b(f"{brand}\0{event_key}".encode(), digest_size=16).hexdigest()


def message_key(turn: str, position: int) -> str:
    """Our correlation key for one message of a turn, opaque to the platform."""
    return f"{turn}.{position}"


def turn_of_key(key: str) -> tuple[str, int] | None:
    """The turn and position behind a correlation key, or None for a key that is not ours."""
    turn, dot, position = key.partition(".")
    if not dot or len(turn) != 32 or not position.isdecimal() or len(position) > 2:  # noqa: PLR2004 - as made above
        return None
    return turn, int(position)


def text_hash(text: str) -> str:
    """What an echo without our key is recognised by."""
    return hashlib.blake2b(text.strip().encode(), digest_size=12).hexdigest()


def context_record(context: Context) -> dict[str, Any]:
    """The context as it is kept in a turn: plain data, without what was not there and without the lines.

    These are in the conversation, where they can be edited and taken back.
    """
    return context.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"conversation": {"lines"}})
