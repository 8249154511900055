"""Blocks of a context out of plain values: the way back from what templates read to what the flows are handed."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from flows.schema import DETAILS
from flows.values import Values
from middleware.domain.context import (
    BLOCKS,
    LEVELS,
    LOOKUPS,
    ON_DEMAND,
    AdClickView,
    Block,
    CartView,
    HistoryView,
    LookUpView,
    OrdersView,
    ProductView,
)
from middleware.domain.identifiers import Level
from middleware.domain.known_views import BrowsingView, ConsentsView, DetailsView, MarketingView, SupportView
from middleware.domain.look_ups import FRESH
from middleware.domain.on_demand import REFRESHED, missing
from middleware.domain.recommendations import LEVEL_OF, RecommendationsView
from middleware.domain.record import Record
from middleware.errors import FlowError

Plain = dict[str, Any]

_MADE_UP = "made_up"
_IN_STOCK = {"in_stock": True, "sold_out": False}


def blocks_of(values: Values, level: Level, now: datetime) -> dict[str, Block[Any]]:
    """A block for every name of `BLOCKS` that does not come on demand: withheld above the level, missing where the
    values have nothing.

    Raises FlowError that names what a block lacks.
    """
    return {name: _block(name, values.get(name), level, now) for name in BLOCKS if name not in ON_DEMAND}


def blocks_on_demand(values: Values, names: Iterable[str], level: Level, now: datetime) -> dict[str, Block[Any]]:
    """The blocks that a flow asks for while it decides, by name, out of the same values: nobody else is asked."""
    return {name: _on_demand(values, name, level, now) for name in names}


def _on_demand(values: Values, name: str, level: Level, now: datetime) -> Block[Any]:
    if name in ON_DEMAND:
        return _block(name, values.get(name), level, now)
    if name.removeprefix(f"{LOOKUPS}.") in REFRESHED and values.get(name.removeprefix(f"{LOOKUPS}.")):
        return Block(state="fresh", needs_level=Level.NEW, source=_MADE_UP, as_of=now)
    given = values.get(LOOKUPS)
    said = given.get(name.removeprefix(f"{LOOKUPS}.")) if isinstance(given, dict) else None
    if not isinstance(said, dict) or not said:
        return missing("the customer is given no such value")
    state = "stale" if said.get(FRESH) is False else "fresh"
    view = LookUpView.model_validate({"fields": {field: each for field, each in said.items() if field != FRESH}})
    return Block(state=state, needs_level=Level.NEW, value=view, source=_MADE_UP, as_of=now)


def level_of(values: Values) -> Level:
    """The lowest level at which all that is in these values may be told; whoever has written before has a channel."""
    return max((_needed(name, values[name]) for name in BLOCKS if name in values), default=Level.NEW)


def _needed(name: str, value: object) -> Level:
    """The level from which on a block may be told; what is recommended tells what it rests on."""
    if name not in ON_DEMAND or not isinstance(value, dict):
        return LEVELS[name]
    rests_on = (each["rests_on"] for each in map(_recommended, _recommendations_in(value)))
    return max((LEVEL_OF.get(each, Level.NEW) for each in rests_on), default=Level.NEW)


def _block(name: str, value: object, level: Level, now: datetime) -> Block[Any]:
    needed = _needed(name, value)
    if not isinstance(value, dict) or not value:
        return Block(state="missing", needs_level=needed)
    if level < needed:
        return Block(state="withheld", needs_level=needed)
    try:
        view = _VIEWS[name](value, now)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        where = ".".join((name, *(str(part) for part in wrong["loc"])))
        raise FlowError(f"{where}: {wrong['msg'].lower()}; a customer who has {name} needs it") from None
    state = "stale" if value.get("fresh") is False else "fresh"
    return Block(state=state, needs_level=needed, value=view, source=_MADE_UP, as_of=now)


def _known(value: Mapping[str, Any], *names: str) -> Plain:
    return {name: value[name] for name in names if name in value}


def _order(value: Plain, now: datetime) -> Plain:
    """An order; without a time it was placed now."""
    return {"created_at": now, **value}


def _orders(value: Plain, now: datetime) -> Record:
    latest: Plain = value.get("latest") or next(iter(value.get("all", ())), {})
    orders = [_order(each, now) for each in value.get("all") or [latest]]
    return OrdersView.model_validate(
        {"latest": _order(latest, now), "all": orders, "count": value.get("count", len(orders))}
    )


def _cart(value: Plain, now: datetime) -> Record:
    return CartView.model_validate({**_known(value, "items", "total"), "updated_at": now})


def _ad_click(value: Plain, now: datetime) -> Record:
    click = {"at": now, "channel": _MADE_UP, **value}
    return AdClickView.model_validate({**click, "first": click})


def _product(value: Plain, _: datetime) -> Record:
    known = _known(value, "title", "variant", "url", "price", "price_to", "description")
    why = "ad_click" if value.get("from_ad") else "named"
    return ProductView.model_validate({**known, "why": why, "available": _IN_STOCK.get(value.get("availability", ""))})


def _browsing(value: Plain, now: datetime) -> Record:
    products = [{"at": now, **each} for each in value.get("products", ())]
    return BrowsingView.model_validate({"products": products, "last_at": value.get("last_at", now)})


def _marketing(value: Plain, now: datetime) -> Record:
    gone = {"unsubscribed_at": now} if value.get("reachable") is False else {}
    return MarketingView.model_validate({**_known(value, "campaign", "opened_at", "clicked_at"), **gone})


def _ticket(value: Plain, now: datetime) -> Plain:
    at = value.get("created_at", now)
    return {"id": value.get("number", ""), "created_at": at, "updated_at": at, **_known(value, "state", "subject")}


def _support(value: Plain, now: datetime) -> Record:
    tickets = value.get("open") or ([value["latest"]] if "latest" in value else [])
    solved = {"solved": _ticket(value["solved"], now)} if "solved" in value else {}
    shown = [_ticket(each, now) for each in tickets]
    return SupportView.model_validate({"open": shown, "open_count": value.get("open_count", len(shown)), **solved})


def _consent(value: Plain, now: datetime) -> Record:
    said = [
        {
            "channel": channel,
            "purpose": "marketing",
            "state": "subscribed" if agreed else "unsubscribed",
            "source": _MADE_UP,
            "as_of": now,
        }
        for channel, agreed in value.items()
    ]
    return ConsentsView.model_validate({"all": said})


def _details(value: Plain, now: datetime) -> Record:
    fields = {name: {"value": value[name], "source": _MADE_UP, "as_of": now} for name in DETAILS if name in value}
    return DetailsView.model_validate({"fields": fields, **_known(value, "tags", "segments")})


def _history(value: Plain, _: datetime) -> Record:
    return HistoryView.model_validate({"lines": 0, **value})


def _recommendations(value: Plain, _: datetime) -> Record:
    """What fits; what is not said of one is as most are: it goes with something that was bought."""
    return RecommendationsView.model_validate({"items": [_recommended(each) for each in _recommendations_in(value)]})


def _recommendations_in(value: Plain) -> list[Plain]:
    first = value.get("first")
    return value.get("items") or ([first] if first else [])


def _recommended(value: Plain) -> Plain:
    known = _known(value, "title", "url", "image", "price", "price_to", "because_of", "together", "of")
    in_stock = _IN_STOCK.get(value.get("availability", ""))
    reasons = {"why": value.get("why", "accessory"), "rests_on": value.get("rests_on", "order")}
    return {**known, **reasons, "available": in_stock}


_VIEWS: dict[str, Callable[[Plain, datetime], Record]] = {
    "orders": _orders,
    "cart": _cart,
    "ad_click": _ad_click,
    "product": _product,
    "browsing": _browsing,
    "marketing": _marketing,
    "support": _support,
    "consent": _consent,
    "details": _details,
    "history": _history,
    "recommendations": _recommendations,
}
