"""Pulling Shopify's customers and orders.

Source: Shopify Admin REST API, "Customer", "Order", "Pagination" (`Link` with `page_info`, which excludes all other
filters) and "Rate limits" (a leaky bucket: `X-Shopify-Shop-Api-Call-Limit: 32/40`, of which a twentieth of the size
leaks each second; 429 with `Retry-After`). Without the scope `read_all_orders` orders go back 60 days.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from connectors.body import to_bytes
from connectors.http import HttpClient, HttpReply
from connectors.pulling import LARGEST_PAGE, STUCK, asked, members
from middleware.ports import Account, Page, PullAnswer, PullPosition, PullRefused, PullWaits, WebhookRequest

API_VERSION = "2026-07"
STREAMS = ("customers", "orders")
OVERLAP = timedelta(minutes=5)

_A_PAGE = "100"
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,100}\.myshopify\.com", re.ASCII)
_NEXT = re.compile(r'<([^<>]{1,4000})>; *rel="next"')
_CALLS = re.compile(r"([0-9]{1,6})/([1-9][0-9]{0,5})", re.ASCII)
_LEAKS = 20
"""Seconds in which a full bucket leaks empty."""


async def page_after(
    http: HttpClient,
    account: Account,
    position: PullPosition,
    timeout: float,  # noqa: ASYNC109 - handed on
) -> PullAnswer:
    """One page of customers or orders. See `PullSource.page`."""
    address = address_of(account, position.stream)
    if isinstance(address, PullRefused):
        return address
    url = f"{address}?{urlencode(_query(position))}"
    reply = await asked(http.get_json(url, None, timeout, LARGEST_PAGE, lets_in(account)))
    return _page(reply, account, position) if isinstance(reply, HttpReply) else reply


def address_of(account: Account, resource: str) -> str | PullRefused:
    """Where a shop lists its orders or customers, or why it cannot be asked."""
    if account.token is None:
        return PullRefused("the account has no token")
    if not account.base_url and not _SHOP.fullmatch(account.id):
        return PullRefused("the account's id is no <shop>.myshopify.com")
    return f"{account.base_url or f'https://{account.id}'}/admin/api/{API_VERSION}/{resource}.json"


def lets_in(account: Account) -> dict[str, str]:
    """The header that lets us in."""
    return {"X-Shopify-Access-Token": account.token.get_secret_value()} if account.token is not None else {}


def _query(position: PullPosition) -> dict[str, str]:
    if position.cursor is not None:
        return {"limit": _A_PAGE, "page_info": position.cursor}
    query = {"limit": _A_PAGE, "order": "updated_at asc"}
    if position.stream == "orders":
        query["status"] = "any"
    since = position.since
    return {**query, "updated_at_min": since.isoformat()} if since is not None else query


def _page(reply: HttpReply, account: Account, position: PullPosition) -> PullAnswer:
    found = members(reply.json, position.stream)
    if isinstance(found, PullWaits):
        return found
    after = _next(reply.headers)
    if after is not None and after == position.cursor:
        return STUCK
    delivery = WebhookRequest({"x-shopify-shop-domain": account.id}, to_bytes({position.stream: found}))
    return Page(delivery, after, _left_alone(reply.headers))


def _next(headers: Mapping[str, str]) -> str | None:
    """The `page_info` of the next page. Nothing else of that address is used: it is the shop's word."""
    found = _NEXT.search(headers.get("link", ""))
    try:
        values = parse_qs(urlsplit(found[1]).query).get("page_info", []) if found else []
    except ValueError:
        return None
    return values[0][:4000] if values else None


def _left_alone(headers: Mapping[str, str]) -> float:
    """Seconds until half of the bucket is free again: the other half is for whoever else asks the shop."""
    found = _CALLS.fullmatch(headers.get("x-shopify-shop-api-call-limit", "").strip())
    if found is None:
        return 0.0
    used, size = int(found[1]), int(found[2])
    return max(0.0, (used - size / 2) * _LEAKS / size)
