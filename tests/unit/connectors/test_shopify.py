"""Shopify's webhooks as events."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import HttpClient
from connectors.signatures import base64_signature
from connectors.sources.shopify import Shopify
from middleware.domain.commerce import LineItem, Money, Version
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import Account, WebhookRequest

FIXTURES = Path(__file__).parents[2] / "fixtures" / "connectors" / "shopify"
SHOP = "mugs.myshopify.com"
RECEIVED = datetime(2026, 11, 5, 12, 0, 0, 123_456, tzinfo=UTC)
LINK = "Zk3_mXq8-PwR71TbYc5LdA"
ORDER_TOPICS = ("create", "updated", "paid", "cancelled", "fulfilled", "edited")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def fixture(name: str) -> dict[str, Any]:
    """A fresh copy of a body."""
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def headers(topic: str | None, prefix: str = "x-shopify-", **more: str) -> dict[str, str]:
    """The headers of one delivery; `webhook_id` stands for `webhook-id`."""
    named = {"shop-domain": SHOP, **({"topic": topic} if topic else {})}
    named |= {name.replace("_", "-"): value for name, value in more.items()}
    return {prefix + name: value for name, value in named.items()}


def normalise(body: object, given: Mapping[str, str], account: Account | None = None) -> list[Event | Rejected]:
    """Everything that the connector makes of a body."""
    raw = json.dumps(body).encode()
    return list(Shopify(HttpClient()).normalise(body, WebhookRequest(given, raw), RECEIVED, lambda _: account))


def event(body: object, topic: str | None = "orders/updated", account: Account | None = None, **more: str) -> Event:
    """The one event in a body."""
    (found,) = normalise(body, headers(topic, **more), account)
    assert isinstance(found, Event)
    return found


def changed(name: str, /, **values: object) -> dict[str, Any]:
    """A body with some of its fields replaced."""
    return {**fixture(name), **values}


@pytest.mark.parametrize("header", ["x-shopify-hmac-sha256", "shopify-hmac-sha256"])
def test_both_spellings_of_the_signature_header_count(header: str) -> None:
    """Signed is who signed these very bytes with this secret, under either header name."""
    body = b'{"id":1}'
    request = WebhookRequest({header: base64_signature(body, b"secret")}, body)
    assert Shopify(HttpClient()).is_signed(request, b"secret")
    assert not Shopify(HttpClient()).is_signed(request, b"former secret")
    assert not Shopify(HttpClient()).is_signed(WebhookRequest(request.headers, body + b" "), b"secret")


@pytest.mark.parametrize("value", [None, "", "junk", "é" * 44, "A" * 43 + "="])
def test_a_missing_or_odd_signature_is_no_signature(value: str | None) -> None:
    """Whatever stands in the header, the answer is no and never an exception."""
    given = {} if value is None else {"x-shopify-hmac-sha256": value}
    assert not Shopify(HttpClient()).is_signed(WebhookRequest(given, b"{}"), b"secret")


@pytest.mark.parametrize("topic", [f"orders/{what}" for what in ORDER_TOPICS])
def test_order_topics_tell_an_order(topic: str) -> None:
    """Every order topic anchors at the order and keeps its own name."""
    found = event(fixture("order"), topic)
    assert (found.kind, found.topic, found.cart) == (EventKind.ORDER, topic, None)
    assert found.anchor == Identifier(IdentifierKind.SHOP_ORDER, SHOP, "5311442837697")
    assert found.order is not None


@pytest.mark.parametrize("topic", ["checkouts/create", "checkouts/update"])
def test_checkout_topics_tell_a_cart(topic: str) -> None:
    """Every checkout topic anchors at the checkout's token, which the order names later."""
    found = event(fixture("checkout"), topic)
    order = event(fixture("order")).order
    assert order is not None
    assert order.checkout_token is not None
    assert (found.kind, found.topic, found.order) == (EventKind.CART, topic, None)
    assert found.anchor == Identifier(IdentifierKind.SHOP_CHECKOUT, SHOP, order.checkout_token)
    assert found.cart is not None


