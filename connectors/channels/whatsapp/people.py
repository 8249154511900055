"""Who it is about: business-scoped ids, phones, and the contact that belongs to one message.

A phone may be missing, and a business-scoped id has been seen in the fields for phones, so an id is known by
its form and not by its field. Source: WhatsApp Cloud API reference (identity block).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from connectors import meta
from connectors.batch import Unclear
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.ports import Account

_BUSINESS_SCOPED = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_PHONE = re.compile(r"\+?([1-9][0-9]{4,14})", re.ASCII)


class Person(NamedTuple):
    """Everything by which the platform names one person in one event: the best identifier, and the others."""

    anchor: Identifier | None = None
    also: tuple[Identifier, ...] = ()
    name: str | None = None


def scope_of(account: Account | None) -> str:
    """What an account's business-scoped ids are scoped to: empty where the brand has only one portfolio."""
    return (account.portfolio if account else None) or ""


def identifier_of(value: object, scope: str) -> Identifier | None:
    """The identifier in an id field, None for an empty one. Raises `Unclear` for what is neither kind."""
    if value is None or value == "":
        return None
    text = meta.identifier(value, "customer id")
    if _BUSINESS_SCOPED.fullmatch(text):
        return Identifier(IdentifierKind.WHATSAPP, scope, text)
    phone = _PHONE.fullmatch(text)
    if phone is None:
        raise Unclear("customer id is neither a phone number nor a business-scoped id")
    return Identifier(IdentifierKind.PHONE, "", f"+{phone[1]}")


def person_of(values: Iterable[object], scope: str, contact: dict[str, Any] | None = None) -> Person:
    """The person behind the id fields of an item and of its own contact.

    The business-scoped id comes first: the phone may be missing next time. Of each kind the first counts, so
    that a contact adds what the item lacks and overrules nothing.
    """
    own = contact or {}
    read: list[object] = []
    scoped = phone = None
    for value in (*values, own.get("user_id"), own.get("wa_id")):
        if value is None or value in read:
            continue
        read.append(value)
        found = identifier_of(value, scope)
        if found is not None and found.kind is IdentifierKind.PHONE:
            phone = phone or found
        else:
            scoped = scoped or found
    name = meta.title(meta.part(own.get("profile")).get("name"))
    return Person(scoped or phone, (phone,) if scoped and phone else (), name)


def contacts_by_id(value: object) -> Mapping[str, dict[str, Any]]:
    """The contacts of a change by each of their ids."""
    contacts = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    named = [(contact.get(field), contact) for contact in contacts for field in ("user_id", "wa_id")]
    return {name: contact for name, contact in named if isinstance(name, str) and name}


def contact_of(contacts: Mapping[str, dict[str, Any]], values: Iterable[object]) -> dict[str, Any] | None:
    """The contact that bears one of these ids. A batch holds many people's: never simply the first."""
    found = (contacts.get(value) for value in values if isinstance(value, str))
    return next((contact for contact in found if contact is not None), None)
