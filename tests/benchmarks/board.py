"""What the board costs: loading it, a look, a page, and what the time of writing and its index cost each write.

`python -m tests.benchmarks.board [CONVERSATIONS]`, on an embedded server of its own; THROUGHLINE_TEST_MONGODB_URI names
another one. The writes with and without index take turns, so that both have the same machine.
"""

import asyncio
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from middleware.clock import SystemClock
from middleware.domain.board import Wanted
from middleware.domain.conversation import Conversation, Line, Owner
from middleware.pipeline.board import Board
from middleware.ports import Put
from middleware.store.mongo import MongoBrandStore, connect
from tests.stores import StoreServer

_NAMES = ("Ana", "Ben", "Clara", "Dario", "Eva", "Farid", "Greta", "Hugo", "Ines", "José")
_FAMILIES = ("García", "Ortega", "Müller", "Rossi", "Nowak", "Silva", "Jensen", "Yilmaz", "Moreau", "Kowalski")
_TIMES = 30


def a_conversation(number: int, chance: random.Random) -> Conversation:
    """A conversation as long ones are: 20 lines, 50 turns, 40 ids of our own."""
    heard = datetime.now(UTC) - timedelta(minutes=chance.uniform(0, 3_000))
    return Conversation(
        id=f"c_{number:024}",
        channel=chance.choice(("whatsapp", "messenger", "instagram")),
        account="777",
        aliases=(f"phone||+34600{number:06}",),
        started_at=heard,
        last_inbound_at=heard,
        owner=chance.choice((Owner.BOT, Owner.BOT, Owner.BOT, Owner.HUMAN)),
        needs_person="asked for a person" if chance.random() < 0.1 else None,
        closed_at=heard if chance.random() < 0.3 else None,
        name=f"{chance.choice(_NAMES)} {chance.choice(_FAMILIES)}",
        tags=("vip",) if chance.random() < 0.05 else (),
        lines=tuple(
            Line(id=f"wamid.{number}.{n}", by="bot" if n % 2 else "customer", text="words " * 20, at=heard)
            for n in range(20)
        ),
        own_ids=tuple(f"wamid.{number}.{n}" for n in range(40)),
        applied=tuple(f"{number:016}{n:016}" for n in range(50)),
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _timed(times: int, act: Callable[[], Awaitable[object]]) -> float:
    """The median of some runs, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await act()
        took.append((time.perf_counter() - began) * 1_000)
    return median(took)


async def _fill(store: MongoBrandStore, conversations: Sequence[Conversation]) -> float:
    began = time.perf_counter()
    for start in range(0, len(conversations), 200):
        await asyncio.gather(*(store.write(Put(each)) for each in conversations[start : start + 200]))
    return time.perf_counter() - began


async def _writing(stores: dict[str, MongoBrandStore], conversations: Sequence[Conversation]) -> dict[str, list[float]]:
    """Milliseconds of one write alone and of 64 at once, by turns."""
    versions = dict.fromkeys(stores, 1)
    took: dict[str, list[float]] = {name: [] for name in stores}
    together: dict[str, list[float]] = {name: [] for name in stores}
    for number in range(_TIMES * 4):
        for name, store in stores.items():
            some = conversations[number % 10 * 65 : number % 10 * 65 + 65]
            version = 1 + number // 10
            began = time.perf_counter()
            await store.write(Put(some[0], version))
            took[name].append((time.perf_counter() - began) * 1_000)
            began = time.perf_counter()
            landed = await asyncio.gather(*(store.write(Put(each, version)) for each in some[1:]))
            together[name].append((time.perf_counter() - began) * 1_000)
            assert all(each[0] for each in landed)
            versions[name] = version
    return {name: [median(took[name]), median(together[name])] for name in stores}


async def _measure(uri: str, many: int) -> None:
    client, names = connect(uri), [f"board_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    dated, plain = (MongoBrandStore(client, name) for name in names)
    chance = random.Random(7)  # noqa: S311 - made-up customers
    conversations = [a_conversation(number, chance) for number in range(many)]
    await dated.ensure()
    await plain.ensure()
    # The same documents, without the index: what the store wrote before.
    await plain._database["conversations"].drop_index("t_1")
    _say(f"{many:,} conversations")
    for name, store in (("with index", dated), ("without", plain)):
        _say(f"  filling, {name}: {await _fill(store, conversations):.1f} s")
    for name, (alone, together) in (await _writing({"with index": dated, "without": plain}, conversations)).items():
        _say(f"  writing, {name}: one alone {alone:.1f} ms, 64 at once {together:.1f} ms")
    board = Board(dated, SystemClock())
    _say(f"  first load: {await _timed(1, board.load) / 1_000:.1f} s for {len(board):,}")
    await asyncio.sleep(21)
    _say(f"  a look, nothing new: {await _timed(_TIMES, board.look):.1f} ms")
    (stored,) = (await dated.get(Conversation, [conversations[0].id])).values()
    await dated.write(stored.put(stored.record))
    _say(f"  a look, one new: {await _timed(1, board.look):.1f} ms")
    for what, wanted in (
        ("all", Wanted()),
        ("waiting for a person", Wanted(state="waiting")),
        (
            "VIP on WhatsApp, window closes within 2 h",
            Wanted(vip=True, channel="whatsapp", closes_within=timedelta(hours=2)),
        ),
        ("called 'jose garzia'", Wanted(name="jose garzia")),
    ):

        async def page(wanted: Wanted = wanted) -> None:
            board.page(wanted)

        _say(f"  a page with counts, {what}: {await _timed(_TIMES, page):.1f} ms")
    client.close()


def main(many: str = "20000") -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory, StoreServer.started(Path(directory)) as server:
        asyncio.run(_measure(server.uri, int(many)))


if __name__ == "__main__":
    main(*sys.argv[1:])
