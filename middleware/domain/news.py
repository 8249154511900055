"""News: which of the things that sources tell a customer can be told about in a conversation."""

from datetime import datetime, timedelta

from middleware.domain.events import Event, EventKind, News

NEW_FOR = timedelta(hours=1)
"""How old what happened may be: what a source tells of its past is no news."""


def news_in(event: Event, now: datetime) -> News | None:
    """What of an event is news at `now`: an order that was just placed, a ticket that was just solved, a cart that may
    have been left by now.
    """
    order, ticket = event.order, event.ticket
    if order is not None and order.state != "cancelled" and now - order.created_at <= NEW_FOR:
        return News(what="order_placed", about=order.id)
    if ticket is not None and ticket.state == "solved" and now - (ticket.solved_at or ticket.version.at) <= NEW_FOR:
        return News(what="ticket_solved", about=ticket.id)
    return event.news if event.kind is EventKind.CART_LEFT and now - event.occurred_at <= NEW_FOR else None


def is_of_cart(news: News) -> bool:
    """Whether it says that a cart was left."""
    return news.what == "cart_abandoned"


def key_of(news: News, scope: str) -> str:
    """The dedup key of the event that tells it, `scope` being where its thing is: one thing is one piece of news.

    A cart is one for each time that a flow wants.
    """
    after = f":{news.after}" if news.after is not None else ""
    return f"news:{news.what}:{news.shop or scope}:{news.about}{after}"
