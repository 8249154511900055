"""Jobs of the kind `pass_on`: a sender's part of a delivery is handed to the bot that answers in our place.

The bot is handed it at least once, as by the platform itself: what may have arrived is handed over again, with the same
bytes, until the bot says 2xx. Our context comes along if it is there in time; the bot is never kept waiting for it.
"""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from middleware.domain.events import Event, EventKind
from middleware.domain.jobs import JobKind
from middleware.domain.passing import NO_ANSWER, Passing, PassOutcome, PassResult
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.breaker import OPEN_FOR, Breaker
from middleware.pipeline.passed import CONTEXT_WITHIN, PassedContexts, secret_of
from middleware.pipeline.passed_context import (
    CONTEXT_HEADER,
    LINK_HEADER,
    LINK_LIVES,
    Ticket,
    context_header,
    link_token,
)
from middleware.ports import Account, BotDoor, Clock, DeadLetter, PassTo, Put, Stored

log = structlog.get_logger(__name__)

AT_ONCE = 256
"""Parts that one process hands over at once, to all bots together."""

AT_ONCE_TO_ONE = 64
"""Parts to one bot: one that hangs leaves room for the others."""

HANDED_WITHIN = 6.0
"""Seconds that a bot may take to say 2xx. Meta gives it five (Messenger Platform reference, webhooks)."""

WAITS_FOR_EARLIER = 3.0
"""Seconds that a part waits for what the same sender did before."""

_WRITES_WITHIN = 3.0
_NO_BOT = "the settings name no bot for this account any more: write its pass_to again, or dismiss this"
_ALREADY = "already"

Told = Callable[[Account, PassOutcome, float], None]
"""Told account, outcome and seconds since the delivery came, of every attempt."""


@dataclass(slots=True)
class _Door:
    """What a process knows of one account's bot."""

    breaker: Breaker
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_TO_ONE))


@dataclass(slots=True)
class PassOn:
    """How parts are handed over. `link` makes the address of a token."""

    clock: Clock
    bots: BotDoor
    contexts: PassedContexts
    told: Told
    link: Callable[[str], str]
    _doors: dict[tuple[str, str], _Door] = field(default_factory=dict)
    _last: dict[Hashable, asyncio.Event] = field(default_factory=dict)
    """By sender: set when the part that came last is no longer under way."""

    def kind(self) -> KindOfJob:
        """The kind of job."""
        lease = CONTEXT_WITHIN + HANDED_WITHIN + _WRITES_WITHIN
        return KindOfJob(JobKind.PASS_ON, self.work, self.give_up, at_once=AT_ONCE, lease=timedelta(seconds=lease))

    def breaker(self, account: Account) -> Breaker:
        """The breaker of an account's bot."""
        return self._door(account).breaker

    async def work(self, claim: Claim) -> Over | Later:
        """Hand a part over, unless the bot has it."""
        stored = (await claim.brand.store.get(Passing, [claim.job.event_key])).get(claim.job.event_key)
        if stored is None or not stored.record.body:
            return Over(_ALREADY)
        account = claim.account
        if account is None or account.pass_to is None:
            return Later(_NO_BOT)
        passing = stored.record
        result = await self._in_order(claim, account, account.pass_to, passing)
        self.told(account, result.outcome, (self.clock.now() - passing.received_at).total_seconds())
        if result.outcome is PassOutcome.PASSED:
            return Over(result.outcome, (stored.put(passing.passed(self.clock.now())),))
        if result.outcome is not PassOutcome.NOT_TRIED:
            log.warning(
                "a bot did not take what was passed on",
                action="pass_on", brand=account.brand, account=account.name, outcome=result.outcome, why=result.detail,
            )  # fmt: skip
        after = timedelta(seconds=OPEN_FOR) if result.outcome is PassOutcome.NOT_TRIED else None
        return Later(f"{result.outcome}: {result.detail}", after)

    async def give_up(self, claim: Claim, reason: str) -> Over:
        """It is kept, bytes and all, behind a dead letter: what a customer wrote is not to be lost."""
        stored = (await claim.brand.store.get(Passing, [claim.job.event_key])).get(claim.job.event_key)
        return Over("", self._kept(stored, reason) if stored is not None else ())

    def _kept(self, stored: Stored[Passing], reason: str) -> tuple[Put, ...]:
        passing, now = stored.record, self.clock.now()
        event = Event(
            key=f"passing:{passing.id}",
            kind=EventKind.UNKNOWN,
            connector=passing.connector,
            account=passing.account,
            occurred_at=passing.received_at,
            received_at=passing.received_at,
            topic=JobKind.PASS_ON,
        )
        why = f"not passed on to the bot of the account: {reason}"[:500]
        letter = DeadLetter(id=event.key, event=event, reason=why, failed_at=now, passing=passing.id)
        return stored.put(passing.model_copy(update={"state": "given_up", "settled_at": now})), Put(letter)

    async def _in_order(self, claim: Claim, account: Account, bot: PassTo, passing: Passing) -> PassResult:
        """Hand over after what is under way of the same sender, as far as that ends in time."""
        if passing.sender is None:
            return await self._handed(account, bot, passing, {})
        whose = (passing.connector, passing.account, passing.sender)
        earlier, mine = self._last.get(whose), asyncio.Event()
        self._last[whose] = mine
        try:
            headers = await self._context(account, bot, passing)
            if earlier is not None:
                await _within(WAITS_FOR_EARLIER, earlier)
                await claim.keep()
            return await self._handed(account, bot, passing, headers)
        finally:
            mine.set()
            if self._last.get(whose) is mine:
                del self._last[whose]

    async def _context(self, account: Account, bot: PassTo, passing: Passing) -> dict[str, str]:
        """The header that brings the context, or the link to it."""
        secret, now = secret_of(bot), int(self.clock.now().timestamp())
        if bot.context == "none" or not secret:
            return {}
        if bot.context == "link":
            ticket = Ticket(passing.connector, passing.account, passing.id, now + LINK_LIVES)
            return {LINK_HEADER: self.link(link_token(ticket, secret))}
        found = await self.contexts.beside(account, passing)
        return {CONTEXT_HEADER: context_header(found, now, passing.body, secret)} if found is not None else {}

    async def _handed(self, account: Account, bot: PassTo, passing: Passing, headers: dict[str, str]) -> PassResult:
        door = self._door(account)
        if not door.breaker.lets_through():
            return PassResult(outcome=PassOutcome.NOT_TRIED, detail="its circuit breaker is open")
        outcome = PassOutcome.UNKNOWN
        try:
            async with asyncio.timeout(HANDED_WITHIN), door.slots:
                wanted = {**passing.headers, **headers}
                result = await self.bots.hand(bot.url, passing.body, wanted, timeout=HANDED_WITHIN)
            outcome = result.outcome
        except TimeoutError:
            return PassResult(outcome=outcome, detail="not in time")
        finally:
            door.breaker.over(well=outcome not in NO_ANSWER)
        return result

    def _door(self, account: Account) -> _Door:
        return self._doors.setdefault((account.connector, account.id), _Door(Breaker(self.clock.monotonic)))


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for it, but no longer."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
