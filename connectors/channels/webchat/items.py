"""The items of an envelope, one by one: page views, carts, messages, receipts.

All of it is what some browser says, so all of it is bounded, and what would tell who somebody is goes no further: of
an address only the path is kept, and e-mail addresses in paths, titles and searches are struck out.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from connectors import meta
from connectors.batch import Unclear
from middleware.domain.commerce import Cart, LineItem, Money, Version
from middleware.domain.events import Message, Receipt
from middleware.domain.signals import PageView

STRUCK_OUT = "[email]"

_LONGEST_MESSAGE = 4_000
_LONGEST_PATH = 512
_LONGEST_TEXT = 200
_LONGEST_PRODUCT = 128
_MOST_LINES = 50
_MOST_PIECES = 100_000

_LINK = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
_OUR_KEY = re.compile(r"[!-~]{1,100}", re.ASCII)

Item = Mapping[str, Any]
What = Literal["page", "product", "search", "cart"]


def view(item: Item, key: str, at: datetime) -> PageView:
    """A look at a page."""
    product = _short(item.get("product"), _LONGEST_PRODUCT)
    if item["what"] == "product" and product is None:
        raise Unclear("product is missing")
    return PageView(
        key=key,
        at=at,
        what=item["what"],
        path=_path(item.get("path")),
        title=_short(item.get("title"), _LONGEST_TEXT),
        product=product,
        price=amount(item.get("price"), item.get("currency")),
        search=_short(item.get("search"), _LONGEST_TEXT),
        link=link(item.get("link")),
    )


def cart(item: Item, version: Version, visitor: str, shop: str) -> Cart:
    """What is in the visitor's cart. One that the site gives no token of is the visitor's only one."""
    lines, currency, came_by = item["items"], item.get("currency"), link(item.get("link"))
    if not isinstance(lines, list) or len(lines) > _MOST_LINES:
        raise Unclear("items is no list, or too long")
    return Cart(
        token=_token(item.get("token")) or visitor,
        created_at=version.at,
        version=version,
        shop=shop,
        items=tuple(_line(meta.record(line, "items"), currency) for line in lines),
        total=amount(item.get("total"), currency),
        links=(came_by,) if came_by is not None else (),
    )


def _token(value: object) -> str | None:
    """The token of a cart, without the key behind the `?` that opens it (Shopify)."""
    if value is None:
        return None
    token = value.partition("?")[0] if isinstance(value, str) else ""
    if not _TOKEN.fullmatch(token):
        raise Unclear("token is malformed")
    return token


def _line(line: Item, currency: object) -> LineItem:
    title, quantity = _short(line.get("title"), _LONGEST_TEXT), line.get("quantity", 1)
    if title is None:
        raise Unclear("items.title is missing")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= _MOST_PIECES:
        raise Unclear("items.quantity is out of range")
    return LineItem(
        title=title,
        quantity=quantity,
        variant_id=_short(line.get("variant"), _LONGEST_PRODUCT),
        sku=_short(line.get("sku"), _LONGEST_PRODUCT),
        price=amount(line.get("price"), currency),
    )


def message(item: Item, own: str) -> Message:
    """What the visitor wrote, or the button that they pressed."""
    text, payload = item.get("text"), item.get("payload")
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_MESSAGE:
        raise Unclear("text is missing or too long")
    if payload is not None and (meta.whole(payload) is None or len(payload) > _LONGEST_MESSAGE):
        raise Unclear("payload is malformed")
    return Message(
        id=own,
        kind="text" if payload is None else "quick_reply",
        text=text.strip(),
        payload=payload,
        product_id=_short(item.get("product"), _LONGEST_PRODUCT),
    )


def receipt(item: Item) -> Receipt:
    """That a message of ours was shown. Its id is our own key, which settles one whose fate was unknown."""
    shown = item.get("message")
    if not isinstance(shown, str) or not _OUR_KEY.fullmatch(shown):
        raise Unclear("message is malformed")
    return Receipt(status="read", message_ids=(shown,), correlation_key=shown)


def link(value: object) -> str | None:
    """The id of a personal link; None for what cannot be one."""
    return value if isinstance(value, str) and _LINK.fullmatch(value) else None


def amount(value: object, currency: object) -> Money | None:
    """Money from a decimal text or number; None for what is none."""
    text = str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    if not isinstance(currency, str) or not _AMOUNT.fullmatch(text):
        return None
    try:
        return Money.parse(text, currency)
    except ValueError:
        return None


def _path(value: object) -> str:
    """The path of an address: no query, no fragment, and no segment that holds an e-mail address."""
    if not isinstance(value, str) or not value.startswith("/"):
        raise Unclear("path is missing")
    path = value[: 4 * _LONGEST_PATH].partition("?")[0].partition("#")[0]
    return "/".join(STRUCK_OUT if _has_address(each) else each for each in path.split("/"))[:_LONGEST_PATH]


def _short(value: object, most: int) -> str | None:
    """A short text on one line without e-mail addresses; None for what is none."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else value
    if not isinstance(text, str):
        return None
    words = (STRUCK_OUT if _has_address(word) else word for word in text[: 4 * most].split())
    return " ".join(words)[:most] or None


def _has_address(text: str) -> bool:
    """Whether an e-mail address may stand there, be it escaped more than once."""
    for _ in range(3):
        if "@" in text:
            return True
        text = unquote(text)
    return "@" in text
