"""Samples of a site: the envelopes that the collecting route makes of what pages send (docs/site.md)."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleRequest

_Item = Callable[[SampleRequest], dict[str, Any]]


def _sample(item: _Item, *, signed_in: bool = False) -> SampleBuilder:
    def build(request: SampleRequest) -> Sample:
        proved = {"account": "ana-7", "shop_customer": "7001002003004"} if signed_in else None
        own = f"{request.message_id:_<8}"
        body = {
            "object": "site",
            "account": request.account_id,
            "visitor": f"{request.sender:_<16}",
            "proved": proved,
            "events": [{"id": own, "ago": 0, **item(request)}],
        }
        return Sample(body)

    return build


def _message(request: SampleRequest) -> dict[str, Any]:
    return {"what": "message", "text": request.text}


def _quick_reply(request: SampleRequest) -> dict[str, Any]:
    return {"what": "message", "text": request.text, "payload": request.payload}


def _page(_: SampleRequest) -> dict[str, Any]:
    return {"what": "page", "path": "/pages/shipping", "title": "Shipping"}


def _product(request: SampleRequest) -> dict[str, Any]:
    price = {"price": "24.90", "currency": request.currency}
    link = {"link": request.link_id} if request.link_id else {}
    path = f"/products/{request.handle}"
    return {"what": "product", "path": path, "title": "Stoneware mug", "product": request.handle, **price, **link}


def _search(request: SampleRequest) -> dict[str, Any]:
    return {"what": "search", "path": "/search", "search": request.text}


def _cart(request: SampleRequest) -> dict[str, Any]:
    items = [
        {"title": each.title, "quantity": each.quantity, "price": each.price, "variant": each.variant_id}
        for each in request.items
    ]
    return {"what": "cart", "items": items, "currency": request.currency}


def _read(request: SampleRequest) -> dict[str, Any]:
    return {"what": "read", "message": request.other_message_id}


def _identify(_: SampleRequest) -> dict[str, Any]:
    return {"what": "identify"}


SAMPLES: Mapping[str, SampleBuilder] = {
    "message": _sample(_message),
    "quick_reply": _sample(_quick_reply),
    "page_view": _sample(_page),
    "product_view": _sample(_product),
    "search": _sample(_search),
    "site_cart": _sample(_cart),
    "read": _sample(_read),
    "signed_in": _sample(_identify, signed_in=True),
}
"""Everything that can be sent for a site."""
