"""Stage 3, normalise: one body, many events, each looked up in the account registry.

A body signed with one app's secret may only speak for accounts that list this secret: what it says of any other
account goes to quarantine, like everything that could not be understood.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from middleware.domain.events import Event, Rejected
from middleware.errors import BodyRefused
from middleware.ports import Account, Connector, Quarantined, WebhookRequest

UNKNOWN_ACCOUNT = "no account of the settings has this id and this app's secret"

ReadJson = Callable[[bytes], Any]

_KEPT_HEADERS = ("content-type", "user-agent", "x-shopify-topic", "shopify-topic")


@dataclass(slots=True)
class Sorted:
    """One delivery, sorted by where it goes. Brand None is what belongs to no single brand."""

    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    quarantined: dict[str | None, list[Quarantined]] = field(default_factory=lambda: defaultdict(list))


def normalise(
    connector: Connector,
    read_json: ReadJson,
    request: WebhookRequest,
    trusted: Sequence[Account],
    received_at: datetime,
) -> Sorted:
    """Sort a verified delivery. Never raises: what cannot be read is quarantined as it came."""
    delivery = Sorted()
    accounts = {account.id: account for account in trusted}
    try:
        parts = connector.normalise(read_json(request.body), request, received_at, accounts.get)
    except BodyRefused as refused:
        home = _home(trusted)
        delivery.quarantined[home].append(_quarantined(connector, request, request.body, str(refused), received_at))
        return delivery
    for part in parts:
        _sort(delivery, part, accounts, connector, request, trusted, received_at)
    return delivery


def _sort(
    delivery: Sorted,
    part: Event | Rejected,
    accounts: dict[str, Account],
    connector: Connector,
    request: WebhookRequest,
    trusted: Sequence[Account],
    received_at: datetime,
) -> None:
    account = accounts.get(part.account) if part.account is not None else None
    if isinstance(part, Event) and account is not None:
        # A clock that is ahead must not keep a window open, or a message young, for longer than it is.
        occurred_at = min(part.occurred_at, part.received_at)
        delivery.events[account.brand].append(part.model_copy(update={"occurred_at": occurred_at}))
        return
    raw = part.raw if isinstance(part, Rejected) else orjson.dumps(part.raw)
    reason = part.reason if isinstance(part, Rejected) else UNKNOWN_ACCOUNT
    home = account.brand if account is not None else _home(trusted)
    delivery.quarantined[home].append(_quarantined(connector, request, raw, reason, received_at))


def _home(trusted: Sequence[Account]) -> str | None:
    """The brand to which everything that the signing app sends belongs, or None if it serves several."""
    brands = {account.brand for account in trusted}
    return brands.pop() if len(brands) == 1 else None


def _text(header: str) -> str:
    """A header's value as text that can be stored: bytes that are no UTF-8 are written out."""
    return header[:500].encode(errors="backslashreplace").decode()


def _quarantined(
    connector: Connector, request: WebhookRequest, raw: bytes, reason: str, received_at: datetime
) -> Quarantined:
    """The id comes from the content, so that a retried delivery is kept once."""
    digest = hashlib.blake2b(connector.name.encode() + b"\0" + raw, digest_size=16).hexdigest()
    headers = {name: _text(request.headers[name]) for name in _KEPT_HEADERS if name in request.headers}
    return Quarantined(
        id=digest,
        connector=connector.name,
        reason=reason[:500],
        raw=raw,
        received_at=received_at,
        headers=headers,
    )
