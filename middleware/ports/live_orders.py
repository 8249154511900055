"""Orders as a shop has them this second. See `connectors/sources/shopify/live.py`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from middleware.domain.commerce import Order
from middleware.ports.accounts import Account


@dataclass(frozen=True, slots=True)
class OrdersRead:
    """What asking came to: the orders that the shop knows, by id. `failed` says why it told nothing, if it did not."""

    orders: Mapping[str, Order] = field(default_factory=dict)
    failed: str = ""


class OrderSource(Protocol):
    """A shop that can be asked for orders by their ids."""

    async def orders(
        self,
        account: Account,
        ids: Collection[str],
        *,
        now: datetime,
        timeout: float,  # noqa: ASYNC109 - it ends in an outcome, not in a cancellation
    ) -> OrdersRead:
        """The orders with these ids, and no others. Takes at most `timeout` seconds and never raises."""
        ...
