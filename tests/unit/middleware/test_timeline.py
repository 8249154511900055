"""The timeline: everything once, newest first, and as cheap to read however long it is."""

import base64
import random
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.domain.timeline import (
    DROPPED_AT,
    KEPT_AT_HEAD,
    LONGEST_LINE,
    PAGE_SIZE,
    TimelineHead,
    TimelinePage,
    entry_of,
    may_be_on_a_page,
    noted,
)
from middleware.errors import CursorError
from middleware.pipeline.timeline import TimelineView, read_timeline
from middleware.ports import Put, Stored
from tests.unit.middleware.builders import email, member, message, order, phone, profile
from tests.unit.middleware.memory_store import MemoryStore

PHONE, EMAIL = phone(), email()
PERSON = profile(member(PHONE.key), member(EMAIL.key))
R = TypeVar("R", bound=Record)


class Counted(MemoryStore):
    """A store that counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.commands = 0
        self.documents = 0

    async def get(self, kind: type[R], ids: Any) -> dict[str, Stored[R]]:
        """Read, and count."""
        found = await super().get(kind, ids)
        self.commands += 1
        self.documents += len(found)
        return found


class Noting:
    """What the core does: an event is noted under identifiers, in a store."""

    def __init__(self) -> None:
        self.store = Counted()
        self.recorded: set[str] = set()

    async def hears(self, event: Event, *identifiers: Identifier, pages: bool = True) -> None:
        """Note an event; without `pages` the write of pages does not land."""
        for key in [each.key for each in identifiers or (PHONE,)]:
            known = (await MemoryStore.get(self.store, TimelineHead, [key])).get(key, Stored(TimelineHead(id=key), 0))
            on_record = may_be_on_a_page(known.record, event) and event.key in self.recorded
            head, full = noted(known.record, event, on_record=on_record)
            await self.store.write(known.put(head), *(Put(page) for page in full if pages))
        self.recorded.add(event.key)

    def everything(self, key: str = PHONE.key) -> list[str]:
        """The events on all pages and in the head of one identifier."""
        head = self.store.all(TimelineHead)[key]
        stored = self.store.all(TimelinePage)
        pages = [stored[f"{key}|{number}"] for number in range(head.pages - (1 if head.full else 0))]
        return [each.event for page in pages for each in page.entries] + [
            each.event for each in (*head.full, *head.entries)
        ]


def event(number: float) -> Event:
    """The event of that minute."""
    return message(PHONE, minutes=number, key=f"e{number:07}", text="A secret word")


async def looked_through(store: MemoryStore, most: int = 16, here: Profile = PERSON) -> list[str]:
    """The events of a timeline, view by view."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        view = await read_timeline(store, here, before=cursor, most=most)
        found += [entry.event for entry in view.entries]
        cursor = view.next
        if cursor is None:
            return found
        assert view.entries


async def timeline_of(count: int) -> Noting:
    """A timeline of so many events."""
    here = Noting()
    for number in range(count):
        await here.hears(event(number))
    return here


@pytest.mark.parametrize("count", [0, 1, 16, 47, 48, 49, 55, 56, 57, 79, 80, 81, 200])
@pytest.mark.parametrize("most", [1, 16, 33, 100])
async def test_everything_is_shown_once_newest_first(count: int, most: int) -> None:
    """Whatever the length and however many at a time."""
    here = await timeline_of(count)
    assert await looked_through(here.store, most) == [event(number).key for number in reversed(range(count))]


async def test_a_hundred_thousand_events_answer_like_ten() -> None:
    """As many commands, and as many documents: a first look does not know how long the timeline is."""
    few, many = await timeline_of(10), Noting()
    head = TimelineHead(id=PHONE.key)
    for number in range(100_000):
        head, pages = noted(head, event(number), on_record=False)
        await many.store.write(*map(Put, pages))
    await many.store.write(Put(head))
    counts = []
    for here in (few, many):
        view = await read_timeline(here.store, PERSON, most=10)
        assert len(view.entries) == 10
        counts.append((here.store.commands, here.store.documents))
    assert counts == [(1, 1), (1, 1)]
    assert len(head.entries) + len(head.full) <= PAGE_SIZE + DROPPED_AT


async def test_going_on_reads_no_more_the_further_back_it_is() -> None:
    """Each further view: two commands, and at most as many pages as its entries can lie on."""
    here = await timeline_of(2_000)
    cursor: str | None = None
    for _ in range(20):
        here.store.commands = here.store.documents = 0
        view = await read_timeline(here.store, PERSON, before=cursor, most=50)
        cursor = view.next
        assert here.store.commands <= 2
        assert here.store.documents <= 1 + 3 + 2


