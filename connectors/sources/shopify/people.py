"""Who stands on an order, a checkout or a customer's record: phones, addresses and the shop's id of the customer."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.contacts import email_identifier, phone_identifier
from connectors.fields import as_object, as_text
from connectors.sources.shopify.fields import as_id
from connectors.sources.shopify.telling import Telling
from middleware.domain.identifiers import Identifier, IdentifierKind

ADDRESSES = ("billing_address", "shipping_address")


def contacts_of(body: Mapping[str, Any], telling: Telling) -> tuple[str, ...]:
    """The keys of all identifiers of a person that stand in an order or a checkout."""
    return tuple(sorted({found.key for found in _identifiers(body, telling) if found}))


def contacts_of_customer(body: Mapping[str, Any], telling: Telling) -> tuple[str, ...]:
    """The keys of e-mail and phone that stand in a shop's record of a customer."""
    address = as_object(body.get("default_address"))
    country = as_text(address.get("country_code")) or telling.country
    found = (_email(body.get("email")), _phone(body.get("phone"), country))
    return tuple(sorted(each.key for each in found if each))


def _identifiers(body: Mapping[str, Any], telling: Telling) -> Iterable[Identifier | None]:
    customer = as_object(body.get("customer"))
    addresses = [as_object(body.get(field)) for field in ADDRESSES]
    country = _country(addresses, telling)
    yield _phone(body.get("phone"), country)
    yield _phone(customer.get("phone"), country)
    for address in addresses:
        yield _phone(address.get("phone"), as_text(address.get("country_code")) or country)
    for email in (body.get("email"), body.get("contact_email"), customer.get("email")):
        yield _email(email)
    number = as_id(customer.get("id"))
    yield Identifier(IdentifierKind.SHOP_CUSTOMER, telling.shop, number) if number else None


def _country(addresses: list[Mapping[str, Any]], telling: Telling) -> str | None:
    """The country in which a national number is read: that of the addresses, if they agree; without any, the brand's.

    A number read in the wrong country is a stranger's.
    """
    named = {as_text(address.get("country_code")) for address in addresses} - {None}
    if not named:
        return telling.country
    return named.pop() if len(named) == 1 else None


def _phone(value: object, country: str | None) -> Identifier | None:
    return phone_identifier(value, country) if isinstance(value, str) else None


def _email(value: object) -> Identifier | None:
    return email_identifier(value) if isinstance(value, str) else None
