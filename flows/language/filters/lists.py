"""Filters of lists, and the summaries of products and orders."""

from babel.lists import format_list

from flows.language.errors import UnfitValue
from flows.language.filters.numbers import money
from flows.language.filters.values import items_of, text_of
from flows.language.locality import Locality
from middleware.domain.text import fitted

SHOWN = 3
"""Products that a summary names, where it is not told otherwise."""
MOST_SHOWN = 5
TITLE_LENGTH = 60
_TIMES = " \N{MULTIPLICATION SIGN} "


def listed(locality: Locality, value: object, field: str | None = None) -> str:
    """The elements, or one field of each, as an enumeration."""
    texts = [text_of(_field(item, field)) for item in items_of(value)]
    return format_list(texts, locale=locality.locale)


def first(_: Locality, value: object) -> object:
    """The first element."""
    return next(iter(items_of(value)), None)


def last(_: Locality, value: object) -> object:
    """The last element."""
    return next(iter(items_of(value)[::-1]), None)


def summary(locality: Locality, value: object, shown: int = SHOWN) -> str | None:
    """Products with their number, one product with its price, or an order with its number, products and total."""
    if isinstance(value, list):
        return _products(value, shown) or None
    match value if isinstance(value, dict) else {}:
        case {"number": str(number), **order}:
            products = _products(order.get("items") or [], shown)
            return _priced(locality, f"{number}: {products}" if products else number, order.get("total"))
        case {"title": str(title), **product}:
            return _priced(locality, _product(product, title), product.get("price"))
    raise UnfitValue("products, a product or an order were needed, and this is none")


def _priced(locality: Locality, said: str, price: object) -> str:
    return said if price is None else f"{said} ({money(locality, price)})"


def _products(items: object, shown: int) -> str:
    titled = [
        (item, item["title"])
        for item in items_of(items)
        if isinstance(item, dict) and isinstance(item.get("title"), str)
    ]
    said = ", ".join(_product(item, title) for item, title in titled[:shown])
    more = len(titled) - shown
    return f"{said} +{more}" if more > 0 else said


def _product(item: dict[str, object], title: str) -> str:
    quantity = item.get("quantity")
    short = fitted(title, TITLE_LENGTH)
    return f"{quantity}{_TIMES}{short}" if type(quantity) is int and quantity > 1 else short


def _field(item: object, field: str | None) -> object:
    return item.get(field) if field is not None and isinstance(item, dict) else item
