"""A ticket of Zendesk: in an event, in a page of the incremental export, or from a trigger's template.

Source: Zendesk developers, "Ticket events", "Tickets" and "Incremental exports". All three name the fields alike.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.batch import Unclear
from connectors.fields import MAX_MEMBERS, as_id, as_list, as_moment, as_object, as_text
from connectors.sources.zendesk.telling import Telling
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.signals import Ticket, TicketState

_STATES: Mapping[str, TicketState] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "on_hold",
    "on-hold": "on_hold",
    "on_hold": "on_hold",
    "solved": "solved",
    "closed": "closed",
    "deleted": "deleted",
}
"""Zendesk's word, in lower case. `hold` is what its API calls what agents see as on-hold."""

_GONE = frozenset({"soft_deleted", "permanently_deleted", "marked_as_spam"})
_DONE = frozenset({"solved", "closed"})


def ticket_event(ticket: Mapping[str, Any], telling: Telling, what: str = "") -> Event:
    """What is told of a ticket. `what` is the event's own word, such as `status_changed`. Raises Unclear."""
    own = as_id(ticket.get("id"))
    if own is None:
        raise Unclear("id: a ticket without an id")
    state = _state(ticket, what)
    version = telling.version(as_moment(ticket.get("updated_at")))
    requester = requester_id(ticket)
    record = telling.identifier(IdentifierKind.SOURCE_RECORD, requester) if requester else None
    told = Ticket(
        id=own,
        state=state,
        version=version,
        created_at=as_moment(ticket.get("created_at")) or version.at,
        requester=record.key if record is not None else None,
        subject=as_text(ticket.get("subject")) or as_text(ticket.get("title")) or "",
        priority=_word(ticket.get("priority")),
        channel=_word(as_object(ticket.get("via")).get("channel")) or _word(ticket.get("channel")),
        tags=_tags(ticket.get("tags")),
        url=f"{telling.base}/agent/tickets/{own}" if telling.base else None,
        solved_at=_solved_at(ticket, state, what, version.at),
    )
    return telling.event(EventKind.TICKET, telling.identifier(IdentifierKind.TICKET, own), ticket=told)


def requester_id(ticket: Mapping[str, Any]) -> str | None:
    """The id of the help desk user who asked: 0 is nobody."""
    named = as_id(ticket.get("requester_id")) or as_id(as_object(ticket.get("requester")).get("id"))
    return None if named in {"0", "-1"} else named


def _state(ticket: Mapping[str, Any], what: str) -> TicketState:
    if what in _GONE:
        return "deleted"
    return _STATES.get(_word(ticket.get("status")) or "", "unknown")


def _solved_at(ticket: Mapping[str, Any], state: TicketState, what: str, changed: datetime) -> datetime | None:
    """When it was solved: said by a trigger's template, or the time of the very change."""
    said = as_moment(ticket.get("solved_at"))
    return said or (changed if what == "status_changed" and state in _DONE else None)


def _word(value: object) -> str | None:
    """One of Zendesk's words in lower case: events have them in capitals, the API has not."""
    word = as_text(value)
    return word.lower() if word and word != "-" else None


def _tags(value: object) -> tuple[str, ...]:
    """Tags are words without spaces: a list, or (in a trigger's template) a text with spaces between them."""
    words = value.split() if isinstance(value, str) else as_list(value)
    tags = {tag for tag in map(as_text, words) if tag}
    return tuple(sorted(tags)[:MAX_MEMBERS])
