"""The forecast: what a template would say to customers who wrote lately, from what each of them may be told now.

Reads only. Nothing is decided, sent or written, and the personal links in it are made up.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, event_key
from middleware.domain.forecast import Forecast, ForecastCount, Rendered
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.pipeline.enrich import assemble
from middleware.pipeline.parts import Brand
from middleware.pipeline.profiles import read_profiles, roots, signed_in_browsers
from middleware.pipeline.recent import recent_conversations
from middleware.ports import Channel, Recorded

Render = Callable[[Context, Capabilities], Rendered]

_MADE_UP_LINK = "x" * 22
"""As long as the id of a personal link; none is given out."""
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class ForecastAsked:
    """Over which customers: those who wrote since then, at most so many."""

    template: str
    since: datetime
    limit: int


class Forecasting:
    """Makes forecasts for one brand. `going_on` is told how many customers were looked at and says whether to go on."""

    def __init__(
        self, brand: Brand, channels: Mapping[str, Channel], render: Render, going_on: Callable[[int], bool]
    ) -> None:
        self._brand = brand
        self._channels = channels
        self._render = render
        self._going_on = going_on
        self._count = ForecastCount()
        self._skipped = 0

    async def forecast(self, asked: ForecastAsked, now: datetime, monotonic: float) -> Forecast:
        """Look at the customers one after the other, until all or enough are looked at. Raises StoreUnavailable."""
        await self._brand.catalogue.look(self._brand.store, monotonic)
        read, ended = 0, False

        def go_on(_: int) -> bool:
            return not ended

        batches = recent_conversations(self._brand.store, asked.since, go_on)
        async with aclosing(batches):
            async for number, conversations in batches:
                read = number
                ended = await self._look(conversations, asked.limit, now)
        enough = self._count.senders >= asked.limit
        why: Literal["all", "limit", "early"] = "all" if not ended else "limit" if enough else "early"
        return self._count.forecast(asked.template, asked.since, now, why, conversations=read, skipped=self._skipped)

    async def _look(self, conversations: Sequence[Conversation], limit: int, now: datetime) -> bool:
        """Look at the customers of a batch; whether that ended it."""
        for start in range(0, len(conversations), _AT_ONCE):
            some = [each for each in conversations[start : start + _AT_ONCE] if self._is_ours(each)]
            for conversation, sender, context in await self._contexts(some, now):
                if self._count.senders >= limit:
                    return True
                said = self._render(context, self._channels[conversation.channel].capabilities)
                profile_id = context.identity.profile_id
                self._count.add(conversation.channel, Identifier.from_key(sender).masked(), profile_id, said)
                if not self._going_on(self._count.senders):
                    return True
        return not self._going_on(self._count.senders)

    def _is_ours(self, conversation: Conversation) -> bool:
        """Whether the account that it is on is still there."""
        account = (conversation.channel, conversation.account)
        there = account in self._brand.accounts and conversation.channel in self._channels
        self._skipped += not there
        return there and bool(conversation.aliases)

    async def _contexts(
        self, conversations: Sequence[Conversation], now: datetime
    ) -> list[tuple[Conversation, str, Context]]:
        """The conversations with who writes there and their context for the last thing that they wrote."""
        store = self._brand.store
        events = await self._last_written(conversations)
        senders = {each.id: _sender(each, events.get(each.id)) for each in conversations}
        identities = await store.get(Identity, set(senders.values()))
        homes = {key: each.record.profile_id for key, each in identities.items()}
        profiles = roots(await read_profiles(store, {home for home in homes.values() if home is not None}))
        own = {each.id: profiles.get(homes.get(senders[each.id]) or "") for each in conversations}
        signed_in = await asyncio.gather(*(signed_in_browsers(store, own[each.id]) for each in conversations))
        return [
            (
                each,
                senders[each.id],
                assemble(
                    self._brand,
                    self._channels[each.channel],
                    own[each.id],
                    senders[each.id],
                    each,
                    now=now,
                    event=events.get(each.id),
                    offers=(_MADE_UP_LINK, _MADE_UP_LINK),
                    signed_in=browsers,
                ),
            )
            for each, browsers in zip(conversations, signed_in, strict=True)
        ]

    async def _last_written(self, conversations: Sequence[Conversation]) -> dict[str, Event]:
        """What the customer wrote last in each conversation, as it is on record, by conversation."""
        keys = {each.id: _keys_of_last(each) for each in conversations}
        recorded = await self._brand.store.get(Recorded, {key for some in keys.values() for key in some})
        found = {key: [recorded[each].record.event for each in some if each in recorded] for key, some in keys.items()}
        return {key: events[0] for key, events in found.items() if events}


def _keys_of_last(conversation: Conversation) -> list[str]:
    """The keys under which the customer's last message can be on record: a site's have the visitor in them."""
    last = next((line for line in reversed(conversation.lines) if line.by == "customer"), None)
    if last is None:
        return []
    who = [Identifier.from_key(alias).value for alias in conversation.aliases]
    own = [last.id, *(f"{each}:{last.id}" for each in who)]
    return [event_key(conversation.channel, conversation.account, each) for each in own]


def _sender(conversation: Conversation, event: Event | None) -> str:
    """Who wrote last, by key; where that is not on record any more, any of those who have written there."""
    if event is not None and event.anchor is not None:
        return event.anchor.key
    return conversation.aliases[0]
