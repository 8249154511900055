"""Stage 3, normalise: one body, many events, each looked up in the account registry.

A body signed with one app's secret may only speak for accounts that list this secret: what it says of any other
account goes to quarantine, like everything that could not be understood.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from middleware.domain.events import Event, Rejected
from middleware.domain.passing import Passing
from middleware.errors import BodyRefused
from middleware.pipeline.seals import Signer, sealed
from middleware.ports import Account, Connector, Quarantined, ReadsBodies, WebhookRequest

UNKNOWN_ACCOUNT = "no account of the settings has this id and this app's secret"

ReadJson = Callable[[bytes], Any]

_OF_SHOPIFY = ("topic", "shop-domain", "webhook-id", "triggered-at")
_KEPT_HEADERS = (
    "content-type",
    "user-agent",
    "x-zendesk-account-id",
    "x-zendesk-webhook-invocation-id",
    "webhook-id",
    *(f"{prefix}{name}" for prefix in ("x-shopify-", "shopify-") for name in _OF_SHOPIFY),
)
"""What is read of the headers, apart from the signature: what is kept must be readable again."""

_LONGEST_HEADER = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """One verified delivery."""

    connector: Connector
    request: WebhookRequest
    signer: Signer
    received_at: datetime

    def kept(self, slice_: bytes, alone: WebhookRequest | None, reason: str) -> Quarantined:
        """A part as it is kept. The id comes from the content, so that a retried delivery is kept once."""
        digest = hashlib.blake2b(self.connector.name.encode() + b"\0" + slice_, digest_size=16).hexdigest()
        headers = alone.headers if alone is not None else self.request.headers
        document = Quarantined(
            id=digest,
            connector=self.connector.name,
            reason=reason[:500],
            raw=alone.body if alone is not None else slice_,
            received_at=self.received_at,
            headers={name: _text(headers[name]) for name in _KEPT_HEADERS if name in headers},
            address=self.signer.address,
        )
        return sealed(document, self.signer.secrets)


@dataclass(slots=True)
class Sorted:
    """One delivery, sorted by where it goes. Brand None is what belongs to no single brand."""

    delivery: Delivery
    body: object = None
    keys: tuple[str | None, ...] = ()
    """The dedup key of each part, in the order of the body; None for a part that is no event."""
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    quarantined: dict[str | None, list[Quarantined]] = field(default_factory=lambda: defaultdict(list))

    passings: dict[str, list[Passing]] = field(default_factory=dict)
    """What goes on to bots that answer in our place."""

    def refuse(self, brand: str, event: Event, reason: str) -> Quarantined:
        """Move an event of a brand to quarantine: it turned out that the store cannot take it."""
        place = self.keys.index(event.key)
        document = self.kept({place: (event, reason)})[place]
        self.events[brand] = [each for each in self.events[brand] if each is not event]
        self.quarantined[brand] = [*self.quarantined[brand], document]
        return document

    def kept(self, refused: Mapping[int, tuple[Event | Rejected, str]]) -> dict[int, Quarantined]:
        """Parts as they are kept, by their position, each with its reason."""
        alone = self.delivery.connector.alone(self.body, self.delivery.request, refused) if refused else {}
        return {
            place: self.delivery.kept(_slice(part), alone.get(place), reason)
            for place, (part, reason) in refused.items()
        }


def normalise(delivery: Delivery, read_json: ReadJson) -> Sorted:
    """Sort a verified delivery. Never raises: what cannot be read is quarantined as it came."""
    found = Sorted(delivery)
    request = delivery.request
    accounts = delivery.signer.by_id
    try:
        found.body = _read(delivery, read_json)
        parts = delivery.connector.normalise(found.body, request, delivery.received_at, delivery.signer.account)
    except BodyRefused as refused:
        found.quarantined[delivery.signer.home].append(delivery.kept(request.body, request, str(refused)))
        return found
    found.keys = tuple(part.key if isinstance(part, Event) else None for part in parts)
    _sort(found, parts, accounts)
    return found


def _read(delivery: Delivery, read_json: ReadJson) -> object:
    """The body as a value. Raises BodyRefused."""
    connector, raw = delivery.connector, delivery.request.body
    return connector.read_body(raw) if isinstance(connector, ReadsBodies) else read_json(raw)


def _sort(found: Sorted, parts: Iterable[Event | Rejected], accounts: Mapping[str, Account]) -> None:
    refused: dict[int, tuple[Event | Rejected, str]] = {}
    homes: dict[int, str | None] = {}
    for place, part in enumerate(parts):
        account = accounts.get(part.account) if part.account is not None else None
        if isinstance(part, Event) and account is not None:
            found.events[account.brand].append(_not_ahead(part))
            continue
        refused[place] = (part, part.reason if isinstance(part, Rejected) else UNKNOWN_ACCOUNT)
        homes[place] = account.brand if account is not None else found.delivery.signer.home
    for place, document in found.kept(refused).items():
        found.quarantined[homes[place]].append(document)


def _not_ahead(event: Event) -> Event:
    """A clock that is ahead must not keep a window open, or a message young, for longer than it is."""
    if event.occurred_at <= event.received_at:
        return event
    return event.model_copy(update={"occurred_at": event.received_at})


def _slice(part: Event | Rejected) -> bytes:
    return part.raw if isinstance(part, Rejected) else orjson.dumps(part.raw)


def _text(header: str) -> str:
    """A header's value as text that can be stored: bytes that are no UTF-8 are written out."""
    return header[:_LONGEST_HEADER].encode(errors="backslashreplace").decode()
