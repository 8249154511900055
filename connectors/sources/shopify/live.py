"""Orders as the shop has them this second, for a flow that looks them up.

Source: Shopify Admin REST API, "Order": `GET /admin/api/<version>/orders.json` with `ids` (comma-separated),
`status=any` and `limit`; 429 with `Retry-After`. They are read as webhooks and pulls are.
"""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode

from connectors.fields import as_objects
from connectors.http import MAX_ANSWER, HttpClient, HttpReply
from connectors.pulling import asked
from connectors.sources.shopify.entities import order_id, read_order
from connectors.sources.shopify.pull import address_of, lets_in
from connectors.sources.shopify.telling import Telling
from middleware.ports import Account, OrdersRead, PullRefused


class LiveOrders:
    """Shopify as an `OrderSource`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def orders(
        self,
        account: Account,
        ids: Collection[str],
        *,
        now: datetime,
        timeout: float,  # noqa: ASYNC109 - the port's
    ) -> OrdersRead:
        """See `OrderSource.orders`."""
        base = address_of(account, "orders")
        if isinstance(base, PullRefused):
            return OrdersRead(failed=base.reason)
        query = urlencode({"ids": ",".join(sorted(ids)), "status": "any", "limit": len(ids)})
        headers = {**lets_in(account), "Accept-Encoding": "identity"}
        reply = await asked(self._http.get_json(f"{base}?{query}", None, timeout, MAX_ANSWER, headers))
        if not isinstance(reply, HttpReply):
            return OrdersRead(failed=reply.reason)
        telling = Telling(account.id, account.country, f"{account.connector}:{account.id}:live", now)
        bodies = ((order_id(each), each) for each in as_objects(reply.json.get("orders")))
        wanted = ((own, each) for own, each in bodies if own is not None and own in ids)
        return OrdersRead({own: read_order(each, own, telling) for own, each in wanted})
