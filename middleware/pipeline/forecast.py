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
from middleware.domain.forecast import Forecast, ForecastCount, Rendered
from middleware.domain.identifiers import Identifier
from middleware.pipeline.parts import Brand
from middleware.pipeline.recent import recent_conversations
from middleware.pipeline.recent_contexts import contexts_of, is_ours
from middleware.ports import Channel

Render = Callable[[Context, Capabilities], Rendered]

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
            for conversation, sender, context in await contexts_of(self._brand, self._channels, some, now):
                if self._count.senders >= limit:
                    return True
                said = self._render(context, self._channels[conversation.channel].capabilities)
                profile_id = context.identity.profile_id
                self._count.add(conversation.channel, Identifier.from_key(sender).masked(), profile_id, said)
                if not self._going_on(self._count.senders):
                    return True
                # Where it is made beside other work, that has its turn.
                await asyncio.sleep(0)
        return not self._going_on(self._count.senders)

    def _is_ours(self, conversation: Conversation) -> bool:
        """Whether the account that it is on is still there."""
        there = is_ours(self._brand, self._channels, conversation)
        self._skipped += not there
        return there and bool(conversation.aliases)
