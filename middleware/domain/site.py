"""What is remembered of a site's signed tokens: each belongs to one visitor, and each visitor to one account."""

from datetime import datetime

from middleware.domain.record import Record


class SiteTie(Record):
    """Whom something belongs to, for good: a signed token to a visitor, a visitor to an account of the site.

    `id` says what it is, whose site it is of, and a hash of it; `holder` is a hash, too.
    """

    id: str
    holder: str
    at: datetime
