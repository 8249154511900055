"""Reading the timeline of a profile: its members' pages merged, newest first, a bounded number of reads by `_id`.

At most two commands: the heads, then the pages that can be needed at all. A first look of at most 16 entries needs the
heads alone, however long the timeline is.
"""

import base64
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from middleware.domain.events import Event
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.domain.timeline import (
    KEPT_AT_HEAD,
    PAGE_SIZE,
    Entry,
    TimelineHead,
    TimelinePage,
    may_be_on_a_page,
    noted,
    page_id,
)
from middleware.errors import CursorError
from middleware.ports import BrandStore, Put, Recorded, Stored

MOST_MEMBERS = 200
"""Identifiers whose timelines are merged. A profile with more is a fault, and shows those that sort first."""
MOST_ENTRIES = 100
FIRST_LOOK = KEPT_AT_HEAD
_LONGEST_CURSOR = 32_768
_PAGES_SINCE = 2
"""Full pages that may have come to be since a cursor was given: what was in the head then is on them at most."""


class TimelineView(Record):
    """Some of what happened, newest first. `next` asks for what is older; None at the end.

    Within one identifier what was told late stands where it was told once more than 48 others had come before it.
    """

    entries: tuple[Entry, ...]
    next: str | None = None


class _Mark(NamedTuple):
    """How far one member was read: `page` is the number of the page to go on with, `done` how many of its entries
    (newest first) were shown. With `at` and `event` the head was not at its end: its last shown entry.
    """

    page: int
    done: int
    at: datetime | None = None
    event: str = ""


_MARKS: TypeAdapter[dict[str, _Mark]] = TypeAdapter(dict[str, _Mark])


@dataclass(slots=True)
class _Stream:
    """One member's entries, newest first, each with the mark that goes on after it."""

    name: str
    mark: _Mark | None
    ahead: list[tuple[Entry, _Mark]]
    is_at_end: bool
    taken: int = 0

    def front(self) -> Entry | None:
        """The next entry, if it was read."""
        return self.ahead[self.taken][0] if self.taken < len(self.ahead) else None

    def is_to_be_read_on(self) -> bool:
        """Whether the next entry lies on a page that was not read: what others have may be older than it."""
        return self.front() is None and not self.is_at_end

    def take(self) -> None:
        """Go on after the entry in front."""
        self.mark = self.ahead[self.taken][1]
        self.taken += 1


async def read_timeline(
    store: BrandStore, profile: Profile, *, before: str | None = None, most: int = FIRST_LOOK
) -> TimelineView:
    """At most `most` entries (up to 100) of a profile's members, newest first, older than the cursor `before`.

    Raises CursorError for a cursor that no view gave.
    """
    return await read_timeline_of(store, [each.identifier for each in profile.members], before=before, most=most)


async def read_timeline_of(
    store: BrandStore, identifiers: Sequence[str], *, before: str | None = None, most: int = FIRST_LOOK
) -> TimelineView:
    """The same for some identifiers by their keys, those of one conversation for example."""
    marks = _marks_of(before)
    most = max(1, min(most, MOST_ENTRIES))
    members = list(identifiers[:MOST_MEMBERS])
    heads = {key: each.record for key, each in (await store.get(TimelineHead, members)).items()}
    wanted = {key: _pages_wanted(head, marks.get(_name(key)), most) for key, head in heads.items()}
    ids = [page_id(key, number) for key, numbers in wanted.items() for number in numbers]
    pages = {key: each.record for key, each in (await store.get(TimelinePage, ids)).items()} if ids else {}
    streams = [_stream(heads[key], pages, wanted[key], marks.get(_name(key))) for key in sorted(heads)]
    return _merged(streams, most)


async def read_heads(store: BrandStore, identifiers: Collection[str]) -> dict[str, Stored[TimelineHead]]:
    """The heads of these identifiers, by key; an empty one for each that has none yet."""
    found = await store.get(TimelineHead, identifiers)
    return {key: found.get(key, Stored(TimelineHead(id=key), 0)) for key in identifiers}


async def noting(
    store: BrandStore, heads: Collection[Stored[TimelineHead]], event: Event
) -> tuple[list[Put], list[Put]]:
    """What notes an event in some timelines: writes that have to land, and pages that may be there already.

    One read more only where an event is so old that it may stand on a page.
    """
    old = any(may_be_on_a_page(head.record, event) for head in heads)
    on_record = old and bool(await store.get(Recorded, [event.key]))
    must: list[Put] = []
    pages: list[Put] = []
    for head in heads:
        after, full = noted(head.record, event, on_record=on_record)
        must += [head.put(after)] if after != head.record else []
        pages += map(Put, full)
    return must, pages


