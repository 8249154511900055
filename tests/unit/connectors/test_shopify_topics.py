"""What Shopify tells beside orders and checkouts: refunds, parcels, carts, customers and products."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import HttpClient
from connectors.mapping import shipped_mapping
from connectors.sources.shopify import Shopify
from connectors.sources.shopify.plain_text import MAX_DESCRIPTION, READ_CHARACTERS, plain_text
from connectors.sources.shopify.topics import TOPICS
from middleware.domain.commerce import Money
from middleware.domain.customer import Customer
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.product import Product, Variant
from middleware.ports import Account, WebhookRequest

FIXTURES = Path(__file__).parents[2] / "fixtures" / "connectors" / "shopify"
SHOP = "mugs.myshopify.com"
RECEIVED = datetime(2026, 11, 5, 12, 0, 0, tzinfo=UTC)
MUGS = Account(
    brand="b", name="mugs", connector="shopify", id=SHOP, country="FR", currency="EUR",
    mapping=shipped_mapping("shopify"),
)  # fmt: skip

ORDER = Identifier(IdentifierKind.SHOP_ORDER, SHOP, "5311442837697")
CART = Identifier(IdentifierKind.SHOP_CART, SHOP, "hWN1vQ2rT8xYz0pLmKj4")
CUSTOMER = Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, "7412589630147")
PRODUCT = Identifier(IdentifierKind.SHOP_PRODUCT, SHOP, "8201")

CASES = [
    ("refunds/create", "refund", EventKind.REFUND, ORDER),
    ("fulfillments/create", "fulfillment", EventKind.SHIPMENT, ORDER),
    ("fulfillments/update", "fulfillment", EventKind.SHIPMENT, ORDER),
    ("carts/create", "cart", EventKind.CART, CART),
    ("carts/update", "cart", EventKind.CART, CART),
    ("customers/create", "customer", EventKind.CUSTOMER, CUSTOMER),
    ("customers/update", "customer", EventKind.CUSTOMER, CUSTOMER),
    ("customers/enable", "customer", EventKind.CUSTOMER, CUSTOMER),
    ("customers/disable", "customer", EventKind.CUSTOMER, CUSTOMER),
    ("customers/delete", "customer_deleted", EventKind.CUSTOMER, CUSTOMER),
    ("customers/merge", "customer_merged", EventKind.CUSTOMER, CUSTOMER),
    ("customers_email_marketing_consent/update", "email_consent", EventKind.CUSTOMER, CUSTOMER),
    ("customers_marketing_consent/update", "text_message_consent", EventKind.CUSTOMER, CUSTOMER),
    ("products/create", "product", EventKind.PRODUCT, PRODUCT),
    ("products/update", "product", EventKind.PRODUCT, PRODUCT),
    ("products/delete", "product_deleted", EventKind.PRODUCT, PRODUCT),
]
"""Topic, fixture, what it becomes, and where that belongs."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def fixture(name: str) -> dict[str, Any]:
    """A fresh copy of a body."""
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return content


def normalise(body: object, topic: str, prefix: str = "x-shopify-") -> list[Event | Rejected]:
    """Everything that the connector makes of a body."""
    given = {f"{prefix}shop-domain": SHOP, f"{prefix}topic": topic, f"{prefix}webhook-id": "w1"}
    given[f"{prefix}triggered-at"] = "2026-11-05T11:59:00.500Z"
    return list(
        Shopify(HttpClient()).normalise(
            body, WebhookRequest(given, json.dumps(body).encode()), RECEIVED, lambda _: MUGS
        )
    )


def event(topic: str, name: str, /, prefix: str = "x-shopify-", **changes: object) -> Event:
    """The one event in a fixture, some of whose fields are replaced."""
    (found,) = normalise({**fixture(name), **changes}, topic, prefix)
    assert isinstance(found, Event)
    return found


def product(**changes: object) -> Product:
    """The product in the fixture."""
    found = event("products/update", "product", **changes).product
    assert found is not None
    return found


def customer(**changes: object) -> Customer:
    """The customer in the fixture."""
    found = event("customers/update", "customer", **changes).customer
    assert found is not None
    return found


