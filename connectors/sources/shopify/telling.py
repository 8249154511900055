"""What a delivery adds to a body: whose it is, how it is read, and which version it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.fields import as_moment
from middleware.domain.commerce import Version
from middleware.domain.mapping import SourceMapping


@dataclass(frozen=True, slots=True)
class Telling:
    """What the delivery adds to a body.

    `country` reads national phone numbers, `currency` the prices of products, which name none; `key` is the event's;
    `at` counts where the body has no time; `triggered_at` is when the shop says that it told us.
    """

    shop: str
    country: str | None
    key: str
    at: datetime
    triggered_at: datetime | None = None
    currency: str | None = None
    mapping: SourceMapping | None = None
    """Which part of a customer's record becomes which field."""

    def version(self, at: datetime | None) -> Version:
        """The version of an entity that changed at `at`, or when we were told where the body does not say."""
        return Version(at=at or self.at, told_at=self.triggered_at, event=self.key)


def changed_at(body: Mapping[str, Any], telling: Telling) -> datetime:
    """When this state came about."""
    return as_moment(body.get("updated_at")) or telling.at
