"""A user of Zendesk who is no staff: in an event, in a page of the incremental export, or from a trigger's template.

Source: Zendesk developers, "User events", "Users" and "Incremental exports". All of it is a claim: whoever writes an
e-mail or fills in a form makes such a user, with any address.
"""

from collections.abc import Mapping
from typing import Any

from connectors.batch import Unclear
from connectors.fields import as_id, as_moment, as_object
from connectors.sources.zendesk.telling import Telling
from connectors.told_values import Field, email, language, named, phone, text, told, words
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.source_record import SourceRecord

FIELDS: Mapping[str, Field] = {
    "name": Field("full_name", text),
    "email": Field("email", email),
    "phone": Field("phone", phone),
    "locale": Field("language", language),
    "tags": Field("tags", words),
}
"""Field of Zendesk's user -> field of the profile. A name that Zendesk makes up of an address is a name all the same."""

_STAFF = frozenset({"agent", "admin", "owner", "light_agent", "contributor"})

_GONE = frozenset({"deleted"})
_NEWS: Mapping[str, str] = {"name_changed": "name", "created": "name"}
"""Events whose `event.current` is a value that `detail` does not have."""

_IDENTITIES = frozenset({"identity_created", "identity_changed"})


def is_staff(user: Mapping[str, Any]) -> bool:
    """Whether it is somebody who works for the brand: no customer."""
    return user.get("role") in _STAFF


def user_event(user: Mapping[str, Any], telling: Telling) -> Event:
    """What a page or a template tells of a user: all of it. Raises Unclear."""
    gone = user.get("active") is False
    return _event(user, telling, gone=gone)


def user_news(detail: Mapping[str, Any], event: Mapping[str, Any], telling: Telling, what: str) -> Event:
    """What an event tells of a user: `detail` has the address and no name. Raises Unclear."""
    if what == "merged":
        return _merged(detail, event, telling)
    gone = what in _GONE or (what == "active_changed" and event.get("current") is False)
    return _event({**detail, **_current(event, what)}, telling, gone=gone)


def _current(event: Mapping[str, Any], what: str) -> dict[str, object]:
    current = event.get("current")
    if what in _NEWS and isinstance(current, str):
        return {_NEWS[what]: current}
    identity = as_object(current)
    if what in _IDENTITIES and identity.get("type") == "phone_number":
        return {"phone": identity.get("value")}
    return {}


def _merged(detail: Mapping[str, Any], event: Mapping[str, Any], telling: Telling) -> Event:
    """`detail` is the user that went, `event.user` the one that it went into. Without the latter nothing is said."""
    own, into = as_id(detail.get("id")), as_id(as_object(event.get("user")).get("id"))
    if own is None or into is None or own == into:
        return telling.event(EventKind.UNKNOWN)
    version = telling.version(as_moment(detail.get("updated_at")))
    record = SourceRecord(id=own, source="zendesk", version=version, gone=True, merged_into=into)
    return telling.event(EventKind.RECORD, telling.identifier(IdentifierKind.SOURCE_RECORD, own), record=record)


def _event(user: Mapping[str, Any], telling: Telling, *, gone: bool) -> Event:
    own = as_id(user.get("id"))
    if own is None:
        raise Unclear("id: a user without an id")
    if is_staff(user):
        return telling.event(EventKind.UNKNOWN)
    version = telling.version(as_moment(user.get("updated_at")))
    record = SourceRecord(id=own, source="zendesk", version=version, gone=gone)
    if not gone:
        found = told(FIELDS, user, version, telling.country)
        if found.problems and not any(each.value for each in found.values):
            raise Unclear(named(found.problems))
        record = record.model_copy(update={"values": found.values})
    return telling.event(EventKind.RECORD, telling.identifier(IdentifierKind.SOURCE_RECORD, own), record=record)
