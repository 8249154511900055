"""When accounts are pulled: each as often as its settings say, one run at a time, beside everything else."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from middleware.errors import StoreUnavailable
from middleware.ports import Account, Clock, Connector, PullSource, Store
from middleware.rhythm.arrival import Arrivals
from middleware.rhythm.holder import Hold, HoldLost
from middleware.rhythm.run import Pulling, Sleep, Told, begin, run_on

log = structlog.get_logger(__name__)


class Rhythm:
    """All pulls of one process. `owner` names it."""

    def __init__(
        self,
        accounts: Sequence[Account],
        connectors: Mapping[str, Connector],
        store: Store,
        clock: Clock,
        arrivals: Arrivals,
        *,
        owner: str,
        look_every: float = 5.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._accounts = accounts
        self._sources = {name: each for name, each in connectors.items() if isinstance(each, PullSource)}
        self._store = store
        self._clock = clock
        self._arrivals = arrivals
        self._owner = owner
        self._look_every = look_every
        self._sleep = sleep
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._look: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for what is due, and go on doing so. Without an account that is pulled there is nothing to."""
        if any(account.pull_every is not None for account in self._accounts):
            self._look = asyncio.create_task(self._look_for_ever(), name="rhythm")

    async def stop(self) -> None:
        """Let go of everything: another process goes on at the last page."""
        tasks = [*self._running.values(), *([self._look] if self._look is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def can_pull(self, account: Account) -> bool:
        """Whether the account's source can be asked."""
        return account.connector in self._sources

    async def pull(
        self, account: Account, *, since: datetime | None = None, due: bool = True, told: Told = lambda _: None
    ) -> bool:
        """Pull an account until there is nothing to do or it has to wait for long; whether we had hold of it.

        `due`: only when its next step is. With `since` a run from there begins, whatever was under way. Raises
        StoreUnavailable.
        """
        brand = self._store.brand(account.brand)
        hold = await Hold.taken(brand, account, self._clock, self._owner, due=due)
        if hold is None:
            return False
        pulling = Pulling(self._arrivals, self._clock, self._sleep, told)
        source, now = self._sources[account.connector], self._clock.now()
        try:
            if since is not None:
                await begin(hold, source, now, since)
            await run_on(pulling, source, account, hold, now)
        except HoldLost:
            log.warning("another process goes on with a pull", action="pull", account=account.name)
        except BaseException:
            await self._give_back(hold)
            raise
        return True

    async def _give_back(self, hold: Hold) -> None:
        """Somebody else may go on at once."""
        with contextlib.suppress(StoreUnavailable, HoldLost):
            await asyncio.shield(hold.let_go(self._clock.now()))

    async def _look_for_ever(self) -> None:
        while True:
            for account in self._accounts:
                if account.pull_every is not None and self.can_pull(account):
                    self._begin(account)
            await asyncio.sleep(self._look_every)

    def _begin(self, account: Account) -> None:
        key = (account.connector, account.id)
        if key not in self._running:
            task = asyncio.create_task(self._one(account), name="pull")
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))

    async def _one(self, account: Account) -> None:
        try:
            await self.pull(account)
        except StoreUnavailable as error:
            log.warning("the store does not answer", action="pull", account=account.name, error=str(error))
        except Exception:
            log.exception("a pull cannot go on", action="pull", brand=account.brand, account=account.name)
