"""Questions to a platform: one of an account after the other, and none while it wants to be left alone."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from middleware.jobs.claim import Later
from middleware.ports import Account, Clock

ASKED_WITHIN = timedelta(seconds=10)

NOT_ASKED = "not_asked"
"""The result of a job for which there is nobody to ask, or nothing to ask about."""

_APART = 0.2
"""Seconds between two questions of one account by one process."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Pace:
    """How fast one account is asked: in turn, and not before `not_before` (monotonic)."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    not_before: float = 0.0


class Questions:
    """The questions of one kind that this process asks, each account at its own pace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paces: defaultdict[tuple[str, str], _Pace] = defaultdict(_Pace)

    async def ask(self, account: Account, question: Callable[[], Awaitable[Answer]]) -> Answer | Later:
        """One question, in its turn. Later while the platform wants to be left alone."""
        pace = self._pace(account)
        async with pace.turn:
            wait = pace.not_before - self._clock.monotonic()
            if wait > _APART:
                return Later("the platform asked us to wait", timedelta(seconds=wait))
            await asyncio.sleep(max(wait, 0))
            pace.not_before = self._clock.monotonic() + _APART
            return await question()

    def unanswered(self, account: Account, why: str, retry_after: float | None) -> Later:
        """Nothing was found out. If the platform says for how many seconds it wants peace, the account has it."""
        if retry_after is None:
            return Later(why)
        pace = self._pace(account)
        pace.not_before = max(pace.not_before, self._clock.monotonic() + retry_after)
        return Later(why, timedelta(seconds=retry_after))

    def _pace(self, account: Account) -> _Pace:
        return self._paces[account.connector, account.id]
