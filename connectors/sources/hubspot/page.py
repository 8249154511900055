"""A page of contacts as HubSpot's API gives it, in a body of our own: `{"portalId": ..., "contacts": [...]}`.

Source: HubSpot developers, "CRM API: Contacts". Each member has `id`, `properties`, `createdAt`, `updatedAt` and
`archived`; one with `mergedInto` is ours: a contact that another one has taken in.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from connectors.batch import Slice, Unclear
from connectors.body import to_bytes
from connectors.fields import as_id, as_moment, as_object
from connectors.sources.hubspot.contact import Reader, merged_ids
from connectors.sources.hubspot.notices import SOURCE, record_identifier
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind
from middleware.domain.source_record import SourceRecord

PORTAL = "portalId"
CONTACTS = "contacts"
MERGED_INTO = "mergedInto"


def page_of(portal: str, contacts: Sequence[object]) -> dict[str, Any]:
    """The body for contacts as the API gave them; whom they have taken in stands behind them."""
    merged = [
        {"id": gone, MERGED_INTO: contact["id"], "updatedAt": contact.get("updatedAt")}
        for contact in contacts
        if isinstance(contact, dict) and as_id(contact.get("id"))
        for gone in merged_ids(as_object(contact.get("properties")))
    ]
    return {PORTAL: portal, CONTACTS: [*contacts, *merged]}


def contact_slices(
    contacts: Sequence[object], portal: str | None, received_at: datetime, reader: Reader | None
) -> Iterator[Slice]:
    """The slices of a page, one for each member."""
    for contact in contacts:
        yield Slice(
            raw=contact,
            account=portal,
            read=partial(_event, contact, portal, received_at, reader),
            alone=partial(to_bytes, {PORTAL: portal, CONTACTS: [contact]}),
        )


def _event(contact: object, portal: str | None, received_at: datetime, reader: Reader | None) -> Event:
    if not isinstance(contact, dict) or portal is None or reader is None:
        raise Unclear("portalId, contacts: no contact of a portal")
    own, at = as_id(contact.get("id")), as_moment(contact.get("updatedAt"))
    if own is None or at is None:
        raise Unclear("id, updatedAt: a contact without them")
    into = as_id(contact.get(MERGED_INTO))
    key = f"{SOURCE}:{portal}:contact:{own}:" + (f"merged:{into}" if into else at.isoformat(timespec="milliseconds"))
    version = Version(at=at, event=key)
    return Event(
        key=key,
        kind=EventKind.RECORD,
        connector=SOURCE,
        account=portal,
        occurred_at=at,
        received_at=received_at,
        anchor=record_identifier(portal, own),
        topic="contact",
        raw=contact,
        **_facts(contact, own, version, reader),
    )


def _facts(contact: Mapping[str, Any], own: str, version: Version, reader: Reader) -> dict[str, Any]:
    """What the contact says."""
    into = as_id(contact.get(MERGED_INTO))
    if into is not None or contact.get("archived") is True:
        return {"record": SourceRecord(id=own, source=SOURCE, version=version, gone=True, merged_into=into)}
    found = reader.read(as_object(contact.get("properties")), version, partial=False)
    record = SourceRecord(id=own, source=SOURCE, version=version, values=found.values)
    return {"record": record, "consents": found.consents}
