"""The store: what is kept, and how it is read and written."""

from collections.abc import AsyncGenerator, Collection, Container
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from pydantic import Field

from middleware.domain.events import Event
from middleware.domain.jobs import Job, JobKind
from middleware.domain.record import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Stored(Generic[R]):
    """A record as it was read: what is written back must still have this version."""

    record: R
    version: int

    def put(self, record: R) -> "Put":
        """The change that writes `record` in place of this one."""
        return Put(record, self.version)


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record: compare-and-set on `version`; version 0 means that it must not exist yet."""

    record: Record
    version: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove one record of a kind by its id; removing what is not there is fine.

    With a `version`, only as long as the record still has it: what somebody has written since stays.
    """

    kind: type[Record]
    id: str
    version: int | None = None


class InboxEntry(Record):
    """One event that was acknowledged and is not finished yet. `id` is the event's dedup key."""

    id: str
    lane: str
    event: Event

    @classmethod
    def of(cls, event: Event) -> "InboxEntry":
        """The entry of an event."""
        return cls(id=event.key, lane=event.lane, event=event)


class Recorded(Record):
    """One event in the timeline: append-only. `id` is the event's dedup key."""

    id: str
    event: Event


class Quarantined(Record):
    """Input that could not be understood, with the reason. Kept and replayable.

    `raw` is a body of its own that holds this part alone, or the part as it came where it cannot stand alone.
    `address` is the account that the webhook address named, if it named one; `seals` tell whose secret had signed the
    delivery (`pipeline/seals.py`). Documents that were kept before there were seals have none.
    """

    id: str
    connector: str
    reason: str
    raw: bytes
    received_at: datetime
    headers: dict[str, str] = Field(default_factory=dict)
    address: str | None = None
    seals: tuple[str, ...] = ()


class DeadLetter(Record):
    """Work that failed for good: the event with what went wrong. Kept and replayable.

    `passing` names what could not be passed on to the bot of the account; the event stands for it then.
    """

    id: str
    event: Event
    reason: str
    failed_at: datetime
    passing: str | None = None


TRIES_TO_LAND = 20
"""How often a write is worked out anew because somebody else was quicker, before it is given up (StoreUnavailable)."""


class BrandStore(Protocol):
    """The store of one brand: its own database, nothing of any other brand in reach.

    Every call raises `StoreUnavailable` if the store does not answer in time; whether a write landed is then not
    known, and repeating it is harmless because its keys are the same. Calls are independent values, so that an
    implementation can put those of many callers into one command (group commit).
    """

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """The records with these ids, by id; what does not exist is left out."""
        ...

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """Carry out the changes; for each whether it landed. Raises `NotStorable`, before anything is written, for
        a record that does not fit.

        False for a `Put`: the record exists already (version 0) or is no longer at that version. Without a version-0
        `Put` among them they happen in this order and a crash leaves a first part of them; otherwise each stands for
        itself.
        """
        ...

    async def backlog(self, most: int, known: Container[str] = (), besides: Collection[str] = ()) -> list[InboxEntry]:
        """At most that many unfinished inbox entries, in no particular order.

        None of those whose ids are `known`, and none of the accounts `besides`.
        """
        ...

    async def count(self, kind: type[Record], most: int) -> int:
        """How many records of a kind there are, counted up to one more than `most`. For kinds that are few."""
        ...

    async def due_jobs(self, kind: JobKind, now: datetime, most: int) -> list[Stored[Job]]:
        """At most that many jobs of a kind that may be taken at `now`, in no particular order."""
        ...

    async def written(
        self, kind: type[R], most: int, *, newest: str, span: tuple[datetime, datetime] | None = None
    ) -> dict[str, int]:
        """Versions by id of the `most` records that were written last, of a kind whose collection is dated.

        Those with the latest time in the field `newest` come first. With a `span` only what was written last from its
        beginning on and before its end.
        """
        ...

    async def outlines(
        self, kind: type[R], ids: Collection[str], *, without: Collection[str], last_of: str
    ) -> list[Stored[R]]:
        """The records with these ids, without some fields and with the last item only of another one: to be looked at,
        never to be written back. What does not exist is left out.
        """
        ...

    async def found_by(self, kind: type[R], fields: Collection[str], values: Collection[str]) -> list[Stored[R]]:
        """The records in which one of the fields is one of the values, in no particular order.

        Of few values, and only of fields on which the collection of the kind has an index.
        """
        ...

    def scan(self, kind: type[R], *, after: str = "", prefix: str = "") -> AsyncGenerator[list[Stored[R]], None]:
        """All records of a kind in the order of their ids, a bounded batch at a time.

        Only those whose id comes later than `after` and begins with `prefix`. For commands that people start, never
        for the path of a message: it reads what it passes. A walk that was broken off goes on with `after`.
        """
        ...


class Store(Protocol):
    """All databases of an installation."""

    def brand(self, name: str) -> BrandStore:
        """The store of a brand that the settings name."""
        ...

    @property
    def common(self) -> BrandStore:
        """What belongs to no brand: quarantined bodies that no account claims."""
        ...

    async def ping(self) -> None:
        """Return if the store answers; else raise `StoreUnavailable`."""
        ...
