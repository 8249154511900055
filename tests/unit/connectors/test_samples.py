"""The samples are what the connectors understand."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from connectors.http import HttpClient
from connectors.mapping import read_mapping
from connectors.registry import connectors
from connectors.samples import SAMPLES, Sample, SampleItem, SampleRequest, signed
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.ports import Account, Connector, WebhookRequest

AT = datetime(2026, 11, 5, 12, 0, 0, 123_000, tzinfo=UTC)
SECRET = b"app secret"
LINK = "Zk3_mXq8-PwR71TbYc5LdA"

ACCOUNTS = {"messenger": "1001", "instagram": "17841400000000001", "whatsapp": "106540352242922",
            "shopify": "mugs.myshopify.com", "hubspot": "62515", "zendesk": "12514403",
            "generic": "own-shop", "webchat": "glow-site"}  # fmt: skip
SENDERS = {
    "messenger": "7301",
    "instagram": "9902",
    "whatsapp": "ES.9001a",
    "shopify": "",
    "hubspot": "51",
    "zendesk": "20978392",
    "generic": "",
    "webchat": "a-visitor-7301",
}

OWN = read_mapping("record: {id: id, changed_at: updated_at, fields: {email: person.email}}", "own.yaml")

KINDS = {
    "message": EventKind.MESSAGE,
    "ad_message": EventKind.MESSAGE,
    "quick_reply": EventKind.MESSAGE,
    "story_reply": EventKind.MESSAGE,
    "story_mention": EventKind.MESSAGE,
    "image": EventKind.MESSAGE,
    "document": EventKind.MESSAGE,
    "revoke": EventKind.UNSEND,
    "button": EventKind.MESSAGE,
    "list_reply": EventKind.MESSAGE,
    "order": EventKind.MESSAGE,
    "postback": EventKind.POSTBACK,
    "referral": EventKind.REFERRAL,
    "reaction": EventKind.REACTION,
    "read": EventKind.READ,
    "delivery": EventKind.DELIVERY,
    "echo": EventKind.ECHO,
    "unsend": EventKind.UNSEND,
    "edit": EventKind.EDIT,
    "standby": EventKind.STANDBY,
    "optin": EventKind.OPTIN,
    "status": EventKind.STATUS,
    "identity_change": EventKind.IDENTITY_CHANGE,
    "page_view": EventKind.PAGE_VIEW,
    "product_view": EventKind.PAGE_VIEW,
    "search": EventKind.PAGE_VIEW,
    "site_cart": EventKind.CART,
    "signed_in": EventKind.ACCOUNT_LINKING,
    "order_created": EventKind.ORDER,
    "order_paid": EventKind.ORDER,
    "order_fulfilled": EventKind.ORDER,
    "order_cancelled": EventKind.ORDER,
    "order_updated": EventKind.ORDER,
    "refund_created": EventKind.REFUND,
    "shipment_created": EventKind.SHIPMENT,
    "shipment_delivered": EventKind.SHIPMENT,
    "cart_created": EventKind.CART,
    "cart_updated": EventKind.CART,
    "customer_created": EventKind.CUSTOMER,
    "customer_updated": EventKind.CUSTOMER,
    "customer_enabled": EventKind.CUSTOMER,
    "customer_disabled": EventKind.CUSTOMER,
    "customer_deleted": EventKind.CUSTOMER,
    "customer_merged": EventKind.CUSTOMER,
    "email_consent": EventKind.CUSTOMER,
    "text_message_consent": EventKind.CUSTOMER,
    "product_created": EventKind.PRODUCT,
    "product_updated": EventKind.PRODUCT,
    "product_deleted": EventKind.PRODUCT,
    "checkout_created": EventKind.CART,
    "checkout_updated": EventKind.CART,
    **dict.fromkeys(("contact_created", "contact_changed", "contact_promoted", "contact_opted_out"), EventKind.RECORD),
    **dict.fromkeys(("contact_deleted", "contact_erased", "contacts_merged"), EventKind.RECORD),
    **dict.fromkeys(("ticket_created", "ticket_solved"), EventKind.TICKET),
    **dict.fromkeys((f"help_desk_user_{what}" for what in ("created", "named", "deleted")), EventKind.RECORD),
    "record": EventKind.RECORD,
}
"""What every sample has to become."""

EVERY = [(connector, kind) for connector, kinds in SAMPLES.items() for kind in kinds]


def asked(connector: str, **values: object) -> SampleRequest:
    """A request for a sample of a connector."""
    plain = SampleRequest(account_id=ACCOUNTS[connector], sender=SENDERS[connector], at=AT)
    return dataclasses.replace(plain, **values)  # type: ignore[arg-type]


def by_name(name: str) -> Connector:
    """The connector of that name."""
    return next(each for each in connectors(HttpClient()) if each.name == name)


def read(connector: str, sample: Sample) -> Sequence[Event | Rejected]:
    """What the connector makes of a signed sample."""
    raw, headers = signed(connector, sample.body, SECRET, sample.headers)
    request = WebhookRequest(headers, raw)
    assert by_name(connector).is_signed(request, SECRET)
    own = Account("glow", "own", "generic", ACCOUNTS["generic"], mapping=OWN) if connector == "generic" else None
    return by_name(connector).normalise(json.loads(raw), request, AT, lambda _: own)


def event(connector: str, kind: str, **values: object) -> Event:
    """The one event in a sample."""
    (found,) = read(connector, SAMPLES[connector][kind](asked(connector, **values)))
    assert isinstance(found, Event), found
    return found


@pytest.mark.parametrize(("connector", "kind"), EVERY)
def test_a_sample_becomes_what_it_is_called(connector: str, kind: str) -> None:
    """Every sample is signed as the platform signs and becomes one event of its kind, account and time."""
    found = event(connector, kind)
    assert (found.kind, found.connector, found.account) == (KINDS[kind], connector, ACCOUNTS[connector])
    assert abs((found.occurred_at - AT).total_seconds()) < 1


@pytest.mark.parametrize(("connector", "kind"), EVERY)
def test_a_sample_is_made_anew_each_time(connector: str, kind: str) -> None:
    """The same request gives an equal body in plain JSON, and the two share nothing."""
    request = asked(connector)
    first, second = (SAMPLES[connector][kind](request) for _ in range(2))
    assert first == second
    assert json.loads(json.dumps(first.body)) == first.body
    first.body.clear()
    assert second.body


@pytest.mark.parametrize("connector", sorted(SAMPLES))
def test_two_requests_are_two_messages(connector: str) -> None:
    """Without an id of the caller's own, no two samples are taken for a repetition."""
    firsts = {
        "shopify": "order_created",
        "hubspot": "contact_changed",
        "zendesk": "ticket_created",
        "generic": "record",
    }
    kind = firsts.get(connector, "message")
    assert event(connector, kind).key != event(connector, kind).key
    assert event(connector, kind, message_id="m1").key == event(connector, kind, message_id="m1").key


