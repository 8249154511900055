"""The store of one brand in memory: compare-and-set as `BrandStore` promises it, and nothing that lasts."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Container
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from middleware.domain.jobs import Job, JobKind
from middleware.domain.record import Record
from middleware.ports import Delete, InboxEntry, Put, Stored

R = TypeVar("R", bound=Record)


async def _nothing() -> None:
    return None


class MemoryStore:
    """Records by kind and id, each with its version. `before` runs before every call: there a test makes it fail."""

    def __init__(self) -> None:
        self.records: dict[type[Record], dict[str, Stored[Any]]] = {}
        self.before: Callable[[], Awaitable[None]] = _nothing
        self.backlogs = 0
        """How often the backlog was read."""
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        """The clock by which writes are dated."""
        self.written_at: dict[tuple[type[Record], str], datetime] = {}
        self.spans: list[tuple[datetime, datetime] | None] = []
        """The spans of which it was asked what was written; None: of all times."""
        self.outlined: list[tuple[str, ...]] = []
        """The ids of each reading of outlines."""

    def copied(self) -> "MemoryStore":
        """Another one that holds the same; records are never changed in place."""
        other = MemoryStore()
        other.records = {kind: dict(held) for kind, held in self.records.items()}
        other.written_at = dict(self.written_at)
        return other

    async def get(self, kind: type[R], ids: Collection[str]) -> dict[str, Stored[R]]:
        """See `BrandStore.get`."""
        await self.before()
        known = self.records.get(kind, {})
        return {each: cast("Stored[R]", known[each]) for each in ids if each in known}

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """See `BrandStore.write`."""
        await self.before()
        return tuple(self._changed(change) for change in changes)

    def _changed(self, change: Put | Delete) -> bool:
        if isinstance(change, Delete):
            kept = self.records.get(change.kind, {})
            if change.id in kept and change.version in {None, kept[change.id].version}:
                del kept[change.id]
            return True
        here = self.records.setdefault(type(change.record), {})
        identifier: str = change.record.id  # type: ignore[attr-defined]
        if (here[identifier].version if identifier in here else 0) != change.version:
            return False
        here[identifier] = Stored(change.record, change.version + 1)
        self.written_at[type(change.record), identifier] = self.now()
        return True

    async def written(
        self, kind: type[R], most: int, *, newest: str, span: tuple[datetime, datetime] | None = None
    ) -> dict[str, int]:
        """See `BrandStore.written`."""
        self.spans.append(span)
        await self.before()
        times = {key: self.written_at[kind, key] for key in self.records.get(kind, {})}
        among = {key for key, at in times.items() if span is None or span[0] <= at < span[1]}
        found = {key: self.records[kind][key] for key in sorted(among, key=times.__getitem__, reverse=True)[:most]}
        never = datetime.min.replace(tzinfo=UTC)
        order = sorted(found, key=lambda key: getattr(found[key].record, newest) or never, reverse=True)
        return {key: found[key].version for key in order}

    async def outlines(
        self, kind: type[R], ids: Collection[str], *, without: Collection[str], last_of: str
    ) -> list[Stored[R]]:
        """See `BrandStore.outlines`."""
        self.outlined.append(tuple(ids))
        empty = {name: kind.model_fields[name].get_default() for name in without}
        return [
            Stored(each.record.model_copy(update={**empty, last_of: getattr(each.record, last_of)[-1:]}), each.version)
            for each in (await self.get(kind, ids)).values()
        ]

    async def found_by(self, kind: type[R], fields: Collection[str], values: Collection[str]) -> list[Stored[R]]:
        """See `BrandStore.found_by`."""
        await self.before()
        here = self.records.get(kind, {}).values()
        return [
            cast("Stored[R]", each) for each in here if any(getattr(each.record, name) in values for name in fields)
        ]

    async def due_jobs(self, kind: JobKind, now: datetime, most: int) -> list[Stored[Job]]:
        """See `BrandStore.due_jobs`."""
        await self.before()
        known = (cast("Stored[Job]", each) for each in self.records.get(Job, {}).values())
        return [each for each in known if each.record.kind is kind and each.record.not_before <= now][:most]

    async def count(self, kind: type[Record], most: int) -> int:
        """See `BrandStore.count`."""
        await self.before()
        return min(len(self.records.get(kind, {})), most + 1)

    async def backlog(self, most: int, known: Container[str] = (), besides: Collection[str] = ()) -> list[InboxEntry]:
        """See `BrandStore.backlog`."""
        self.backlogs += 1
        await self.before()
        found = (entry for key, entry in self.all(InboxEntry).items() if key not in known)
        return [entry for entry in found if entry.event.account not in besides][:most]

    async def scan(self, kind: type[R], *, after: str = "", prefix: str = "") -> AsyncGenerator[list[Stored[R]], None]:
        """See `BrandStore.scan`, one record a batch."""
        for key, each in sorted(self.records.get(kind, {}).items()):
            if key > after and key.startswith(prefix):
                yield [cast("Stored[R]", each)]

    def all(self, kind: type[R]) -> dict[str, R]:
        """Every record of a kind, by id."""
        return {key: cast("R", each.record) for key, each in self.records.get(kind, {}).items()}
