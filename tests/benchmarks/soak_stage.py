"""What a soak needs around it: our process, the platform's, the customers who write, and what the platform got."""

import asyncio
import dataclasses
import json
import random
import re
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import aiohttp

from connectors.testing import PUBLISHED
from middleware.domain.turn import turn_id
from tests.deliveries import signed_sample
from tests.running import fields_for
from tests.scenarios.processes import Processes
from tests.stores import StoreServer

_AT_ONCE = 16

_METRIC = re.compile(r'^throughline_sends_total\{channel="\w+",outcome="(\w+)"\} ([0-9.e+]+)$', re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """What happens. `per_second` is the platform's limit and ours; `offered` messages come a second."""

    channel: str
    messages: int
    per_second: int
    offered: float
    customers: int
    answers_after: float = 0.0
    """Seconds for which the platform thinks about each message."""
    sample_every: float = 5.0


@dataclass
class Ledger:
    """What the platform accepted: by key, with the time. Read on from where it was read last."""

    path: Path
    sent: list[tuple[str, float]] = field(default_factory=list)
    _at: int = 0

    def read(self) -> None:
        """Read what is new; a line that is not complete yet is left for the next time."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            lines.seek(self._at)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._at += len(line)
                entry = json.loads(line)
                self.sent.append((entry["key"], datetime.fromisoformat(entry["at"]).timestamp()))


@dataclass
class Stage:
    """A running installation, and what is around it."""

    processes: Processes
    ledger: Ledger
    url: str
    metrics_url: str

    def memory(self) -> float:
        """MiB that our process has in memory (Linux)."""
        status = Path(f"/proc/{self.processes.running['both'].pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    async def outcomes(self) -> dict[str, int]:
        """Our process's own count of what its calls ended in."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.metrics_url}/metrics") as answer:
            return {outcome: int(float(number)) for outcome, number in _METRIC.findall(await answer.text())}


@asynccontextmanager
async def stage(plan: Plan, server: StoreServer, directory: Path) -> AsyncIterator[Stage]:
    """Our process and the platform's, on free ports."""
    ledger = Ledger(directory / "sent.jsonl")
    async with _platform(plan, ledger.path) as graph_url:
        port, metrics_port = _free_port(), _free_port()
        fields = fields_for(
            server.uri,
            graph_url,
            server={"port": port, "metrics_port": metrics_port},
            brands={
                "glow": {
                    "reply_max_age": "23h",
                    "accounts": {plan.channel: {"messages_per_second": plan.per_second}},
                }
            },
        )
        processes = Processes.at(directory, fields)
        await processes.start("both")
        try:
            here = Stage(processes, ledger, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}")
            await _answers(here.url)
            yield here
        finally:
            await processes.end()


@asynccontextmanager
async def _platform(plan: Plan, ledger: Path) -> AsyncIterator[str]:
    published = dataclasses.asdict(dataclasses.replace(PUBLISHED[plan.channel], per_second=plan.per_second))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.testing", "--ledger", str(ledger), "--delay", str(plan.answers_after),
        "--limit", json.dumps({"channel": plan.channel, **published}), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        while True:
            try:
                async with http.get(f"{url}/livez") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


class Customers:
    """Who writes: each customer's messages in their order, one at a time on its way to us, as a platform sends them."""

    def __init__(self, plan: Plan, url: str) -> None:
        self._plan = plan
        self._url = url
        self._last: dict[str, asyncio.Task[None]] = {}
        self.place: dict[str, tuple[str, int]] = {}
        """Key of the reply -> customer, and which of their messages it answers."""

    async def write(self) -> None:
        """Write everything, at the rate that is offered as far as it is accepted."""
        gate, loop, seed = asyncio.Semaphore(_AT_ONCE), asyncio.get_running_loop(), random.Random(7)  # noqa: S311
        wrote: Counter[str] = Counter()
        began_at = loop.time()
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            for number in range(self._plan.messages):
                await asyncio.sleep(max(0.0, began_at + number / self._plan.offered - loop.time()))
                customer = f"34600{seed.randrange(self._plan.customers):06}"
                await gate.acquire()
                before = self._last.get(customer)
                task = group.create_task(self._post(http, customer, wrote[customer], before))
                task.add_done_callback(lambda _: gate.release())
                self._last[customer] = task
                wrote[customer] += 1

    async def _post(
        self, http: aiohttp.ClientSession, customer: str, number: int, before: asyncio.Task[None] | None
    ) -> None:
        if before is not None:
            await before
        delivery = signed_sample(self._plan.channel, "message", sender=customer, text=f"hello {number}")
        self.place[f"{turn_id('glow', delivery.event)}.0"] = (customer, number)
        path = f"{self._url}/webhooks/{self._plan.channel}"
        while True:
            async with http.post(path, data=delivery.body, headers=delivery.headers) as answer:
                if answer.status == 200:
                    return
                assert answer.status == 503, answer.status
            await asyncio.sleep(0.2)