@pytest.mark.parametrize(
    "topic",
    ["customers/redact", "customers/data_request", "orders/delete", "checkouts/delete", "collections/update",
     "app/uninstalled", "draft_orders/create", "shop/redact", "something/new"],
)  # fmt: skip
def test_other_topics_are_kept_as_unknown(topic: str) -> None:
    """What is not understood yet is kept whole under its topic and belongs to no identifier."""
    found = event(fixture("order"), topic)
    assert (found.kind, found.topic, found.anchor) == (EventKind.UNKNOWN, topic, None)
    assert (found.order, found.cart) == (None, None)
    assert found.raw == fixture("order")


def test_compliance_bodies_name_their_shop_themselves() -> None:
    """A body read from a file has no headers: the shop domain inside it counts."""
    (found,) = normalise(fixture("customer_redact"), {})
    assert isinstance(found, Event)
    assert (found.kind, found.account) == (EventKind.UNKNOWN, SHOP)


def test_an_order_is_read_in_full() -> None:
    """Number, state, money in shop currency, what is left of the lines, times in UTC."""
    order = event(fixture("order"), webhook_id="w1").order
    assert order is not None
    assert (order.id, order.number, order.state) == ("5311442837697", "#1001", "shipped")
    assert order.total == Money(amount=4980, currency="EUR", exponent=2)
    assert order.items == (
        LineItem(
            title="Stoneware mug (Blue)",
            quantity=1,
            product_id="8201",
            variant_id="44100200300",
            sku="MUG-BLUE",
            price=Money(amount=2490, currency="EUR", exponent=2),
        ),
        LineItem(
            title="Tea towel",
            product_id="8202",
            variant_id="44100200301",
            price=Money(amount=2490, currency="EUR", exponent=2),
        ),
    )
    assert order.created_at == datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)
    assert order.shipped_at == datetime(2026, 11, 4, 16, 3, 11, tzinfo=UTC)
    assert order.cancelled_at is None
    told = Version(at=datetime(2026, 11, 4, 16, 3, 12, tzinfo=UTC), event=f"shopify:{SHOP}:w1")
    assert order.version == told
    assert order.links == (LINK,)


def test_every_contact_of_an_order_is_an_identifier_key() -> None:
    """Phones by the country of their own address, e-mails in lower case, the shop's customer id.

    A national number on the order itself is left out: its two addresses are in two countries.
    """
    account = Account(brand="b", name="mugs", connector="shopify", id=SHOP, country="FR")
    order = event(fixture("order"), account=account).order
    assert order is not None
    assert order.contacts == (
        "email||lea.martin+shop@example.com",
        "email||lea@example.org",
        "phone||+33612345678",
        "phone||+4915123456789",
        f"shop_customer|{SHOP}|7412589630147",
    )


@pytest.mark.parametrize("place", ["email", "contact_email", "customer"])
def test_an_address_counts_wherever_it_stands(place: str) -> None:
    """The order's own e-mail, its contact e-mail and its customer's: any of them alone is enough."""
    missing: dict[str, object] = dict.fromkeys(("email", "contact_email", "customer"))
    address = "Bo@Example.org"
    order = event(changed("order", **(missing | {place: {"email": address} if place == "customer" else address}))).order
    assert order is not None
    assert "email||bo@example.org" in order.contacts


def test_a_national_number_without_any_country_is_left_out() -> None:
    """Without address and account country nobody knows whose number it is."""
    order = event(fixture("order")).order
    assert order is not None
    assert "phone||+33698765432" not in order.contacts
    assert "phone||+4915123456789" in order.contacts


def test_a_checkout_is_read_in_full() -> None:
    """The cart's token, lines, total, contacts and the personal link that led to it."""
    cart = event(fixture("checkout"), "checkouts/update", webhook_id="w2").cart
    assert cart is not None
    assert (cart.token, cart.shop) == ("b4d1a3c2e5f60718293a4b5c6d7e8f90", SHOP)
    assert [(item.title, item.quantity) for item in cart.items] == [("Stoneware mug (Blue)", 2)]
    assert cart.total == Money(amount=4980, currency="EUR", exponent=2)
    assert cart.contacts == ("email||lea@example.org", "phone||+33612345678")
    assert cart.links == (LINK,)
    assert cart.created_at == datetime(2026, 11, 2, 8, 1, tzinfo=UTC)
    assert cart.version.at == datetime(2026, 11, 2, 8, 10, tzinfo=UTC)
    assert cart.completed_at is None


