"""Operations in the console: how things stand is told, and what was set aside is put through again or thrown away."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.samples import signed
from middleware.clock import SystemClock
from middleware.domain.engines import EngineOutcome
from middleware.domain.events import Event, EventKind
from middleware.domain.pulse import Pulse
from middleware.errors import SettingsError
from middleware.pipeline.audit import entries
from middleware.pipeline.breaker import Breaker
from middleware.pipeline.pulses import Pulses
from middleware.ports import DeadLetter, InboxEntry, Put, Quarantined
from tests.console import seated
from tests.running import NUMBER, SHOP_SECRET, Running, running
from tests.stores import StoreServer

KEPT = "/console/glow/operations/kept"


class Ticking(SystemClock):
    """A clock that is a second later whenever it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 29, 18, tzinfo=UTC)

    def now(self) -> datetime:
        """The next second."""
        self._now += timedelta(seconds=1)
        return self._now

    def skip(self, length: timedelta) -> None:
        """It is later at once."""
        self._now += length


async def _audited(shop: Running) -> list[tuple[str, str]]:
    return [(each.by, each.what) for each in await entries(shop.here.brands["glow"].store)]


async def _letter(shop: Running) -> str:
    """A dead letter of a message that has its place among customers' words; its id."""
    now = shop.here.clock.now()
    event = Event(
        key="whatsapp:777:wamid.X", kind=EventKind.POLICY, connector="whatsapp", account=NUMBER, occurred_at=now,
        received_at=now,
    )  # fmt: skip
    await shop.here.brands["glow"].store.write(
        Put(DeadLetter(id=event.key, event=event, reason="KeyError: <b>x</b>", failed_at=now))
    )
    return event.key


async def test_accounts_are_heard_of(shop: Running) -> None:
    """A delivery is a sign of life of its account and of no other; one with a wrong signature is told."""
    await shop.say("whatsapp", sender="34600111222")
    await shop.quiet()
    await shop.here.pulses.write()
    store = shop.here.brands["glow"].store
    pulses = await store.get(Pulse, [Pulse.of_account("whatsapp", NUMBER), Pulse.of_account("messenger", "1001")])
    assert list(pulses) == [Pulse.of_account("whatsapp", NUMBER)]
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get("/console/glow/operations")).text()
        assert text.count(">fine<") == 1
        assert "silent for longer" not in text
        body, headers = shop.sample("whatsapp", "message", sender="34600111222")
        assert await shop.post("whatsapp", body + b" ", headers, "whatsapp") == 401
        await shop.here.pulses.write()
        told = await (await it.get("/console/glow/operations/standing")).text()
        assert told.count("a delivery with a wrong signature") == 1
        mark = told.partition('name="seen" value="')[2].partition('"')[0]
        assert (await it.get(f"/console/glow/operations/standing?seen={mark}")).status == 204


async def test_breakers_are_told_of_every_process(store_server: StoreServer, tmp_path: Path) -> None:
    """Closed, open until when, half-open; of this process and of another one, which may close it or die."""
    bot = {"kind": "webhook", "url": "http://127.0.0.1:9", "secret": "a-secret-of-the-bot"}
    clock = Ticking()
    changes = {"brands": {"glow": {"engines": {"bot": bot}}}}
    async with running(store_server, tmp_path, clock=clock, **changes) as shop, seated(shop, "bob", "builder") as it:

        async def shown() -> list[str]:
            text = await (await it.get("/console/glow/operations/standing")).text()
            row = text.partition("engine / bot")[2].partition("</tr>")[0]
            return [
                each.strip() for each in re.findall(r">(closed|open|half-open|in [a-z0-9 ]*process[a-z0-9 ]*)<", row)
            ]

        assert await shown() == ["closed", "in this process"]
        breaker = shop.here.pulses.breaker("glow", Pulse.of_engine("bot"))
        assert breaker is not None
        for _ in range(5):
            breaker.over(well=False)
        assert await shown() == ["open", "in this process"]
        elsewhere = Pulses(shop.here.store, clock, "another0")
        theirs = Breaker(lambda: 0.0)
        elsewhere.watch("glow", Pulse.of_engine("bot"), theirs)
        for _ in range(5):
            theirs.over(well=False)
        await elsewhere.write()
        assert await shown() == ["open", "in this process", "open", "in process anothe"]
        clock.skip(timedelta(minutes=1))
        assert await shown() == ["open", "in this process", "half-open", "in process anothe"]
        theirs.over(well=True)
        await elsewhere.write()
        breaker.over(well=True)
        assert await shown() == ["closed", "in this process"]


async def test_signs_of_life_of_several_processes_come_together(shop: Running) -> None:
    """The first and the last one count, whoever writes first; a failure after the last answer is told."""
    store, clock = shop.here.brands["glow"].store, Ticking()
    one, two = Pulses(shop.here.store, clock), Pulses(shop.here.store, clock)
    one.engine_asked("glow", "bot", EngineOutcome.ANSWERED)
    two.engine_asked("glow", "bot", EngineOutcome.UNREACHABLE)
    two.engine_asked("glow", "other", EngineOutcome.NOT_ASKED)
    await two.write()
    await one.write()
    pulses = await store.get(Pulse, [Pulse.of_engine("bot"), Pulse.of_engine("other")])
    assert list(pulses) == [Pulse.of_engine("bot")]
    bot = pulses[Pulse.of_engine("bot")].record
    assert bot.fails()
    assert (bot.why, bot.first_at) == ("unreachable", bot.at)
    one.engine_asked("glow", "bot", EngineOutcome.ANSWERED)
    await one.write()
    again = (await store.get(Pulse, [bot.id]))[bot.id].record
    assert (again.fails(), again.first_at) == (False, bot.first_at)