@pytest.mark.parametrize("prefix", ["x-shopify-", "shopify-"])
@pytest.mark.parametrize(("topic", "name", "kind", "anchor"), CASES, ids=[case[0] for case in CASES])
def test_every_topic_belongs_somewhere(topic: str, name: str, kind: EventKind, anchor: Identifier, prefix: str) -> None:
    """Under both spellings of the headers: one event, at its anchor, under its own name and key."""
    found = event(topic, name, prefix)
    assert (found.kind, found.anchor, found.topic) == (kind, anchor, topic)
    assert (found.account, found.key) == (SHOP, f"shopify:{SHOP}:w1")
    assert found.raw == fixture(name)


def test_every_topic_that_is_read_has_a_case() -> None:
    """A topic in the table without a fixture here would be read without anybody having seen it."""
    of_orders = {topic for topic in TOPICS if topic.startswith(("orders/", "checkouts/"))}
    assert {case[0] for case in CASES} == set(TOPICS) - of_orders


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_body_that_names_nothing_is_not_an_exception(topic: str) -> None:
    """Without an id it is rejected with a reason that the code foresaw, or kept as unknown."""
    (found,) = normalise({}, topic)
    assert isinstance(found, Rejected) or found.kind is EventKind.UNKNOWN
    assert not isinstance(found, Rejected) or not found.reason.startswith("not understood")


@given(st.sampled_from(CASES), st.data())
def test_no_value_in_a_known_field_makes_the_connector_raise(
    case: tuple[str, str, Any, Any], data: st.DataObject
) -> None:
    """Any JSON in place of any field, at any depth, gives one event or one rejection that the code foresaw."""
    body = fixture(case[1])
    inner = [each for value in body.values() for each in (value if isinstance(value, list) else [value])]
    place: Any = data.draw(st.sampled_from([body, *(each for each in inner if isinstance(each, dict) and each)]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    (found,) = normalise(body, case[0])
    assert isinstance(found, Event) or not found.reason.startswith("not understood")


def test_a_refund_is_what_has_been_given_back() -> None:
    """The refunds that succeeded, added up: not the one under way, not what was only released."""
    refund = event("refunds/create", "refund").refund
    assert refund is not None
    assert (refund.id, refund.order_id) == ("929361463", "5311442837697")
    assert refund.amount == Money(amount=2490, currency="EUR", exponent=2)
    assert refund.version.at == datetime(2026, 11, 4, 16, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "payments",
    [
        [],
        None,
        [{"kind": "refund", "status": "success", "amount": "free", "currency": "EUR"}],
        [{"kind": "refund", "status": "success", "amount": "1.00", "currency": code} for code in ("EUR", "USD")],
    ],
)
def test_a_refund_that_cannot_be_added_up_has_no_amount(payments: object) -> None:
    """No amount is better than a wrong one."""
    refund = event("refunds/create", "refund", transactions=payments).refund
    assert refund is not None
    assert refund.amount is None


def test_an_order_brings_its_refunds_and_parcels() -> None:
    """What is told on its own stands in the order's body, too."""
    body = {**fixture("order"), "refunds": [fixture("refund")], "fulfillments": [fixture("fulfillment")]}
    (found,) = normalise(body, "orders/updated")
    assert isinstance(found, Event)
    assert found.order is not None
    assert found.order.refunded() == Money(amount=2490, currency="EUR", exponent=2)
    assert [parcel.tracking_number for parcel in found.order.parcels()] == ["6A12345678901"]
    assert found.order.original_total == Money(amount=7470, currency="EUR", exponent=2)


def test_a_parcel_says_where_it_can_be_followed() -> None:
    """Carrier, number, link, when it left, and whether it has arrived."""
    on_its_way = event("fulfillments/create", "fulfillment").shipment
    arrived = event("fulfillments/update", "fulfillment", shipment_status="delivered").shipment
    assert on_its_way is not None
    assert arrived is not None
    assert (on_its_way.carrier, on_its_way.tracking_number) == ("Colissimo", "6A12345678901")
    assert on_its_way.tracking_url == "https://www.laposte.example/outils/suivre-vos-envois?code=6A12345678901"
    assert on_its_way.sent_at == datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert (on_its_way.delivered, arrived.delivered, arrived.failed) == (False, True, False)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "//evil.example", "https://a b", "https://a\nb", "x" * 400, "https://é.example", 7,
        "https://a.example/" + "a" * 300,
    ],
)  # fmt: skip
def test_only_a_web_address_is_a_tracking_link(url: object) -> None:
    """What goes into a reply as a link is one, or it is left out."""
    parcel = event("fulfillments/create", "fulfillment", tracking_url=url, tracking_urls=[url]).shipment
    assert parcel is not None
    assert parcel.tracking_url is None


