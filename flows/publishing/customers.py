"""Made-up customers on whom two versions of a template are compared. What is said of them never changes by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from flows.templates import Reader, locale_chain
from flows.values import Values
from middleware.domain.capabilities import Capabilities

_NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)


class MadeUp(Protocol):
    """A made-up customer: what templates may read of them, and how they read."""

    @property
    def name(self) -> str:
        """What they are called in previews."""
        ...

    def values_on(self, channel: Capabilities) -> Values:
        """What templates may read where they write on this channel."""
        ...

    def reader(self, channel: Capabilities, *, locale: str | None = None) -> Reader:
        """Them as the reader of a reply."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """One of ours."""

    name: str
    values: Values

    def values_on(self, channel: Capabilities) -> Values:
        """See `MadeUp.values_on`."""
        return {**self.values, "message": {"text": "Where is my order #1001?", "channel": channel.name}}

    def reader(self, channel: Capabilities, *, locale: str | None = None) -> Reader:
        """See `MadeUp.reader`."""
        return Reader(locale_chain(locale, "en"), channel, zone="Europe/Madrid", now=_NOW, key=self.name)


def _euros(cents: int) -> Values:
    return {"amount": cents, "currency": "EUR", "exponent": 2}


_ITEMS: Values = {"items": [{"title": "Linen shirt, blue", "quantity": 1, "price": _euros(2990)}]}
_ORDER: Values = {
    **_ITEMS,
    "number": "#1001",
    "state": "shipped",
    "total": _euros(2990),
    "created_at": "2026-03-02T09:15:00+00:00",
    "shipped_at": "2026-03-04T16:40:00+00:00",
    "delivered": False,
    "tracking": {"url": "https://tracking.example/PQ7421", "number": "PQ7421", "carrier": "Correos"},
}

CUSTOMERS: tuple[MadeUp, ...] = (
    Sample(
        "ana",
        {
            "profile": {"name": "Ana Ruiz"},
            "conversation": {"first_message": False, "window": {"open": True}},
            "orders": {
                "count": 1,
                "fresh": True,
                "latest": _ORDER,
                "asked": _ORDER,
                "mentioned": _ORDER,
                "all": [_ORDER],
            },
            "cart": {**_ITEMS, "count": 1, "fresh": True, "total": _euros(2990)},
            "ad_click": {"product": "Linen shirt, blue", "headline": "Light as summer"},
            "product": {"title": "Linen shirt, blue", "from_ad": True, "price": _euros(2990), "asked": True},
            "history": {"lines": 4},
            "links": {"product": "https://shop.example/r/p1", "cart": "https://shop.example/r/c1"},
        },
    ),
    Sample("ben", {"conversation": {"first_message": True, "window": {"open": True}}, "links": {}}),
)
"""A customer of whom much is known, and one of whom nothing is."""
