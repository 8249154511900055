"""Readers of replies for the tests of templates."""

from datetime import UTC, datetime
from typing import Any

from flows.templates import Reader
from middleware.domain.channels import CHANNELS

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)


def reader(*locales: str, channel: str = "messenger", **others: Any) -> Reader:
    """Somebody who reads these languages on a channel, on 6 March 2026."""
    return Reader(locales or ("en",), CHANNELS[channel], now=others.pop("now", NOW), **others)
