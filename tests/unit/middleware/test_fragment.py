"""Fragments: whatever the order and however often, the same facts give the same fragment, byte for byte."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.commerce import LineItem, Money, Refund, Shipment, Version
from middleware.domain.customer import Customer, SourceConsent
from middleware.domain.fragment import KEPT_CARTS, KEPT_CLOSED, KEPT_ORDERS, AdClick, Fragment, Name
from tests.unit.middleware.builders import at, cart, order

Fact = Callable[[Fragment], Fragment]


def money(amount: int) -> Money:
    """An amount in euros, in cents."""
    return Money(amount=amount, currency="EUR", exponent=2)


@dataclass(frozen=True)
class Told:
    """One fact about one identifier: what it does to a fragment."""

    what: str
    absorbed_by: Fact

    def __repr__(self) -> str:
        return self.what


def _order_fact(number: int, version: int, event: str, links: tuple[str, ...]) -> Told:
    told = order(number, version=version, event=event, links=links, contacts=(f"email||{version}{event}@example.com",))
    return Told(f"order {number} v{version}{event} {links}", lambda fragment: fragment.with_order(told))


def _cart_fact(token: str, version: int, event: str, links: tuple[str, ...]) -> Told:
    told = cart(
        token,
        version=version,
        event=event,
        links=links,
        items=(LineItem(title=f"{version}{event}"),),
        contacts=(f"phone||{version}", "email||x")[: version % 3],
        is_personal=version > 1,
    )
    return Told(f"cart {token} v{version}{event} {links}", lambda fragment: fragment.with_cart(told))


def _click_fact(minute: int, event: str) -> Told:
    click = AdClick(key=event, at=at(minute), channel="messenger", ad_id=f"ad-{minute}-{event}")
    return Told(f"click {minute}{event}", lambda fragment: fragment.with_click(click))


def _name_fact(minute: int, event: str) -> Told:
    name = Name(value=f"name-{minute}-{event}", at=at(minute), event=event)
    return Told(f"name {minute}{event}", lambda fragment: fragment.with_name(name))


def _refund_fact(number: int, version: int, event: str) -> Told:
    refund = Refund(
        id=f"r{number}{version % 2}",
        order_id=str(number),
        version=Version(at=at(version), event=event),
        amount=money(version),
    )
    return Told(f"refund {number} v{version}{event}", lambda fragment: fragment.with_refund(refund))


def _parcel_fact(number: int, version: int, event: str) -> Told:
    parcel = Shipment(
        id=f"p{number}{version % 2}",
        order_id=str(number),
        version=Version(at=at(version), event=event),
        sent_at=at(version),
        tracking_number=f"{version}{event}",
    )
    return Told(f"parcel {number} v{version}{event}", lambda fragment: fragment.with_shipment(parcel))


def _customer_fact(version: int, event: str) -> Told:
    gone = version == 2
    told = Customer(
        id="7001",
        version=Version(at=at(version), event=event),
        contacts=() if gone else (f"email||{version}@example.com",),
        gone=gone,
        merged_into=f"7002{event}" if gone and event == "b" else None,
    )
    return Told(f"customer v{version}{event}", lambda fragment: fragment.with_customer(told))


def _consent_fact(version: int, event: str) -> Told:
    said = SourceConsent(
        channel="sms" if version % 2 else "email",
        state="subscribed" if event == "a" else "unsubscribed",
        version=Version(at=at(version), event=event),
    )
    return Told(f"consent v{version}{event}", lambda fragment: fragment.with_consents((said,)))


def _shop_fact(kind: str, number: int, version: int, event: str) -> Told:
    """A refund, a parcel, a record of a customer, or a consent."""
    if kind in "rp":
        return (_refund_fact if kind == "r" else _parcel_fact)(number, version, event)
    return (_customer_fact if kind == "u" else _consent_fact)(version, event)


def _closed_fact(tokens: tuple[str, ...]) -> Told:
    return Told(f"closed {tokens}", lambda fragment: fragment.with_closed_carts(tokens))


def _seen_fact(minute: int) -> Told:
    return Told(f"seen {minute}", lambda fragment: fragment.seen_at(at(minute)))


_MINUTES = st.integers(0, 3)
_EVENTS = st.sampled_from("ab")
_LINKS = st.lists(st.sampled_from(["link-a", "link-b", "link-c"]), max_size=3, unique=True).map(tuple)
_TOKENS = st.sampled_from(["t1", "t2", "t3"])


@st.composite
def _facts(draw: st.DrawFn) -> list[Told]:
    """Facts of all kinds. Two facts of one entity with one version are one event, so they are equal."""
    links: dict[tuple[object, ...], tuple[str, ...]] = {}

    def links_of(*what: object) -> tuple[str, ...]:
        return links.setdefault(what, draw(_LINKS))

    facts = []
    for kind in draw(st.lists(st.sampled_from("ocknsxrpuw"), min_size=1, max_size=14)):
        minute, event = draw(_MINUTES), draw(_EVENTS)
        if kind == "o":
            number = draw(st.integers(1, 3))
            facts.append(_order_fact(number, minute, event, links_of("o", number, minute, event)))
        elif kind == "c":
            token = draw(_TOKENS)
            facts.append(_cart_fact(token, minute, event, links_of("c", token, minute, event)))
        elif kind == "k":
            facts.append(_click_fact(minute, event))
        elif kind == "n":
            facts.append(_name_fact(minute, event))
        elif kind in "rpuw":
            facts.append(_shop_fact(kind, draw(st.integers(1, 3)), minute, event))
        elif kind == "s":
            facts.append(_seen_fact(minute))
        else:
            facts.append(_closed_fact(tuple(draw(st.lists(_TOKENS, max_size=3)))))
    return facts


def _absorbed(facts: Sequence[Told]) -> str:
    fragment = Fragment()
    for fact in facts:
        fragment = fact.absorbed_by(fragment)
    return fragment.model_dump_json()


@given(_facts(), st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_repetition_give_the_same_bytes(
    facts: list[Told], dice: random.Random, data: st.DataObject
) -> None:
    """The same facts, shuffled and some of them told again, give a byte-equal fragment."""
    again = data.draw(st.lists(st.sampled_from(facts), max_size=8), label="told again")
    other = [*facts, *again]
    dice.shuffle(other)
    assert _absorbed(other) == _absorbed(facts)


def test_one_order_told_twice_is_the_order_told_once() -> None:
    """The links of an order are in one and the same sequence however often it was told."""
    told = order(links=("link-b", "link-a"))
    once = Fragment().with_order(told)
    assert once.with_order(told).model_dump_json() == once.model_dump_json()


def test_one_cart_told_twice_is_the_cart_told_once() -> None:
    """The links of a cart are in one and the same sequence however often it was told."""
    told = cart(links=("link-b", "link-a"))
    once = Fragment().with_cart(told)
    assert once.with_cart(told).model_dump_json() == once.model_dump_json()


_DICE = st.randoms(use_true_random=False)


@pytest.mark.parametrize("more", [0, 1, 30])
@settings(max_examples=10, deadline=None)
@given(_DICE)
def test_only_the_youngest_orders_are_kept(more: int, dice: random.Random) -> None:
    """Of more orders than are kept the ones created last stay, in whatever sequence they come."""
    # `order` dates an order the earlier the higher its number: #1 is the youngest.
    numbers = list(range(1, KEPT_ORDERS + more + 1))
    dice.shuffle(numbers)
    fragment = Fragment()
    for number in numbers:
        fragment = fragment.with_order(order(number))
    assert [kept.number for kept in fragment.orders] == [f"#{number}" for number in range(KEPT_ORDERS, 0, -1)]


@settings(max_examples=10, deadline=None)
@given(_DICE)
def test_versions_of_orders_beyond_the_bound_commute(dice: random.Random) -> None:
    """An order that fell out does not come back in another version, and one that stays has its newest version."""
    told = [(number, version) for number in range(1, KEPT_ORDERS + 6) for version in (0, 1)]
    dice.shuffle(told)
    fragment = Fragment()
    for number, version in told:
        fragment = fragment.with_order(order(number, version=version, state="paid" if version else "open"))
    assert [kept.number for kept in fragment.orders] == [f"#{number}" for number in range(KEPT_ORDERS, 0, -1)]
    assert {kept.state for kept in fragment.orders} == {"paid"}


@settings(max_examples=10, deadline=None)
@given(_DICE)
def test_only_the_youngest_carts_are_kept(dice: random.Random) -> None:
    """Of more carts than are kept the ones created last stay, ties by token, in whatever sequence they come."""
    ages = list(range(KEPT_CARTS + 5))
    dice.shuffle(ages)
    fragment = Fragment()
    for age in ages:
        fragment = fragment.with_cart(cart(f"t{age:02}", created_at=at(-(age // 2))))
    # Ages 24 to 20 fall out; of 20 and 21, created at the same time, the smaller token is the older one.
    kept = sorted(range(KEPT_CARTS + 5), key=lambda age: (-(age // 2), f"t{age:02}"))[5:]
    assert [each.token for each in fragment.carts] == [f"t{age:02}" for age in kept]
    assert [each.token for each in fragment.carts][:2] == ["t18", "t19"]


@settings(max_examples=10, deadline=None)
@given(_DICE)
def test_bounded_closed_carts_commute(dice: random.Random) -> None:
    """Of more closed carts than are kept the same ones stay, one by one or all at once."""
    tokens = [f"t{number:03}" for number in range(KEPT_CLOSED + 7)]
    at_once = Fragment().with_closed_carts(tokens)
    dice.shuffle(tokens)
    fragment = Fragment()
    for token in tokens:
        fragment = fragment.with_closed_carts((token,))
    assert fragment == at_once
    assert len(fragment.closed_carts) == KEPT_CLOSED


def test_the_newest_version_wins() -> None:
    """A later change of the source replaces an earlier one, whichever comes first."""
    older, newer = order(version=1, state="paid"), order(version=2, state="shipped")
    assert Fragment().with_order(older).with_order(newer).orders[0].state == "shipped"
    assert Fragment().with_order(newer).with_order(older).orders[0].state == "shipped"


def test_ties_are_decided_by_the_event_key() -> None:
    """Of two versions with one time the one whose event has the greater key counts, whichever comes first."""
    left, right = order(version=1, event="a", state="paid"), order(version=1, event="b", state="cancelled")
    assert Fragment().with_order(left).with_order(right).orders[0].state == "cancelled"
    assert Fragment().with_order(right).with_order(left).orders[0].state == "cancelled"


def test_a_cart_keeps_links_that_a_later_version_does_not_name() -> None:
    """A link that came back once stays with the cart: a shop may leave attributes out later."""
    with_link, without = cart(version=1, links=("link-a",)), cart(version=2)
    assert Fragment().with_cart(with_link).with_cart(without).carts[0].links == ("link-a",)
    assert Fragment().with_cart(without).with_cart(with_link).carts[0].links == ("link-a",)


@pytest.mark.parametrize("closed_first", [True, False])
def test_a_closed_cart_stays_closed(closed_first: bool) -> None:  # noqa: FBT001 - a case
    """A cart that became an order is not open, whether the order or a late version of the cart comes last."""
    fragment = Fragment()
    if closed_first:
        fragment = fragment.with_closed_carts(("t1",)).with_cart(cart("t1", version=1)).with_cart(cart("t1", version=9))
    else:
        fragment = fragment.with_cart(cart("t1", version=9)).with_closed_carts(("t1",))
    assert fragment.with_cart(cart("t2")).open_carts() == (cart("t2"),)


def test_completed_and_empty_carts_are_not_open() -> None:
    """A cart that the shop calls completed, and one with nothing in it, are nothing to go on with."""
    done, empty = cart("t1", completed_at=at(1)), cart("t2", items=())
    assert Fragment().with_cart(done).with_cart(empty).open_carts() == ()


def test_open_carts_come_with_the_oldest_version_first() -> None:
    """The cart that changed last comes last."""
    fragment = Fragment().with_cart(cart("t1", version=5)).with_cart(cart("t2", version=3))
    assert [each.token for each in fragment.open_carts()] == ["t2", "t1"]


def test_first_and_last_click_are_kept() -> None:
    """Of three clicks the first and the last stay, in whatever order they come."""
    clicks = [AdClick(key=key, at=at(minute), channel="messenger") for minute, key in ((2, "b"), (1, "z"), (2, "a"))]
    fragment = Fragment()
    for click in clicks:
        fragment = fragment.with_click(click)
    assert fragment.first_click is not None
    assert fragment.last_click is not None
    assert (fragment.first_click.key, fragment.last_click.key) == ("z", "b")


def _refund(own: str, amount: int | None, currency: str = "EUR") -> Refund:
    given = None if amount is None else Money(amount=amount, currency=currency, exponent=2)
    return Refund(id=own, order_id="1001", version=Version(at=at(5), event=own), amount=given)


@pytest.mark.parametrize("first", ["order", "refund"])
def test_all_money_back_makes_an_order_refunded(first: str) -> None:
    """Before the order's own news say so, and whether the refund or the order comes first."""
    told, back = order(1001, state="shipped", original_total=money(2490)), _refund("r1", 2490)
    fragment = Fragment()
    for each in (told, back) if first == "order" else (back, told):
        fragment = fragment.with_order(each) if each is told else fragment.with_refund(back)
    assert fragment.orders[0].present_state() == "refunded"
    assert (fragment.orders[0].refunded(), fragment.refunds) == (money(2490), ())


