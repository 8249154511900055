"""Whoever pulls an account holds its document, until somebody else does.

Every write is a compare-and-set, and so is taking hold: the document's version is the fence. A process that was held up
for longer than its hold finds out with its next write and stops. What it brought in meanwhile has the same keys as what
the other one brings, so that nothing comes twice.
"""

from datetime import datetime, timedelta

from middleware.domain.pulls import KEPT_RUNS, Pull, PullRun
from middleware.ports import Account, BrandStore, Clock, Put, Stored

HOLD = timedelta(minutes=3)
"""How long one page may take, with all waiting before it."""


class HoldLost(Exception):  # noqa: N818 - a state of the hold, caught by whoever pulls
    """Another process took hold: nothing may be written any more."""


class Hold:
    """The hold on one account's document."""

    def __init__(self, store: BrandStore, stored: Stored[Pull], clock: Clock) -> None:
        self._store = store
        self._stored = stored
        self._clock = clock

    @property
    def pull(self) -> Pull:
        """The document as it is in the store."""
        return self._stored.record

    @classmethod
    async def taken(
        cls, store: BrandStore, account: Account, clock: Clock, owner: str, *, due: bool = True
    ) -> "Hold | None":
        """Take hold, or None if somebody else has it. `due`: only when the next step is due."""
        key, now = Pull.key(account.connector, account.id), clock.now()
        stored = (await store.get(Pull, [key])).get(key) or Stored(Pull(id=key), 0)
        if stored.record.is_held(now) or (due and not stored.record.is_due(now)):
            return None
        held = {"owner": owner, "held_until": now + HOLD, "fence": stored.record.fence + 1}
        pull = stored.record.model_copy(update=held)
        (landed,) = await store.write(stored.put(pull))
        return cls(store, Stored(pull, stored.version + 1), clock) if landed else None

    async def change(self, **update: object) -> None:
        """Write, and hold on for the whole time again. Raises HoldLost."""
        await self._write({"held_until": self._clock.now() + HOLD, **update})

    async def let_go(self, not_before: datetime, **update: object) -> None:
        """Write, and let go. Raises HoldLost."""
        await self._write({"owner": None, "held_until": None, "not_before": not_before, **update})

    async def end(self, run: PullRun, not_before: datetime, **update: object) -> None:
        """Write the end of a run, and let go. Raises HoldLost."""
        history = (*self.pull.history, run)[-KEPT_RUNS:]
        await self.let_go(not_before, run=None, failures=0, history=history, **update)

    async def _write(self, update: dict[str, object]) -> None:
        pull = self.pull.model_copy(update=update)
        (landed,) = await self._store.write(Put(pull, self._stored.version))
        if not landed:
            raise HoldLost
        self._stored = Stored(pull, self._stored.version + 1)
