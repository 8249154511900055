"""A shop's record of a customer, as the shop tells it. A record, not a person: nothing in it links anything.

Whoever fills in a checkout, a newsletter form or a registration writes into such a record, with any e-mail address and
any phone: docs/decisions/0009.
"""

from collections.abc import Iterable
from typing import Literal

from middleware.domain.commerce import Version
from middleware.domain.record import Record

ShopAccountState = Literal["enabled", "disabled", "invited", "declined", "unknown"]
"""Whether the customer has an account in the shop. `disabled` is what a guest has."""

ConsentState = Literal["subscribed", "not_subscribed", "unsubscribed", "pending", "redacted", "invalid", "unknown"]


ConsentChannel = Literal["email", "sms", "phone", "whatsapp", "messenger", "instagram"]


class SourceConsent(Record):
    """What a source says of one customer's consent to marketing on one channel."""

    channel: ConsentChannel
    state: ConsentState
    version: Version


class Customer(Record):
    """One version of a shop's record of a customer.

    `contacts` are the identifier keys that stand in it: claims. `gone`: the shop deleted it, or merged it into the
    record `merged_into` (the shop's id). Then nothing else of it is kept, and no later version brings it back.
    """

    id: str
    version: Version
    account: ShopAccountState = "unknown"
    contacts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    gone: bool = False
    merged_into: str | None = None


def newest_customer(known: Customer | None, incoming: Customer) -> Customer:
    """The newer of two versions of one record. One that is gone stays gone: shops never give an id twice."""
    both = [each for each in (known, incoming) if each is not None]
    gone = [each for each in both if each.gone]
    newest = max(gone or both, key=lambda each: each.version.rank())
    if not gone:
        return newest
    return Customer(
        id=newest.id,
        version=newest.version,
        gone=True,
        merged_into=max((each.merged_into for each in gone if each.merged_into), default=None),
    )


def newest_consents(consents: Iterable[SourceConsent]) -> tuple[SourceConsent, ...]:
    """The newest word on each channel, by channel."""
    newest: dict[str, SourceConsent] = {}
    for consent in consents:
        known = newest.get(consent.channel)
        newest[consent.channel] = consent if known is None or known.version < consent.version else known
    return tuple(newest[channel] for channel in sorted(newest))
