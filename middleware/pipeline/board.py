"""The board of one brand as this process knows it: the heads of its conversations, in memory.

Agents look at a list all the time; a message must not wait for that, nor cost a store command (docs/decisions/0038).
What this process writes the board is told at once; what others wrote it finds by one range read a second, whoever is
looking. Nobody's list is kept: a page is worked out from the heads when it is asked for.
"""

import asyncio
import contextlib
import re
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from middleware.domain.board import UNSHOWN, Head, Page, Wanted, head_of, page_of
from middleware.domain.conversation import Conversation
from middleware.errors import CursorError, StoreUnavailable, ThroughlineError
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

_READ_AT_ONCE = 50
"""Conversations: 2 ms of work here, about 10 on the embedded server."""
_RESTS = 3.0
"""After such a read, and after a look, so many times as long as it took: messages need the store, too."""
_LONGEST_REST_OF_A_LOAD = 0.5
_LONGEST_REST_OF_LOOKS = 5.0
"""Seconds. A board that looks less often would miss who was erased (docs/erasing.md)."""
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
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
        self._log: deque[tuple[int, str]] = deque(maxlen=remembered)
        """Which head changed, by number."""
        self._number = 0
        self._epoch = secrets.token_hex(4)
        """Numbers of another process, or of an earlier life of this one, say nothing here."""
        self._changed = asyncio.Event()
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
                self._number += 1
                self._log.append((self._number, key))
                changed = True
        if not changed:
            return
        if len(self._heads) > self._most + _ROOM:
            self._let_go()
        self._changed.set()
        self._changed = asyncio.Event()

    def _keep(self, stored: Stored[Conversation], *, is_erased: bool) -> None:
        key = stored.record.id
        self._versions[key] = stored.version
        if is_erased:
            self._heads.pop(key, None)
            self._late.pop(key, None)
            self._erased.add(key)
        else:
            self._put(head_of(stored.record, stored.version))
            self._erased.discard(key)

    def _put(self, head: Head) -> None:
        self._heads[head.id] = head
        if head.late:
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
        return f"{self._epoch}-{self._number}"

    async def subscribe(self, after: str | None = None) -> AsyncGenerator[News, None]:
        """What changes from now on, or from the mark `after` on; a first `reload` where that is too long ago.

        Several changes of one conversation that were not heard of yet are one. Raises TooManySubscribersError.
        """
        if self._subscribers >= MOST_SUBSCRIBERS:
            raise TooManySubscribersError("too many look at the board")
        self._subscribers += 1
        try:
            seen = self._number if after is None else self._number_of(after)
            while True:
                changed = self._changed
                news = self._since(seen)
                seen = self._number
                if news is not None:
                    yield news
                else:
                    await changed.wait()
        finally:
            self._subscribers -= 1

    def _since(self, seen: int | None) -> News | None:
        """What a subscriber has not heard of; None if that is nothing."""
        if seen == self._number:
            return None
        if seen is None or seen > self._number or (self._number - seen) > len(self._log):
            return News(self.mark, reload=True)
        missed = dict.fromkeys(key for number, key in self._log if number > seen)
        if not self._erased.isdisjoint(missed):
            return News(self.mark, reload=True)
        return News(self.mark, tuple(self._heads[key] for key in missed if key in self._heads))

    def _number_of(self, mark: str) -> int | None:
        """The number of a mark; None for one that is not of this life."""
        epoch, _, number = mark.partition("-")
        is_ours = epoch == self._epoch and _NUMBER.fullmatch(number)
        return int(number) if is_ours else None

    def forget(self, conversations: Iterable[str]) -> None:
        """Show conversations no more that are not there any more."""
        for key in conversations:
            self._heads.pop(key, None)
            self._versions.pop(key, None)

    def _let_go(self) -> None:
        kept = sorted(self._heads.values(), key=lambda head: head.rank, reverse=True)[: self._most]
        self._heads = {head.id: head for head in kept}
        self._versions = {head.id: head.version for head in kept}
        self._late = {head.id: head for head in kept if head.late}

    async def look(self) -> None:
        """Read what was written since the last look, by whomever. Raises StoreUnavailable: the next look finds it."""
        now = self._clock.now()
        since = (self._seen_until or now) - _OVERLAP
        await self._read(await self._written((since, now + _OVERLAP)))
        self._seen_until = now

    async def load(self) -> None:
        """Read all conversations, as many as there is room for: first those in which the customer wrote last."""
        written = await self._written()
        self._awaited = len(written)
        await self._read(written, rests=True)
        self.loaded = True

    async def _written(self, span: tuple[datetime, datetime] | None = None) -> dict[str, int]:
        return await self._store.written(Conversation, self._most, newest="last_inbound_at", span=span)

    async def _read(self, written: Mapping[str, int], *, rests: bool = False) -> None:
        """Read those that are not known in this version, a part at a time."""
        newer = [key for key, version in written.items() if key in self._erased or version > self._versions.get(key, 0)]
        for start in range(0, len(newer), _READ_AT_ONCE):
            some, began = newer[start : start + _READ_AT_ONCE], self._clock.monotonic()
            found = await self._store.outlines(Conversation, some, without=UNSHOWN, last_of="lines")
            self.take(found)
            self.forget({*some} - {each.record.id for each in found})
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


@contextlib.contextmanager
def _reported(what: str) -> Iterator[None]:
    """Whatever goes wrong is told in the log, and tried again."""
    try:
        yield
    except StoreUnavailable as error:
        log.warning("the store does not answer", action="board", what=what, error=str(error))
    except Exception:
        log.exception("the board cannot be read", action="board", what=what)
