"""What a platform says of a sender when it is asked. A claim: it identifies nobody and opens nothing."""

from datetime import datetime
from enum import StrEnum

from middleware.domain.record import Record


class ProfileOutcome(StrEnum):
    """What one question ended in."""

    ANSWERED = "answered"
    NO_PROFILE = "no_profile"
    """The platform has none for this sender, or shows nothing of it."""
    NEEDS_CONSENT = "needs_consent"
    """This sender has not agreed yet; others have."""
    NOT_PERMITTED = "not_permitted"
    """The account lacks a permission: nobody's profile is shown to it."""
    ACCOUNT_PROBLEM = "account_problem"
    """The account's token is no longer taken."""
    RETRY = "retry"
    REFUSED = "refused"


class ProfileAnswer(Record):
    """The answer to one question. `limited`: language and time zone were not permitted, so only the name was asked."""

    outcome: ProfileOutcome
    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    limited: bool = False
    code: str | None = None
    detail: str = ""
    retry_after: float | None = None


class ProfileTrouble(Record):
    """Why an account does not ask, or asks for less: remembered until the token changes or `until` is over.

    `id` is `connector|account`. `token` is a fingerprint of the token with which it was found.
    """

    id: str
    outcome: ProfileOutcome
    limited: bool
    """Only language and time zone are not permitted: the name is asked for all the same."""
    code: str | None
    token: str
    since: datetime
    until: datetime
