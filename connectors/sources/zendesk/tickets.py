"""A ticket of Zendesk: in an event, in a page of the incremental export, or in the body of a trigger's webhook.

Source: Zendesk developers, "Ticket events", "Tickets" and "Incremental exports". It is read by the account's mapping.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.batch import Unclear
from connectors.fields import MAX_MEMBERS, as_id, as_list, as_text
from connectors.mapping import MISSING, first_of, read_time
from connectors.mapping.unfit import Unfit
from connectors.sources.zendesk.telling import Telling
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import IdentifierKind
from middleware.domain.mapping import Path, TicketRule, TimeRule
from middleware.domain.signals import Ticket, TicketState

Body = Mapping[str, Any]

_GONE = frozenset({"soft_deleted", "permanently_deleted", "marked_as_spam"})
_DONE = frozenset({"solved", "closed"})
_NOBODY = frozenset({"0", "-1"})


def ticket_event(body: Body, rule: TicketRule, telling: Telling, what: str = "") -> Event:
    """What is told of a ticket. `what` is the event's own word, such as `status_changed`. Raises Unclear."""
    own = as_id(_found(rule.id, body))
    if own is None:
        raise Unclear("id: a ticket without an id")
    state = _state(rule, body, what)
    version = telling.version(_time(rule.changed_at, body))
    told = Ticket(
        id=own,
        state=state,
        version=version,
        created_at=_time(rule.created_at, body) or version.at,
        requester=_requester(rule, body, telling),
        subject=as_text(_found(rule.subject, body)) or "",
        priority=_word(_found(rule.priority, body)),
        channel=_word(_found(rule.channel, body)),
        tags=_tags(_found(rule.tags, body)),
        url=f"{telling.base}/agent/tickets/{own}" if telling.base else None,
        solved_at=version.at if what == "status_changed" and state in _DONE else None,
    )
    return telling.event(EventKind.TICKET, telling.identifier(IdentifierKind.TICKET, own), ticket=told)


def _found(paths: tuple[Path, ...], body: Body) -> object:
    found = first_of(paths, body)
    return None if found is MISSING else found


def _time(rule: TimeRule | None, body: Body) -> datetime | None:
    """The time, or None for what is none: when it was told counts then."""
    try:
        return read_time(rule, body) if rule is not None else None
    except Unfit:
        return None


def _requester(rule: TicketRule, body: Body, telling: Telling) -> str | None:
    """The key of the record of the help desk user who asked."""
    named = as_id(_found(rule.requester, body))
    if named is None or named in _NOBODY:
        return None
    return telling.identifier(IdentifierKind.SOURCE_RECORD, named).key


def _state(rule: TicketRule, body: Body, what: str) -> TicketState:
    if what in _GONE:
        return "deleted"
    said = _word(_found(rule.state, body))
    return next((each.state for each in rule.states if each.said.casefold() == said), "unknown")


def _word(value: object) -> str | None:
    """One of Zendesk's words in lower case: events have them in capitals, its API has not."""
    word = as_text(value)
    return word.casefold() if word and word != "-" else None


def _tags(value: object) -> tuple[str, ...]:
    """Tags are words without spaces: a list, or (in a trigger's body) a text with spaces between them."""
    words = value.split() if isinstance(value, str) else as_list(value)
    tags = {tag for tag in map(as_text, words) if tag}
    return tuple(sorted(tags)[:MAX_MEMBERS])
