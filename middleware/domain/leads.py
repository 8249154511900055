"""What somebody answered in a lead form, as the platform tells it when it is asked. Claims, all of it: a form can be
filled in with anybody's address.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from middleware.domain.record import Record
from middleware.domain.source_record import FieldValue


class LeadOutcome(StrEnum):
    """What one question ended in."""

    ANSWERED = "answered"
    GONE = "gone"
    """There is no such lead, or this token may not see it: the platform does not say which."""
    NOT_PERMITTED = "not_permitted"
    """The token lacks a permission (`leads_retrieval`), or the page's leads are assigned to somebody else."""
    ACCOUNT_PROBLEM = "account_problem"
    """The account's token is no longer taken."""
    RETRY = "retry"
    REFUSED = "refused"


class LeadAnswer(Record):
    """The answer to one question. `raw` is what was read of it."""

    outcome: LeadOutcome
    created_at: datetime | None = None
    values: tuple[FieldValue, ...] = ()
    ad_id: str | None = None
    form_id: str | None = None
    raw: dict[str, Any] = Field(default_factory=dict)
    code: str | None = None
    detail: str = ""
    retry_after: float | None = None
