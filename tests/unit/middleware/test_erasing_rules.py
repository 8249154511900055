"""What an event about somebody who was erased means, and how they are found in bytes that nobody could read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from middleware.domain.commerce import Cart, Order, Version
from middleware.domain.erasing import Forgotten, fate_of, without_forgotten
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.pipeline.erasing.needles import Needles

T = datetime(2026, 11, 1, 12, tzinfo=UTC)
PHONE = Identifier(IdentifierKind.PHONE, "", "+34600111222")
MAIL = Identifier(IdentifierKind.EMAIL, "", "ana@example.com")
OTHER = Identifier(IdentifierKind.SHOP_CUSTOMER, "glow", "9")
ORDER = Identifier(IdentifierKind.SHOP_ORDER, "glow", "1001")
DONE = {each.key: Forgotten(id="x", at=T, is_open=False) for each in (PHONE, MAIL)}
OPEN = {PHONE.key: Forgotten(id="x", at=T)}


def told(kind: EventKind, minutes: int, anchor: Identifier | None = PHONE, **more: Any) -> Event:
    """An event so long after the erasure."""
    at = T + timedelta(minutes=minutes)
    return Event(key="k", kind=kind, connector="c", account="a", occurred_at=at, received_at=at, anchor=anchor, **more)


def ordered(minutes: int, *contacts: Identifier, changed: int = 60) -> Event:
    """An order that was placed so long after the erasure, and has changed since."""
    order = Order(id="1001", number="#1", state="paid", created_at=T + timedelta(minutes=minutes),
                  version=Version(at=T, event="k"), contacts=tuple(each.key for each in contacts))  # fmt: skip
    return told(EventKind.ORDER, changed, ORDER, order=order, raw={"mail": "ana@example.com"})


@pytest.mark.parametrize(
    ("event", "back", "fate"),
    [
        (told(EventKind.MESSAGE, -1), (), "dropped"),
        (told(EventKind.MESSAGE, 0), (), "dropped"),
        (told(EventKind.MESSAGE, 1), (), "kept"),
        (told(EventKind.MESSAGE, -1), (PHONE.key,), "dropped"),
        (told(EventKind.READ, 1), (), "dropped"),
        (told(EventKind.READ, 1), (PHONE.key,), "kept"),
        (told(EventKind.RECORD, 1), (), "dropped"),
        (told(EventKind.TIMER, 1), (), "dropped"),
        (told(EventKind.AGENT, 1), (), "dropped"),
        (told(EventKind.ENGINE_REPLY, 1), (), "dropped"),
        (told(EventKind.MESSAGE, -1, MAIL, also=(PHONE,)), (), "dropped"),
        (told(EventKind.MESSAGE, -1, OTHER), (), "kept"),
        (told(EventKind.ACCOUNT, -1, None), (), "kept"),
        (ordered(-1, PHONE, MAIL), (), "dropped"),
        (ordered(1, PHONE, MAIL), (), "kept"),
        (ordered(-1, PHONE, Identifier(IdentifierKind.EMAIL, "", "b@example.com")), (), "dropped"),
        (ordered(-1, PHONE, OTHER), (), "kept"),
        (ordered(-1, OTHER), (), "kept"),
    ],
)
def test_what_of_before_is_dropped(event: Event, back: tuple[str, ...], fate: str) -> None:
    """By when it happened, and whether the person did it or was only told of; somebody else's is kept."""
    assert fate_of(event, DONE, back) == fate


def test_what_is_somebody_elses_as_well_is_kept_without_them() -> None:
    """An order with another profile's customer on it loses the forgotten contacts and the raw body, no more."""
    event = ordered(-1, PHONE, MAIL, OTHER)
    assert fate_of(event, DONE, (), {OTHER.key}) == "kept"
    left = without_forgotten(event, DONE)
    assert left.order is not None
    assert (left.order.contacts, left.raw) == ((OTHER.key,), {})
    assert without_forgotten(ordered(1, PHONE, OTHER), DONE).raw != {}, "placed after it: told as it is"


def test_while_it_is_deleted_what_is_new_waits() -> None:
    """Acts wait, news do not come in, and what is of before is dropped at once."""
    assert fate_of(told(EventKind.MESSAGE, 1), OPEN, (PHONE.key,)) == "waits"
    assert fate_of(told(EventKind.READ, 1), OPEN, (PHONE.key,)) == "dropped"
    assert fate_of(told(EventKind.MESSAGE, -1), OPEN, (PHONE.key,)) == "dropped"


def test_a_cart_that_only_they_were_typed_into_is_theirs() -> None:
    """As old as its beginning, whatever changes in it."""
    cart = Cart(token="t", created_at=T - timedelta(days=1), version=Version(at=T, event="k"), shop="glow",
                contacts=(MAIL.key,))  # fmt: skip
    checkout = Identifier(IdentifierKind.SHOP_CHECKOUT, "glow", "t")
    assert fate_of(told(EventKind.CART, 9, checkout, cart=cart), DONE, ()) == "dropped"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"from": "34600111222"}', True),
        (b'{"from": "+34600111222"}', True),
        (b'{"mail": "ANA\\u0040example.com"}', True),
        (b'{"mail": "diana@example.com"}', False),
        (b'{"from": "346001112223"}', False),
        (b"\xff\xfe ana@example.com", True),
        (b'{"id": 9}', False),
        (b"", False),
    ],
)
def test_needles(raw: bytes, found: bool) -> None:  # noqa: FBT001 - a table
    """Whole words, escaped or not, in any case; a short id is not looked for, since it stands in much."""
    assert Needles([PHONE.key, MAIL.key, OTHER.key]).are_in(raw) is found