@pytest.mark.parametrize(
    ("connector", "person"),
    [
        ("messenger", Identifier(IdentifierKind.MESSENGER, "1001", "7301")),
        ("instagram", Identifier(IdentifierKind.INSTAGRAM, "17841400000000001", "9902")),
    ],
)
def test_the_sender_is_the_customer_even_in_an_echo(connector: str, person: Identifier) -> None:
    """In an echo the roles are swapped on the wire, and the customer stays the anchor."""
    assert event(connector, "message").anchor == person
    assert event(connector, "echo").anchor == person


@pytest.mark.parametrize("connector", ["messenger", "instagram", "whatsapp"])
def test_text_comes_back_letter_by_letter(connector: str) -> None:
    """Escaped on the wire, and the same afterwards."""
    message = event(connector, "message", text="¿Dónde está? 🐙").message
    assert message is not None
    assert message.text == "¿Dónde está? 🐙"
    raw, _ = signed(connector, SAMPLES[connector]["message"](asked(connector, text="é🐙")).body, SECRET)
    assert b"\\u00e9\\ud83d\\udc19" in raw


@pytest.mark.parametrize("connector", ["messenger", "instagram", "whatsapp"])
def test_an_ad_message_names_its_ad(connector: str) -> None:
    """The ad's id and headline are where each platform puts them."""
    referral = event(connector, "ad_message", ad_id="238", ad_headline="Blue mugs", click_id="c1").referral
    assert referral is not None
    assert (referral.ad_id, referral.headline) == ("238", "Blue mugs")
    assert referral.click_id == ("c1" if connector == "whatsapp" else None)


