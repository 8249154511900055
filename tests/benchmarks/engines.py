"""`make bench-engines`: what an engine that hangs costs those who have nothing to do with it.

Webhooks come at a fixed rate, each from a customer of its own. Half of them ask the bot, the others are answered by a
flow. In rounds of equal length the bot answers at once, or hangs for 30 s. Told are the times to the acknowledgement of
all webhooks, and to the reply to those that do not ask it.
"""

import argparse
import asyncio
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from aiohttp import web
from rich.console import Console

from middleware.web.app import listening
from tests.benchmarks.measures import machine, percentile
from tests.benchmarks.tables import Table
from tests.deliveries import signed_sample
from tests.running import until
from tests.scenarios.elsewhere import Elsewhere, elsewhere
from tests.stores import StoreServer

_FLOW = "flow: bot\npurpose: p\ntriggers: {intent: {en: [ask the bot]}}\nsteps:\n  - ask_engine: bot\n"
_HANGS = 30.0
_PAGE = Path("docs/benchmarks-engines.md")


@dataclass
class Bot:
    """The bot. While it `hangs`, it answers after 30 s."""

    hangs: bool = False
    asked: int = 0

    async def handle(self, _: web.Request) -> web.Response:
        """One question."""
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(_HANGS)
        return web.json_response({"messages": [{"text": "Here I am"}]})


@dataclass
class Round:
    """What one round found, in seconds; `replies` of customers who do not ask the bot."""

    acknowledged: list[float] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)


async def _round(stage: Elsewhere, first: int, rate: float, seconds: float) -> Round:
    """Offer webhooks at a rate, whatever comes back, and wait until those who do not ask the bot are answered."""
    found, posted = Round(), dict[str, float]()
    tasks = list[asyncio.Task[None]]()
    samples = []
    for number in range(int(rate * seconds)):
        sender = str(10_000_000_000 + first + number)
        text = "ask the bot please" if number % 2 else "where is my order?"
        samples.append((sender, number % 2 == 1, signed_sample("messenger", "message", sender=sender, text=text)))
    began = perf_counter()

    async def post(sender: str, sample_body: bytes, headers: dict[str, str]) -> None:
        at = perf_counter()
        posted[sender] = at
        async with stage.http.post(f"{stage.url}/webhooks/messenger", data=sample_body, headers=headers) as answer:
            assert answer.status == 200, answer.status
            await answer.read()
        found.acknowledged.append(perf_counter() - at)

    others = {sender for sender, asks, _ in samples if not asks}
    known = len(stage.graph.sent)
    seen: dict[str, float] = {}
    for number, (sender, _, sample) in enumerate(samples):
        await asyncio.sleep(max(0.0, began + number / rate - perf_counter()))
        tasks.append(asyncio.create_task(post(sender, sample.body, sample.headers)))
        known = _look(stage, known, seen)
    await asyncio.gather(*tasks)

    async def answered() -> bool:
        nonlocal known
        known = _look(stage, known, seen)
        return others <= seen.keys()

    await until(answered, "the replies of those who do not ask the bot", within=60)
    found.replies = [seen[sender] - posted[sender] for sender in others]
    return found


def _look(stage: Elsewhere, known: int, seen: dict[str, float]) -> int:
    for sent in stage.graph.sent[known:]:
        seen.setdefault(sent.recipient, perf_counter())
    return len(stage.graph.sent)


async def _measured(rate: float, seconds: float, rounds: int, tell: Console) -> dict[str, Round]:
    bot, app = Bot(), web.Application()
    app.router.add_post("/ask", bot.handle)
    all_of: dict[str, Round] = defaultdict(Round)
    with tempfile.TemporaryDirectory() as place, StoreServer.started(Path(place)) as server:
        folder = Path(place) / "flows"
        folder.mkdir()
        (folder / "bot.yaml").write_text(_FLOW, encoding="utf-8")
        async with listening(app, "127.0.0.1", 0) as url:
            engine = {"kind": "webhook", "url": f"{url}/ask", "secret": "a-secret-of-the-engine", "timeout": "30s"}
            glow = {"flows": str(folder), "engines": {"bot": engine}}
            async with elsewhere(server, Path(place), brands={"glow": glow}) as stage:
                await stage.deliver("messenger", "message", "9999", text="hello")
                await stage.answer(0)
                first = 0
                for number in range(2 * rounds):
                    # The breaker would soon leave a hanging engine alone: each of these rounds is shorter than that.
                    bot.hangs = number % 2 == 1
                    name = "hangs" if bot.hangs else "answers"
                    tell.print(f"round {number + 1} of {2 * rounds}: the engine {name}")
                    one = await _round(stage, first, rate, seconds)
                    all_of[name].acknowledged += one.acknowledged
                    all_of[name].replies += one.replies
                    first += int(rate * seconds)
                    bot.hangs = False
    return all_of


def _table(found: dict[str, Round]) -> Table:
    rows = []
    for name in ("answers", "hangs"):
        acknowledged, replies = sorted(found[name].acknowledged), sorted(found[name].replies)
        times = (acknowledged, 0.5), (acknowledged, 0.99), (replies, 0.5), (replies, 0.99)
        shown = (f"{percentile(values, share) * 1000:.1f}" for values, share in times)
        rows.append((f"the engine {name}", f"{len(acknowledged)}", *shown))
    header = ("", "webhooks", "200 p50 ms", "200 p99 ms", "others' reply p50 ms", "others' reply p99 ms")
    return Table("An engine that hangs, and everybody else", header, tuple(rows))


_WRITTEN = """\
# Benchmarks of engines

Written by `make bench-engines`; do not edit. Webhooks come at {rate:g} a second, each from a customer of its own; half
of them ask a bot engine, half are answered by a flow. In {rounds} rounds each of {seconds:g} s, one after another, the
engine answers at once, or hangs for 30 s. Times to the acknowledgement are those of all webhooks, times to the reply of
those who do not ask the engine; all of these were answered. The load, the store and the platform's stand-in share the
machine.

{table}

{machine}
"""


def main() -> None:
    """Run it, show the table and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="webhooks a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one round")
    parser.add_argument("--rounds", type=int, default=4, help="of each kind")
    options = parser.parse_args()
    console = Console()
    found = asyncio.run(_measured(options.rate, options.seconds, options.rounds, console))
    table = _table(found)
    console.print(table.rich())
    _PAGE.write_text(
        _WRITTEN.format(
            rate=options.rate,
            rounds=options.rounds,
            seconds=options.seconds,
            table=table.markdown(),
            machine=Table("", ("", ""), tuple(machine().items())).markdown(),
        )
    )


if __name__ == "__main__":
    main()