@pytest.mark.parametrize("status", ["cancelled", "error", "failure"])
def test_a_parcel_that_was_called_off_has_failed(status: str) -> None:
    """Then it has not left."""
    parcel = event("fulfillments/update", "fulfillment", status=status).shipment
    assert parcel is not None
    assert parcel.failed


def test_a_cart_bears_nobodys_name() -> None:
    """Token and things; no contact, no link, nothing that anybody typed."""
    cart = event("carts/update", "cart").cart
    assert cart is not None
    assert (cart.token, cart.cart_token, cart.basket) == (CART.value, None, CART.value)
    assert (cart.contacts, cart.is_personal, cart.links) == ((), False, ())
    assert [(item.title, item.quantity, item.variant_id) for item in cart.items] == [
        ("Stoneware mug - Blue", 2, "44100200300")
    ]
    assert cart.version.at == datetime(2026, 11, 2, 8, 5, tzinfo=UTC)


def test_a_checkout_and_its_order_name_their_cart() -> None:
    """All three are one basket."""
    (checkout,) = normalise(fixture("checkout"), "checkouts/update")
    (order,) = normalise(fixture("order"), "orders/create")
    assert isinstance(checkout, Event)
    assert isinstance(order, Event)
    assert checkout.cart is not None
    assert order.order is not None
    assert checkout.cart.basket == order.order.cart_token == CART.value


def test_a_record_of_a_customer_is_read_field_by_field() -> None:
    """Name, contacts and address become fields, as the mapping says; what cannot be what it claims is left out."""
    record = event("customers/update", "customer", email="no address").record
    assert record is not None
    assert {each.field: each.value for each in record.values if each.value is not None} == {
        "first_name": "Léa", "last_name": "Martin", "phone": "+33698765432", "city": "Lyon", "country": "FR",
        "tags": ("newsletter", "vip"),
    }  # fmt: skip


def test_a_record_of_a_customer_is_read() -> None:
    """Account, tags, and the contacts that stand in it: phone by the country of its address, e-mail in lower case."""
    found = customer()
    assert (found.id, found.account, found.tags) == (CUSTOMER.value, "disabled", ("newsletter", "vip"))
    assert found.contacts == ("email||lea@example.org", "phone||+33698765432")
    assert found.version.at == datetime(2026, 11, 2, 8, 15, 31, tzinfo=UTC)
    assert customer(state="something new").account == "unknown"


def test_consents_are_told_with_the_record_and_alone() -> None:
    """Each channel's state with its own time, under either topic, in small letters or capitals."""
    together = event("customers/update", "customer").consents
    alone = [
        *event("customers_email_marketing_consent/update", "email_consent").consents,
        *event("customers_marketing_consent/update", "text_message_consent").consents,
    ]
    assert [(each.channel, each.state) for each in together] == [("email", "subscribed"), ("sms", "not_subscribed")]
    assert together[0].version.at == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert [(each.channel, each.state) for each in alone] == [("email", "unsubscribed"), ("sms", "subscribed")]
    assert alone[0].version.at == datetime(2026, 11, 3, 9, tzinfo=UTC)


def test_a_merge_takes_one_record_into_the_other() -> None:
    """The one that was deleted is gone, and says where to."""
    gone = event("customers/merge", "customer_merged").customer
    assert gone is not None
    assert (gone.id, gone.gone, gone.merged_into) == (CUSTOMER.value, True, "7412589630000")


@pytest.mark.parametrize("status", ["failed", "in_progress", None, ["completed"]])
def test_a_merge_that_did_not_come_about_changes_nothing(status: object) -> None:
    """It is kept as it came."""
    assert event("customers/merge", "customer_merged", status=status).kind is EventKind.UNKNOWN


def test_a_product_is_read_in_full() -> None:
    """Names, picture, description in plain text, prices in the account's currency, what can be had."""
    found = product()
    assert (found.id, found.title, found.handle) == (PRODUCT.key, "Stoneware mug", "stoneware-mug")
    assert found.image == "https://cdn.shop.example/s/files/mug.jpg?v=1"
    assert found.description == "Thrown by hand in Limoges.\nDishwasher safe.\nVegan glaze & cork foot."
    assert found.tags == ("bestseller", "ceramics")
    blue = Money(amount=2490, currency="EUR", exponent=2)
    white = Money(amount=2650, currency="EUR", exponent=2)
    assert found.variants == (
        Variant(id="44100200300", title="Blue", sku="MUG-BLUE", price=blue, available=True),
        Variant(id="44100200302", title="White", price=white, available=False),
    )
    assert (found.prices(), found.available(), found.is_shown) == ((blue, white), True, True)


