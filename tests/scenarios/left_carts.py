"""Customers of an installation who leave a cart, on a clock that tests set ahead."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.samples import SampleItem
from middleware.clock import SystemClock
from middleware.domain.turn import Turn
from middleware.jobs.timers import ring
from tests.running import Running, until
from tests.scenarios.looking import Person, customer, documents, link_in, post_json, turns

CREAM = SampleItem(title="Rose Night Cream", variant="30 ml", sku="ROSE-30", variant_id=44100200777, price="31.50")
OIL = SampleItem(title="Rosehip Oil", variant="50 ml", sku="OIL-50", variant_id=44100200888, price="12.00")
NOBODY: dict[str, Any] = {"email": None, "phone": None, "customer_id": None}
"""Nobody has typed who they are into a checkout."""


@dataclass
class Set(SystemClock):
    """A clock that is set ahead."""

    by: timedelta = field(default=timedelta(0))

    def now(self) -> datetime:
        """The time there."""
        return super().now() + self.by


@dataclass
class Leaving:
    """A customer on WhatsApp who got a personal link, and may leave the cart that came of it."""

    shop: Running
    clock: Set
    person: Person
    link: str
    number: int

    async def says(self, text: str) -> None:
        """They write."""
        await self.person.says(text, at=self.clock.now())

    async def tells(self, kind: str = "checkout_created", **parts: Any) -> None:
        """The shop tells of them, and the work on that is over."""
        own = {"checkout_token": f"{self.number:02}" * 16, "order_id": 77_000 + self.number, "order_number": 2_000}
        given = {"link_id": self.link, "items": (CREAM,), "at": self.clock.now(), **own, **NOBODY, **parts}
        await self.shop.say("shopify", kind, **given)
        await self.shop.quiet()

    async def waits(self, minutes: float) -> int:
        """So much time passes, and what begins by itself is over; how many timers rang."""
        self.clock.by += timedelta(minutes=minutes)
        return await ring_all(self.shop, self.clock)

    def heard(self) -> list[str]:
        """All that they were told."""
        return [each.text for each in self.shop.graph.sent if each.recipient.lstrip("+") == self.person.id]

    def reminders(self) -> list[str]:
        """The reminders among it."""
        return [text for text in self.heard() if "You left something in your cart" in text]

    async def reminding(self) -> list[Turn]:
        """The turns that began because they left a cart."""
        mine = (await self.person.conversation()).id
        return [turn for turn in await turns(self.shop) if turn.unasked and turn.conversation_id == mine]


async def ring_all(shop: Running, clock: Set) -> int:
    """Let ring what is due, and wait until what follows is over; how many timers rang."""
    rung = await ring(shop.here.brands["glow"].store, clock, lambda _: None)
    await shop.quiet()

    async def no_jobs() -> bool:
        return not [job for job in await documents(shop, "jobs") if job["kind"] == "news"]

    await until(no_jobs, "the jobs")
    await shop.quiet()
    return rung


async def leaving(shop: Running, clock: Set, number: int = 1, *, agrees: bool = True) -> Leaving:
    """A customer who asked about a product, got a link, and has agreed to promotions or not."""
    person = customer(shop, "whatsapp", number)
    link = link_in((await person.says("hello there", "ad_message", at=clock.now())).text)
    assert link is not None
    if agrees:
        await _agrees(shop, person, clock)
    return Leaving(shop, clock, person, link, number)


async def _agrees(shop: Running, person: Person, clock: Set) -> None:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "33100000000", "phone_number_id": "777"},
        "user_preferences": [
            {
                "wa_id": person.id,
                "category": "marketing_messages",
                "value": "resume",
                "timestamp": int(clock.now().timestamp()),
            }
        ],
    }
    change = {"field": "user_preferences", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "WABA1", "changes": [change]}]}
    assert await post_json(shop, "whatsapp", body) == 200
    await shop.quiet()


Deed = Callable[[Leaving], Awaitable[None]]
"""Something that is done between leaving a cart and hearing of it."""
