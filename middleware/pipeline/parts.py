"""What the stages are given: the parts of one brand and of the process. Built in `bootstrap`, nowhere else."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from middleware.domain.messages import SendResult
from middleware.pipeline.catalogue import Catalogue
from middleware.ports import Account, BrandStore, Channel, Clock, FlowRunner

_ALONE = 0.1
"""Seconds for which a message that is being sent has its account to itself."""

Checkpoint = Callable[[str], None]
"""Told the name of each stage that is over: metrics count it, crash tests end the process at it."""


@dataclass(frozen=True, slots=True)
class AdProduct:
    """The product that an ad id or a ref leads to. With a `variant_id` a cart can be offered.

    What is said here wins. What is not, the shop's catalogue says, by `product_id`, `variant_id` or `handle`.
    """

    title: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand as the stages see it."""

    name: str
    store: BrandStore
    flows: FlowRunner
    accounts: Mapping[tuple[str, str], Account]
    locale: str
    reply_max_age: timedelta
    takeover_pause: timedelta
    link_lifetime: timedelta
    products: Mapping[str, AdProduct]
    fetch_attachments: bool = True
    """Whether files that customers send are fetched and kept."""
    catalogue: Catalogue = field(default_factory=Catalogue)

    def storefront(self, shop: str | None = None) -> str | None:
        """The public address of a shop, without a slash at the end; of the brand's first one if none is named."""
        for account in self.accounts.values():
            if account.connector == "shopify" and shop in {None, account.id}:
                return account.storefront or f"https://{account.id}"
        return None


@dataclass(frozen=True, slots=True)
class Process:
    """One worker process as the stages see it. `worker` names it in leases and claims."""

    worker: str
    clock: Clock
    channels: Mapping[str, Channel]
    lease: timedelta
    send_timeout: timedelta
    slots: "SendSlots"
    checkpoint: Checkpoint
    told: Callable[[Account, SendResult], None]
    """Told the result of every call to a platform: metrics count it, the log says what has to be mended."""
    new_id: Callable[[], str]
    """A fresh, opaque, unguessable id of letters, digits, `-` and `_`."""
    calls: set[str] = field(default_factory=set)
    """Keys of messages whose call was begun by this process and whose fate is not written yet."""
    signalling: set[asyncio.Task[None]] = field(default_factory=set)
    """Signals on their way to customers."""


class SendSlots:
    """How many messages of one account may be on their way at once.

    What is on its way when a process dies is `unknown` until a report comes. So one goes after the other as long as the
    platform answers at once; while it is slow the next one starts after `_ALONE` seconds, at most `at_once` together.
    """

    def __init__(self, at_once: int) -> None:
        self._all: dict[tuple[str, str], asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self._next: dict[tuple[str, str], asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))

    @asynccontextmanager
    async def one_of(self, channel: str, account: str) -> AsyncIterator[None]:
        """One slot of an account, for the time of the block."""
        key = (channel, account)
        async with self._all[key]:
            turn = self._next[key]
            await turn.acquire()
            passed_on = asyncio.get_running_loop().call_later(_ALONE, turn.release)
            try:
                yield
            finally:
                if not passed_on.cancelled() and passed_on.when() > asyncio.get_running_loop().time():
                    passed_on.cancel()
                    turn.release()