def test_a_completed_checkout_says_when() -> None:
    """A checkout that became an order is known by its time of completion."""
    cart = event(changed("checkout", completed_at="2026-11-02T09:15:29+01:00"), "checkouts/update").cart
    assert cart is not None
    assert cart.completed_at == datetime(2026, 11, 2, 8, 15, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "token"),
    [({}, "b4d1a3c2e5f60718293a4b5c6d7e8f90"), ({"token": None}, "hWN1vQ2rT8xYz0pLmKj4"),
     ({"token": "", "cart_token": None}, "38123456789012")],
)  # fmt: skip
def test_a_checkout_is_named_by_the_best_token_it_has(values: dict[str, object], token: str) -> None:
    """Token, else cart token, else id."""
    found = event(changed("checkout", **values), "checkouts/update")
    assert found.anchor == Identifier(IdentifierKind.SHOP_CHECKOUT, SHOP, token)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"financial_status": "pending", "fulfillment_status": None}, "open"),
        ({"financial_status": "authorized", "fulfillment_status": None}, "open"),
        ({"financial_status": "paid", "fulfillment_status": None}, "paid"),
        ({"financial_status": "paid", "fulfillment_status": "partial"}, "partly_shipped"),
        ({"financial_status": "pending", "fulfillment_status": "fulfilled"}, "shipped"),
        ({"financial_status": "refunded", "fulfillment_status": "fulfilled"}, "refunded"),
        ({"financial_status": "refunded", "cancelled_at": "2026-11-05T09:00:00+01:00"}, "cancelled"),
        ({"financial_status": ["paid"], "fulfillment_status": {"a": 1}}, "open"),
    ],
)
def test_the_state_is_what_says_most(values: dict[str, object], state: str) -> None:
    """Cancelled before refunded before shipped before partly shipped before paid before open."""
    order = event(changed("order", **values)).order
    assert order is not None
    assert order.state == state


def test_a_cancelled_order_says_when() -> None:
    """The time of cancelling comes along."""
    order = event(changed("order", cancelled_at="2026-11-05T09:00:00+01:00")).order
    assert order is not None
    assert order.cancelled_at == datetime(2026, 11, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "number"),
    [({}, "#1001"), ({"name": ""}, "1001"), ({"name": None, "order_number": None}, "1"),
     ({"name": None, "order_number": None, "number": None}, "5311442837697")],
)  # fmt: skip
def test_the_number_is_the_one_the_customer_sees(values: dict[str, object], number: str) -> None:
    """The name first, then the bare numbers, at last the id."""
    order = event(changed("order", **values)).order
    assert order is not None
    assert order.number == number


def test_the_customer_may_be_missing() -> None:
    """Guests, point of sale and withheld personal data: an order without any contact is still an order."""
    missing = dict.fromkeys(("customer", "email", "contact_email", "phone", "billing_address", "shipping_address"))
    order = event(changed("order", **missing)).order
    assert order is not None
    assert order.contacts == ()


@pytest.mark.parametrize("amount", [None, "", "free", "NaN", "1e999999", "1_000", True, {}, [], "1" * 40])
def test_amounts_that_are_none_are_left_out(amount: object) -> None:
    """No price is better than a wrong one."""
    body = changed("order", total_price=amount, current_total_price=amount)
    body["line_items"][0]["price"] = amount
    order = event(body).order
    assert order is not None
    assert order.total is None
    assert order.items[0].price is None


@pytest.mark.parametrize("currency", [None, "", "EURO", 978, "€€€"])
def test_amounts_without_a_currency_are_left_out(currency: object) -> None:
    """An amount says nothing without its currency."""
    order = event(changed("order", currency=currency)).order
    assert order is not None
    assert order.total is None


def test_the_original_total_stands_in_for_a_missing_current_one() -> None:
    """Older bodies have no current total; a current total of nothing is a total."""
    first, second = (event(changed("order", current_total_price=total)).order for total in (None, "0.00"))
    assert first is not None
    assert second is not None
    assert first.total == Money(amount=7470, currency="EUR", exponent=2)
    assert second.total == Money(amount=0, currency="EUR", exponent=2)


