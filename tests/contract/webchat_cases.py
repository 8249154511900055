"""What must come of every envelope of a site. Source: docs/site.md."""

from datetime import timedelta
from typing import Any

from channel_cases import RECEIVED_AT, Case, Expected, Refused

from middleware.domain.events import EventKind as K
from middleware.domain.identifiers import Identifier, IdentifierKind

ITEM = "it_0000000000000001"
KEY = f"Vn3kQ2mXq8PwR71TbYc5LdAeFgHiJkLmNoPqRsTuVw0:{ITEM}"
OURS = "0123456789abcdef0123456789abcdef.0"
ANA = Identifier(IdentifierKind.SITE_ACCOUNT, "glow-site", "ana-7")
ANAS_ADDRESS = Identifier(IdentifierKind.EMAIL, "", "ana@example.com")
MUG = {"amount": 2490, "currency": "EUR", "exponent": 2}


def _case(name: str, *expected: Expected | Refused) -> Case:
    return Case("webchat", name, expected)


def _message(name: str, **fields: Any) -> Case:
    about = {"message": {"id": ITEM, "attachments": (), **fields}, "also": (), "occurred_at": RECEIVED_AT}
    return _case(name, Expected(K.MESSAGE, KEY, about))


def _view(name: str, what: str, **fields: Any) -> Case:
    view = {"what": what, "title": None, "product": None, "price": None, "search": None, "link": None, **fields}
    return _case(name, Expected(K.PAGE_VIEW, KEY, {"view": view, "also": ()}))


def _refused(reason: str) -> Refused:
    return Refused(reason, "glow-site")


CASES: tuple[Case, ...] = (
    _message("text", kind="text", text="Is the red mug in stock? 🙂", payload=None, product_id=None),
    _message("message_about_product", kind="text", product_id="MUG-RED"),
    _message("quick_reply", kind="quick_reply", text="Red", payload="COLOR:RED"),
    _case(
        "page",
        Expected(
            K.PAGE_VIEW,
            KEY,
            {
                "view": {"what": "page", "path": "/pages/shipping", "title": "Shipping - Glow"},
                "occurred_at": RECEIVED_AT - timedelta(milliseconds=1500),
            },
        ),
    ),
    _view("page_with_address", "page", path="/account/[email]/orders/[email]", title="Hello [email] !"),
    _view("product", "product", path="/products/red-mug", title="Red mug", product="red-mug", price=MUG),
    _view("search", "search", path="/search", search="red mug"),
    _view("cart_page", "cart", path="/cart"),
    _view("personal_link", "page", path="/", link="Zk3_mXq8-PwR71TbYc5LdA"),
    _case(
        "cart",
        Expected(
            K.CART,
            KEY,
            {
                "cart": {
                    "token": "Z2NwLXVzLWVhc3QxOjAx",
                    "shop": "glow-site",
                    "total": {"amount": 4980, "currency": "EUR", "exponent": 2},
                    "items": (
                        {
                            "title": "Red mug",
                            "quantity": 2,
                            "variant_id": "44100200300",
                            "sku": "MUG-RED",
                            "price": MUG,
                        },
                    ),
                    "contacts": (),
                    "links": (),
                },
                "view": None,
            },
        ),
    ),
    _case("cart_empty", Expected(K.CART, KEY, {"cart": {"token": KEY.partition(":")[0], "items": (), "total": None}})),
    _case(
        "read",
        Expected(
            K.READ,
            f"{KEY.partition(':')[0]}:read:{OURS}",
            {"receipt": {"status": "read", "message_ids": (OURS,), "correlation_key": OURS}},
        ),
    ),
    # The site has named no shop: a customer's id is nothing without one.
    _case("identify", Expected(K.ACCOUNT_LINKING, KEY, {"topic": "signed_token", "also": (ANA, ANAS_ADDRESS)})),
    _case("text_signed_in", Expected(K.MESSAGE, KEY, {"also": (ANA,), "message": {"text": "And my order?"}})),
    _case(
        "batch",
        Expected(K.PAGE_VIEW, KEY),
        _refused("events holds what is no object"),
        _refused("id is malformed"),
        _refused("what is unknown"),
        _refused("path is missing"),
        _refused("identify without a signed token"),
        _refused("text is missing or too long"),
        _refused("product is missing"),
        _refused("ago is out of range"),
        _refused("items is no list, or too long"),
        Expected(K.MESSAGE, KEY.replace(ITEM, "it_0000000000000009"), {"message": {"text": "hello"}}),
    ),
)
