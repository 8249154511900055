"""What the first load of the board costs, however the times are spread at which its conversations were written last.

On an embedded server of its own, with long conversations. Nothing else is done there meanwhile.
"""

import asyncio
import random
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from middleware.clock import SystemClock
from middleware.pipeline.board import Board
from middleware.store.codec import to_document
from middleware.store.collections import WRITTEN_AT
from middleware.store.mongo import MongoBrandStore, connect
from tests.benchmarks.board import a_conversation
from tests.benchmarks.measures import usage
from tests.benchmarks.tables import Table
from tests.commands import Commands
from tests.stores import StoreServer

_SPREADS = {
    "at one time": timedelta(0),
    "within 5 seconds": timedelta(seconds=5),
    "within 60 days": timedelta(days=60),
    "before there were times": None,
}
_AT_ONCE = 400


@dataclass(frozen=True)
class Load:
    """One load: commands, seconds to the first rows and to the last, seconds of CPU here and in the store."""

    commands: int
    first: float
    whole: float
    ours: float
    theirs: float


async def loads(many: int) -> Table:
    """Load so many conversations, once for each way in which their times may be spread."""
    header = ("written", "commands", "first rows s", "all s", "CPU here s", "CPU of the store s")
    rows = []
    for what, spread in _SPREADS.items():
        async with _filled(many, spread) as (server, store, commands):
            load = await _load(server, store, commands)
        figures = (load.first, load.whole, load.ours, load.theirs)
        rows.append((what, str(load.commands), *(f"{each:.1f}" for each in figures)))
    return Table(f"Loading the list of {many:,} conversations", header, tuple(rows))


@asynccontextmanager
async def _filled(many: int, spread: timedelta | None) -> AsyncIterator[tuple[int, MongoBrandStore, Commands]]:
    chance, commands = random.Random(7), Commands()  # noqa: S311 - made-up customers
    with tempfile.TemporaryDirectory() as directory, StoreServer.started(Path(directory)) as server:
        assert server.process is not None, "CPU is measured of a server of our own"
        client = connect(server.uri, listeners=(commands,))
        store = MongoBrandStore(client, f"board_{uuid.uuid4().hex[:8]}")
        await store.ensure()
        now = datetime.now(UTC)
        for start in range(0, many, _AT_ONCE):
            documents = [to_document(a_conversation(number, chance), 1) for number in range(start, start + _AT_ONCE)]
            for document in documents:
                if spread is None:
                    del document[WRITTEN_AT]
                else:
                    document[WRITTEN_AT] = now - spread * chance.random()
            await store._database["conversations"].insert_many(documents, ordered=False)
        yield server.process.pid, store, commands
        client.close()


async def _load(server: int, store: MongoBrandStore, commands: Commands) -> Load:
    board = Board(store, SystemClock())
    commands.seen.clear()
    began, ours, theirs = time.perf_counter(), time.process_time(), usage(server).cpu
    loading = asyncio.create_task(board.load())
    async with aclosing(board.subscribe()) as news:
        await anext(news)
    first = time.perf_counter() - began
    await loading
    whole = time.perf_counter() - began
    return Load(len(commands.seen), first, whole, time.process_time() - ours, usage(server).cpu - theirs)