async def test_a_dead_letter_is_put_through_again(shop: Running) -> None:
    """It is shown as it is, looked at and replayed on record, and gone from the list when its event is on its way."""
    key = await _letter(shop)
    async with seated(shop, "bob", "builder") as it:
        listed = await (await it.get(KEPT)).text()
        assert "KeyError: &lt;b&gt;x&lt;/b&gt;" in listed
        path = f"/console/glow/operations/letters/{key}"
        assert (await it.get(path)).status == 200
        replayed = await it.post(path)
        assert (replayed.status, replayed.headers["Location"]) == (303, f"{KEPT}?said=said.replayed")
        await shop.quiet()
        assert not await shop.here.brands["glow"].store.get(DeadLetter, [key])
        assert (await it.post(path)).status == 404
        assert "No work has failed for good." in await (await it.get(KEPT)).text()
    assert await _audited(shop) == [("bob", "dead_letter.replay"), ("bob", "dead_letter.read")]


async def test_a_letter_whose_event_waits_stays(shop: Running) -> None:
    """A worker may just be at it: the page says so, and nothing is lost."""
    key = await _letter(shop)
    store = shop.here.brands["glow"].store
    event = (await store.get(DeadLetter, [key]))[key].record.event
    await shop.here.worker.stop()
    await store.write(Put(InboxEntry.of(event)))
    async with seated(shop, "bob", "builder") as it:
        answer = await it.post(f"/console/glow/operations/letters/{key}")
        assert answer.headers["Location"] == f"{KEPT}?said=said.waits_already"
        assert await store.get(DeadLetter, [key])
    shop.here.worker.start()


async def test_quarantine_is_mended_and_read_again(shop: Running) -> None:
    """What is not understood says why and stays; mended it goes in, and is gone from quarantine."""
    body, headers = shop.sample("shopify", "order_created", order_number=1001)
    order = json.loads(body)
    broken = json.dumps({**order, "id": None, "note": "yesterday"}).encode()
    again = signed(
        "shopify",
        json.loads(broken),
        SHOP_SECRET.encode(),
        {k: v for k, v in headers.items() if "hmac" not in k.lower()},
    )
    assert await shop.post("shopify", *again) == 200
    await shop.quiet()
    async with seated(shop, "bob", "builder") as it:
        listed = await (await it.get(KEPT)).text()
        assert "/operations/quarantine/" in listed
        kept = listed.partition("/operations/quarantine/")[2].partition('"')[0]
        path = f"/console/glow/operations/quarantine/{kept}"
        shown = await (await it.get(path)).text()
        assert "yesterday" in shown
        unchanged = await it.post(path, {"body": broken.decode()})
        assert unchanged.status == 409
        mended = await it.post(path, {"body": body.decode()})
        assert (mended.status, mended.headers["Location"]) == (303, f"{KEPT}?said=said.replayed")
        assert (await it.get(path)).status == 404
    await shop.quiet()


async def test_what_is_thrown_away_is_gone_and_on_record(shop: Running) -> None:
    """A dead letter and a quarantined body; a second click finds nothing."""
    key = await _letter(shop)
    store = shop.here.brands["glow"].store
    kept = Quarantined(
        id="q1", connector="whatsapp", reason="no event", raw=b"\xff<script>", received_at=shop.here.clock.now()
    )
    await store.write(Put(kept))
    async with seated(shop, "bob", "builder") as it:
        for what, one in (("letters", key), ("quarantine", "q1")):
            path = f"/console/glow/operations/{what}/{one}/dismiss"
            assert [(await it.post(path)).status for _ in range(2)] == [303, 404]
    assert not await store.get(DeadLetter, [key])
    assert not await store.get(Quarantined, ["q1"])
    assert await _audited(shop) == [("bob", "quarantine.dismiss"), ("bob", "dead_letter.dismiss")]


async def test_the_first_run_tells_what_to_paste_and_that_it_came(store_server: StoreServer, tmp_path: Path) -> None:
    """The exact address of each account, the token only when asked for and on record, and the first webhook."""
    public = {"server": {"public_url": "http://bot.glow.example"}}
    async with running(store_server, tmp_path, **public) as shop, seated(shop, "bob", "builder") as it:
        text = await (await it.get("/console/glow/start")).text()
        assert "http://bot.glow.example/webhooks/whatsapp/whatsapp" in text
        assert "http://bot.glow.example/webhooks/shopify/shop" in text
        assert "hub-verify-token" not in text
        assert "We received" not in text
        headings = re.findall("<h[23]>(.*?)</h", text)
        assert headings.index("WhatsApp") < headings.index("Instagram") < headings.index("Shopify: <bdi>shop</bdi>")
        shown = await it.post("/console/glow/start/whatsapp/token")
        assert "hub-verify-token" in await shown.text()
        assert (await it.post("/console/glow/start/shop/token")).status == 404
        assert await _audited(shop) == [("bob", "verify_token.reveal")]
        await shop.say("whatsapp", sender="34600111222")
        await shop.here.pulses.write()
        assert (await (await it.get("/console/glow/start/doors")).text()).count("We received your first webhook") == 1


@pytest.mark.parametrize("name", ["sign-in", "account", "static", "users", "sso", "link"])
async def test_a_brand_is_not_called_like_a_page(store_server: StoreServer, tmp_path: Path, name: str) -> None:
    """It would never be reached: refused at the start, with what to do."""
    with pytest.raises(SettingsError, match="call the brand otherwise"):
        async with running(store_server, tmp_path, brands={name: {"database": f"test_{name.replace('-', '_')}"}}):
            pass
