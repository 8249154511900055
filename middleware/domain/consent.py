"""Consent from several sources: the most restrictive word wins, for what was sent against a wish stays sent."""

from collections.abc import Iterable
from typing import TypeVar

from middleware.domain.customer import ConsentState

RESTRICTIVENESS: tuple[ConsentState, ...] = (
    "redacted",
    "unsubscribed",
    "invalid",
    "not_subscribed",
    "pending",
    "subscribed",
    "unknown",
)
"""Most restrictive first. `unknown` is no word at all: any other one counts before it. By itself it allows nothing."""

T = TypeVar("T")


def most_restrictive(said: Iterable[tuple[ConsentState, T]]) -> tuple[ConsentState, T]:
    """The most restrictive of what was said, with what came with it; of the same the first. ValueError for none."""
    return min(said, key=lambda each: RESTRICTIVENESS.index(each[0]))
