"""The context beside what is passed on: of the sender, once what they just did is part of it."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from middleware.domain.context import Context
from middleware.domain.passing import Passing
from middleware.errors import StoreUnavailable
from middleware.pipeline.look_up import LookUp
from middleware.pipeline.parts import Brand
from middleware.pipeline.passed_context import Ticket, envelope, is_signed, ticket_of
from middleware.ports import Account, Clock, InboxEntry, PassTo

log = structlog.get_logger(__name__)

CONTEXT_WITHIN = 1.0
"""Seconds that a bot waits for our context, at most."""

WORKED_OFF_WITHIN = 0.7
"""Seconds of these for what the sender just did to become part of it. Later the context is that of before."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.004, 0.04

HandOver = Callable[[Context, frozenset[str]], Mapping[str, Any]]
"""A context as it is handed over: of the named blocks, nothing beyond the sender's level."""


@dataclass(frozen=True, slots=True)
class PassedContexts:
    """Finds the context beside a passing. `brands` by name, `accounts` by connector and id."""

    brands: Mapping[str, Brand]
    accounts: Mapping[tuple[str, str], Account]
    look_up: LookUp
    hand_over: HandOver
    holds: Callable[[str, str], bool]
    """Whether the worker of this process holds an event of a brand: what memory knows is not asked of the store."""
    clock: Clock

    async def beside(self, account: Account, passing: Passing) -> Mapping[str, Any] | None:
        """The context as it is handed over; None where there is none within `CONTEXT_WITHIN` seconds."""
        bot, brand = account.pass_to, self.brands[account.brand]
        if bot is None or passing.sender is None:
            return None
        try:
            async with asyncio.timeout(CONTEXT_WITHIN):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WORKED_OFF_WITHIN):
                        await self._worked_off(brand, passing.keys)
                found = await self.look_up.context(account, passing.sender, bot.blocks)
        except (TimeoutError, StoreUnavailable) as error:
            log.info("passed on without context", action="pass_on", brand=brand.name, why=type(error).__name__)
            return None
        if found is None or found.identity.profile_id is None:
            return None  # nobody knows them, or not yet
        return self.hand_over(found, bot.blocks)

    async def _worked_off(self, brand: Brand, keys: Collection[str]) -> None:
        """Return once none of these events is in the inbox any more. Waits for ever: the caller's time runs out.

        Absorbed is too early: what was said stands in the conversation with the end of the work.
        """
        pause, left = _FIRST_PAUSE, set(keys)
        while left:
            if not any(self.holds(brand.name, key) for key in left):
                left = set(await brand.store.get(InboxEntry, left))
            if left:
                await asyncio.sleep(pause)
                pause = min(pause * 1.4, _LONGEST_PAUSE)

    async def behind(self, token: str) -> Mapping[str, Any] | None:
        """What a link leads to; None for one that is none, has run out, or leads to nobody. Raises StoreUnavailable."""
        ticket = ticket_of(token)
        account = self._vouched(token, ticket)
        if ticket is None or account is None or ticket.until < self.clock.now().timestamp():
            return None
        store = self.brands[account.brand].store
        stored = (await store.get(Passing, [ticket.passing])).get(ticket.passing)
        context = await self.beside(account, stored.record) if stored is not None else None
        return envelope(context, int(self.clock.now().timestamp())) if context is not None else None

    def _vouched(self, token: str, ticket: Ticket | None) -> Account | None:
        """The account whose secret signed a token."""
        account = self.accounts.get((ticket.connector, ticket.account)) if ticket is not None else None
        secret = secret_of(account.pass_to) if account is not None and account.pass_to is not None else b""
        return account if secret and is_signed(token, secret) else None


def secret_of(bot: PassTo) -> bytes:
    """The bytes that sign contexts for a bot; none where it gets none."""
    return bot.secret.get_secret_value().encode() if bot.secret is not None else b""
