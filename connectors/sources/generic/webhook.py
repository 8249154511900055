"""Generic webhooks: one JSON object or a list of them, from Zapier, Make, an own shop or an own tool.

The body names no account, so the webhook address must: `/webhooks/generic/<name>`. What stands in it, the account's
mapping says; without one the parts wait in quarantine.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from connectors.body import digest, to_bytes, why_not_storable
from connectors.mapping.telling import Delivered, told
from connectors.mapping.unfit import Unfit
from connectors.sources.generic.signing import is_signed
from connectors.standard_webhooks import delivery_id
from middleware.domain.events import Event, Rejected
from middleware.domain.record import at_millisecond
from middleware.errors import BodyRefused
from middleware.ports import ONLY_ACCOUNT, Account, AccountLookup, WebhookRequest

MOST_PARTS = 100


def _now() -> datetime:
    return datetime.now(UTC)


class Generic:
    """The connector of whatever can sign a webhook. An account's id is any word that the brand chooses.

    `now` tells the time, against which that of a signature is held.
    """

    name = "generic"
    kind: Literal["source"] = "source"

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now

    def is_signed(self, request: WebhookRequest, secret: bytes) -> bool:
        """Whether it is signed as Standard Webhooks does, at most five minutes ago, or by `X-Signature`."""
        return is_signed(request.headers, request.body, secret, self._now())

    def normalise(
        self, body: object, request: WebhookRequest, received_at: datetime, accounts: AccountLookup
    ) -> Sequence[Event | Rejected]:
        """The events of one body. Raises `BodyRefused` for what is neither an object nor a short list."""
        if not isinstance(body, dict | list):
            raise BodyRefused("a generic body is a JSON object, or a list of them")
        if len(body) > MOST_PARTS and isinstance(body, list):
            raise BodyRefused(f"more than {MOST_PARTS} parts in one body; send them in several")
        account = accounts(ONLY_ACCOUNT)
        parts = body if isinstance(body, list) else [body]
        own, at = delivery_id(request.headers), at_millisecond(received_at)
        return [
            _part(part, own and _own_id(own, place, len(parts)), at, account)
            for place, part in enumerate(parts)
        ]  # fmt: skip

    def alone(self, body: object, request: WebhookRequest, positions: Collection[int]) -> Mapping[int, WebhookRequest]:
        """See `Connector.alone`: the body itself, or one part of a list under a delivery id of its own."""
        parts = body if isinstance(body, list) else [body]
        if len(parts) == 1:
            return dict.fromkeys(positions, request)
        own = delivery_id(request.headers)
        return {
            place: replace(
                request,
                headers={**request.headers, **({"webhook-id": _own_id(own, place, len(parts))} if own else {})},
                body=to_bytes(parts[place]),
            )
            for place in positions
        }


def _own_id(delivery: str, place: int, of: int) -> str:
    """The id of one part: that of the delivery, with its place where there are several."""
    return delivery if of == 1 else f"{delivery[:120]}:{place}"


def _part(part: object, delivery: str | None, received_at: datetime, account: Account | None) -> Event | Rejected:
    try:
        return _told(part, delivery, received_at, account)
    except Unfit as unfit:
        reason = str(unfit)
    except Exception as error:  # noqa: BLE001 - an exception would make the sender retry for days
        reason = f"not understood ({type(error).__name__})"
    return Rejected(reason=reason, raw=to_bytes(part), account=account.id if account is not None else None)


def _told(part: object, delivery: str | None, received_at: datetime, account: Account | None) -> Event:
    if account is None:
        raise Unfit("the address names no account; send it to /webhooks/generic/<name of the account>")
    if account.mapping is None:
        raise Unfit("the account has no mapping; write one and name it in the settings")
    if not isinstance(part, dict):
        raise Unfit("a part is a JSON object")
    why = why_not_storable(part)
    if why is not None:
        raise Unfit(why)
    delivered = Delivered(Generic.name, account.id, delivery or digest(part), received_at, account.country)
    return told(account.mapping, part, delivered)
