"""`make bench-console`: the first byte of each page of the console among many people, and what open lists cost.

The people of the demo are copied until there are as many as asked for (`crowd.py`), on an embedded server. Then every
page is opened by somebody who may open all of them. At last messages are answered, in rounds with and without agents
who hold a live list open, and while the list is loaded anew; the open ones are read by a process of their own. CPU is
that of the process which accepts, decides, sends and tells. `loading.py` loads the list from a store of its own.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
from rich.console import Console

from middleware.cli.demo_stage import Stage
from middleware.pipeline.board import Board
from tests.benchmarks.crowd import fill
from tests.benchmarks.loading import loads
from tests.benchmarks.measures import machine
from tests.benchmarks.tables import Table
from tests.commands import Commands
from tests.console import Seated, seated
from tests.console_pages import addresses
from tests.played import played
from tests.running import until

_PAGE = Path("docs/benchmarks-console.md")
_TIMES = 15
_ROUNDS = 4
_LISTENER = "listen"
_ASSET = re.compile(rb'(?:src|href)="(/console/static/[^"]+)"')


@dataclass(frozen=True)
class Looked:
    """One page: where, milliseconds to its first byte (median, worst), commands, kilobytes as they travel."""

    route: str
    first_byte: float
    worst: float
    commands: int
    kilobytes: float


async def _looked(it: Seated, commands: Commands, route: str, path: str) -> Looked:
    took: list[float] = []
    body, seen = b"", list[int]()
    for _ in range(_TIMES):
        commands.seen.clear()
        began = time.perf_counter()
        async with it.http.get(f"{it.shop.url}/console{path}", allow_redirects=False) as answer:
            first = await answer.content.readany()
            took.append((time.perf_counter() - began) * 1_000)
            assert answer.status in {200, 303}, (route, answer.status)
            body = first + await answer.read()
        seen.append(len(commands.seen))
    return Looked(route, median(took), max(took), round(median(seen)), await _weight(it, body, path))


async def _weight(it: Seated, body: bytes, path: str) -> float:
    """Kilobytes of a page and all that it loads from here, as they travel."""
    total = await _bytes(it, f"/console{path}")
    for each in sorted({found[1].decode() for found in _ASSET.finditer(body)}):
        total += await _bytes(it, each)
    return total / 1_000


async def _bytes(it: Seated, path: str) -> int:
    cookies = it.http.cookie_jar
    async with (
        aiohttp.ClientSession(cookie_jar=cookies, auto_decompress=False) as http,
        http.get(it.shop.url + path, headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        return len(await answer.read())


async def _messages(stage: Stage, many: int, first: int) -> float:
    """Milliseconds of CPU that one message takes, from the webhook to the reply."""
    sent = len(stage.graph.sent)
    began = time.process_time()
    for number in range(first, first + many):
        await stage.deliver(stage.delivery("whatsapp", "message", f"34622{number:06}", text="hello"))

    async def answered() -> bool:
        return len(stage.graph.sent) - sent >= many

    await until(answered, "the replies", within=300.0)
    return (time.process_time() - began) * 1_000 / many


@asynccontextmanager
async def _streams(it: Seated, many: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """So many open streams, in a process of their own."""
    cookies = {each.key: each.value for each in it.http.cookie_jar}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.console", _LISTENER, it.shop.url, json.dumps(cookies), str(many),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert (await child.stdout.readline()).strip() == b"open"
    try:
        yield child
    finally:
        await child.communicate(b"\n")


async def _listen(url: str, cookies: dict[str, str], many: int) -> None:
    """Open the streams and read them until a line comes in."""
    heard = 0

    async def read(http: aiohttp.ClientSession, opened: asyncio.Event) -> None:
        nonlocal heard
        headers = {"Accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with http.get(f"{url}/console/glow/conversations/live", headers=headers, timeout=timeout) as answer:
            assert answer.status == 200, answer.status
            opened.set()
            async for line in answer.content:
                heard += line.startswith(b"event:")

    jar = aiohttp.CookieJar(unsafe=True)
    jar.update_cookies(cookies, aiohttp.client.URL(url))
    async with aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0)) as http:
        opened = [asyncio.Event() for _ in range(many)]
        tasks = [asyncio.create_task(read(http, each)) for each in opened]
        await asyncio.gather(*(each.wait() for each in opened))
        _tell("open")
        await asyncio.to_thread(sys.stdin.readline)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _tell(f"heard {heard}")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _measure(people: int, events: int, streams: int, messages: int, screen: Console) -> list[Table]:
    commands = Commands()
    with tempfile.TemporaryDirectory() as directory:
        async with played(Path(directory), listeners=(commands,)) as stage, seated(stage, "ada", "admin") as ada:
            store = stage.here.brands["glow"].store
            paths = await addresses(store)
            began = time.perf_counter()
            counts = await fill(stage, people, events)
            screen.print(f"copied in {time.perf_counter() - began:.0f} s: {counts}")
            board = stage.here.boards["glow"]
            await board.stop()
            board.start()
            began = time.perf_counter()

            async def loaded() -> bool:
                return board.loaded

            await until(loaded, "the board", within=600.0)
            loading = time.perf_counter() - began
            screen.print(f"{len(board):,} conversations on the board after {loading:.1f} s")
            pages = []
            for route, path in sorted(paths.items()):
                pages.append(await _looked(ada, commands, route, path))
                screen.print(f"{pages[-1].route}: {pages[-1].first_byte:.0f} ms")
            rounds = [each async for each in _rounds(stage, ada, streams, messages)]
    return [_pages(pages), _kept(counts, loading), _beside(rounds, streams), await loads(people)]


async def _rounds(stage: Stage, ada: Seated, streams: int, messages: int) -> AsyncIterator[tuple[float, float, float]]:
    await _messages(stage, min(messages, 50), 0)
    for number in range(_ROUNDS):
        first = 1_000 + number * 3 * messages
        without = await _messages(stage, messages, first)
        async with _streams(ada, streams):
            beside = await _messages(stage, messages, first + messages)
        async with _loading(stage):
            yield without, beside, await _messages(stage, messages, first + 2 * messages)


@asynccontextmanager
async def _loading(stage: Stage) -> AsyncIterator[None]:
    """The list is loaded, and again once it is there."""

    async def load() -> None:
        while True:
            await Board(stage.here.brands["glow"].store, stage.here.clock).load()

    task = asyncio.create_task(load())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _pages(pages: Sequence[Looked]) -> Table:
    rows = tuple(
        (f"`{each.route}`", f"{each.first_byte:.0f}", f"{each.worst:.0f}", str(each.commands), f"{each.kilobytes:.0f}")
        for each in pages
    )
    return Table("Pages", ("page", "first byte ms", "(worst)", "commands", "kB"), rows)


def _kept(counts: dict[str, int], loading: float) -> Table:
    rows = (*((name, f"{many:,}") for name, many in counts.items()), ("seconds to load the list", f"{loading:.1f}"))
    return Table("What is kept", ("kind", "documents"), rows)


def _beside(rounds: Sequence[tuple[float, float, float]], streams: int) -> Table:
    header = ("", "CPU ms/message", "in rounds")
    rows = tuple(
        (what, f"{median(found):.2f}", " ".join(f"{each:.2f}" for each in found))
        for what, found in zip(
            ("nobody looks", f"{streams} open lists", "the list is loaded"), zip(*rounds, strict=True), strict=True
        )
    )
    return Table("Messages beside open lists", header, rows)


def _written(tables: Sequence[Table], screen: Console) -> Iterator[str]:
    yield "# Benchmarks of the console\n"
    yield (
        "Written by `make bench-console`; do not edit. The people of the demo, copied; each page is opened "
        f"{_TIMES} times by an admin, one after another; kB are those of the page and all that it loads, as they "
        "travel, once. The list is in memory (decision 38). Messages are answered by a flow; the load, the store and "
        "the platform's stand-in share the machine, and the open lists are read by a process of their own. Where the "
        "list is loaded, over and over, the CPU of that is in what a message takes.\n"
    )
    for table in (*tables, Table("", ("", ""), tuple(machine().items()))):
        screen.print(table.rich())
        yield f"{table.markdown()}\n"


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--no-page", action="store_true", help="print only")
    asked, screen = parser.parse_args(), Console(width=140)
    tables = asyncio.run(_measure(asked.people, asked.events, asked.streams, asked.messages, screen))
    written = "\n".join(_written(tables, screen))
    if not asked.no_page:
        _PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == [_LISTENER]:
        asyncio.run(_listen(sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])))
    else:
        main()
