"""The look-up `orders`: the orders that a sender may be told of anyway, as their shop has them this second.

Nobody's other orders are asked for, and what the shop says is looked at like everything else: an order on which nothing
stands any more that is the sender's is not told. Nothing is stored; webhooks and pulls do that.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from middleware.domain.commerce import Order
from middleware.domain.context import Block, OrdersView
from middleware.domain.fragment import newest_order
from middleware.domain.identifiers import Level
from middleware.domain.look_ups import ORDERS, LookUpOutcome
from middleware.domain.profile import Profile
from middleware.identity.disclosure import Sight
from middleware.pipeline.breaker import Breaker
from middleware.pipeline.enriching import NotToBeHad, Wanted, no_answer_within
from middleware.pipeline.live_look_ups import AT_ONCE_OF_ONE, LEFT_ALONE, Told
from middleware.pipeline.shopping_view import SHOWN_ORDERS, orders_block
from middleware.ports import Account, Clock, OrderSource, OrdersRead

NO_ORDERS = "nobody was asked: there is no order that this customer may be told of"

_SHOP = "shopify"


@dataclass(slots=True)
class LiveOrderLookUp:
    """The look-up of one brand (`Enricher`). `shops` are the accounts that can be asked, by id."""

    shops: Mapping[str, Account]
    source: OrderSource
    within: timedelta
    clock: Clock
    told: Told = lambda _, __, ___: None
    breaker: Breaker = field(init=False)
    _slots: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE_OF_ONE))

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.clock.monotonic)

    async def block(self, wanted: Wanted) -> Block[OrdersView]:
        """See `Enricher.block`."""
        asked = self._asked_for(wanted)
        if not asked:
            return Block[OrdersView](state="missing", needs_level=Level.LINKED, why=NO_ORDERS)
        if not self.breaker.lets_through():
            raise NotToBeHad(LEFT_ALONE)
        found = await self._read(asked)
        if not found:
            raise NotToBeHad("the shop knows none of them")
        now = self.clock.now()
        block = orders_block(self._sight(_with_orders(wanted.profile, found), wanted), now)
        if block.value is None:
            why = "by what the shop says now, none of them is this customer's"
            return Block[OrdersView](state="withheld", needs_level=Level.LINKED, why=why)
        return block.model_copy(update={"state": "fresh", "as_of": now})

    def instead(self, wanted: Wanted, why: str) -> Block[OrdersView]:
        """See `Enricher.instead`: what is joined, marked stale."""
        joined = wanted.context.orders
        if joined is None or joined.value is None:
            return Block[OrdersView](state="error", needs_level=Level.LINKED, why=why)
        return joined.model_copy(update={"state": "stale", "why": why})

    def _asked_for(self, wanted: Wanted) -> dict[str, list[str]]:
        """The ids of the orders that the context tells of, by shop; the newest ones."""
        joined = wanted.context.orders
        if joined is None or joined.value is None:
            return {}
        by_shop: dict[str, list[str]] = {}
        for order in self._sight(wanted.profile, wanted).orders(now=wanted.context.at)[:SHOWN_ORDERS]:
            shop = _shop_of(order)
            if shop is not None and shop in self.shops:
                by_shop.setdefault(shop, []).append(order.id)
        return by_shop

    async def _read(self, asked: Mapping[str, list[str]]) -> dict[str, Order]:
        """The orders that the shops know, by id. Raises NotToBeHad where one of them says nothing."""
        seconds, began = self.within.total_seconds(), self.clock.monotonic()
        answers, outcome = list[OrdersRead](), LookUpOutcome.LATE
        try:
            async with asyncio.timeout(seconds), self._slots:
                now = self.clock.now()
                answers = await asyncio.gather(
                    *(self.source.orders(self.shops[s], ids, now=now, timeout=seconds) for s, ids in asked.items())
                )
            outcome = LookUpOutcome.FAILED if any(each.failed for each in answers) else LookUpOutcome.ANSWERED
        except TimeoutError:
            raise NotToBeHad(no_answer_within(timedelta(seconds=seconds))) from None
        finally:
            self.breaker.over(well=outcome is LookUpOutcome.ANSWERED)
            self.told(ORDERS, outcome, self.clock.monotonic() - began)
        failed = next((each.failed for each in answers if each.failed), None)
        if failed is not None:
            raise NotToBeHad(failed)
        wanted = {own for ids in asked.values() for own in ids}
        return {own: order for each in answers for own, order in each.orders.items() if own in wanted}

    def _sight(self, profile: Profile, wanted: Wanted) -> Sight:
        return Sight(profile, wanted.sender, wanted.context.at, wanted.signed_in)


def _shop_of(order: Order) -> str | None:
    """The shop that told of an order: it stands in the keys of its events."""
    connector, _, rest = order.version.event.partition(":")
    return rest.partition(":")[0] if connector == _SHOP else None


def _with_orders(profile: Profile, read: Mapping[str, Order]) -> Profile:
    """The profile as it would be if the shop had told of these orders now. It is looked at, and never written."""

    def newest(order: Order) -> Order:
        return newest_order(order, read[order.id]) if order.id in read else order

    members = tuple(
        member.model_copy(
            update={
                "fragment": member.fragment.model_copy(update={"orders": tuple(map(newest, member.fragment.orders))})
            }
        )
        for member in profile.members
    )
    return profile.model_copy(update={"members": members})
