"""The board: what it shows, how it is filtered, counted and paged, and what subscribers hear."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.board import UNSHOWN, Head, State, Wanted, head_of, page_of
from middleware.domain.conversation import Conversation, Line, Owner
from middleware.errors import CursorError, StoreUnavailable
from middleware.pipeline import board as board_module
from middleware.pipeline.board import Board, News, TooManySubscribersError
from middleware.pipeline.forgetting import SETTLES
from middleware.ports import Delete, Put, Stored
from tests.running import until
from tests.unit.middleware.builders import at
from tests.unit.middleware.memory_store import MemoryStore

HOUR = timedelta(hours=1)


async def nothing() -> None:
    """Before a read: nothing happens."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = at(0)

    def now(self) -> datetime:
        """The time."""
        return self.at

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self.at.timestamp()


def conversation(number: int = 1, minutes: float = 0, **parts: Any) -> Conversation:
    """A conversation in which the customer wrote at some minute."""
    known: dict[str, Any] = {
        "id": f"c_{number:05}",
        "channel": "whatsapp",
        "account": "777",
        "aliases": (),
        "started_at": at(minutes),
        "last_inbound_at": at(minutes),
        "lines": (Line(id=f"m{number}", by="customer", text="hello " * 100, at=at(minutes)),),
    }
    return Conversation(**{**known, **parts})


def head(number: int = 1, minutes: float = 0, version: int = 1, **parts: Any) -> Head:
    """Its head."""
    return head_of(conversation(number, minutes, **parts), version)


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ({}, "bot"),
        ({"owner": Owner.HUMAN}, "person"),
        ({"owner": Owner.HUMAN, "owner_until": at(60)}, "person"),
        ({"owner": Owner.HUMAN, "owner_until": at(10)}, "bot"),
        ({"owner": Owner.PAUSED}, "paused"),
        ({"owner": Owner.PAUSED, "owner_until": at(10)}, "bot"),
        ({"needs_person": "asked"}, "waiting"),
        ({"needs_person": "asked", "owner": Owner.HUMAN}, "waiting"),
        ({"closed_at": at(1), "needs_person": "asked", "owner": Owner.HUMAN}, "closed"),
    ],
)
def test_states(parts: dict[str, Any], state: State) -> None:
    """Who answers, worked out for the time at which somebody looks."""
    assert head(**parts).state(at(30)) == state


def test_a_head_is_small() -> None:
    """Of a conversation only what a row shows is kept: the last line cut, and when the window closes."""
    row = head(minutes=5, tags=("vip",))
    assert row.last is not None
    assert len(row.last.text) == 120
    assert row.closes_at == at(5) + timedelta(hours=24)
    assert head(channel="webchat").closes_at is None
    assert head(last_inbound_at=None).closes_at is None
    assert row.is_vip()
    assert head(needs_person="vip: asked").is_vip()
    assert not head(needs_person="a vip asked").is_vip()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [1, 2, 3, 4]),
        (Wanted(channel="messenger"), [2]),
        (Wanted(account="888"), [3]),
        (Wanted(tag="size-m"), [3]),
        (Wanted(vip=True), [2]),
        (Wanted(assignee="ana"), [1]),
        (Wanted(unassigned=True), [2, 3, 4]),
        (Wanted(state="closed"), [4]),
        (Wanted(is_open=True), [1, 2, 3]),
        (Wanted(closes_within=HOUR), [1]),
        (Wanted(name="jose"), [3]),
        (Wanted(name="GARCIA jos"), [3]),
        (Wanted(name="garzia"), [3]),
        (Wanted(name="zz"), []),
    ],
)
def test_filters(wanted: Wanted, found: list[int]) -> None:
    """Each filter shows what it says; names are folded, and one slip in a longer word is forgiven."""
    now = at(30) + timedelta(hours=23)
    heads = [
        head(1, 0, assignee="ana"),
        head(2, -120, channel="messenger", tags=("vip",)),
        head(3, -120, account="888", tags=("size-m",), name="José García"),
        head(4, -120, closed_at=at(1)),
    ]
    page = page_of(heads, wanted, now)
    assert sorted(int(row.id[2:]) for row in page.rows) == found