@pytest.mark.parametrize(("connector", "kind"), [("messenger", "echo"), ("whatsapp", "status")])
def test_our_own_key_comes_back(connector: str, kind: str) -> None:
    """Messenger's echoes carry app and metadata, WhatsApp's statuses the callback data."""
    found = event(connector, kind, metadata="key.0", app_id=42)
    told = found.message or found.receipt
    assert told is not None
    assert told.correlation_key == "key.0"


@pytest.mark.parametrize(
    ("values", "anchor"),
    [
        ({}, IdentifierKind.WHATSAPP),
        ({"phone": "+34612345678"}, IdentifierKind.WHATSAPP),
        ({"sender": "+34612345678"}, IdentifierKind.PHONE),
    ],
)
def test_a_whatsapp_customer_shows_a_user_id_a_phone_or_both(values: dict[str, str], anchor: IdentifierKind) -> None:
    """As in 2026: the number may be missing, and where there is one it is the number that was asked for."""
    found = event("whatsapp", "message", **values)
    known = {each.kind: each.value for each in (found.anchor, *found.also) if each}
    assert found.anchor is not None
    assert found.anchor.kind is anchor
    assert known.get(IdentifierKind.PHONE, "+34612345678") == "+34612345678"
    assert (IdentifierKind.PHONE in known) == bool(values)


def test_an_order_says_what_was_asked_for() -> None:
    """Number, contacts, items and the personal link are the caller's."""
    order = event(
        "shopify",
        "order_fulfilled",
        order_number=2042,
        email="Bo@Example.org",
        phone="+4915123456789",
        link_id=LINK,
        items=(
            SampleItem(title="Tea pot", variant="Red", quantity=2, price="10.00"),
            SampleItem(price="1.50"),
        ),
    ).order
    assert order is not None
    assert (order.number, order.state, order.shipped_at) == ("#2042", "shipped", AT.replace(microsecond=0))
    assert {"email||bo@example.org", "phone||+4915123456789"} < set(order.contacts)
    assert order.links == (LINK,)
    assert order.total is not None
    assert str(order.total.as_decimal()) == "21.50"
    assert [(item.title, item.quantity) for item in order.items] == [
        ("Tea pot (Red)", 2),
        ("Stoneware mug (Blue)", 1),
    ]


@pytest.mark.parametrize(
    ("kind", "state"),
    [("order_created", "open"), ("order_paid", "paid"), ("order_fulfilled", "shipped"),
     ("order_cancelled", "cancelled"), ("order_updated", "open")],
)  # fmt: skip
def test_an_order_is_in_the_state_it_is_called(kind: str, state: str) -> None:
    """Each sample of an order shows the state that its topic tells."""
    order = event("shopify", kind).order
    assert order is not None
    assert order.state == state


def test_a_checkout_and_its_order_belong_together() -> None:
    """The order names the checkout that it came from."""
    cart, order = event("shopify", "checkout_updated").cart, event("shopify", "order_created").order
    assert cart is not None
    assert order is not None
    assert cart.token == order.checkout_token


def test_an_order_can_be_without_contacts() -> None:
    """Without personal data in the request there is none in the order but the customer's id."""
    order = event("shopify", "order_created", email=None, phone=None).order
    assert order is not None
    assert order.contacts == (f"shop_customer|{ACCOUNTS['shopify']}|7001002003004",)


def test_headers_come_along_beside_the_signature() -> None:
    """What is posted is what was signed, with every header that it needs."""
    sample = SAMPLES["shopify"]["order_paid"](asked("shopify", message_id="w1"))
    raw, headers = signed("shopify", sample.body, SECRET, sample.headers)
    assert json.loads(raw) == sample.body
    assert sample.headers.items() < headers.items()
    assert headers["x-shopify-topic"] == "orders/paid"
    assert headers["x-shopify-webhook-id"] == "w1"
    assert "x-shopify-hmac-sha256" in headers


def test_nothing_is_signed_for_a_connector_without_samples() -> None:
    """A wrong name is found at once."""
    with pytest.raises(KeyError):
        signed("telegram", {}, SECRET)
