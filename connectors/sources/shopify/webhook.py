"""Shopify's webhooks: signature, headers, and one event for each thing that a body tells (`topics`).

The topic and the shop stand in headers, spelled `X-Shopify-...` or, newer, `shopify-...`. A body without
headers (a file that is read in) is recognised by its own keys; an export such as `{"orders": [...]}` gives
several events.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from connectors.body import digest, to_bytes, why_not_storable
from connectors.fields import as_moment
from connectors.http import HttpClient
from connectors.signatures import is_base64_signed
from connectors.sources.shopify.pull import OVERLAP, STREAMS, page_after
from connectors.sources.shopify.telling import Telling
from connectors.sources.shopify.topics import MARKS, TOPICS, WRAPPERS, Reader, Told, unknown
from middleware.domain.events import Event, Rejected
from middleware.domain.mapping import SourceMapping
from middleware.domain.record import at_millisecond
from middleware.errors import BodyRefused
from middleware.ports import Account, AccountLookup, PullAnswer, PullPosition, WebhookRequest

_PREFIXES = ("x-shopify-", "shopify-")
_SHOP = re.compile(r"[a-z0-9][a-z0-9.-]{0,254}", re.ASCII)
_TOPIC = re.compile(r"[a-z0-9_]{1,60}/[a-z0-9_]{1,60}", re.ASCII)
_DELIVERY_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One POST, as its headers describe it."""

    shop: str
    topic: str | None
    id: str | None
    triggered_at: datetime | None
    received_at: datetime
    country: str | None
    currency: str | None
    mapping: SourceMapping | None
    body: bytes

    def rejected(self, reason: str) -> Rejected:
        return Rejected(reason=reason, raw=self.body, account=self.shop or None)