async def test_what_two_members_know_of_is_shown_once() -> None:
    """An order is noted under the phone and the address that stand on it."""
    here = Noting()
    for number in range(120):
        await here.hears(event(number), *([PHONE, EMAIL] if number % 3 else [EMAIL]))
    assert await looked_through(here.store, 7) == [event(number).key for number in reversed(range(120))]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 250), st.integers(0, 60))
async def test_the_same_event_twice_is_once(seed: int, count: int, swaps: int) -> None:
    """In any order and however often: every event is in the timeline, and none twice."""
    chance = random.Random(seed)  # noqa: S311 - a test
    numbers = [*range(count), *chance.choices(range(count), k=count // 2)]
    for _ in range(swaps):
        left, right = chance.randrange(len(numbers)), chance.randrange(len(numbers))
        numbers[left], numbers[right] = numbers[right], numbers[left]
    here = Noting()
    for number in numbers:
        await here.hears(event(number))
    assert sorted(here.everything()) == [event(number).key for number in range(count)]
    assert sorted(await looked_through(here.store, 11)) == [event(number).key for number in range(count)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 200), st.integers(1, 40))
async def test_what_comes_while_somebody_looks_hides_nothing(seed: int, count: int, most: int) -> None:
    """Events that come between two views move nothing out of sight and show nothing twice."""
    chance = random.Random(seed)  # noqa: S311 - a test
    here = await timeline_of(count)
    found: list[str] = []
    cursor: str | None = None
    latest = count
    while True:
        view: TimelineView = await read_timeline(here.store, PERSON, before=cursor, most=most)
        found += [entry.event for entry in view.entries]
        cursor = view.next
        if cursor is None:
            break
        for _ in range(chance.randrange(12)):
            await here.hears(event(latest))
            latest += 1
    assert found == [event(number).key for number in reversed(range(count))]


async def test_a_page_that_did_not_land_is_written_again() -> None:
    """One of two writes is lost, whichever: every page is there."""
    for lost in range(200):
        here = Noting()
        for number in range(200):
            await here.hears(event(number), pages=number != lost)
        assert sorted(here.everything()) == [event(number).key for number in range(200)]


async def test_a_page_has_one_content() -> None:
    """What was written before a head that did not land is what is written after it."""
    head = TimelineHead(id=PHONE.key)
    written: dict[str, TimelinePage] = {}
    for number in range(300):
        _, lost = noted(head, event(number + 1_000), on_record=False)
        head, pages = noted(head, event(number), on_record=False)
        for page in (*lost, *pages):
            assert written.setdefault(page.id, page) == page


def test_noting_again_changes_nothing() -> None:
    """Neither the head nor the pages."""
    head = TimelineHead(id=PHONE.key)
    for number in range(KEPT_AT_HEAD):
        head, _ = noted(head, event(number), on_record=False)
    assert noted(head, event(3), on_record=True) == (head, ())
    assert noted(head, event(3), on_record=False) == (head, ())


def test_what_is_late_and_new_is_noted() -> None:
    """An old event that was not on record yet comes into the timeline, one that was does not come again."""
    head = TimelineHead(id=PHONE.key)
    for number in range(100, 200):
        head, _ = noted(head, event(number), on_record=False)
    late = event(5)
    assert may_be_on_a_page(head, late)
    assert noted(head, late, on_record=False)[0].holds(late.key)
    assert noted(head, late, on_record=True) == (head, ())
    assert not may_be_on_a_page(head, event(500))


def lines(events: Iterable[Event]) -> Sequence[str]:
    """The lines of some events."""
    return [entry_of(each).line for each in events]


def test_a_line_has_no_word_of_the_customer() -> None:
    """A message is told as such; an order by its number, state and worth."""
    news = {"message": None, "kind": EventKind.ORDER}
    placed = message(PHONE).model_copy(update={**news, "order": order(contacts=(EMAIL.key,))})
    assert lines([event(1), placed]) == ["message text", "order #1001 open"]
    long = message(PHONE).model_copy(update={**news, "order": order().model_copy(update={"number": "9" * 999})})
    assert len(entry_of(long).line) <= LONGEST_LINE


@pytest.mark.parametrize(
    "cursor", ["", "e30!", "x", "W10", "eyJhIjoxfQ", "eyJhIjpbMV19", "A" * 40_000, "é", "bnVsbA", "\ud800"]
)
async def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """Never an answer to another question, and nothing else is raised."""
    with pytest.raises(CursorError):
        await read_timeline(MemoryStore(), PERSON, before=cursor)


async def test_a_cursor_names_nobody() -> None:
    """No identifier stands in it: it goes into addresses and logs."""
    here = await timeline_of(100)
    cursor = (await read_timeline(here.store, PERSON)).next
    assert cursor is not None
    assert b"600111222" not in base64.urlsafe_b64decode(cursor + "==")
