"""Passing on: one sender's part of a delivery, on its way to the bot that answers on the account in our place."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from middleware.domain.record import Record


class PassOutcome(StrEnum):
    """The closed list of what handing a part to a bot can end in. Everything but PASSED is tried again."""

    PASSED = "passed"
    """2xx: the bot has it."""
    REFUSED = "refused"
    """Any other answer below 500."""
    UNREACHABLE = "unreachable"
    """No connection came about."""
    UNKNOWN = "unknown"
    """Time-out, reset, 5xx: it may have it."""
    NOT_TRIED = "not_tried"
    """Its circuit breaker is open, or too much is on its way to it."""


NO_ANSWER = frozenset({PassOutcome.UNREACHABLE, PassOutcome.UNKNOWN})
"""The outcomes that speak against the bot itself, and not against what it was handed."""


class PassResult(Record):
    """What one attempt came to. `detail` is a status or a class, never a word of the bot."""

    outcome: PassOutcome
    detail: str = ""


class Passing(Record):
    """One part of a delivery, and whether the bot has it.

    `id` follows from account and bytes, so that what the platform delivers again is passed on once. `body` and
    `headers` are what goes out; they are emptied as soon as the bot has them. `sender` is the customer's id on the
    channel, None for news about the account; `keys` are the dedup keys of the events in the part.
    """

    id: str
    connector: str
    account: str
    received_at: datetime
    sender: str | None = None
    keys: tuple[str, ...] = ()
    body: bytes = b""
    headers: dict[str, str] = Field(default_factory=dict)
    state: Literal["waiting", "passed", "given_up"] = "waiting"
    settled_at: datetime | None = None

    def passed(self, at: datetime) -> "Passing":
        """The same once the bot has it: nothing of it is kept."""
        return self.model_copy(update={"state": "passed", "body": b"", "headers": {}, "settled_at": at})