@pytest.mark.parametrize(
    ("refunds", "state", "refunded"),
    [
        ((), "shipped", None),
        ((_refund("r1", 1000),), "shipped", 1000),
        ((_refund("r1", 1000), _refund("r2", 1490)), "refunded", 2490),
        ((_refund("r1", 2490, "USD"),), "shipped", 2490),
        ((_refund("r1", 1000), _refund("r2", 1490, "USD")), "shipped", None),
        ((_refund("r1", 2490), _refund("r2", None)), "shipped", None),
        ((_refund("r1", 0),), "shipped", None),
    ],
)
def test_refunds_add_up_or_say_nothing(refunds: tuple[Refund, ...], state: str, refunded: int | None) -> None:
    """In one currency they are a sum; what cannot be added up is no amount, and ends no order."""
    told = order(1001, state="shipped", original_total=money(2490), refunds=refunds)
    known = told.refunded()
    assert told.present_state() == state
    assert (known.amount if known else None) == refunded


def test_a_cancelled_order_stays_cancelled() -> None:
    """What ended it says more than that the money went back."""
    told = order(1001, state="cancelled", original_total=money(2490), refunds=(_refund("r1", 2490),))
    assert told.present_state() == "cancelled"


def test_nothing_is_left_of_a_customer_who_is_gone() -> None:
    """Neither contacts nor consents, also of what is told of them later."""
    fragment = Fragment()
    for told in (_customer_fact(1, "a"), _consent_fact(1, "a"), _customer_fact(2, "a"), _customer_fact(3, "a")):
        fragment = told.absorbed_by(fragment)
    fragment = _consent_fact(3, "b").absorbed_by(fragment)
    assert fragment.customer is not None
    assert (fragment.customer.gone, fragment.customer.contacts, fragment.consents) == (True, (), ())
