"""A shop's record of a customer, and what it says of their consent, out of Shopify's bodies.

Field names are those of the REST Admin API resource `Customer` and of the topics `customers_marketing_consent/update`
(text messages), `customers_email_marketing_consent/update` and `customers/merge`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

from connectors.fields import as_moment, as_object, as_text
from connectors.mapping import mapped
from connectors.sources.shopify.fields import as_gid, as_id, as_tags
from connectors.sources.shopify.people import contacts_of_customer
from connectors.sources.shopify.telling import Telling, changed_at
from middleware.domain.customer import ConsentState, Customer, ShopAccountState, SourceConsent
from middleware.domain.source_record import SourceRecord

_CONSENTS: tuple[tuple[str, Literal["email", "sms"]], ...] = (
    ("email_marketing_consent", "email"),
    ("sms_marketing_consent", "sms"),
)
_CONSENT_STATES: tuple[ConsentState, ...] = get_args(ConsentState)
_ACCOUNT_STATES: tuple[ShopAccountState, ...] = get_args(ShopAccountState)


def customer_id(body: Mapping[str, Any]) -> str | None:
    """The customer's id in its shop."""
    return as_id(body.get("id")) or as_id(body.get("customer_id"))


def read_customer(body: Mapping[str, Any], own: str, telling: Telling) -> Customer:
    """The record with the id `own`."""
    return Customer(
        id=own,
        version=telling.version(changed_at(body, telling)),
        account=next((state for state in _ACCOUNT_STATES if state == as_text(body.get("state"))), "unknown"),
        contacts=contacts_of_customer(body, telling),
        tags=as_tags(body.get("tags")),
    )


def read_record(body: Mapping[str, Any], own: str, telling: Telling) -> SourceRecord | None:
    """The same record field by field, as far as the account's mapping reads it."""
    if telling.mapping is None:
        return None
    version = telling.version(changed_at(body, telling))
    values = mapped(telling.mapping, body, version=version, country=telling.country).values
    return SourceRecord(id=own, source="shopify", version=version, values=values)


def gone_customer(own: str, telling: Telling) -> Customer:
    """The record with the id `own` after the shop deleted it. The body says nothing but the id."""
    return Customer(id=own, version=telling.version(None), gone=True)


def read_merge(body: Mapping[str, Any], telling: Telling) -> Customer | None:
    """The record that is gone into another one; None for a merge that did not come about."""
    kept = as_gid(body.get("admin_graphql_api_customer_kept_id"))
    gone = as_gid(body.get("admin_graphql_api_customer_deleted_id"))
    if kept is None or gone is None or kept == gone or as_text(body.get("status")) != "completed":
        return None
    return gone_customer(gone, telling).model_copy(update={"merged_into": kept})


def read_consents(body: Mapping[str, Any], telling: Telling) -> tuple[SourceConsent, ...]:
    """What the body says of the consent on each channel."""
    return tuple(_consents(body, telling))


def _consents(body: Mapping[str, Any], telling: Telling) -> Iterable[SourceConsent]:
    for field, channel in _CONSENTS:
        said = as_object(body.get(field))
        word = (as_text(said.get("state")) or "").lower()
        if word:
            at = as_moment(said.get("consent_updated_at")) or changed_at(body, telling)
            state = next((each for each in _CONSENT_STATES if each == word), "unknown")
            yield SourceConsent(channel=channel, state=state, version=telling.version(at))
