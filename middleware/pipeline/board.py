"""The board of one brand as this process knows it: the heads of its conversations, in memory.

Agents look at a list all the time; a message must not wait for that, nor cost a store command (docs/decisions/0038).
What this process writes the board is told at once; what others wrote it finds by one range read a second, whoever is
looking. Nobody's list is kept: a page is worked out from the heads when it is asked for.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from middleware.domain.board import UNSHOWN, Head, Page, Wanted, head_of, page_of
from middleware.domain.conversation import Conversation
from middleware.errors import CursorError, StoreUnavailable, ThroughlineError
from middleware.pipeline.board_changes import ChangeLog
from middleware.ports import BrandStore, Clock, Stored

log = structlog.get_logger(__name__)

HELD_AT_MOST = 50_000
"""Heads; those in which nothing was said for longest are let go of."""
LOOKS_EVERY = 1.0
"""Seconds."""
MOST_SUBSCRIBERS = 500

_OVERLAP = timedelta(seconds=10)
"""How far back each look begins before the one before it ended, and how far it looks ahead: what a slow command, or a
clock that is late, dates so, is found all the same. More than the store may take for a write."""

_MISSES_AFTER = timedelta(seconds=10)
"""Without a look for so long the shell of an erased conversation may have come and gone: it is there for longer than
that (`forgetting.SETTLES`), and no trace is left then.
"""
_CHECKS_AGAIN_AFTER = 300.0
"""Seconds between two checks of all that is known: where the store is slow, each look may be late."""

_READ_AT_ONCE = 50
"""Conversations: 2 ms of work here, about 10 on the embedded server."""
_RESTS = 3.0
"""After such a read, and after a look, so many times as long as it took: messages need the store, too."""
_LONGEST_REST_OF_A_LOAD = 0.5
_LONGEST_REST_OF_LOOKS = 5.0
"""Seconds. A board that looks less often would miss who was erased (docs/erasing.md)."""
_REMEMBERED = 5_000
"""Changes: who has missed more is told to load the list again."""
_ROOM = HELD_AT_MOST // 50
"""Heads beyond the most that are held until the oldest are let go of, all at once."""


class TooManySubscribersError(ThroughlineError):
    """So many look at the board already that nobody else may."""


@dataclass(frozen=True, slots=True)
class News:
    """What changed since a subscriber heard last: each head as it is now. `mark` is what to go on after.

    With `reload` it is not known what was missed: the list has to be asked for again.
    """

    mark: str
    heads: tuple[Head, ...] = ()
    reload: bool = False


class Board:
    """The heads of one brand's conversations."""

    def __init__(
        self, store: BrandStore, clock: Clock, *, most: int = HELD_AT_MOST, remembered: int = _REMEMBERED
    ) -> None:
        self._store = store
        self._clock = clock
        self._most = most
        self._heads: dict[str, Head] = {}
        self._versions: dict[str, int] = {}
        self._late: dict[str, Head] = {}
        """Those of them in which something was too old for the bot: few, and asked for all the time."""
        self._erased: set[str] = set()
        self._changes = ChangeLog(remembered)
        self._missed = asyncio.Event()
        self._subscribers = 0
        self._seen_until: datetime | None = None
        self._work: tuple[asyncio.Task[None], ...] = ()
        self._awaited: int | None = None
        """How many conversations will be here once all are loaded; None while that is not known."""
        self.loaded = False
        """Whether all conversations are here, as far as there is room."""

    def __len__(self) -> int:
        return len(self._heads)

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many conversations are here, of how many; None before that is known, and once all are here."""
        return (min(len(self._heads), self._awaited), self._awaited) if self._awaited and not self.loaded else None

    def start(self) -> None:
        """Load, and look for what changes, until `stop`."""
        if not self._work:
            self._seen_until = self._clock.now()
            self._work = (
                asyncio.create_task(self._load_for_sure(), name="board-load"),
                asyncio.create_task(self._look_for_ever(), name="board"),
                asyncio.create_task(self._check_for_ever(), name="board-check"),
            )

    async def stop(self) -> None:
        """Look no more."""
        for task in self._work:
            task.cancel()
        for task in self._work:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._work = ()

    def take(self, conversations: Iterable[Stored[Conversation]]) -> None:
        """Learn the present state of conversations. Of one that is known in this version, or a later one, nothing."""
        changed = False
        for stored in conversations:
            key, is_erased = stored.record.id, stored.record.erased_at is not None
            # Whoever writes where somebody was erased begins with version 1 again.
            is_anew = key in self._erased and not is_erased
            if is_anew or self._versions.get(key, 0) < stored.version:
                self._keep(stored, is_erased=is_erased)
                self._changes.note(key)
                changed = True
        if not changed:
            return
        if len(self._heads) > self._most + _ROOM:
            self._let_go()
        self._changes.tell()

    def _keep(self, stored: Stored[Conversation], *, is_erased: bool) -> None:
        key = stored.record.id
        self._versions[key] = stored.version
        if is_erased:
            self._drop(key)
        else:
            self._put(head_of(stored.record, stored.version))
            self._erased.discard(key)

    def _drop(self, key: str) -> None:
        self._heads.pop(key, None)
        self._late.pop(key, None)
        self._erased.add(key)

    def _show_no_more(self, keys: Collection[str]) -> None:
        for key in keys:
            self._drop(key)
            self._changes.note(key)
        if keys:
            self._changes.tell()

    def _put(self, head: Head) -> None:
        self._heads[head.id] = head
        if head.late_count:
            self._late[head.id] = head
        else:
            self._late.pop(head.id, None)

    def told(self, conversation: Stored[Conversation]) -> None:
        """The same by the worker of this process, which has just written it; nothing where nobody has a board."""
        if self._work:
            self.take([conversation])

    def page(self, wanted: Wanted, *, before: str | None = None, most: int = 50) -> Page:
        """See `page_of`. Raises CursorError for a cursor that no page gave."""
        heads = self._late if wanted.late else self._heads
        try:
            return page_of(heads.values(), wanted, self._clock.now(), before=before, most=most)
        except ValueError as error:
            raise CursorError from error

    def head(self, conversation: str) -> Head | None:
        """One conversation, if it is here."""
        return self._heads.get(conversation)

    @property
    def mark(self) -> str:
        """Where a subscriber begins who has just loaded a page."""
        return self._changes.mark

    async def subscribe(self, after: str | None = None) -> AsyncGenerator[News, None]:
        """What changes from now on, or from the mark `after` on; a first `reload` where that is too long ago.

        Several changes of one conversation that were not heard of yet are one. Raises TooManySubscribersError.
        """
        if self._subscribers >= MOST_SUBSCRIBERS:
            raise TooManySubscribersError("too many look at the board")
        self._subscribers += 1
        try:
            seen = self._changes.number if after is None else self._changes.number_of(after)
            while True:
                changed = self._changes.changed
                news = self._since(seen)
                seen = self._changes.number
                if news is not None:
                    yield news
                else:
                    await changed.wait()
        finally:
            self._subscribers -= 1

    def _since(self, seen: int | None) -> News | None:
        """What a subscriber has not heard of; None if that is nothing."""
        if seen == self._changes.number:
            return None
        missed = self._changes.since(seen)
        if missed is None or not self._erased.isdisjoint(missed):
            return News(self.mark, reload=True)
        return News(self.mark, tuple(self._heads[key] for key in missed if key in self._heads))

    def _let_go(self) -> None:
        kept = sorted(self._heads.values(), key=lambda head: head.rank, reverse=True)[: self._most]
        self._heads = {head.id: head for head in kept}
        self._versions = {head.id: head.version for head in kept}
        self._late = {head.id: head for head in kept if head.late_count}

    async def look(self) -> None:
        """Read what was written since the last look, by whomever. Raises StoreUnavailable: the next look finds it."""
        now = self._clock.now()
        since = (self._seen_until or now) - _OVERLAP
        written = await self._written((since, now + _OVERLAP))
        await self._read(self._newer(written))
        if self._seen_until is not None and now - self._seen_until > _MISSES_AFTER:
            self._missed.set()
        self._seen_until = now

    async def check(self) -> None:
        """Show no more what is not there any more: what went while nobody here could look. Raises StoreUnavailable."""
        await self._read(list(self._heads), rests=True)

    async def load(self) -> None:
        """Read all conversations, as many as there is room for: first those in which the customer wrote last."""
        written = await self._written()
        self._awaited = len(written)
        await self._read(self._newer(written), rests=True)
        self.loaded = True

    async def _written(self, span: tuple[datetime, datetime] | None = None) -> dict[str, int]:
        return await self._store.written(Conversation, self._most, newest="last_inbound_at", span=span)

    def _newer(self, written: Mapping[str, int]) -> list[str]:
        """Those that are not known in this version."""
        return [key for key, version in written.items() if key in self._erased or version > self._versions.get(key, 0)]

    async def _read(self, keys: Sequence[str], *, rests: bool = False) -> None:
        """Read these, a part at a time. What is not there is shown no more, unless it came while it was asked for."""
        for start in range(0, len(keys), _READ_AT_ONCE):
            began = self._clock.monotonic()
            some = {key: self._versions.get(key) for key in keys[start : start + _READ_AT_ONCE]}
            found = await self._store.outlines(Conversation, some, without=UNSHOWN, last_of="lines")
            self.take(found)
            gone = some.keys() - {each.record.id for each in found}
            self._show_no_more([key for key in gone & self._heads.keys() if self._versions.get(key) == some[key]])
            await asyncio.sleep(min(self._rest_after(began), _LONGEST_REST_OF_A_LOAD) if rests else 0)

    def _rest_after(self, began: float) -> float:
        return _RESTS * (self._clock.monotonic() - began)

    async def _load_for_sure(self) -> None:
        while not self.loaded:
            with _reported("load"):
                await self.load()
            if not self.loaded:
                await asyncio.sleep(LOOKS_EVERY)

    async def _look_for_ever(self) -> None:
        rest = LOOKS_EVERY
        while True:
            await asyncio.sleep(rest)
            began = self._clock.monotonic()
            with _reported("look"):
                await self.look()
            rest = max(LOOKS_EVERY, min(self._rest_after(began), _LONGEST_REST_OF_LOOKS))

    async def _check_for_ever(self) -> None:
        while True:
            await self._missed.wait()
            self._missed.clear()
            with _reported("check"):
                await self.check()
            await asyncio.sleep(_CHECKS_AGAIN_AFTER)


@contextlib.contextmanager
def _reported(what: str) -> Iterator[None]:
    """Whatever goes wrong is told in the log, and tried again."""
    try:
        yield
    except StoreUnavailable as error:
        log.warning("the store does not answer", action="board", what=what, error=str(error))
    except Exception:
        log.exception("the board cannot be read", action="board", what=what)