def test_counts_are_of_all_states() -> None:
    """The counts say how many there are of each state under the other filters, whatever state is looked at."""
    heads = [
        head(1),
        head(2, needs_person="x"),
        head(3, needs_person="x", channel="messenger"),
        head(4, closed_at=at(1)),
    ]
    page = page_of(heads, Wanted(state="waiting", channel="whatsapp"), at(1))
    assert [row.id for row in page.rows] == ["c_00002"]
    assert page.counts == {"bot": 1, "waiting": 1, "closed": 1}


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=60, unique_by=lambda pair: pair[0]),
    st.integers(1, 7),
)
@settings(max_examples=60)
def test_pages_show_each_once_in_order(made: list[tuple[int, int]], most: int) -> None:
    """Page by page each head comes once, newest first, also where many have one time, and while others move up."""
    heads = {number: head(number, minutes) for number, minutes in made}
    shown: list[str] = []
    cursor = None
    while True:
        page = page_of(heads.values(), Wanted(), at(10), before=cursor, most=most)
        shown += [row.id for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
        moved = int(shown[0][2:])
        heads[moved] = head(moved, 1_000, version=2)
    assert shown == [each.id for each in sorted((head(n, m) for n, m in made), key=lambda row: row.rank, reverse=True)]


@pytest.mark.parametrize("cursor", ["", "x", "eHg", "%%%", "é", "9" * 5_000, "OTk5OTk5OTk5OTk5OTk5OTk5fHg"])
def test_no_cursor(cursor: str) -> None:
    """What no page gave is refused."""
    with pytest.raises(CursorError):
        Board(MemoryStore(), Clock()).page(Wanted(), before=cursor)


def test_names_are_no_patterns() -> None:
    """What is looked for is words, not a pattern; what has none names nobody, and a field left empty is no filter."""
    assert not Wanted(name=".*").holds(head(name=None), at(0))
    assert not Wanted(name="?!").holds(head(name="Ana"), at(0))
    assert not Wanted(name="x" * 100_000).holds(head(name="Ana"), at(0))
    assert Wanted(name="小明").holds(head(name="王小明"), at(0))
    assert Wanted(name="  ").holds(head(name=None), at(0))


async def stored(store: MemoryStore, *conversations: Conversation) -> None:
    """Write conversations, over what is there."""
    for each in conversations:
        known = (await store.get(Conversation, [each.id])).get(each.id)
        await store.write(Put(each, known.version if known is not None else 0))


def board_of(store: MemoryStore, clock: Clock, **parts: Any) -> Board:
    """A board over a store that dates its writes by the same clock."""
    store.now = clock.now
    return Board(store, clock, **parts)


@pytest.mark.parametrize("seconds", [0, 0.005, 5_184], ids=["at one time", "within 5 s", "within 60 days"])
async def test_all_are_loaded_the_newest_first(seconds: float) -> None:
    """However close to each other they were written: it is asked once what there is, and each conversation is read
    once, some at a time, first those in which the customer wrote last.
    """
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    for number in range(1_000):
        await stored(store, conversation(number, minutes=number * 7 % 1_000))
        clock.at += timedelta(seconds=seconds)
    await board.load()
    assert board.loaded
    assert store.spans == [None]
    assert [len(each) for each in store.outlined] == [50] * 20
    order = [key for each in store.outlined for key in each]
    assert [int(key[2:]) * 7 % 1_000 for key in order] == list(range(999, -1, -1))
    assert [row.id for row in board.page(Wanted()).rows] == order[:50]


async def test_what_is_written_while_it_loads_is_neither_missed_nor_told_twice() -> None:
    """Between any two reads others write, new conversations and known ones, and are told of or found by a look: in the
    end the board holds the last version of each, and no state of one was news twice.
    """
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    for number in range(500):
        await stored(store, conversation(number, number))
    clock.at += HOUR
    news: list[tuple[str, int]] = []
    taken, writes = board.take, 0

    def take(some: Iterable[Stored[Conversation]]) -> None:
        known = dict(board._versions)
        some = list(some)
        taken(some)
        news.extend((each.record.id, each.version) for each in some if known.get(each.record.id) != each.version)

    async def write() -> None:
        nonlocal writes
        store.before, writes = nothing, writes + 1
        for number in (500 + writes, 37 * writes % 500):
            await stored(store, conversation(number, 600, tags=(f"{writes}",)))
        if writes % 3 == 0:
            await board.look()
        store.before = write

    board.take = take  # type: ignore[method-assign]
    store.before = write
    await asyncio.gather(board.load(), board.load())
    store.before = nothing
    await board.look()
    assert writes > 10
    assert len(board) == 500 + writes
    kept = store.records[Conversation]
    assert {key: board._versions[key] for key in kept} == {key: each.version for key, each in kept.items()}
    assert len(news) == len(set(news))


async def test_a_load_that_breaks_off_goes_on() -> None:
    """What was read before the store failed is not read again, and the page can say meanwhile how far it is."""
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    for number in range(200):
        await stored(store, conversation(number, number))

    async def fails() -> None:
        if len(store.outlined) == 3:
            store.before = nothing
            raise StoreUnavailable("gone")

    assert board.progress is None
    store.before = fails
    with pytest.raises(StoreUnavailable):
        await board.load()
    assert (board.progress, board.loaded) == ((100, 200), False)
    await board.load()
    assert (board.progress, board.loaded, len(board)) == (None, True, 200)
    assert len({key for each in store.outlined[3:] for key in each}) == 100


async def test_what_is_gone_when_it_is_read_is_not_shown() -> None:
    """A conversation that was removed between the two reads of a look is shown no more."""
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    await stored(store, conversation(1), conversation(2))
    await board.load()
    await stored(store, conversation(1, 1), conversation(2, 1))

    async def remove() -> None:
        if store.spans[-1] is not None and len(store.outlined) == 2:
            store.before = nothing
            await store.write(Delete(Conversation, "c_00001"))

    store.before = remove
    await board.look()
    assert [row.id for row in board.page(Wanted()).rows] == ["c_00002"]


def test_an_outline_has_all_that_a_head_shows() -> None:
    """What a board does not read of a conversation no head is made of."""

    class Watched:
        seen: ClassVar[set[str]] = set()

        def __getattribute__(self, name: str) -> Any:
            Watched.seen.add(name)
            return getattr(conversation(), name)

    head_of(cast("Conversation", Watched()), 1)
    assert {"lines", "name"} <= Watched.seen <= Conversation.model_fields.keys() - {*UNSHOWN}


async def test_a_board_has_a_bound() -> None:
    """With more conversations than there is room for, those that were silent for longest are let go of."""
    board = Board(MemoryStore(), Clock(), most=100)
    board.take(Stored(conversation(number, number), 1) for number in range(5_000))
    assert len(board) <= 100 + 1_000
    assert board.head("c_04999") is not None
    assert board.head("c_00001") is None


async def test_what_others_wrote_is_found() -> None:
    """A look finds what was written since, by whomever, also with a clock that is some seconds off; once."""
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    await board.load()
    for seconds in (-5, 5):
        store.now = lambda seconds=seconds: clock.at + timedelta(seconds=seconds)  # type: ignore[misc]
        await stored(store, conversation(seconds + 10, 1))
        await board.look()
    assert len(board) == 2
    mark = board.mark
    clock.at += timedelta(seconds=1)
    await board.look()
    assert board.mark == mark


async def test_a_look_after_a_long_time_misses_nothing() -> None:
    """What was written while the store did not answer is read by the next look that it answers, however much it is."""
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    await board.load()
    await board.look()
    for number in range(700):
        clock.at += timedelta(seconds=1)
        await stored(store, conversation(number, number))
    await board.look()
    assert len(board) == 700


async def test_what_went_without_a_trace_is_shown_no_more() -> None:
    """While the process could not look somebody was erased, shell and all: after the next look the board checks what it
    knows, and whoever looks loads anew. What was written meanwhile stays.
    """
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    for number in range(50):
        await stored(store, conversation(number))
    board.start()
    await until(lambda: loaded(board, 50), "the board")
    mark = board.mark
    clock.at += SETTLES
    await store.write(*(Delete(Conversation, f"c_{number:05}") for number in range(3)))
    await stored(store, conversation(60))
    await until(lambda: loaded(board, 48), "the board")
    assert [board.head(f"c_{number:05}") for number in range(3)] == [None] * 3
    news = board.subscribe(mark)
    assert (await anext(news)).reload
    await news.aclose()
    await board.stop()


async def loaded(board: Board, number: int) -> bool:
    """Whether so many are on the board."""
    return board.loaded and len(board) == number


def test_a_shell_is_there_for_longer_than_a_board_may_not_look() -> None:
    """Or else a board that looks in time could miss one."""
    assert board_module._MISSES_AFTER + timedelta(seconds=4) < SETTLES


def test_an_older_version_changes_nothing() -> None:
    """What was read before a later write and comes after it is no news."""
    board = Board(MemoryStore(), Clock())
    board.take([Stored(conversation(1, 5, assignee="ana"), 4)])
    mark = board.mark
    board.take([Stored(conversation(1, 1), 3), Stored(conversation(1, 5), 4)])
    assert board.mark == mark
    found = board.head("c_00001")
    assert found is not None
    assert found.assignee == "ana"


async def test_a_subscriber_hears_what_changes() -> None:
    """Each change comes once, the last state of what changed several times; a mark goes on where it was."""
    board = Board(MemoryStore(), Clock())
    board.take([Stored(conversation(1), 1)])
    news = board.subscribe()
    waiting = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    board.take([Stored(conversation(2), 1)])
    board.take([Stored(conversation(1, assignee="ana"), 2), Stored(conversation(1, assignee="ben"), 3)])
    heard = await waiting
    assert [(each.id, each.assignee) for each in heard.heads] == [("c_00002", None), ("c_00001", "ben")]
    await news.aclose()

    board.take([Stored(conversation(3), 1)])
    again = board.subscribe(heard.mark)
    assert [each.id for each in (await anext(again)).heads] == ["c_00003"]
    await again.aclose()


@pytest.mark.parametrize("mark", ["", "x", "00000000-1", "12-", "-", "a-b-c"])
async def test_a_mark_of_another_life_means_reload(mark: str) -> None:
    """Who comes with a mark that says nothing here is told to load the list again, and then hears what changes."""
    board = Board(MemoryStore(), Clock())
    board.take([Stored(conversation(1), 1)])
    news = board.subscribe(mark)
    assert await anext(news) == News(board.mark, reload=True)
    board.take([Stored(conversation(2), 1)])
    assert [each.id for each in (await anext(news)).heads] == ["c_00002"]
    await news.aclose()


async def test_a_slow_subscriber_is_told_to_reload() -> None:
    """Who has missed more than is remembered loads again: nothing is kept for them, and nobody else waits."""
    board = Board(MemoryStore(), Clock(), remembered=10)
    slow, quick = board.subscribe(board.mark), board.subscribe(board.mark)
    for number in range(8):
        board.take([Stored(conversation(number), 1)])
    assert len((await anext(quick)).heads) == 8
    for number in range(8, 16):
        board.take([Stored(conversation(number), 1)])
    assert len((await anext(quick)).heads) == 8
    assert (await anext(slow)).reload
    for each in (slow, quick):
        await each.aclose()


async def test_subscribers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than there is room for is refused; who leaves makes room."""
    monkeypatch.setattr(board_module, "MOST_SUBSCRIBERS", 2)
    board = Board(MemoryStore(), Clock())
    board.take([Stored(conversation(1), 1)])
    first, second, third = (board.subscribe("x") for _ in range(3))
    await anext(first)
    await anext(second)
    with pytest.raises(TooManySubscribersError):
        await anext(third)
    await first.aclose()
    fourth = board.subscribe("x")
    assert (await anext(fourth)).reload
    for each in (second, fourth):
        await each.aclose()


async def test_fifty_who_look_cost_one_read() -> None:
    """A look reads once, however many subscribers there are."""
    store, clock = MemoryStore(), Clock()
    board = board_of(store, clock)
    news = [board.subscribe() for _ in range(50)]
    waiting = [asyncio.ensure_future(anext(each)) for each in news]
    await asyncio.sleep(0)
    await stored(store, conversation(1))
    store.spans.clear()
    store.outlined.clear()
    await board.look()
    assert (len(store.spans), store.outlined) == (1, [("c_00001",)])
    assert {each.heads[0].id for each in await asyncio.gather(*waiting)} == {"c_00001"}
    for each in news:
        await each.aclose()


async def test_a_board_that_nobody_shows_is_told_nothing() -> None:
    """A process without a console keeps no heads."""
    board = Board(MemoryStore(), Clock())
    board.told(Stored(conversation(1), 1))
    assert len(board) == 0
