"""Proofs by a one-time code: what is asked for, what is kept of it, and what sending one ends in."""

from datetime import datetime
from enum import StrEnum

from middleware.domain.record import Record


class Proof(Record):
    """The code that one sender asked for last. `id` is the sender's identifier key, `target` that of the address.

    The code itself is kept nowhere, only `code_hash`, which is None until it was made and once it was given.
    `request` is the event that asked for it. `withheld`: a limit was reached, so that no code is sent; nobody is told.
    """

    id: str
    target: str
    request: str
    locale: str
    requested_at: datetime
    expires_at: datetime
    withheld: bool = False
    code_hash: str | None = None
    tries: int = 0
    checked: str | None = None
    """The event whose code was compared last, and what came of it: the same event is never compared twice. Once a code
    was right nothing is compared any more, and this stays the event that gave it.
    """
    checked_at: datetime | None = None
    was_right: bool = False


class Request(Record):
    """One request for a code: the event that made it, and when."""

    event: str
    at: datetime


class ProofQuota(Record):
    """How often codes were asked for lately, by one sender or to one address. `id` is a keyed hash of which."""

    id: str
    requests: tuple[Request, ...] = ()


class CodeOutcome(StrEnum):
    """What sending one code ended in."""

    SENT = "sent"
    RETRY = "retry"
    """It was certainly or perhaps not taken; another code may be sent."""
    REFUSED = "refused"
    """The mail server does not take it, and would not take it again."""
    ACCOUNT_PROBLEM = "account_problem"
    """The mail server does not let us in."""


class CodeSent(Record):
    """What became of one code. `detail` names classes and codes of errors, never an address."""

    outcome: CodeOutcome
    detail: str = ""


class CheckOutcome(StrEnum):
    """What came of something that was given as a code."""

    PROVEN = "proven"
    WRONG = "wrong"
    """Not the code, or there is none: expired, used up, never sent. Which, nobody is told."""
    NO_CODE = "no_code"
    """What was written is no code at all, or none was asked for lately. It does not count as a try."""
