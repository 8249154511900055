"""What the console costs: the first byte of list and thread, and open streams beside the messages.

`python -m tests.benchmarks.console [CONVERSATIONS] [STREAMS] [MESSAGES]`, on an embedded server of its own;
THROUGHLINE_TEST_MONGODB_URI names another one. Rounds with and without streams take turns, so that both have the same
machine. The streams are read by a process of their own; CPU is that of the process that accepts, decides and tells.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import aiohttp

from middleware.domain.board import Wanted
from middleware.ports import Put
from tests.benchmarks.board import a_conversation
from tests.console import Seated, seated
from tests.running import Running, running, until
from tests.stores import StoreServer

_TIMES = 40
_ROUNDS = 3
_AT_ONCE = 200
_LISTENER = "listen"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _fill(shop: Running, many: int) -> None:
    chance, store = random.Random(7), shop.here.brands["glow"].store  # noqa: S311 - made-up customers
    for start in range(0, many, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, many))
        await asyncio.gather(*(store.write(Put(a_conversation(number, chance))) for number in some))


async def _first_byte(it: Seated, path: str) -> float:
    """Milliseconds until the first byte of a page, at the median."""
    took = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        async with it.http.get(it.shop.url + path) as answer:
            await answer.content.readany()
            took.append((time.perf_counter() - began) * 1_000)
            assert answer.status == 200, answer.status
            await answer.read()
    return median(took)


async def _messages(shop: Running, many: int, first: int) -> float:
    """Milliseconds of CPU that one message takes, from the webhook to the reply."""
    began = time.process_time()
    for number in range(first, first + many):
        await shop.say("whatsapp", sender=f"34622{number % 200:06}", text="hello", message_id=f"wamid.{number}")
    await shop.quiet()
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
        _say("open")
        await asyncio.to_thread(sys.stdin.readline)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _say(f"heard {heard}")


async def _measure(server: StoreServer, directory: Path, many: int, streams: int, messages: int) -> None:
    async with running(server, directory) as shop, seated(shop, "ana", "agent") as ana:
        await _fill(shop, many)
        board = shop.here.boards["glow"]
        board.start()
        began = time.perf_counter()

        async def loaded() -> bool:
            return board.loaded

        await until(loaded, "the board", within=600.0)
        _say(f"{len(board):,} conversations, loaded in {time.perf_counter() - began:.1f} s")
        talk = board.page(Wanted(), most=1).rows[0].id
        for what, path in (
            ("the list", "/console/glow/conversations"),
            ("the list, a name", "/console/glow/conversations?name=jose+garzia"),
            ("a thread", f"/console/glow/conversations/{talk}"),
        ):
            _say(f"  first byte of {what}: {await _first_byte(ana, path):.1f} ms")
        await _messages(shop, min(messages, 50), 0)
        without, beside, first = [], [], 1_000
        for _ in range(_ROUNDS):
            without.append(await _messages(shop, messages, first))
            async with _streams(ana, streams):
                beside.append(await _messages(shop, messages, first + messages))
            first += 2 * messages
        _say(f"  CPU of one message: {median(without):.2f} ms; beside {streams} streams {median(beside):.2f} ms")


def main(many: str = "20000", streams: str = "50", messages: str = "1000") -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory, StoreServer.started(Path(directory)) as server:
        asyncio.run(_measure(server, Path(directory), int(many), int(streams), int(messages)))


if __name__ == "__main__":
    if sys.argv[1:2] == [_LISTENER]:
        asyncio.run(_listen(sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])))
    else:
        main(*sys.argv[1:])