def test_a_currency_without_cents_keeps_its_exponent() -> None:
    """Yen have no minor unit."""
    order = event(changed("order", currency="JPY", current_total_price="4980")).order
    assert order is not None
    assert order.total == Money(amount=4980, currency="JPY", exponent=0)


@pytest.mark.parametrize(
    ("attributes", "links"),
    [
        ([{"name": "throughline", "value": LINK}], (LINK,)),
        ({"throughline": LINK}, (LINK,)),
        ([{"name": "throughline", "value": LINK}, {"name": "throughline", "value": LINK}], (LINK,)),
        ([{"name": "throughline", "value": "too-short"}], ()),
        ([{"name": "throughline", "value": LINK + "\n"}], ()),
        ([{"name": "throughline", "value": "{{ 7 * 7 }} and more"}], ()),
        ([{"name": "throughline", "value": 1234567890123456}], ()),
        ([{"name": "Throughline", "value": LINK}], ()),
        ([{"name": "throughline"}, "throughline", None, [], {"name": {}}], ()),
        ({"throughline": [LINK]}, ()),
        (None, ()),
        ("throughline", ()),
    ],
)
def test_only_link_ids_of_ours_are_taken_from_the_attributes(attributes: object, links: tuple[str, ...]) -> None:
    """Attributes are free text of the shop's visitors: only what can be an id of ours counts."""
    order = event(changed("order", note_attributes=attributes)).order
    assert order is not None
    assert order.links == links


@pytest.mark.parametrize(
    ("values", "quantity"),
    [({"quantity": 3}, 3), ({"quantity": 3, "current_quantity": 2}, 2), ({}, 1), ({"quantity": "3"}, 1),
     ({"quantity": False}, 1), ({"quantity": 2**62}, 2**31)],
)  # fmt: skip
def test_a_line_counts_what_is_left_of_it(values: dict[str, object], quantity: int) -> None:
    """The current quantity after edits and refunds, else the ordered one, else one."""
    order = event(changed("order", line_items=[{"title": "Mug", **values}])).order
    assert order is not None
    assert [item.quantity for item in order.items] == [quantity]


def test_odd_lines_do_not_spoil_the_order() -> None:
    """What is no line is left out, what lacks a field goes without it."""
    lines: list[object] = [
        None,
        7,
        "Mug",
        [],
        {},
        {"title": None, "name": "Mug - Blue"},
        {"title": 12, "variant_id": {}},
    ]
    order = event(changed("order", line_items=lines)).order
    assert order is not None
    assert [item.title for item in order.items] == ["", "Mug - Blue", "12"]
    assert event(changed("order", line_items={"title": "Mug"})).order is not None


def test_no_order_is_boundless() -> None:
    """What is kept of one order stays small, however many lines and however long titles a shop sends."""
    order = event(changed("order", line_items=[{"title": "x" * 10_000}] * 1000)).order
    assert order is not None
    assert len(order.items) == 250
    assert {len(item.title) for item in order.items} == {300}


def test_the_delivery_id_is_the_dedup_key() -> None:
    """A retry has the same key whatever else is in its headers; both header spellings give the same key."""
    body = fixture("order")
    first = event(body, webhook_id="b54557e4", event_id="e1")
    (second,) = normalise(body, headers("orders/updated", "shopify-", webhook_id="b54557e4", event_id="e2"))
    assert isinstance(second, Event)
    assert first.key == second.key == f"shopify:{SHOP}:b54557e4"
    assert (first.account, second.account) == (SHOP, SHOP)


def test_without_a_delivery_id_the_content_is_the_dedup_key() -> None:
    """The same content under the same shop and topic is the same event, in whatever order it stands."""
    body = fixture("order")
    turned = dict(reversed(body.items()))
    key = event(body).key
    assert key == event(turned).key
    others = {
        event(changed("order", note="x")).key,
        event(body, "orders/paid").key,
        event(body, shop_domain="tea.myshopify.com").key,
    }
    assert key not in others
    assert len(others) == 3


@pytest.mark.parametrize("webhook_id", ["", " ", "a b", "é", "\udc80", "x" * 200, "a|b"])
def test_headers_that_do_not_fit_are_not_believed(webhook_id: str) -> None:
    """Headers are not signed: a delivery id that is none gives way to the content."""
    assert event(fixture("order"), webhook_id=webhook_id).key == event(fixture("order")).key