@pytest.mark.parametrize(
    "changes", [{"status": "draft"}, {"status": "archived"}, {"published_at": None}, {"title": ""}, {"status": 7}]
)
def test_a_product_that_is_not_published_is_not_shown(changes: dict[str, object]) -> None:
    """What the shop has not published yet is its secret."""
    assert not product(**changes).is_shown


@pytest.mark.parametrize(
    ("variant", "available"),
    [
        ({"inventory_policy": "deny", "inventory_management": "shopify", "inventory_quantity": 1}, True),
        ({"inventory_policy": "deny", "inventory_management": "shopify", "inventory_quantity": 0}, False),
        ({"inventory_policy": "deny", "inventory_management": "shopify", "inventory_quantity": -2}, False),
        ({"inventory_policy": "continue", "inventory_management": "shopify", "inventory_quantity": 0}, True),
        ({"inventory_policy": "deny", "inventory_management": None, "inventory_quantity": 0}, True),
        ({"inventory_policy": "deny", "inventory_quantity": 4}, True),
        ({"inventory_policy": "deny", "inventory_quantity": 0}, None),
        ({"inventory_policy": "deny", "inventory_management": "shopify"}, None),
        ({"inventory_policy": "deny", "inventory_management": "shopify", "inventory_quantity": True}, None),
    ],
)
def test_what_can_be_had_is_said_only_when_sure(variant: dict[str, object], available: bool | None) -> None:  # noqa: FBT001 - a case
    """Newer bodies do not say whether stock is counted: then nothing left is no answer."""
    (found,) = product(variants=[{"id": 1, **variant}]).variants
    assert found.available is available


def test_prices_without_a_currency_are_none() -> None:
    """A shop's products name no currency: without the account's there is no price."""
    without = WebhookRequest({"x-shopify-shop-domain": SHOP, "x-shopify-topic": "products/update"}, b"{}")
    (found,) = Shopify(HttpClient()).normalise(fixture("product"), without, RECEIVED, lambda _: None)
    assert isinstance(found, Event)
    assert found.product is not None
    assert found.product.prices() is None


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("100% <em>vegan</em>, <strong>always</strong>", "100% vegan, always"),
        ("a<!-- <p>hidden</p> -->b", "ab"),
        ("a<!-- never closed <p>b</p>", "a"),
        ("<script>if (a < b) { alert('x') }</script>seen", "seen"),
        ("<style>p > a { }</style >seen", "seen"),
        ("<style>never closed", ""),
        ('<a title="a > b" href="x">link</a>', "link"),
        ("5 < 7 and 8 > 6", "5 < 7 and 8 > 6"),
        ("&lt;b&gt; &amp; &#8364;", "<b> & €"),
        ("a\u202eb\u200bc\x00d", "abc d"),
        ("  a \n b\t c ", "a b c"),
        (None, ""),
        (["<p>"], ""),
    ],
)
def test_a_description_is_what_a_reader_sees(source: object, text: str) -> None:
    """Text only: no markup, no scripts, no remarks, no control or direction characters."""
    assert plain_text(source) == text


@given(st.text(alphabet=st.sampled_from("<>!-/\"'= ascriptylep&;\n"), max_size=400))
def test_no_description_is_too_odd(source: str) -> None:
    """Whatever the markup: no exception, within the bound, on clean lines."""
    text = plain_text(source)
    assert len(text) <= MAX_DESCRIPTION
    assert all(line == line.strip() and line for line in text.split("\n") if text)


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<!--", "<a '", '<a "', "<a b='", "<script>", "<!", "</", "<a <", "&", "<aaaa"]
)
def test_a_description_takes_no_longer_than_it_is_long(piece: str) -> None:
    """Pieces that begin markup and never end it cost one look each, however many there are."""
    began = time.process_time()
    plain_text(piece * READ_CHARACTERS)
    assert time.process_time() - began < 1.0


def test_a_long_description_is_cut_between_words() -> None:
    """Bounded, and never half a word."""
    text = plain_text("<p>" + "word " * 1000 + "</p>")
    assert len(text) <= MAX_DESCRIPTION
    assert set(text.split()) == {"word"}
