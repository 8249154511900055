"""One notice of HubSpot's webhooks: what happened to one contact. Source: HubSpot developers, "Webhooks API".

What is of no contact, or not known, is kept as it came.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from connectors.batch import Slice, Unclear
from connectors.body import digest, to_bytes
from connectors.fields import MAX_MEMBERS, as_id, as_list, as_milliseconds, as_text
from connectors.sources.hubspot.contact import Reader
from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.source_record import SourceRecord

SOURCE = "hubspot"
ReaderOf = Callable[[str], Reader]
"""From a portal's id to the way in which its contacts are read."""

_CONTACT_TYPE = "0-1"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `contact` is whom it is about, None where it is about no contact; `gone` whom a merge took away."""

    item: dict[str, Any]
    portal: str
    what: str
    contact: str | None
    key: str
    at: datetime
    received_at: datetime
    reader: Reader
    gone: str | None = None

    @property
    def version(self) -> Version:
        """The version of what it tells: told by when it happened."""
        return Version(at=self.at, event=self.key)


def notice_slices(item: object, received_at: datetime, reader_of: ReaderOf) -> Iterator[Slice]:
    """The slices of one member of a delivery: one, and of a merge one for each contact that it took away."""
    if isinstance(item, dict) and _what(item) == "merge":
        merged = _merged(item)
        if merged is not None:
            yield from (_slice(_merge_of(item, gone), received_at, reader_of) for gone in merged)
            return
    yield _slice(item, received_at, reader_of)


def _slice(item: object, received_at: datetime, reader_of: ReaderOf) -> Slice:
    portal = as_id(item.get("portalId")) if isinstance(item, dict) else None
    return Slice(
        raw=item,
        account=portal,
        read=partial(_event, item, portal, received_at, reader_of),
        alone=partial(to_bytes, [item]),
    )


def _what(item: Mapping[str, Any]) -> str:
    """What happened to a contact, such as `creation`; empty for what is about no contact."""
    subject, _, what = (as_text(item.get("subscriptionType")) or "").partition(".")
    is_contact = subject == "contact" or (subject == "object" and as_text(item.get("objectTypeId")) == _CONTACT_TYPE)
    return what if is_contact else ""


def _kept(item: Mapping[str, Any]) -> str | None:
    """The contact that two became: a new one in some cases, else the first of them."""
    return as_id(item.get("newObjectId")) or as_id(item.get("primaryObjectId"))


def _merged(item: Mapping[str, Any]) -> list[str] | None:
    """The contacts that a merge took away; None where it cannot be said."""
    members, kept = as_list(item.get("mergedObjectIds")), _kept(item)
    gone = [as_id(each) for each in (*members, item.get("primaryObjectId"))]
    if kept is None or not members or len(members) > MAX_MEMBERS or None in gone:
        return None
    return sorted({each for each in gone if each is not None and each != kept}) or None


def _merge_of(item: Mapping[str, Any], gone: str) -> dict[str, Any]:
    """The notice as if it had taken away this contact alone."""
    return {**item, "mergedObjectIds": [gone], "primaryObjectId": _kept(item)}


def _event(item: object, portal: str | None, received_at: datetime, reader_of: ReaderOf) -> Event:
    if not isinstance(item, dict):
        raise Unclear("a notice is a JSON object")
    if portal is None:
        raise Unclear("portalId: a notice of no portal")
    notice = _notice(item, portal, received_at, reader_of(portal))
    read = _READERS.get(notice.what)
    if read is None:
        return _told(notice, EventKind.UNKNOWN)
    if notice.contact is None:
        raise Unclear("objectId: a notice of no contact")
    return read(notice)


def _notice(item: dict[str, Any], portal: str, received_at: datetime, reader: Reader) -> Notice:
    what, at = _what(item), as_milliseconds(item.get("occurredAt"))
    gone = next(iter(_merged(item) or ()), None) if what == "merge" else None
    parts = [as_id(item.get(name)) for name in ("subscriptionId", "eventId", "objectId")]
    if at is not None and None not in parts:
        own = ":".join((*(each or "" for each in parts), str(item["occurredAt"])))
    else:
        own = _digest(item)
    return Notice(
        item=item,
        portal=portal,
        what=what,
        contact=gone or as_id(item.get("objectId")),
        key=f"{SOURCE}:{portal}:{own}" + (f":{gone}" if gone else ""),
        at=at or received_at,
        received_at=received_at,
        reader=reader,
        gone=gone,
    )


def _digest(item: Mapping[str, Any]) -> str:
    """What names a notice without ids of its own: the same content, however often it was tried, is the same notice."""
    content = {name: value for name, value in item.items() if name != "attemptNumber"}
    return digest(content)


def _record(notice: Notice, **facts: object) -> SourceRecord:
    known = {"id": notice.contact, "source": SOURCE, "version": notice.version}
    return SourceRecord.model_validate({**known, **facts})


def _creation(notice: Notice) -> Event:
    """A contact was made. What it says comes in notices of their own, or with a pull."""
    return _told(notice, EventKind.RECORD, record=_record(notice))


def _change(notice: Notice) -> Event:
    """One property changed."""
    name = as_text(notice.item.get("propertyName"))
    if name is None or "propertyValue" not in notice.item:
        raise Unclear("propertyName, propertyValue: a change of nothing")
    found = notice.reader.read({name: notice.item["propertyValue"]}, notice.version, partial=True)
    return _told(notice, EventKind.RECORD, record=_record(notice, values=found.values), consents=found.consents)


def _deletion(notice: Notice) -> Event:
    return _told(notice, EventKind.RECORD, record=_record(notice, gone=True))


def _privacy_deletion(notice: Notice) -> Event:
    """Deleted because the person wanted to be forgotten."""
    return _told(notice, EventKind.RECORD, record=_record(notice, gone=True, erased=True))


def _merge(notice: Notice) -> Event:
    if notice.gone is None:
        raise Unclear("mergedObjectIds, primaryObjectId: a merge of nothing")
    return _told(notice, EventKind.RECORD, record=_record(notice, gone=True, merged_into=_kept(notice.item)))


_READERS: Mapping[str, Callable[[Notice], Event]] = {
    "creation": _creation,
    "propertyChange": _change,
    "deletion": _deletion,
    "privacyDeletion": _privacy_deletion,
    "merge": _merge,
}
"""What happened to a contact -> how it is read.

`associationChange` says with which company or deal a contact goes together, which is nothing of the person. `restore`
brings back what was deleted; a record that is gone stays gone here, until somebody makes a new one.
"""


def _told(notice: Notice, kind: EventKind, **facts: object) -> Event:
    is_known = kind is EventKind.RECORD and notice.contact is not None
    anchor = record_identifier(notice.portal, notice.contact or "") if is_known else None
    return Event.model_validate(
        {
            **facts,
            "key": notice.key,
            "kind": kind,
            "connector": SOURCE,
            "account": notice.portal,
            "occurred_at": notice.at,
            "received_at": notice.received_at,
            "anchor": anchor,
            "topic": as_text(notice.item.get("subscriptionType")),
            "raw": notice.item,
        }
    )


def record_identifier(portal: str, contact: str) -> Identifier:
    """The identifier of a portal's record of a contact."""
    return Identifier(IdentifierKind.SOURCE_RECORD, f"{SOURCE}:{portal}", contact)
