"""Processes die at the worst moments, and nothing is lost, sent twice or left open.

The short form runs always; `--crash=full` runs 30 kills over 3,000 webhooks. The seed is printed and can be given.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from connectors.testing import GraphStandIn
from middleware.bootstrap.building import opened
from middleware.domain.messages import SendState
from middleware.domain.timers import Timer
from middleware.domain.turn import Turn, turn_id, turn_of_key
from middleware.errors import StoreUnavailable
from middleware.ports import BrandStore, DeadLetter, Recorded, Stored
from middleware.ports.store import R
from middleware.settings import GivenSettings, Settings
from tests.deliveries import Delivered, signed_sample
from tests.running import INSTAGRAM, TOKEN, fields_for, until
from tests.scenarios.crashing import POINTS
from tests.scenarios.processes import Processes, free_port
from tests.scenarios.talking_flows import NUDGE_WORDS, talking_flows
from tests.stores import StoreServer

pytestmark = pytest.mark.crash

_SETTLES_WITHIN = 60.0

_LOOKS_EVERY = 1.0
"""Seconds. A look reads the ids of all that is left: thousands of them, again and again, are work for the store."""


@dataclass(frozen=True)
class Size:
    """How much happens."""

    webhooks: int
    kills: int
    seconds: float
    """Over which the kills are spread."""


SHORT = Size(webhooks=300, kills=6, seconds=12)
FULL = Size(webhooks=3_000, kills=30, seconds=90)


class Provider:
    """A platform: delivers until it is told 2xx, some things twice, some late. Keeps the list of what was accepted."""

    def __init__(self, url: str, seed: random.Random, webhooks: int) -> None:
        self._url = url
        self.accepted: list[Delivered] = []
        self._deliveries = _deliveries(seed, webhooks)

    async def deliver_all(self, seconds: float) -> None:
        """Deliver everything, spread over some seconds, a few at a time."""
        gate = asyncio.Semaphore(16)
        pause = seconds / len(self._deliveries)
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
            for delivery in self._deliveries:
                await asyncio.sleep(pause)
                group.create_task(self._deliver(http, gate, delivery))

    async def _deliver(self, http: aiohttp.ClientSession, gate: asyncio.Semaphore, delivery: Delivered) -> None:
        async with gate:
            while True:
                try:
                    async with http.post(
                        f"{self._url}/webhooks/{delivery.connector}",
                        data=delivery.body,
                        headers=delivery.headers,
                        timeout=aiohttp.ClientTimeout(total=5),
                    ) as answer:
                        if answer.status == 200:
                            self.accepted.append(delivery)
                            return
                        assert answer.status == 503, answer.status
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(0.2)


def _deliveries(seed: random.Random, number: int) -> list[Delivered]:
    """Messages of many customers on three channels, 10 % of them twice, 5 % out of order."""
    deliveries = []
    for place in range(number):
        connector = ("messenger", "instagram", "whatsapp")[place % 3]
        sender = str(34600000000 + seed.randrange(number // 4)) if connector != "instagram" else f"1784{place:010}"
        text = seed.choice(("where is my order?", "hello", "mein Paket?", "my cart please", NUDGE_WORDS))
        deliveries.append(signed_sample(connector, "message", sender=sender, text=text))
    for _ in range(number // 10):
        deliveries.insert(seed.randrange(len(deliveries)), seed.choice(deliveries))
    for _ in range(number // 20):
        deliveries.insert(seed.randrange(len(deliveries)), deliveries.pop(seed.randrange(len(deliveries))))
    return deliveries


@asynccontextmanager
async def _under_test(
    server: StoreServer, directory: Path, roles: tuple[str, ...]
) -> AsyncIterator[tuple[Processes, GraphStandIn, str, Settings]]:
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph:
        port = free_port()
        fields = fields_for(
            server.uri,
            graph.url,
            server={"port": port, "metrics_port": 0},
            worker={"lease": "6s", "send_timeout": "3s", "metrics_port": 0},
            brands={"glow": {"flows": str(talking_flows(directory / "flows", wait="1s"))}},
        )
        processes = Processes.at(directory, fields)
        try:
            for role in roles:
                await processes.start(role)
            yield processes, graph, f"http://127.0.0.1:{port}", GivenSettings(**fields)
        finally:
            await processes.end()


async def _read(store: BrandStore, kind: type[R], ids: list[str]) -> dict[str, Stored[R]]:
    """Many records, a few hundred at a time: one read has to answer in time."""
    found: dict[str, Stored[R]] = {}
    for start in range(0, len(ids), 200):
        found |= await store.get(kind, ids[start : start + 200])
    return found


async def _timers(store: BrandStore) -> bool:
    """Whether any timer is left."""
    async with aclosing(store.scan(Timer)) as batches:
        return any([bool(batch) async for batch in batches])


async def _strike(processes: Processes, seed: random.Random, size: Size, roles: tuple[str, ...]) -> None:
    """Kill, half at random moments, half at a named point."""
    for strike in range(size.kills):
        await asyncio.sleep(seed.uniform(0.1, size.seconds / size.kills))
        if strike % 2:
            working = "worker" if "worker" in roles else "both"
            await processes.kill_at(working, seed.choice(POINTS), seed.randrange(1, 6))
        else:
            await processes.kill(seed.choice(roles))


@pytest.mark.parametrize("roles", [("both",), ("web", "worker")], ids=["in one", "apart"])
async def test_nothing_is_lost_or_sent_twice(
    store_server: StoreServer, tmp_path: Path, request: pytest.FixtureRequest, roles: tuple[str, ...]
) -> None:
    """After kills at random and named points every accepted message ends, none is lost, none is sent twice."""
    size = FULL if request.config.getoption("--crash") == "full" else SHORT
    number = int(request.config.getoption("--crash-seed") or time.time())
    seed = random.Random(number)  # noqa: S311 - has to be repeatable
    print(f"seed {number}, {size}")  # noqa: T201 - to repeat the run by
    async with _under_test(store_server, tmp_path, roles) as (processes, graph, url, settings):
        provider = Provider(url, seed, size.webhooks)
        async with asyncio.TaskGroup() as group:
            group.create_task(provider.deliver_all(size.seconds))
            group.create_task(_strike(processes, seed, size, roles))
        async with opened(settings) as here:
            store = here.brands["glow"].store

            async def over() -> bool:
                await asyncio.sleep(_LOOKS_EVERY)
                try:
                    return not await store.backlog(1) and not await _timers(store)
                except StoreUnavailable:  # busy: that says nothing
                    return False

            await until(over, "all accepted work to end", within=_SETTLES_WITHIN)
            events = {delivery.event.key: delivery.event for delivery in provider.accepted}
            keys = set(events)
            turns = await _read(store, Turn, [turn_id("glow", event) for event in events.values()])
            recorded = await _read(store, Recorded, list(keys))
            waits = [turn.record for turn in turns.values() if turn.record.decision.next_state is not None]
            rung = {timer.event.key: timer.event for turn in waits if (timer := Timer.of(turn, events[turn.event_key]))}
            nudges = await _read(store, Turn, [turn_id("glow", event) for event in rung.values()])
            recorded |= await _read(store, Recorded, list(rung))
            dead = await _read(store, DeadLetter, [*keys, *rung])

    messages = [message for turn in [*turns.values(), *nudges.values()] for message in turn.record.messages]
    states = Counter(message.state for message in messages)
    of_what = f"{len(keys)} messages accepted, {len(rung)} timers"
    print(f"{processes.kills} kills, {of_what}, {states}, {len(graph.sent)} reached the platform")  # noqa: T201 - the figure
    assert len(keys) == size.webhooks
    assert len(recorded) == len(keys) + len(rung)
    assert rung
    assert len(nudges) == len(rung)
    assert all(turn.record.done and turn.record.unasked for turn in nudges.values())
    assert not dead
    assert len(turns) == len(keys)
    assert all(turn.record.done for turn in turns.values())
    assert set(states) <= {SendState.SENT, SendState.UNKNOWN, SendState.FAILED}
    assert all(message.reason for message in messages if message.state is not SendState.SENT)
    assert states[SendState.UNKNOWN] <= processes.kills
    keyed = Counter(sent.key for sent in graph.sent if sent.channel != "instagram")
    assert max(keyed.values()) == 1
    assert all(turn_of_key(key or "") is not None for key in keyed)
    once = Counter((sent.recipient, sent.text) for sent in graph.sent if sent.channel == "instagram")
    assert max(once.values()) == 1
    assert len(graph.sent) >= states[SendState.SENT]
    assert len(graph.sent) <= states[SendState.SENT] + states[SendState.UNKNOWN]