class Shopify:
    """The connector of Shopify shops. An account's id is the shop's domain, such as `mugs.myshopify.com`."""

    name = "shopify"
    kind: Literal["source"] = "source"
    streams = STREAMS
    overlap = OVERLAP

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether the `Hmac-Sha256` header, in either spelling, is this secret's signature of the body."""
        headers = (request.headers.get(f"{prefix}hmac-sha256") for prefix in _PREFIXES)
        return any(is_base64_signed(header, request.body, secret) for header in headers)

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events of one webhook body or export. Raises `BodyRefused` for what is no JSON object."""
        if not isinstance(body, dict):
            raise BodyRefused("a body of Shopify is a JSON object")
        delivery = _delivery(body, request, received_at, accounts)
        reader = TOPICS.get(delivery.topic) if delivery.topic else _reader_by_keys(body)
        return [_told(part, reader or unknown, its) for part, its in _slices(_parts(body, reader), delivery)]

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`: the body itself, or one part in the wrapper of an export, under an id of its own."""
        if not isinstance(body, dict):
            return {}
        topic = _topic(request)
        parts = _parts(body, TOPICS.get(topic) if topic else _reader_by_keys(body))
        if len(parts) == 1:
            return dict.fromkeys(positions, request)
        wrapper = next(iter(body))
        return {place: _alone(request, wrapper, parts[place], place) for place in positions}

    async def page(
        self,
        account: Account,
        position: PullPosition,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> PullAnswer:
        """See `PullSource.page`."""
        return await page_after(self._http, account, position, timeout)


def _delivery(
    body: Mapping[str, Any], request: WebhookRequest, received_at: datetime, accounts: AccountLookup
) -> _Delivery:
    shop = _shop(body, request)
    account = accounts(shop)
    received_at = at_millisecond(received_at)
    return _Delivery(
        shop=shop,
        topic=_topic(request),
        id=_fitting(_DELIVERY_ID, _header(request, "webhook-id")),
        triggered_at=as_moment(_header(request, "triggered-at")),
        received_at=received_at,
        country=account.country if account else None,
        currency=account.currency if account else None,
        mapping=account.mapping if account else None,
        body=request.body,
    )


def _alone(request: WebhookRequest, wrapper: str, part: object, place: int) -> WebhookRequest:
    headers = dict(request.headers)
    for prefix in _PREFIXES:
        if headers.get(f"{prefix}webhook-id"):
            headers[f"{prefix}webhook-id"] += f":{place}"
    return replace(request, headers=headers, body=to_bytes({wrapper: [part]}))


def _topic(request: WebhookRequest) -> str | None:
    return _fitting(_TOPIC, _header(request, "topic"))


def _header(request: WebhookRequest, name: str) -> str | None:
    values = (request.headers.get(prefix + name) for prefix in _PREFIXES)
    return next((value.strip() for value in values if value), None)


def _fitting(pattern: re.Pattern[str], text: object) -> str | None:
    # Headers are not covered by the signature: only what looks right goes into keys and scopes.
    return text if isinstance(text, str) and pattern.fullmatch(text) else None


def _shop(body: Mapping[str, Any], request: WebhookRequest) -> str:
    """The shop's domain from the header, else from the body (the compliance topics name it), else empty."""
    named = _header(request, "shop-domain") or body.get("shop_domain")
    return _fitting(_SHOP, named.lower() if isinstance(named, str) else None) or ""


def _reader_by_keys(body: Mapping[str, Any]) -> Reader | None:
    wrapped = WRAPPERS.get(next(iter(body))) if len(body) == 1 else None
    return wrapped or next((reader for mark, reader in MARKS if mark in body), None)


def _parts(body: dict[str, Any], reader: Reader | None) -> list[object]:
    """The bodies inside the body: itself, or what the only key of an export holds."""
    for wrapper, content in body.items() if len(body) == 1 else ():
        if reader is not None and WRAPPERS.get(wrapper) is reader:
            return content if isinstance(content, list) else [content]
    return [body]


def _slices(parts: Sequence[object], delivery: _Delivery) -> Iterator[tuple[object, _Delivery]]:
    """Each part with what holds for it alone: a delivery id, and the bytes to keep should it be rejected."""
    if len(parts) == 1:
        yield parts[0], delivery
        return
    for place, part in enumerate(parts):
        yield part, replace(delivery, id=delivery.id and f"{delivery.id}:{place}", body=to_bytes(part))


def _told(part: object, reader: Reader, delivery: _Delivery) -> Event | Rejected:
    reason = why_not_storable(part)
    if reason is not None:
        return delivery.rejected(reason)
    if not isinstance(part, dict):
        return delivery.rejected("what a shop tells about is a JSON object")
    telling = Telling(
        shop=delivery.shop,
        country=delivery.country,
        currency=delivery.currency,
        mapping=delivery.mapping,
        key=f"shopify:{delivery.shop}:{delivery.id or _content_id(part, delivery)}",
        at=delivery.triggered_at or delivery.received_at,
        triggered_at=delivery.triggered_at,
    )
    try:
        told = reader(part, telling)
        return delivery.rejected(told) if isinstance(told, str) else _event(part, told, telling, delivery)
    except Exception as error:  # noqa: BLE001 - an exception would make the shop retry, and then unsubscribe
        return delivery.rejected(f"not understood ({type(error).__name__})")


def _content_id(part: Mapping[str, Any], delivery: _Delivery) -> str:
    """What names a body that came without a delivery id: the same content is the same event."""
    return digest([delivery.shop, delivery.topic, part])


def _event(part: dict[str, Any], told: Told, telling: Telling, delivery: _Delivery) -> Event:
    return Event.model_validate(
        {
            **told.facts,
            "key": telling.key,
            "kind": told.kind,
            "connector": Shopify.name,
            "account": delivery.shop,
            "occurred_at": told.occurred_at,
            "received_at": delivery.received_at,
            "anchor": told.anchor,
            "topic": delivery.topic,
            "raw": part,
        }
    )
