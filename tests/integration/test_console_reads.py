"""What pages ask the store for: nothing that would look through a collection."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from middleware.clock import SystemClock
from middleware.domain.conversation import Conversation
from middleware.pipeline.board import HELD_AT_MOST, Board
from middleware.ports import Put
from middleware.store.collections import COLLECTIONS
from middleware.store.mongo import MongoBrandStore, connect
from tests.console import seated
from tests.console_pages import addresses
from tests.played import played
from tests.stores import StoreServer

_BY_INDEX = ({"_id"}, *({field} for each in COLLECTIONS.values() for field in each.indexed))
"""By what is found: the id, or a field that has an index."""

_WALKED = {
    "inbox": "only what is not done yet",
    "jobs": "only what is not done yet",
    "timers": "looked at by the process all the time: one per flow that waits",
    "users": "those who work here",
    "dead_letters": "what waits for a person",
    "quarantine": "what waits for a person",
    "candidates": "what waits for a person",
    "merge_rules": "one per rule",
    "templates": "one per template that was edited, counted up to two",
    "flow_drafts": "one per file that builders wrote in, 1,000 at most",
}
"""Collections that may be walked through, and why they stay short."""

_SAMPLED = {
    ("/{brand}/template-rows", "conversations"), ("/{brand}/template-customers", "conversations"),
    ("/{brand}/reports/{report}", "conversations"), ("/{brand}/reports/{report}/file", "conversations"),
}  # fmt: skip
"""Where some of a long collection are read, for five seconds at most in ten minutes."""

_FINE = (200, 303)


class Asked(CommandListener):
    """What is asked for."""

    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, Any]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep where something is looked for, and by what: where all of it may come, by what it is sorted."""
        if event.command_name == "find":
            by = event.command["filter"]
            is_some_of_all = by == {"$and": [{}]} and event.command["limit"] <= HELD_AT_MOST
            self.found.append((event.command["find"], dict(event.command["sort"]) if is_some_of_all else by))
        elif event.command_name in {"count", "aggregate", "distinct"}:
            self.found.append((f"{event.command_name} {event.command[event.command_name]}", {"?": 1}))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing: what was begun was kept."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing: what was begun was kept."""


async def test_every_page_reads_by_an_index(tmp_path: Path) -> None:
    """Whatever page somebody opens: each read is by id or by time of writing, or of what is not done yet."""
    asked = Asked()
    async with played(tmp_path, listeners=(asked,)) as stage, seated(stage, "ada", "admin") as ada:
        wrong: list[Any] = []
        for route, path in (await addresses(stage.here.brands["glow"].store)).items():
            asked.found.clear()
            answer = await ada.get(f"/console{path}")
            wrong += [(route, answer.status)] if answer.status not in _FINE else []
            wrong += [(route, *each) for each in asked.found if not _is_fine(route, *each)]
        assert not wrong, "\n".join(map(repr, wrong))


async def test_a_board_asks_once_what_there_is_and_reads_each_once(store_server: StoreServer, database: str) -> None:
    """Though all were written at one time: one read along the index of that time tells what there is, and then each is
    read by its id, some at once. So the work grows with their number, and with nothing else.
    """
    asked = Asked()
    now = datetime.now(UTC)
    talks = [
        Conversation(id=f"c_{number}", channel="whatsapp", account="777", aliases=(), started_at=now)
        for number in range(120)
    ]
    client = connect(store_server.uri, listeners=(asked,))
    store = MongoBrandStore(client, database)
    try:
        await store.ensure()
        await store.write(*map(Put, talks))
        await store._database["conversations"].update_many({}, {"$set": {"t": now}})
        asked.found.clear()
        board = Board(store, SystemClock())
        await board.load()
    finally:
        await client.drop_database(database)
        client.close()

    (first, *others) = asked.found
    assert first == ("conversations", {"t": -1})
    assert sorted(key for _, by in others for key in by["_id"]["$in"]) == sorted(each.id for each in talks)
    assert [len(by["_id"]["$in"]) for _, by in others] == [50, 50, 20]
    assert len(board) == 120


def _is_fine(route: str, collection: str, filtered: dict[str, Any]) -> bool:
    is_by_index = filtered.keys() in _BY_INDEX
    return is_by_index or collection in _WALKED or (route, collection) in _SAMPLED
