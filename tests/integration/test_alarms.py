"""Alarms: of however many processes one notes a silence, one tells it once, and all of them show it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import generate_latest

from connectors.standard_webhooks import is_standard_signed
from middleware.clock import SystemClock
from middleware.domain.alarms import Alarm
from middleware.domain.pulls import COMPLETE, Pull, PullRun
from middleware.domain.pulse import ITSELF, Pulse
from middleware.domain.silence import hours_of, with_hours
from middleware.jobs.alarms import Alarms, Watched
from middleware.pipeline.standing import accounts_of
from middleware.ports import Put
from middleware.web.app import listening
from tests.console import seated
from tests.running import NUMBER, Running, running
from tests.stores import StoreServer

SECRET = "a-secret-that-signs-alarms"
WHATSAPP = Pulse.of_account("whatsapp", NUMBER)


@dataclass
class Receiver:
    """Whoever is told of alarms. `status` is what it answers."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep what comes."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append((headers, await request.read()))
        return web.Response(status=self.status)

    @property
    def news(self) -> list[tuple[str, str]]:
        """What was told of which account."""
        return [(said["news"], said["name"]) for said in (json.loads(body) for _, body in self.got)]


class Later(SystemClock):
    """A clock that is ahead."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        """The time there."""
        return super().now() + self.ahead


@asynccontextmanager
async def _told(server: StoreServer, directory: Path, **more: Any) -> AsyncIterator[tuple[Running, Receiver, Later]]:
    receiver, clock = Receiver(), Later()
    app = web.Application()
    app.router.add_post("/alarms", receiver.take)
    async with listening(app, "127.0.0.1", 0) as url:
        alarms = {"url": f"{url}/alarms", "secret": SECRET}
        async with running(server, directory, clock=clock, brands={"glow": {"alarms": alarms, **more}}) as shop:
            yield shop, receiver, clock


async def _usually(shop: Running, what: str, *, last: datetime) -> None:
    """Something was heard of every hour of three weeks until `last`, and we are there up to now."""
    store, now = shop.here.brands["glow"].store, shop.here.clock.now()
    heard: dict[str, int] = {}
    there: dict[str, int] = {}
    for number in range(21 * 24):
        at = now - timedelta(hours=number)
        there = with_hours(there, hours_of(at))
        heard = with_hours(heard, hours_of(at)) if at <= last else heard
    first = now - timedelta(days=21)
    for each in (Pulse(id=what, first_at=first, at=last, hours=heard), Pulse(id=ITSELF, at=now, hours=there)):
        known = await store.get(Pulse, [each.id])
        await store.write(known[each.id].put(each) if each.id in known else Put(each))


def _another_process(shop: Running) -> Alarms:
    here = shop.here.alarms.brands["glow"]
    return Alarms({"glow": Watched(here.store, here.accounts, here.asked, here.post)}, shop.here.clock)


async def test_a_silence_is_told_once_and_its_end_once(store_server: StoreServer, tmp_path: Path) -> None:
    """Of two processes that look at the same time and again, and of both the alarm is on until something is heard."""
    async with _told(store_server, tmp_path) as (shop, receiver, _):
        now = shop.here.clock.now()
        await _usually(shop, WHATSAPP, last=now - timedelta(hours=8))
        both = (shop.here.alarms, _another_process(shop))
        for _ in range(3):
            await asyncio.gather(*(each.look("glow") for each in both))
        assert receiver.news == [("began", "whatsapp")]
        assert [[alarm.id for alarm in each.on("glow")] for each in both] == [[WHATSAPP], [WHATSAPP]]
        (headers, body), *_ = receiver.got
        assert is_standard_signed(headers, body, SECRET.encode(), datetime.now(UTC))
        assert "nothing comes from account whatsapp since" in json.loads(body)["text"]
        shown = generate_latest(shop.here.metrics.registry).decode()
        assert 'throughline_silent{brand="glow",name="whatsapp",what="account"} 1.0' in shown
        assert 'throughline_silent{brand="glow",name="messenger",what="account"} 0.0' in shown
        async with seated(shop, "bob", "builder") as it, seated(shop, "ana", "agent") as agent:
            text = await (await it.get("/console/glow/operations")).text()
            assert "silent for longer than usual" in text
            assert "thing is silent or late" in text
            assert "silent or late" not in await (await agent.get("/console/glow/conversations")).text()
        await shop.say("whatsapp", sender="34600111222")
        await shop.here.pulses.write()
        for _ in range(2):
            await asyncio.gather(*(each.look("glow") for each in both))
        assert receiver.news == [("began", "whatsapp"), ("ended", "whatsapp")]
        assert shop.here.alarms.on("glow") == ()
        ids = [headers["webhook-id"] for headers, _ in receiver.got]
        assert len(set(ids)) == 2


async def test_what_nobody_takes_is_told_again_later(store_server: StoreServer, tmp_path: Path) -> None:
    """Under the same id, not at once, and not any more once it was taken."""
    async with _told(store_server, tmp_path) as (shop, receiver, clock):
        receiver.status = 503
        await _usually(shop, WHATSAPP, last=shop.here.clock.now() - timedelta(hours=8))
        for _ in range(3):
            await shop.here.alarms.look("glow")
        assert len(receiver.got) == 1
        receiver.status, clock.ahead = 204, timedelta(minutes=3)
        for _ in range(3):
            await shop.here.alarms.look("glow")
        assert len(receiver.got) == 2
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


async def test_a_fresh_installation_raises_no_alarm(store_server: StoreServer, tmp_path: Path) -> None:
    """Accounts that were never heard of, and one that was heard of once, long ago."""
    async with _told(store_server, tmp_path) as (shop, receiver, clock):
        await shop.say("whatsapp", sender="34600111222")
        await shop.here.pulses.write(["glow"])
        for days in (0, 1, 5, 40):
            clock.ahead = timedelta(days=days)
            await shop.here.pulses.write(["glow"])
            await shop.here.alarms.look("glow")
        assert (receiver.got, shop.here.alarms.on("glow")) == ([], ())
        assert not await shop.here.brands["glow"].store.get(Alarm, [WHATSAPP])


@pytest.mark.parametrize(("hours", "told"), [(1, 0), (2.2, 0), (2.3, 1), (50, 1)], ids=["due", "grace", "late", "long"])
async def test_a_pull_that_does_not_come_is_late(
    store_server: StoreServer, tmp_path: Path, hours: float, told: int
) -> None:
    """By more than another span and a little; the last success is told, and that it was told once."""
    crm = {"connector": "hubspot", "id": "62515", "token": "t", "secrets": ["s" * 20], "pull_every": "1h"}
    async with _told(store_server, tmp_path, accounts={"crm": crm}) as (shop, receiver, _):
        now = shop.here.clock.now()
        ran = now - timedelta(hours=hours)
        run = PullRun(started_at=ran, ended_at=ran, why=COMPLETE)
        store = shop.here.brands["glow"].store
        await store.write(Put(Pull(id=Pull.key("hubspot", "62515"), through=ran, history=(run,))))
        for _ in range(2):
            await shop.here.alarms.look("glow")
        assert receiver.news == [("began", "crm")] * told
        (standing,) = (each for each in await accounts_of(store, shop.here.accounts, now) if each.account.name == "crm")
        assert (standing.pulled_at, standing.late_since is not None) == (ran, bool(told))