def _pages_wanted(head: TimelineHead, mark: _Mark | None, most: int) -> list[int]:
    """The numbers of the pages that can be needed for so many entries of one member, the newest first."""
    stored = head.pages - (1 if head.full else 0)
    if mark is None:
        at_hand, top = len(head.entries) + len(head.full), stored
    elif mark.at is not None:
        shown = (mark.at, mark.event)
        in_head = (*head.entries, *head.full) if head.pages <= mark.page + _PAGES_SINCE else ()
        at_hand = sum(each.rank() < shown for each in in_head)
        top = min(stored, mark.page + _PAGES_SINCE)
    else:
        at_hand, top = 0, min(stored, mark.page + 1)
    since = max(0, top - mark.page) if mark is not None and mark.at is not None else 0
    missing = most - at_hand
    extra = 1 if mark is not None and mark.at is None and mark.done else 0
    count = -(-missing // PAGE_SIZE) + extra if missing > 0 else 0
    return list(range(top - 1, max(-1, top - 1 - count - since), -1)) if count + since else []


def _stream(
    head: TimelineHead, pages: Mapping[str, TimelinePage], numbers: Sequence[int], mark: _Mark | None
) -> _Stream:
    """One member's entries from its mark on, as far as they were read."""
    ahead: list[tuple[Entry, _Mark]] = []
    if mark is None or mark.at is not None:
        ahead += _of_head(head, mark)
    if head.full and head.pages - 1 not in numbers:
        ahead += _of_page(head.pages - 1, head.full, mark)
    for number in numbers:
        page = pages.get(page_id(head.id, number))
        ahead += _of_page(number, page.entries if page is not None else (), mark)
    lowest = min([*numbers, head.pages - 1 if head.full else head.pages])
    return _Stream(_name(head.id), mark, ahead, is_at_end=lowest <= 0)


def _of_head(head: TimelineHead, mark: _Mark | None) -> Iterable[tuple[Entry, _Mark]]:
    for entry in reversed(head.entries):
        if mark is None or mark.at is None or entry.rank() < (mark.at, mark.event):
            yield entry, _Mark(head.pages, 0, entry.at, entry.event)


def _of_page(number: int, entries: Sequence[Entry], mark: _Mark | None) -> Iterable[tuple[Entry, _Mark]]:
    """The entries of a page that were not shown. On pages that have come to be since, what is older than was shown."""
    if mark is not None and mark.at is None and number > mark.page:
        return
    newest_first = list(reversed(entries))
    for index, entry in enumerate(newest_first):
        if mark is not None and mark.at is None and number == mark.page and index < mark.done:
            continue
        if mark is not None and mark.at is not None and number >= mark.page and entry.rank() >= (mark.at, mark.event):
            continue
        yield entry, _Mark(number, index + 1)


def _merged(streams: Sequence[_Stream], most: int) -> TimelineView:
    """The newest of all streams, again and again; what several members know of is shown once."""
    shown: dict[str, Entry] = {}
    while not any(stream.is_to_be_read_on() for stream in streams) or not shown:
        fronts = [(front, stream) for stream in streams if (front := stream.front()) is not None]
        if not fronts:
            break
        entry, stream = max(fronts, key=lambda each: (each[0].rank(), each[1].name))
        if entry.event not in shown and len(shown) == most:
            break
        stream.take()
        shown.setdefault(entry.event, entry)
    rest = any(stream.front() is not None or not stream.is_at_end for stream in streams)
    return TimelineView(entries=tuple(shown.values()), next=_cursor(streams) if rest else None)


def _cursor(streams: Iterable[_Stream]) -> str:
    marks = {stream.name: stream.mark for stream in streams if stream.mark is not None}
    return base64.urlsafe_b64encode(_MARKS.dump_json(marks)).decode().rstrip("=")


def _marks_of(cursor: str | None) -> dict[str, _Mark]:
    if cursor is None:
        return {}
    if len(cursor) > _LONGEST_CURSOR:
        raise CursorError
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        marks = _MARKS.validate_python({name: _Mark(*mark) for name, mark in orjson.loads(raw).items()})
    except (ValueError, TypeError, AttributeError, ValidationError) as error:
        raise CursorError from error
    if any(mark.at is not None and mark.at.tzinfo is None for mark in marks.values()):
        raise CursorError
    return marks


def _name(identifier: str) -> str:
    """A member as a cursor names it: an identifier is somebody's, a cursor goes into addresses and logs."""
    return hashlib.blake2b(identifier.encode(errors="replace"), digest_size=6).hexdigest()
