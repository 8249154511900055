"""What is remembered of who signed in: each signed token belongs to one visitor, each visitor to one account."""

from datetime import datetime

from middleware.domain.record import Record

TOKEN = "token"  # noqa: S105 - how ids of such ties begin


class SiteTie(Record):
    """Whom something belongs to: a signed token to a visitor, a visitor to an account of the site for good.

    `id` says what it is, whose site it is of, and a hash of it; `holder` is a hash, too.
    """

    id: str
    holder: str
    at: datetime
