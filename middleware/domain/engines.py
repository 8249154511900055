"""Bot engines: what one is asked for a turn, and what comes back. An engine's words are text, never a template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from middleware.domain.messages import Reply
from middleware.domain.record import Record


class EngineOutcome(StrEnum):
    """The closed list of what asking an engine can end in. What is not ANSWERED, SILENT or LATER is a failure."""

    ANSWERED = "answered"
    SILENT = "silent"
    """It answered, and says nothing."""
    LATER = "later"
    """It took the question; its answer comes to `POST /v1/turns/{id}/replies`."""
    REFUSED = "refused"
    """4xx, or an answer that cannot be read. Asking the same again cannot help."""
    UNREACHABLE = "unreachable"
    """No connection came about, or 429: certainly nothing was done, so it may be asked again."""
    UNKNOWN = "unknown"
    """Time-out, reset, 5xx: it may have begun to work on it. Asked again only where that is once."""
    OVERDUE = "overdue"
    """It said that the answer comes later, and it did not."""
    NOT_ASKED = "not_asked"
    """Its circuit breaker is open."""


FAILURES = frozenset(EngineOutcome) - {EngineOutcome.ANSWERED, EngineOutcome.SILENT, EngineOutcome.LATER}
"""The outcomes after which the fallback flow, and with it a person, answers."""


class EngineAnswer(Record):
    """What asking came to. `hand_over` is why the engine wants a person; `detail` is for the trace: a status, a class,
    a place in the answer, never a word of it.
    """

    outcome: EngineOutcome
    replies: tuple[Reply, ...] = ()
    hand_over: str | None = None
    detail: str = ""
    retry_after: float | None = None
    """Seconds, if it said so."""


class EngineReply(Record):
    """What an engine said to a turn, as it comes through the inbox. `flow` is the one that asked."""

    engine: str
    flow: str | None
    turn: str
    locale: str = ""
    """The language of what was asked."""
    answer: EngineAnswer


class EngineAsked(Record):
    """Effect: an engine is asked for the answer to this turn. `within` is how many seconds it may take; `locale` is the
    language that the customer seems to write.
    """

    effect: Literal["engine_asked"] = "engine_asked"
    engine: str
    within: float
    locale: str = ""


@dataclass(frozen=True, slots=True)
class EngineTerms:
    """What flows know of an engine: the `blocks` of the context that it gets, and `within` how many seconds it answers
    or has failed.
    """

    blocks: frozenset[str]
    within: float


@dataclass(frozen=True, slots=True)
class Question:
    """What an engine is asked.

    `turn` is the id of the turn, the same whenever it is asked again; `conversation` is opaque and stays the same, so
    that it can be the engine's session. `context` is what is handed over, `prompt` the same for language models,
    `values` are those that the settings name for this engine. A later answer goes to `reply_url`, before `until`.
    """

    turn: str
    conversation: str
    channel: str
    account: str
    text: str
    payload: str | None
    locale: str
    at: datetime
    context: Mapping[str, Any]
    prompt: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    reply_url: str | None = None
    until: datetime | None = None
