"""What is remembered of who signed in: each signed token belongs to one visitor, each visitor to one account."""

from datetime import datetime, timedelta

from middleware.domain.record import Record

TOKEN = "token"  # noqa: S105 - how ids of such ties begin
TOKEN_KEPT_FOR = timedelta(days=2)
"""How long it is remembered whose a token is: longer than any token counts."""


class SiteTie(Record):
    """Whom something belongs to: a signed token to a visitor, a visitor to an account of the site for good.

    `id` says what it is, whose site it is of, and a hash of it; `holder` is a hash, too.
    """

    id: str
    holder: str
    at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it is about a token that counts no more."""
        return self.id.startswith(f"{TOKEN}|") and now >= self.at + TOKEN_KEPT_FOR
