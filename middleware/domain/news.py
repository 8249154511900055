"""News: which of the things that sources tell a customer can be told about in a conversation."""

from datetime import datetime, timedelta

from middleware.domain.events import Event, News

NEW_FOR = timedelta(hours=1)
"""How old what happened may be: what a source tells of its past is no news."""


def news_in(event: Event, now: datetime) -> News | None:
    """What of a source's event is news at `now`: an order that was just placed, a ticket that was just solved."""
    order, ticket = event.order, event.ticket
    if order is not None and order.state != "cancelled" and now - order.created_at <= NEW_FOR:
        return News(what="order_placed", about=order.id)
    if ticket is not None and ticket.state == "solved" and now - (ticket.solved_at or ticket.version.at) <= NEW_FOR:
        return News(what="ticket_solved", about=ticket.id)
    return None