@pytest.mark.parametrize("shop", ["", "mugs|x", "../x", "\udc80", "-", "x" * 300])
def test_a_shop_domain_that_is_none_names_no_account(shop: str) -> None:
    """Scopes of identifiers are made of the shop: nothing but a domain gets there."""
    found = event(fixture("order"), shop_domain=shop)
    assert found.account == ""
    assert found.anchor == Identifier(IdentifierKind.SHOP_ORDER, "", "5311442837697")


def test_the_shop_domain_is_lower_case() -> None:
    """One shop is one account, however the header spells it."""
    assert event(fixture("order"), shop_domain="Mugs.MyShopify.com").account == SHOP


def test_times_fall_back_from_body_to_header_to_arrival() -> None:
    """When something happened: updated_at, else Triggered-At, else now; all cut to milliseconds in UTC."""
    body = changed("order", updated_at=None, created_at="soon")
    triggered = event(body, triggered_at="2026-11-04T16:03:12.987654321Z")
    arrived = event(body, triggered_at="never")
    assert triggered.order is not None
    assert triggered.occurred_at == triggered.order.version.at == triggered.order.created_at
    assert triggered.occurred_at == datetime(2026, 11, 4, 16, 3, 12, 987_000, tzinfo=UTC)
    assert arrived.occurred_at == arrived.received_at == datetime(2026, 11, 5, 12, 0, 0, 123_000, tzinfo=UTC)
    assert event(fixture("order")).occurred_at == datetime(2026, 11, 4, 16, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize("time", ["2026-11-04T17:03:12", "2026-11-04", "0001-01-01T00:00:00+14:00", 1793808192, {}])
def test_a_time_that_says_no_moment_is_none(time: object) -> None:
    """No offset, no calendar, no text: then it is not known when."""
    order = event(changed("order", cancelled_at=time)).order
    assert order is not None
    assert order.cancelled_at is None


@pytest.mark.parametrize(
    ("wrapper", "name", "kind"),
    [("order", "order", EventKind.ORDER), ("checkout", "checkout", EventKind.CART)],
)
def test_bodies_without_a_topic_are_known_by_their_keys(wrapper: str, name: str, kind: EventKind) -> None:
    """A file needs no headers: bare, wrapped and listed bodies are recognised and give the same key."""
    body = fixture(name)
    bare, wrapped, listed = (event(each, None) for each in (body, {wrapper: body}, {f"{wrapper}s": [body]}))
    assert {bare.kind, wrapped.kind, listed.kind} == {kind}
    assert bare.key == wrapped.key == listed.key
    assert bare.topic is None
    assert wrapped.raw == listed.raw == body


@pytest.mark.parametrize("body", [{}, {"location": {"id": 1}}, {"id": 1, "token": "t", "line_items": []}])
def test_a_body_that_nothing_tells_is_unknown(body: dict[str, object]) -> None:
    """Carts and the like without a topic are kept whole."""
    found = event(body, None)
    assert (found.kind, found.raw) == (EventKind.UNKNOWN, body)


@pytest.mark.parametrize("webhook_id", [None, "w3"])
def test_a_list_gives_one_event_each(webhook_id: str | None) -> None:
    """Every order of an export has its own key, anchor and slice of the body."""
    orders = [changed("order", id=number) for number in (1, 2, 3)]
    given = headers("orders/updated", **({"webhook_id": webhook_id} if webhook_id else {}))
    found = [each for each in normalise({"orders": orders}, given) if isinstance(each, Event)]
    assert [each.anchor.value for each in found if each.anchor] == ["1", "2", "3"]
    assert len({each.key for each in found}) == 3
    assert [each.raw for each in found] == orders


@pytest.mark.parametrize(
    "given", [headers("orders/updated", webhook_id="w3"), headers("orders/updated"), headers(None)]
)
def test_every_part_can_be_read_again_alone(given: dict[str, str]) -> None:
    """A part of a list, or a body with a single part, is read again as the same event under the same key."""
    for body in ({"orders": [changed("order", id=1), {"note": "no id"}, changed("order", id=3)]}, fixture("order")):
        raw = json.dumps(body).encode()
        parts = normalise(body, given)
        alone = Shopify(HttpClient()).alone(body, WebhookRequest(given, raw), range(len(parts)))
        assert len(alone) == len(parts)
        for place, part in enumerate(parts):
            (again,) = normalise(json.loads(alone[place].body), alone[place].headers)
            assert type(again) is type(part)
            if isinstance(part, Event):
                assert again == part


def test_one_bad_order_does_not_spoil_a_list() -> None:
    """Its neighbours are events; what is kept of it is its own part alone."""
    found = normalise({"orders": [fixture("order"), {"note": "no id"}, 7, changed("order", id=2)]}, headers(None))
    assert [type(each) for each in found] == [Event, Rejected, Rejected, Event]
    assert [each.raw for each in found if isinstance(each, Rejected)] == [b'{"note":"no id"}', b"7"]


def test_an_empty_list_gives_nothing() -> None:
    """An export without orders is no mistake."""
    assert normalise({"orders": []}, headers(None)) == []


@pytest.mark.parametrize("body", [None, [], [{"id": 1}], "order", 1, True])
def test_what_is_no_object_is_refused(body: object) -> None:
    """It is no delivery of a shop at all."""
    with pytest.raises(BodyRefused):
        normalise(body, headers("orders/create"))


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        ("orders/create", {}, "an order without an id"),
        ("orders/create", {"id": None}, "an order without an id"),
        ("orders/create", {"id": ""}, "an order without an id"),
        ("orders/create", {"id": True}, "an order without an id"),
        ("orders/create", {"id": "a b"}, "an order without an id"),
        ("checkouts/update", {"email": "ana@example.com"}, "a checkout without a token"),
    ],
)
def test_a_known_topic_that_cannot_be_understood_is_rejected(topic: str, body: object, reason: str) -> None:
    """The reason is said without the content, and the body is kept as it came."""
    given = headers(topic)
    (found,) = normalise(body, given)
    assert found == Rejected(reason=reason, raw=json.dumps(body).encode(), account=SHOP)


