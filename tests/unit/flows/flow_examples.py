"""Contexts, events and channels as the pipeline hands them to the flows: made-up examples."""

from datetime import UTC, datetime
from typing import Any

from middleware.domain.channels import CHANNELS
from middleware.domain.commerce import LineItem, Money
from middleware.domain.context import (
    AdClickView,
    Block,
    CartView,
    ClickView,
    Context,
    ConversationView,
    IdentityView,
    LinkOffer,
    MessageView,
    OrdersView,
    OrderView,
    Policy,
    ProductView,
    ProfileView,
)
from middleware.domain.conversation import Owner, Window
from middleware.domain.events import Event, EventKind, Message, Referral
from middleware.domain.identifiers import Identifier, IdentifierKind, Level

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

INSTAGRAM, MESSENGER, WHATSAPP = (CHANNELS[name] for name in ("instagram", "messenger", "whatsapp"))


def euros(cents: int) -> Money:
    """An amount in euros."""
    return Money(amount=cents, currency="EUR", exponent=2)


def an_order(number: str = "#1001", **fields: Any) -> OrderView:
    """An order that was sent off, unless the fields say otherwise."""
    known: dict[str, Any] = {
        "state": "shipped",
        "created_at": NOON,
        "shipped_at": NOON,
        "items": (LineItem(title="Linen shirt"), LineItem(title="Wool socks", quantity=2)),
        "total": euros(4990),
    }
    return OrderView(number=number, **{**known, **fields})


def orders_block(*orders: OrderView, state: Any = "fresh") -> Block[OrdersView]:
    """The orders block, newest first."""
    value = OrdersView(latest=orders[0], all=orders, count=len(orders))
    return Block[OrdersView](state=state, needs_level=Level.LINKED, value=value)


def cart_block(*titles: str, state: Any = "fresh") -> Block[CartView]:
    """An open cart with these things in it."""
    items = tuple(LineItem(title=title) for title in titles)
    value = CartView(items=items, total=euros(7980), updated_at=NOON)
    return Block[CartView](state=state, needs_level=Level.CARRIED, value=value)


def click_block(**fields: Any) -> Block[AdClickView]:
    """An ad click."""
    first = ClickView(at=NOON, channel="instagram")
    value = AdClickView(at=NOON, channel="instagram", first=first, **fields)
    return Block[AdClickView](state="fresh", needs_level=Level.CHANNEL, value=value)


def product_block(title: str, *, source: str = "shopify", **fields: Any) -> Block[ProductView]:
    """The product that the message is about: that of the ad, unless the fields say otherwise."""
    value = ProductView(title=title, **{"why": "ad_click", **fields})
    return Block[ProductView](state="fresh", needs_level=Level.NEW, value=value, source=source)


def offers(*purposes: str) -> dict[str, LinkOffer]:
    """Personal links on offer."""
    return {purpose: LinkOffer(id=f"id-{purpose}", url=f"https://shop.example/l/{purpose}") for purpose in purposes}


def a_context(*, locale: str | None = None, name: str | None = None, **fields: Any) -> Context:
    """A context without blocks, unless the fields bring some."""
    channel = fields.pop("channel", "instagram")
    known: dict[str, Any] = {
        "trace_id": "t",
        "at": NOON,
        "message": MessageView(id="m", channel=channel, account="a", kind="text", sent_at=NOON, locale=locale),
        "conversation": ConversationView(
            id="c", owner=Owner.BOT, window=Window(open=True, why="w"), first_message=False
        ),
        "identity": IdentityView(level=Level.CHANNEL),
        "profile": ProfileView(name=name),
        "policy": Policy(may_reply=True, may_promote=False),
    }
    return Context(**{**known, **fields})


def an_event(text: str = "", *, kind: EventKind = EventKind.MESSAGE, **fields: Any) -> Event:
    """A message of these words; further fields are those of the message, `referral` that of the event."""
    referral: Referral | None = fields.pop("referral", None)
    message = Message(id="m", text=text, **{"kind": "text", **fields})
    return Event(
        key="k",
        kind=kind,
        connector="instagram",
        account="a",
        occurred_at=NOON,
        received_at=NOON,
        anchor=Identifier(IdentifierKind.INSTAGRAM, "a", "1"),
        message=message,
        referral=referral,
    )
