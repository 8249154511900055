"""Lengths of time and acts, in the words of whoever reads them."""

from datetime import datetime, timedelta

from middleware.console.visit import Visit
from middleware.domain.agents import Act, Assigned, Paused, ProofAsked, TagsChanged, TookOver


def span(visit: Visit, length: timedelta) -> str:
    """A length of time to the minute: `2 h 10 min`."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return visit.text("conversations.span.days", d=days, h=hours)
    if hours:
        return visit.text("conversations.span.hours", h=hours, m=minutes % 60)
    return visit.text("conversations.span.minutes", m=minutes)


def act_in_words(visit: Visit, act: Act) -> str:
    """What was done, without who did it: `closed it`."""
    match act:
        case TookOver(until=until) | Paused(until=until):
            key = f"conversations.did.{act.what}{'_until' if until is not None else ''}"
            return visit.text(key, until=_short(visit, until))
        case Assigned(to=to):
            return visit.text(f"conversations.did.{'assign' if to is not None else 'assign_nobody'}", to=to or "")
        case ProofAsked(masked=masked):
            return visit.text("conversations.did.proof", masked=masked)
        case TagsChanged(add=add, remove=remove):
            tags = ", ".join([*(f"+{each}" for each in add), *(f"-{each}" for each in remove)])
            return visit.text("conversations.did.tag", tags=tags)
    return visit.text(f"conversations.did.{act.what}")


def _short(visit: Visit, until: datetime | None) -> str:
    return visit.language.short(until, visit.now) if until is not None else ""
