"""One body, many parts: each becomes an event, or is rejected alone. What the sources of e-mail activity share."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.body import to_bytes, why_not_storable
from middleware.domain.events import Event, Rejected
from middleware.errors import BodyRefused
from middleware.ports import WebhookRequest

MAX_PARTS = 2_000


class Unclear(ValueError):  # noqa: N818 - a verdict on the input, not a fault of ours
    """A part of a body cannot be understood. The message names the field, never its content."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what is kept if it is not understood, what makes an event of it, and a body that holds it alone."""

    raw: Any
    account: str | None
    read: Callable[[], Event]
    alone: Callable[[], bytes]


def collect(parts: Iterable[Part]) -> list[Event | Rejected]:
    """What became of each part, in order. Raises `BodyRefused` for more than `MAX_PARTS`."""
    found: list[Event | Rejected] = []
    for part in parts:
        if len(found) == MAX_PARTS:
            raise BodyRefused(f"more than {MAX_PARTS} events")
        found.append(_read(part))
    return found


def _read(part: Part) -> Event | Rejected:
    reason = why_not_storable(part.raw)
    try:
        if reason is None:
            return part.read()
    except Unclear as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - one event must never take its neighbours along
        reason = f"not understood ({type(error).__name__})"
    return Rejected(reason=reason, raw=to_bytes(part.raw), account=part.account)


def alone(parts: Iterable[Part], request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
    """See `Connector.alone`. The order is that of `collect`."""
    wanted = ((place, part) for place, part in enumerate(parts) if place in positions)
    return {place: replace(request, body=part.alone()) for place, part in wanted}
