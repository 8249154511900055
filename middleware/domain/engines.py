"""Bot engines: what one is asked for a turn, and what comes back. An engine's words are text, never a template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from middleware.domain.conversation import Intent
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
    """What asking came to. `hand_over` is why the engine wants a person; `set` (values by field), `tags` and `intent`
    are what it notes of the customer, by the rules of `settable.py`; `detail` is for the trace: a status, a class, a
    place in the answer, never a word of it.
    """

    outcome: EngineOutcome
    replies: tuple[Reply, ...] = ()
    hand_over: str | None = None
    set: dict[str, str] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    intent: Intent | None = None
    detail: str = ""
    retry_after: float | None = None
    """Seconds, if it said so."""


class EngineReply(Record):
    """What an engine said to a turn, as it comes through the inbox. `flow` is the one that asked; `offers` are the ids
    of the personal links that the engine was offered, by purpose.
    """

    engine: str
    flow: str | None
    turn: str
    locale: str = ""
    """The language of what was asked."""
    offers: dict[str, str] = Field(default_factory=dict)
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
    that it can be the engine's session. `request` is the whole question by `throughline.turn/1`, as plain data: the
    engine `webhook` gets it as it is, all others get parts of it.
    """

    turn: str
    conversation: str
    channel: str
    account: str
    text: str
    payload: str | None
    locale: str
    at: datetime
    request: Mapping[str, Any]

    @property
    def context(self) -> dict[str, Any]:
        """What is handed over of the customer."""
        return dict(self.request["context"])

    @property
    def prompt(self) -> str:
        """The same for language models; empty if there is none."""
        return self.request["prompt"] or ""

    @property
    def values(self) -> dict[str, str]:
        """The values that the settings name for this engine."""
        return dict(self.request["values"])
