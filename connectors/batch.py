"""One body, many slices: each becomes an event, or is rejected alone. What all connectors share that take batches."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.body import to_bytes, why_not_storable
from middleware.domain.events import Event, Rejected
from middleware.errors import BodyRefused
from middleware.ports import WebhookRequest

MAX_EVENTS = 2_000
"""Events in one body. Meta batches up to 1,000 updates."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When slices arrived that are only counted and written out, not read."""


class Unclear(ValueError):  # noqa: N818 - a verdict on the input, not a fault of ours
    """A part of a body cannot be understood. The message names the field, never its content."""


class Slice(NamedTuple):
    """One event's own part of a body: what is kept if it is not understood, and what makes an event of it.

    `alone` makes a body that holds nothing else; None for a part that cannot stand alone.
    """

    raw: Any
    account: str | None
    read: Callable[[], Event]
    alone: Callable[[], bytes] | None = None


def collect(slices: Iterable[Slice], *, look: bool = True) -> list[Event | Rejected]:
    """What became of each slice, in order. Raises `BodyRefused` for more than `MAX_EVENTS`.

    `look` is whether each is walked through for what the store could not keep: only a body of which
    `may_be_unstorable` says no can do without.
    """
    found: list[Event | Rejected] = []
    for piece in slices:
        if len(found) == MAX_EVENTS:
            raise BodyRefused(f"more than {MAX_EVENTS} events")
        found.append(_read(piece, look=look))
    return found


def _read(piece: Slice, *, look: bool) -> Event | Rejected:
    reason = why_not_storable(piece.raw) if look else None
    try:
        if reason is None:
            return piece.read()
    except Unclear as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - one event must never take its neighbours along
        reason = f"not understood ({type(error).__name__})"
    return Rejected(reason=reason, raw=to_bytes(piece.raw), account=piece.account)


def alone(slices: Iterable[Slice], request: WebhookRequest, positions: Collection[int]) -> dict[int, WebhookRequest]:
    """See `Connector.alone`. The order is that of `collect`."""
    wanted = ((place, piece) for place, piece in enumerate(slices) if place in positions)
    return {place: replace(request, body=piece.alone()) for place, piece in wanted if piece.alone is not None}
