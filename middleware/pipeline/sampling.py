"""A sample of the customers who wrote lately, for people who edit templates: what templates could say to each of them.

Some are read, once in a while, and kept in memory: which values there are of how many, and whom a template can be shown
for. It is of no use on a message's path.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from middleware.domain.context import Context
from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.pipeline.parts import Brand
from middleware.pipeline.profile_view import find_profile
from middleware.pipeline.recent import recent_conversations
from middleware.pipeline.recent_contexts import contexts_of, is_ours
from middleware.pipeline.timeline import MOST_MEMBERS
from middleware.ports import Channel, Clock

SAMPLED_DAYS = 30
MOST_SAMPLED = 300
MOST_FOUND = 10
READ_FOR = 5.0
"""Seconds after which a sample is what was read by then."""
KEPT_FOR = timedelta(minutes=10)
ONE_KEPT_FOR = 60.0
_AT_ONCE = 50

ReadEmail = Callable[[str], Identifier | None]


@dataclass(frozen=True, slots=True)
class Sampled:
    """One customer: `id` is that of the conversation, `sender` is masked."""

    id: str
    channel: str
    sender: str
    wrote_at: datetime | None
    context: Context

    @property
    def name(self) -> str:
        """As they have set it on the channel; empty where they have not."""
        return self.context.profile.name or ""

    def orders(self) -> tuple[str, ...]:
        """The numbers of the orders that they may be told about."""
        block = self.context.orders
        return tuple(each.number for each in block.value.all) if block is not None and block.value is not None else ()


@dataclass(frozen=True, slots=True)
class Sample:
    """Customers who wrote within the last 30 days, the latest first. `whole`: that is all of them."""

    at: datetime
    customers: tuple[Sampled, ...]
    whole: bool


class Sampling:
    """The samples of one brand, of which the last one is kept for some minutes."""

    def __init__(self, brand: Brand, channels: Mapping[str, Channel], clock: Clock, email: ReadEmail) -> None:
        self._brand = brand
        self._channels = channels
        self._clock = clock
        self._email = email
        self._reading = asyncio.Lock()
        self._kept: Sample | None = None
        self._last: dict[str, tuple[float, Sampled]] = {}

    async def sample(self) -> Sample:
        """The sample of now. Raises StoreUnavailable."""
        async with self._reading:
            now = self._clock.now()
            if self._kept is None or now - self._kept.at > KEPT_FOR:
                self._kept = await self._read(now)
            return self._kept

    async def customer(self, named: str) -> Sampled | None:
        """The customer with this conversation; None if there is no such one of this brand. Asked for with every key
        that somebody presses, so what was read is good for a minute.
        """
        at, found = self._last.get(named, (0.0, None))
        if found is None or self._clock.monotonic() - at > ONE_KEPT_FOR:
            read = await self._of_conversations([named])
            found = read[0] if read else None
            if found is not None:
                self._last[named] = (self._clock.monotonic(), found)
            if len(self._last) > MOST_SAMPLED:
                self._last.pop(next(iter(self._last)))
        return found

    async def search(self, text: str) -> list[Sampled]:
        """Whom a text finds: in the sample by a part of the name or the number of an order, among all by an address."""
        wanted = text.strip().casefold()
        address = self._email(text.strip()) if "@" in text else None
        if address is not None:
            return await self._with_address(address)
        customers = (await self.sample()).customers
        return [each for each in customers if _is_found(each, wanted)][:MOST_FOUND]

    async def _with_address(self, address: Identifier) -> list[Sampled]:
        store = self._brand.store
        identity = (await store.get(Identity, [address.key])).get(address.key)
        if identity is None or identity.record.profile_id is None:
            return []
        profile = await find_profile(store, identity.record.profile_id)
        members = [each.identifier for each in profile.members[:MOST_MEMBERS]] if profile is not None else []
        identities = await store.get(Identity, members)
        seats = sorted({seat.conversation_id for each in identities.values() for seat in each.record.seats})
        return await self._of_conversations(seats[:MOST_FOUND])

    async def _of_conversations(self, ids: list[str]) -> list[Sampled]:
        found = await self._brand.store.get(Conversation, ids) if ids else {}
        some = [each.record for each in found.values()]
        await self._brand.catalogue.look(self._brand.store, self._clock.monotonic())
        return await self._sampled(some, self._clock.now())

    async def _read(self, now: datetime) -> Sample:
        end = self._clock.monotonic() + READ_FOR
        await self._brand.catalogue.look(self._brand.store, self._clock.monotonic())
        customers: list[Sampled] = []
        whole = True

        def go_on(_: int) -> bool:
            return len(customers) < MOST_SAMPLED and self._clock.monotonic() < end

        async with aclosing(recent_conversations(self._brand.store, now - timedelta(days=SAMPLED_DAYS), go_on)) as some:
            async for _, conversations in some:
                for start in range(0, len(conversations), _AT_ONCE):
                    if not go_on(0):
                        whole = False
                        break
                    customers += await self._sampled(conversations[start : start + _AT_ONCE], now)
                    # Where it is read beside other work, that has its turn.
                    await asyncio.sleep(0)
        whole = whole and go_on(0)
        ordered = sorted(customers[:MOST_SAMPLED], key=lambda each: (each.wrote_at or now, each.id), reverse=True)
        return Sample(now, tuple(ordered), whole)

    async def _sampled(self, conversations: list[Conversation], now: datetime) -> list[Sampled]:
        some = [each for each in conversations if each.aliases and is_ours(self._brand, self._channels, each)]
        return [
            Sampled(each.id, each.channel, Identifier.from_key(sender).masked(), each.last_inbound_at, context)
            for each, sender, context in await contexts_of(self._brand, self._channels, some, now)
        ]


def _is_found(customer: Sampled, wanted: str) -> bool:
    """Whether a text is a part of somebody's name, or the number of an order of theirs, with or without its sign."""
    number = wanted.lstrip("#")
    numbered = bool(number) and any(number == each.lstrip("#").casefold() for each in customer.orders())
    return numbered or wanted in customer.name.casefold()
