"""A user of Zendesk who is no staff: in an event, in a page of the incremental export, or in a trigger's body.

Source: Zendesk developers, "User events", "Users" and "Incremental exports". All of it is a claim: whoever writes an
e-mail or fills in a form makes such a user, with any address.
"""

from collections.abc import Mapping
from typing import Any

from connectors.batch import Unclear
from connectors.fields import as_id, as_moment, as_object
from connectors.mapping import mapped
from connectors.sources.zendesk.telling import SOURCE, Telling
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.mapping import SourceMapping
from middleware.domain.source_record import SourceRecord

Body = Mapping[str, Any]

_STAFF = frozenset({"agent", "admin", "owner"})
_NAMED_BY = frozenset({"name_changed"})
_IDENTITIES = frozenset({"identity_created", "identity_changed"})
_TAKEN_TOGETHER = "merged"


def user_event(user: Body, mapping: SourceMapping, telling: Telling) -> Event:
    """What a page tells of a user: all of it. One who is not active was deleted or merged away. Raises Unclear."""
    gone = user.get("active") is False
    return _of_customer(user, {**user, "user_tags": user.get("tags")}, mapping, telling, gone=gone, partial=False)


def user_news(detail: Body, news: Body, mapping: SourceMapping, telling: Telling, what: str) -> Event:
    """What an event tells of a user: `detail` has the address, `news` what changed. Raises Unclear.

    Which of two users went in a merge is not documented without doubt, so that nothing is said: the one that went is
    found inactive by the next pull.
    """
    if what == _TAKEN_TOGETHER:
        return telling.event(EventKind.UNKNOWN)
    gone = what == "deleted" or (what == "active_changed" and news.get("current") is False)
    return _of_customer(detail, {**detail, **_current(news, what)}, mapping, telling, gone=gone, partial=True)


def requester_event(body: Body, own: str, mapping: SourceMapping, telling: Telling) -> Event:
    """What a trigger's body tells of who asked. Raises Unclear."""
    return _event(own, body, mapping, telling, gone=False, partial=True)


def _current(news: Body, what: str) -> dict[str, object]:
    """The value that changed, under the name that a user has it."""
    current = news.get("current")
    if what in _NAMED_BY:
        return {"name": current}
    identity = as_object(current)
    if what in _IDENTITIES and identity.get("type") == "phone_number":
        return {"phone": identity.get("value")}
    return {}


def _of_customer(
    user: Body, body: Body, mapping: SourceMapping, telling: Telling, *, gone: bool, partial: bool
) -> Event:
    own = as_id(user.get("id"))
    if own is None:
        raise Unclear("id: a user without an id")
    if user.get("role") in _STAFF:
        return telling.event(EventKind.UNKNOWN)
    return _event(own, body, mapping, telling, gone=gone, partial=partial)


def _event(own: str, body: Body, mapping: SourceMapping, telling: Telling, *, gone: bool, partial: bool) -> Event:
    anchor = telling.identifier(IdentifierKind.SOURCE_RECORD, own)
    version = telling.version(as_moment(body.get("updated_at")))
    if gone:
        record = SourceRecord(id=own, source=SOURCE, version=version, gone=True)
        return telling.event(EventKind.RECORD, anchor, record=record)
    found = mapped(mapping, body, version=version, country=telling.country, partial=partial)
    if found.problems:
        raise Unclear("; ".join(found.problems))
    record = SourceRecord(id=own, source=SOURCE, version=version, values=found.values)
    return telling.event(EventKind.RECORD, anchor, record=record, consents=found.consents)
