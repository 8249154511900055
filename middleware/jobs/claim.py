"""A job that this process has taken, and what an attempt at it can end in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from middleware.domain.events import Event
from middleware.domain.jobs import Job, JobKind
from middleware.pipeline.parts import Brand
from middleware.ports import Account, Clock, Delete, InboxEntry, Put, Stored


class ClaimLost(Exception):  # noqa: N818 - a state of the claim, caught by the runner
    """The claim ran out and another process took the job: nothing may be written any more."""


@dataclass(frozen=True, slots=True)
class Over:
    """The job is over. `result` is one word for the metrics; `changes` are written with its end, and `event` goes into
    the inbox with it and is worked on at once.
    """

    result: str
    changes: tuple[Put | Delete, ...] = ()
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """The job came to nothing this time. `after`: how long to wait at least; None leaves it to the runner."""

    reason: str
    after: timedelta | None = None


class Claim:
    """One job of one brand, ours until its claim runs out."""

    def __init__(self, brand: Brand, stored: Stored[Job], clock: Clock, lease: timedelta) -> None:
        self.brand = brand
        self.stored = stored
        self._clock = clock
        self._lease = lease
        self._until = clock.monotonic() + lease.total_seconds()

    @classmethod
    async def taken(
        cls, brand: Brand, stored: Stored[Job], clock: Clock, lease: timedelta, owner: str
    ) -> "Claim | None":
        """The claim on a job that is due, or None if another process was quicker."""
        job = stored.record.model_copy(
            update={
                "owner": owner,
                "attempts": stored.record.attempts + 1,
                "not_before": clock.now() + lease,
            }
        )
        claim = cls(brand, Stored(job, stored.version + 1), clock, lease)
        (landed,) = await brand.store.write(stored.put(job))
        return claim if landed else None

    @property
    def job(self) -> Job:
        """The job as it is in the store."""
        return self.stored.record

    @property
    def account(self) -> Account | None:
        """The account that the job is about; None when the settings do not have it any more."""
        return self.brand.accounts.get((self.job.connector, self.job.account))

    async def keep(self) -> None:
        """Let the claim count from now on. Raises ClaimLost if it is another's by now."""
        until = self._clock.monotonic() + self._lease.total_seconds()
        await self._change({"not_before": self._clock.now() + self._lease})
        self._until = until

    async def begin(self) -> None:
        """Write down that something is being done that cannot be done twice. Raises ClaimLost before it is."""
        if self.job.begun_at is None:
            await self._change({"begun_at": self._clock.now()})

    def holds(self) -> None:
        """Raise ClaimLost if the claim may have run out: looked at before each write of something else."""
        if self._clock.monotonic() >= self._until:
            raise ClaimLost

    async def postpone(self, after: timedelta, reason: str, attempts: int) -> None:
        """Give the job back, to be taken again after a while. Raises ClaimLost."""
        update = {"not_before": self._clock.now() + after, "reason": reason, "attempts": attempts, "owner": None}
        await self._change(update)

    async def end(self, over: Over) -> None:
        """Write what follows and the end of the job, in one command. Raises ClaimLost before anything is written."""
        self.holds()
        event = (Put(InboxEntry.of(over.event)),) if over.event is not None else ()
        await self.brand.store.write(*over.changes, *event, Delete(Job, self.job.id))

    async def _change(self, update: dict[str, object]) -> None:
        job = self.job.model_copy(update=update)
        (landed,) = await self.brand.store.write(self.stored.put(job))
        if not landed:
            raise ClaimLost
        self.stored = Stored(job, self.stored.version + 1)


@dataclass(frozen=True, slots=True)
class KindOfJob:
    """How jobs of one kind are done.

    `work` is one attempt; it may be repeated at any point. `give_up` is told why after the last attempt, and says what
    is written then.
    """

    kind: JobKind
    work: Callable[[Claim], Awaitable[Over | Later]]
    give_up: Callable[[Claim, str], Awaitable[Over]]
    at_once: int | None = None
    """How many of them one process does at once; None leaves it to the runner."""
    lease: timedelta | None = None
    """How long a claim lasts: as long as an attempt and what is written after it can take. None as above."""
