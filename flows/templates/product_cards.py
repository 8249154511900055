"""A card for each product of the context that a template shows: its name, what it costs, its picture and its page."""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from flows.language import Locality
from flows.language.errors import UnfitValue
from flows.language.filters.numbers import money
from flows.language.program import Value
from middleware.domain.context import RECOMMENDATIONS
from middleware.domain.forms import Address, Card, Cards, UrlButton

PRODUCTS = f"{RECOMMENDATIONS}.items"
"""The list that cards are made of."""

_ADDRESS: TypeAdapter[str] = TypeAdapter(Address)


def product_cards(values: Mapping[str, Value], button: str, locality: Locality) -> Cards | None:
    """The cards; None where nothing is recommended. `button` is the title of the one that opens a product's page."""
    recommended = values.get(RECOMMENDATIONS)
    items = recommended.get("items") if isinstance(recommended, dict) else None
    if not isinstance(items, list):
        return None
    cards = tuple(_card(item, button, locality) for item in items if isinstance(item, dict))
    return Cards(cards=cards) if cards else None


def _card(item: Mapping[str, Value], button: str, locality: Locality) -> Card:
    url = _address(item.get("url"))
    return Card(
        title=str(item.get("title", "")),
        subtitle=_costs(item, locality),
        image_url=_address(item.get("image")),
        buttons=(UrlButton(title=button, url=url),) if url is not None else (),
    )


def _address(value: Value) -> str | None:
    """A web address that a channel can be given; none for anything else."""
    try:
        return _ADDRESS.validate_python(value, strict=True)
    except ValidationError:
        return None


def _costs(item: Mapping[str, Value], locality: Locality) -> str | None:
    """What it costs, or from what to what; nothing where that is not known."""
    prices = [item[name] for name in ("price", "price_to") if item.get(name)]
    try:
        return " \N{EN DASH} ".join(money(locality, price) for price in prices) or None
    except UnfitValue:
        return None
