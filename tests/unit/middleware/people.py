"""A brand in memory that hears of people: the real stages up to the joined profile, over a store in memory."""

from datetime import timedelta
from functools import cache

from flows.runner import Flows
from middleware.clock import SystemClock
from middleware.domain.commerce import Order
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.identity.disclosure import Sight
from middleware.metrics import Metrics
from middleware.pipeline.absorb import absorb
from middleware.pipeline.absorb_facts import absorb_facts
from middleware.pipeline.pacing import Pacing
from middleware.pipeline.parts import Brand, Process
from middleware.pipeline.passage import Passage
from middleware.pipeline.resolve import resolve
from tests.unit.middleware.builders import SHOP, START
from tests.unit.middleware.memory_store import MemoryStore


@cache
def _flows() -> Flows:
    """The shipped flows, which nobody changes: reading them takes longer than most tests."""
    return Flows.shipped()


@cache
def _metrics() -> Metrics:
    """Counters that nobody reads."""
    return Metrics()


def brand_of(store: MemoryStore) -> Brand:
    """A brand over a store in memory."""
    return Brand(
        name="glow",
        store=store,
        flows=_flows(),
        accounts={},
        locale="en",
        reply_max_age=timedelta(minutes=15),
        takeover_pause=timedelta(minutes=30),
        link_lifetime=timedelta(days=30),
        products={},
    )


class People:
    """Who is known to one brand."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.brand = brand_of(self.store)
        clock = SystemClock()
        self._process = Process(
            worker="worker",
            clock=clock,
            channels={},
            lease=timedelta(minutes=1),
            send_timeout=timedelta(seconds=8),
            pacing=Pacing(clock, {}, at_once=1, watch=_metrics()),
            checkpoint=lambda _: None,
            told=lambda _account, _result: None,
            new_id=lambda: "id",
        )

    async def hears(self, *events: Event) -> Passage:
        """Resolve and absorb channel events, one after the other; the passage of the last one."""
        for event in events:
            passage = await self.resolves(event)
            await absorb(passage)
        return passage

    async def resolves(self, event: Event) -> Passage:
        """The passage of an event that is resolved and not absorbed yet."""
        passage = Passage(self._process, self.brand, event)
        await resolve(passage)
        return passage

    async def learns(self, order: Order) -> None:
        """Absorb one version of an order."""
        event = Event(
            key=f"order-{order.id}-{order.version.at}-{order.version.event}",
            kind=EventKind.ORDER,
            connector="shopify",
            account=SHOP,
            occurred_at=order.version.at,
            received_at=START,
            anchor=Identifier(IdentifierKind.SHOP_ORDER, SHOP, order.id),
            order=order,
        )
        await self.told(event)

    async def told(self, *events: Event) -> None:
        """Absorb what sources tell."""
        for event in events:
            await absorb_facts(self.store, event)

    def identity(self, identifier: Identifier) -> Identity:
        """What is kept under an identifier."""
        return self.store.all(Identity)[identifier.key]

    def profile(self, identifier: Identifier) -> Profile:
        """The profile that an identifier resolves to by now."""
        profiles = self.store.all(Profile)
        found = profiles[self.identity(identifier).profile_id or ""]
        while found.merged_into is not None:
            found = profiles[found.merged_into]
        return found

    def conversations(self) -> dict[str, Conversation]:
        """All conversations."""
        return self.store.all(Conversation)

    def orders_seen_by(self, identifier: Identifier) -> tuple[str, ...]:
        """The numbers of the orders that a sender may be told about, by the profile that shows them."""
        sight = Sight(self.profile(identifier), identifier.key, START)
        return tuple(order.number for order in sight.orders(now=START))
