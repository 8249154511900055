"""Jobs: what is done beside a message and must never delay or break its reply."""

from datetime import datetime
from enum import StrEnum

from middleware.domain.record import Record


class JobKind(StrEnum):
    """What there is to do."""

    ATTACHMENTS = "attachments"
    """Fetch the files that came with a message."""
    SENDER_PROFILE = "sender_profile"
    """Ask the platform what the sender has set about themselves."""
    CANDIDATES = "candidates"
    """Look who might be the same person as a source's record that is new, changed or gone."""
    MERGING = "merging"
    """Carry on what a person began to do with profiles, should the process have died at it. `event_key` is the
    journal entry's id."""
    LEAD = "lead"
    """Ask the platform what somebody answered in a lead form."""
    PROOF_CODE = "proof_code"
    """Send a one-time code, or send none where the address is not known."""
    ENGINE = "engine"
    """Ask a bot engine for the answer to the turn of an event."""
    PASS_ON = "pass_on"  # noqa: S105 - no password
    """Hand a part of a delivery to the bot that answers on the account. `event_key` is the passing's id."""

    NEWS = "news"
    """Tell the conversation of a customer that an order was placed, a ticket solved or a cart left."""
    CO_PURCHASES = "co_purchases"
    """Count what was bought together in an order that is new or changed. `about` is the order."""
    ERASE = "erase"
    """Erase a person, or go on with it. `event_key` is the erasure's id."""


class Job(Record):
    """One thing to do. It is written with the event that calls for it, and deleted when it is over.

    `id` follows from kind and event, so that wanting it twice is once. What to fetch is not copied: it is read from
    the event in the timeline, which is emptied when the customer takes it back. `not_before` is also the claim: who
    takes the job moves it to when the claim has certainly run out. `attempts` counts claims, so that a job that ends
    its process ends as well.
    """

    id: str
    kind: JobKind
    event_key: str
    connector: str
    account: str
    created_at: datetime
    not_before: datetime
    attempts: int = 0
    owner: str | None = None
    """The process that took it last."""
    about: str | None = None
    """The key of the identifier that it is about, where that is all there is to know."""
    begun_at: datetime | None = None
    """Since when something may have been done that cannot be done twice. Only kinds of job that ask say so."""
    reason: str | None = None
    """Why the last attempt came to nothing."""

    @staticmethod
    def id_of(kind: JobKind, event_key: str) -> str:
        """The id of the job of a kind that an event calls for."""
        return f"{kind}|{event_key}"

    @classmethod
    def of(cls, kind: JobKind, event_key: str, connector: str, account: str, at: datetime) -> "Job":
        """The job that an event calls for, to be done at once."""
        return cls(
            id=cls.id_of(kind, event_key),
            kind=kind,
            event_key=event_key,
            connector=connector,
            account=account,
            created_at=at,
            not_before=at,
        )
