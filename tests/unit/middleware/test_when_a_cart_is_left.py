"""When a cart counts as left, and whom nobody reminds of it; the timers of a cart in whatever order its events come."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.commerce import Cart
from middleware.domain.conversation import Conversation, Line
from middleware.domain.events import Event, EventKind, News
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Evidence, PersonalLink
from middleware.domain.profile import Member
from middleware.domain.timers import Timer
from middleware.identity.disclosure import Sight
from middleware.pipeline.left_carts import RINGS_EVERY, wait_for, why_not_told
from tests.unit.middleware.builders import (
    SHOP,
    at,
    cart,
    conversation,
    edge,
    email,
    link_key,
    member,
    order,
    phone,
    profile,
)
from tests.unit.middleware.people import People

ANA, LINK = phone().key, "Zk3_mXq8-PwR71TbYc5LdA"
HOUR = timedelta(hours=1)
NEWS = News(what="cart_abandoned", about="t1", shop=SHOP, after=3_600)


def came_back(*carts: Cart, closed: tuple[str, ...] = (), unasked: bool = False) -> Member:
    """Ana's personal link, through which carts came back."""
    link = PersonalLink(
        issued_to=ANA, conversation_id="c_1", purpose="cart", issued_at=at(0), expires_at=at(9_000), unasked=unasked
    )
    to_her = edge(ANA, Evidence.CARRIED, "personal_link")
    return member(link_key(LINK), to_her, link=link, fragment=Fragment(carts=carts, closed_carts=closed))


def ordered(minutes: float) -> Member:
    """Something else of hers, under which an order stands."""
    return member(email().key, fragment=Fragment(orders=(order(created_at=at(minutes)),)))


def wrote(minutes: float, by: Any = "customer") -> Conversation:
    """A conversation in which somebody wrote then."""
    return conversation(lines=(Line(id="m", by=by, text="hello", at=at(minutes)),))


def why(*members: Member, minutes: float = 66, conversations: tuple[Conversation, ...] = ()) -> str | None:
    """Why Ana is not told so many minutes after the start, of a cart that changed at minute 5."""
    sight = Sight(profile(member(ANA), *members), ANA, at(minutes))
    return why_not_told(sight, conversations, NEWS, at(minutes))


LEFT = cart(version=5)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ((came_back(LEFT),), None),
        ((), "cart_gone"),
        ((came_back(cart(version=5, items=())),), "cart_gone"),
        ((came_back(cart(version=5, is_personal=True)),), "cart_gone"),
        ((came_back(LEFT, closed=("t1",)),), "cart_gone"),
        ((came_back(LEFT, cart("t2", version=7)),), "cart_gone"),
        ((came_back(LEFT, cart("t3", version=4, cart_token="t1", completed_at=at(5))),), "cart_gone"),
        ((came_back(cart(version=7)),), "cart_changed"),
        ((came_back(LEFT, closed=("t9",)),), "ordered_since"),
        ((came_back(LEFT, unasked=True),), "reminded_before"),
        ((came_back(LEFT), ordered(-59)), "ordered_since"),
        ((came_back(LEFT), ordered(-61)), None),
    ],
    ids=[
        "left", "none", "emptied", "somebody typed a name", "ordered", "a newer one", "a checkout of it was completed",
        "changed", "an order by the same link", "a reminder's own link", "ordered since it was begun", "ordered before",
    ],
)  # fmt: skip
def test_why_nobody_is_told(members: tuple[Member, ...], reason: str | None) -> None:
    """Each case has its reason; without one the customer is told."""
    assert why(*members) == reason


@pytest.mark.parametrize(
    ("by", "minutes", "reason"),
    [("customer", 4, None), ("customer", 6, "wrote_since"), ("bot", 6, None)],
)
def test_whoever_wrote_since_is_not_told(by: str, minutes: float, reason: str | None) -> None:
    """What the customer wrote after the cart changed counts, in whichever conversation; what the bot said does not."""
    assert why(came_back(LEFT), conversations=(wrote(1), wrote(minutes, by))) == reason


def test_nobody_is_told_too_early() -> None:
    """Not a second before the time that the flow wants."""
    assert why(came_back(LEFT), minutes=64.99) == "cart_changed"
    assert why(came_back(LEFT), minutes=65) is None


def told(minutes: float, number: int = 0, **parts: Any) -> Event:
    """The shop tells of a checkout of one cart, as it was then."""
    event = f"e{minutes}-{number}"
    checkout = cart("k1", version=minutes, event=event, cart_token="t1", links=(LINK,), **parts)
    return Event(
        key=f"shopify:{event}",
        kind=EventKind.CART,
        connector="shopify",
        account=SHOP,
        occurred_at=at(minutes),
        received_at=at(minutes),
        anchor=Identifier(IdentifierKind.SHOP_CHECKOUT, SHOP, "k1"),
        cart=checkout,
    )


async def timers_after(*events: Event) -> list[Timer]:
    """The timers that there are after the shop told this, earliest first."""
    people = People()
    for event in events:
        await people.told(event)
        await wait_for(people.brand, event, event.received_at)
    return sorted(people.store.all(Timer).values(), key=lambda timer: timer.id)


@given(minutes=st.lists(st.integers(0, 90), min_size=1, max_size=30), again=st.data())
@settings(max_examples=60, deadline=None)
async def test_timers_of_one_cart_are_few(minutes: list[int], again: Any) -> None:
    """In whatever order and however often its events come: one rings at the right time, and there are no more than fit
    into the time between the first change and the last.
    """
    events = [told(each, place) for place, each in enumerate(minutes)]
    repeated = again.draw(st.lists(st.sampled_from(events), max_size=5))
    timers = await timers_after(*events, *repeated)
    last = at(max(minutes)) + HOUR
    assert any(timedelta(0) <= timer.rings_at - last < RINGS_EVERY for timer in timers)
    assert len(timers) <= (max(minutes) - min(minutes)) / 5 + 2
    assert len({timer.event.key for timer in timers}) == len(timers)


async def test_what_leaves_no_timer() -> None:
    """A cart without a link of ours, an empty one, one that is an order, and one that changed long ago."""
    assert await timers_after(told(0, items=())) == []
    assert await timers_after(told(0, completed_at=at(0))) == []
    assert await timers_after(told(-121).model_copy(update={"received_at": at(0)})) == []
    no_link = told(0)
    assert no_link.cart is not None
    bare = no_link.cart.model_copy(update={"links": ()})
    assert await timers_after(no_link.model_copy(update={"cart": bare})) == []
    assert len(await timers_after(told(0))) == 1