@pytest.mark.parametrize("value", ["\ud800", 2**63, float("inf")])
def test_what_cannot_be_stored_is_rejected(value: object) -> None:
    """A body that the store could not give back goes to quarantine, whatever its topic."""
    for topic in ("orders/create", "checkouts/update", "something/new"):
        (found,) = normalise(changed("order", note=value), headers(topic))
        assert isinstance(found, Rejected)
        assert found.account == SHOP


def test_look_alike_addresses_on_orders_stay_different() -> None:
    """An order with a Cyrillic letter in its e-mail never attests the Latin address."""
    latin, cyrillic = (
        event(changed("order", email=email, contact_email=None, customer=None)).order
        for email in ("ana@example.com", "\u0430na@example.com")
    )
    assert latin is not None
    assert cyrillic is not None
    assert set(latin.contacts).isdisjoint(each for each in cyrillic.contacts if each.startswith("email"))


def test_the_body_is_not_changed() -> None:
    """Normalising reads: what was parsed stays as it came."""
    body = fixture("order")
    before = copy.deepcopy(body)
    event(body)
    assert body == before


def _is_understood(found: list[Event | Rejected]) -> bool:
    """Whether everything became an event or was rejected for a reason that the code foresaw."""
    return all(isinstance(each, Event) or not each.reason.startswith("not understood") for each in found)


@given(
    JSON.filter(lambda value: isinstance(value, dict)),
    st.sampled_from([None, "orders/create", "checkouts/update"]),
)
def test_no_object_makes_the_connector_raise(body: object, topic: str | None) -> None:
    """Any JSON object gives events or rejections."""
    assert _is_understood(normalise(body, headers(topic)))


@given(st.data())
def test_no_value_in_a_known_field_makes_the_connector_raise(data: st.DataObject) -> None:
    """Any JSON in place of any field of a real order or checkout gives an event or a rejection."""
    name, topic = data.draw(st.sampled_from([("order", "orders/create"), ("checkout", "checkouts/update")]))
    body = fixture(name)
    place: Any = data.draw(
        st.sampled_from([body, body["shipping_address"], body["line_items"][0], body.get("customer") or body])
    )
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    found = normalise(body, headers(topic))
    assert len(found) == 1
    assert _is_understood(found)
