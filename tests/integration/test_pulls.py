"""Sources that are pulled: over real HTTP, into a real store, with everything that goes wrong in between."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import Behaviour, accept_then_reset, garbage, http_error, server_error, too_many_requests
from connectors.testing.behaviour import Cut
from connectors.testing.source_apis import SourceApis
from middleware.bootstrap.building import Installation, opened
from middleware.domain.events import Event
from middleware.domain.pulls import COMPLETE, KEPT_RUNS, Pull, PullRun
from middleware.ports import Account, Clock, Delete, InboxEntry, Put, Quarantined, Recorded
from middleware.rhythm.arrival import Arrivals
from middleware.rhythm.holder import HOLD, Hold, HoldLost
from middleware.rhythm.rhythm import Rhythm
from middleware.settings import GivenSettings
from tests.deliveries import as_toml
from tests.integration.cli import Ended, command, serving
from tests.running import until
from tests.stores import StoreServer

TOKEN = "source-token"
LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)
SOURCES = ("hubspot", "zendesk", "shopify")
IDS = {"hubspot": "62515", "zendesk": "12514403", "shopify": "mugs.myshopify.com"}


def contact(number: int, at: datetime = LONG_AGO, **properties: object) -> dict[str, Any]:
    """A contact as HubSpot's API writes it."""
    moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    values = {"email": f"c{number}@example.com", "firstname": f"C{number}", **properties}
    return {"id": str(number), "properties": values, "createdAt": moment, "updatedAt": moment, "archived": False}


def _dated(number: int, at: datetime, **more: object) -> dict[str, Any]:
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"id": number, "created_at": moment, "updated_at": moment, **more}


def user(number: int, at: datetime = LONG_AGO) -> dict[str, Any]:
    """A user as Zendesk's export writes it."""
    return _dated(number, at, name=f"U{number}", email=f"u{number}@example.com", role="end-user", active=True)


def ticket(number: int, at: datetime = LONG_AGO) -> dict[str, Any]:
    """A ticket as Zendesk's export writes it."""
    return _dated(number, at, requester_id=1, status="open", subject="?", tags=[], via={"channel": "email"})


def customer(number: int, at: datetime = LONG_AGO) -> dict[str, Any]:
    """A customer as Shopify's list writes it."""
    return _dated(number, at, email=f"s{number}@example.com", first_name="S", last_name="T", state="disabled", tags="")


def order(number: int, at: datetime = LONG_AGO) -> dict[str, Any]:
    """An order as Shopify's list writes it."""
    return _dated(number, at, name=f"#{number}", order_number=number, line_items=[], total_price="9.90",
                  currency="EUR", financial_status="paid")  # fmt: skip


def fill(apis: SourceApis, source: str, most: int, begin: int = 1, at: datetime = LONG_AGO) -> int:
    """Put records into a source, half of them into its second stream; how many events they are."""
    numbers = range(begin, begin + most)
    if source == "hubspot":
        apis.contacts += [contact(each, at) for each in numbers]
        return most
    made = {"zendesk": ((apis.users, user), (apis.tickets, ticket)),
            "shopify": ((apis.customers, customer), (apis.orders, order))}[source]  # fmt: skip
    for records, make in made:
        records += [make(each, at) for each in numbers]
    return 2 * most


@dataclass
class LaterClock:
    """The real clock, some time ahead."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.ahead

    def monotonic(self) -> float:
        return self.clock.monotonic() + self.ahead.total_seconds()


@dataclass
class Pulled:
    """An installation and the sources that it pulls from."""

    here: Installation
    apis: SourceApis
    fields: dict[str, Any]
    waits: list[float] = field(default_factory=list)

    def account(self, source: str) -> Account:
        return next(each for each in self.here.accounts if each.connector == source)

    def rhythm(self, owner: str = "a", clock: Clock | None = None) -> Rhythm:
        """A process of its own, which waits for nothing but notes how long it would."""
        here = self.here
        arrivals = Arrivals(here.intake, here.store, here.clock, lambda _, __: None)

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            await asyncio.sleep(0)

        clock = clock or here.clock
        return Rhythm(here.accounts, here.connectors, here.store, clock, arrivals, owner=owner, sleep=sleep)

    async def state(self, source: str) -> Pull:
        account = self.account(source)
        key = Pull.key(account.connector, account.id)
        return (await self.here.brands["glow"].store.get(Pull, [key]))[key].record

    async def last(self, source: str) -> PullRun:
        """The run that ended last."""
        return (await self.state(source)).history[-1]

    async def questions(self, many: int) -> None:
        """Wait until the sources were asked so often."""

        async def were_asked() -> bool:
            return len(self.apis.asked) >= many

        await until(were_asked, f"{many} questions")

    async def asked_hubspot(self) -> bool:
        return any(path.endswith("/contacts") for path, _ in self.apis.asked)

    async def inbox(self) -> list[Event]:
        return [entry.event for entry in await self.here.brands["glow"].store.backlog(20_000)]

    async def work_off(self) -> int:
        """What a worker does with it in the end: out of the inbox, into the timeline."""
        events, store = await self.inbox(), self.here.brands["glow"].store
        await store.write(*(Put(Recorded(id=event.key, event=event)) for event in events))
        await store.write(*(Delete(InboxEntry, event.key) for event in events))
        return len(events)


@asynccontextmanager
async def _pulled(server: StoreServer, **accounts: Any) -> AsyncIterator[Pulled]:
    async with AsyncExitStack() as stack:
        apis = await stack.enter_async_context(SourceApis(token=TOKEN, page_size=20))
        each = {"token": TOKEN, "base_url": apis.url, "secrets": ["source secret"], "pull_every": "15m"}
        fields = {
            "store": {"uri": server.uri, "common_database": f"test_{uuid.uuid4().hex[:12]}"},
            "server": {"port": 0, "metrics_port": 0},
            "brands": {"glow": {"database": f"test_{uuid.uuid4().hex[:12]}", "country": "DE", "accounts": {
                source: {"connector": source, "id": IDS[source], **each, **accounts.get(source, {})}
                for source in SOURCES
            }}},
        }  # fmt: skip
        here = await stack.enter_async_context(opened(GivenSettings.model_validate(fields)))
        await here.store.ensure()
        yield Pulled(here, apis, fields)


@pytest.fixture
async def pulled(store_server: StoreServer) -> AsyncIterator[Pulled]:
    """An installation with an account of every source, and the sources."""
    async with _pulled(store_server) as it:
        yield it


@pytest.mark.parametrize("source", SOURCES)
async def test_the_first_run_brings_everything(pulled: Pulled, source: str) -> None:
    """Every record comes once, page by page, in a run that says so; what is pulled is due again after a while."""
    many = fill(pulled.apis, source, 47)
    assert await pulled.rhythm().pull(pulled.account(source))
    events, run = await pulled.inbox(), await pulled.last(source)
    assert len({event.anchor for event in events}) == len(events) == many
    assert {event.account for event in events} == {IDS[source]}
    assert (run.why, run.fresh, run.known, run.quarantined, run.since) == (COMPLETE, many, 0, 0, None)
    assert run.pages == 3 * many // 47
    state = await pulled.state(source)
    assert state.through == run.started_at
    assert state.not_before == run.started_at + timedelta(minutes=15)
    assert (state.owner, state.run, state.cursor) == (None, None, None)


@pytest.mark.parametrize("source", SOURCES)
async def test_the_next_run_brings_what_changed(pulled: Pulled, source: str) -> None:
    """It looks back a little behind the start of the last one; what is in the timeline is not worked on again."""
    fill(pulled.apis, source, 30)
    first, account = pulled.rhythm(), pulled.account(source)
    await first.pull(account)
    await pulled.work_off()
    assert not await first.pull(account)  # not due yet
    now = pulled.here.clock.now()
    fresh = fill(pulled.apis, source, 5, begin=100, at=now - timedelta(seconds=30))
    overlapped = fill(pulled.apis, source, 1, begin=200, at=now - timedelta(minutes=4))
    fill(pulled.apis, source, 1, begin=300, at=now - timedelta(hours=2))
    assert await first.pull(account, due=False)
    run = await pulled.last(source)
    assert (run.why, run.fresh) == (COMPLETE, fresh + overlapped)
    await pulled.work_off()
    await first.pull(account, due=False)
    again = await pulled.last(source)
    assert (again.fresh, again.known) == (0, fresh + overlapped)


def at(numbers: dict[int, Behaviour]) -> Callable[[int], Behaviour | None]:
    """Trouble with these questions."""
    return numbers.get


TROUBLES = (
    too_many_requests(11), too_many_requests(), server_error(500), http_error(503),
    accept_then_reset(Cut.BEFORE_ANSWER), accept_then_reset(Cut.IN_ANSWER), garbage(),
    garbage(b'{"results": [{"id"'), garbage(b"{}"), garbage(b"[]"),
    garbage(b'{"results": null, "users": 1, "customers": "x"}'),
)  # fmt: skip
"""Throttled with and without a time, broken in two ways, cut off before and in the answer, and what is no page."""


@pytest.mark.parametrize("source", SOURCES)
async def test_nothing_is_lost_in_trouble(pulled: Pulled, source: str) -> None:
    """Whatever comes in place of a page, it is asked for again, and every record comes once."""
    pulled.apis.page_size = 5
    many = fill(pulled.apis, source, 60)
    pulled.apis.trouble = at({2 * place + 1: trouble for place, trouble in enumerate(TROUBLES)})
    await pulled.rhythm().pull(pulled.account(source))
    events = await pulled.inbox()
    assert len({event.key for event in events}) == len(events) == many
    assert (await pulled.last(source)).why == COMPLETE
    assert pulled.waits.count(11.0) == 1
    # A connection that is reset is tried again by the HTTP client itself.
    assert pulled.waits.count(5.0) in {len(TROUBLES) - 1, len(TROUBLES) - 2}


async def test_a_source_that_stays_broken_is_left_alone_for_longer_and_longer(pulled: Pulled) -> None:
    """5 s, 20 s, then the hold is let go for 80 s and more; in the end the run is given up, and says why."""
    fill(pulled.apis, "hubspot", 45)
    pulled.apis.trouble = lambda number: server_error() if number > 1 else None
    account = pulled.account("hubspot")
    for ahead in range(8):
        clock = LaterClock(pulled.here.clock, timedelta(hours=ahead))
        await pulled.rhythm(clock=clock).pull(account)
    state = await pulled.state("hubspot")
    assert pulled.waits[:2] == [5.0, 20.0]
    assert [run.why for run in state.history] == ["answered 500"]
    assert state.cursor == "20"
    assert len(await pulled.inbox()) == 20
    pulled.apis.trouble = lambda _: None
    await pulled.rhythm().pull(account, due=False)
    assert len({event.key for event in await pulled.inbox()}) == 45
    assert (await pulled.last("hubspot")).started_at == state.history[0].started_at


async def test_a_token_that_is_refused_ends_the_run(pulled: Pulled) -> None:
    """Asking again would not help: the history says why, and the token stands nowhere."""
    for source in SOURCES:
        fill(pulled.apis, source, 3)
        pulled.apis.token = "another"
        await pulled.rhythm().pull(pulled.account(source))
        state = await pulled.state(source)
        assert [run.why for run in state.history] == ["the token is refused (401)"]
        assert TOKEN not in state.model_dump_json()
        assert state.through is None
    assert len(pulled.apis.asked) == 3


async def test_a_cursor_that_is_no_good_any_more_is_given_up(pulled: Pulled) -> None:
    """A page address that expired is refused; the next run begins again, and what had come is known."""
    many = fill(pulled.apis, "shopify", 45)
    pulled.apis.trouble = at({2: http_error(400)})
    account = pulled.account("shopify")
    await pulled.rhythm().pull(account)
    assert (await pulled.last("shopify")).why == "answered 400"
    await pulled.rhythm().pull(account, due=False)
    run = await pulled.last("shopify")
    assert (run.why, run.fresh, run.known) == (COMPLETE, many - 20, 20)


@pytest.mark.parametrize("source", SOURCES)
async def test_another_process_goes_on_where_one_was_stopped(pulled: Pulled, source: str) -> None:
    """Stopped in the middle of a page, it lets go at once; the other one asks for that page and what follows."""
    many = fill(pulled.apis, source, 45)
    pulled.apis.trouble = at({3: Behaviour(delay=30)})
    task = asyncio.create_task(pulled.rhythm("a").pull(pulled.account(source)))
    await pulled.questions(3)
    assert not await pulled.rhythm("b").pull(pulled.account(source))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    asked = len(pulled.apis.asked)
    assert await pulled.rhythm("b").pull(pulled.account(source))
    assert len({event.key for event in await pulled.inbox()}) == len(await pulled.inbox()) == many
    assert len(pulled.apis.asked) - asked == 3 * many // 45 - 2
    run = await pulled.last(source)
    assert (run.fresh, run.known, run.why) == (many, 0, COMPLETE)


async def test_of_two_processes_one_pulls(pulled: Pulled) -> None:
    """Both find it due; one gets hold of it, and every page is asked for once."""
    fill(pulled.apis, "hubspot", 60)
    account = pulled.account("hubspot")
    held = await asyncio.gather(*(pulled.rhythm(owner).pull(account) for owner in "abcd"))
    assert sorted(held) == [False, False, False, True]
    assert len(pulled.apis.asked) == 3


async def test_a_process_that_was_held_up_loses_its_hold(pulled: Pulled) -> None:
    """Its hold ran out and another one took over: with its next write it finds out, and the fence has risen."""
    store, account = pulled.here.brands["glow"].store, pulled.account("hubspot")
    slow = await Hold.taken(store, account, pulled.here.clock, "slow")
    assert slow is not None
    assert await Hold.taken(store, account, pulled.here.clock, "other", due=False) is None
    later = LaterClock(pulled.here.clock, HOLD + timedelta(seconds=1))
    other = await Hold.taken(store, account, later, "other", due=False)
    assert other is not None
    assert other.pull.fence == slow.pull.fence + 1
    with pytest.raises(HoldLost):
        await slow.change(cursor="99")
    await other.change(cursor="20")
    assert (await pulled.state("hubspot")).cursor == "20"


async def test_two_that_overlap_bring_nothing_twice(pulled: Pulled) -> None:
    """A process is held up in a page for longer than its hold: it stores that page after all, and then stops."""
    many = fill(pulled.apis, "hubspot", 60)
    account, go_on = pulled.account("hubspot"), asyncio.Event()
    rhythm = pulled.rhythm("slow")
    ask = rhythm._sources["hubspot"].page

    async def held_up(*arguments: Any, **named: Any) -> Any:
        answer = await ask(*arguments, **named)
        await go_on.wait()
        return answer

    source = rhythm._sources["hubspot"]
    rhythm._sources["hubspot"] = type("HeldUp", (), {"streams": source.streams, "overlap": source.overlap,
                                                     "page": staticmethod(held_up)})()  # fmt: skip
    task = asyncio.create_task(rhythm.pull(account))
    await pulled.questions(1)
    assert await pulled.rhythm("quick", LaterClock(pulled.here.clock, HOLD * 2)).pull(account)
    go_on.set()
    assert await task
    assert len({event.key for event in await pulled.inbox()}) == len(await pulled.inbox()) == many
    assert [run.why for run in (await pulled.state("hubspot")).history] == [COMPLETE]


async def test_what_cannot_be_understood_waits_in_quarantine(pulled: Pulled) -> None:
    """A record with a wrong value does not hold up the others, and is kept alone, as a body that can be read again."""
    pulled.apis.contacts += [contact(1), contact(2, email="no address"), contact(3)]
    await pulled.rhythm().pull(pulled.account("hubspot"))
    run = await pulled.last("hubspot")
    assert (run.fresh, run.quarantined) == (2, 1)
    kept = [each async for batch in pulled.here.brands["glow"].store.scan(Quarantined) for each in batch]
    assert [each.record.reason for each in kept] == ["email is no e-mail address"]
    assert b'"2"' in kept[0].record.raw
    assert b"c1@example.com" not in kept[0].record.raw
    assert kept[0].record.seals


async def test_the_documented_pace_is_kept(pulled: Pulled) -> None:
    """Zendesk: ten questions a minute. Shopify: half of the bucket stays free. HubSpot: searches apart."""
    for source in SOURCES:
        fill(pulled.apis, source, 60)
        pulled.apis.asked.clear()
        await pulled.rhythm().pull(pulled.account(source))
        if source == "zendesk":
            assert set(pulled.waits) == {6.0}
            assert len(pulled.waits) == 5
        pulled.waits.clear()
    pulled.apis.asked += [("filled", {})] * 40
    await pulled.rhythm().pull(pulled.account("shopify"), since=LONG_AGO, due=False)
    assert set(pulled.waits) == {10.0}
    pulled.waits.clear()
    await pulled.rhythm().pull(pulled.account("hubspot"), since=LONG_AGO, due=False)
    assert set(pulled.waits) == {0.25}


async def test_a_search_does_not_end_at_ten_thousand(pulled: Pulled) -> None:
    """The walk goes by the contact's id: no page lies behind the limit, and one changed meanwhile skips none."""
    fill(pulled.apis, "hubspot", 45)
    await pulled.rhythm().pull(pulled.account("hubspot"), since=LONG_AGO, due=False)
    searched = [said for path, said in pulled.apis.asked if path.endswith("/search")]
    assert [said.get("after") for said in searched] == [None, None, None]
    assert [len(said["filterGroups"][0]["filters"]) for said in searched] == [1, 2, 2]
    assert len(await pulled.inbox()) == 45


async def test_a_run_from_a_date_leaves_no_gap(pulled: Pulled) -> None:
    """From a date behind what was pulled it moves that on; from one ahead of it it does not."""
    account = pulled.account("hubspot")
    await pulled.rhythm().pull(account, since=LONG_AGO)
    assert (await pulled.state("hubspot")).through is None
    await pulled.rhythm().pull(account, due=False)
    through = (await pulled.state("hubspot")).through
    assert through is not None
    await pulled.rhythm().pull(account, since=through + timedelta(microseconds=1000), due=False)
    assert (await pulled.state("hubspot")).through == through
    await pulled.rhythm().pull(account, since=LONG_AGO, due=False)
    assert ((await pulled.state("hubspot")).through or through) > through


async def test_the_history_is_bounded(pulled: Pulled) -> None:
    """However often it is pulled, the last runs are kept, the latest last."""
    for _ in range(KEPT_RUNS + 3):
        await pulled.rhythm().pull(pulled.account("hubspot"), due=False)
    history = (await pulled.state("hubspot")).history
    assert len(history) == KEPT_RUNS
    assert sorted(history, key=lambda run: run.started_at) == list(history)


@pytest.fixture
def config(pulled: Pulled, tmp_path: Path) -> Path:
    """The settings of the installation, for commands."""
    path = tmp_path / "throughline.toml"
    path.write_text(as_toml(pulled.fields), encoding="utf-8")
    return path


async def pull(config: Path, *arguments: str) -> Ended:
    """The command, to its end."""
    return await command("pull", *arguments, "--json", config=config)


async def test_a_killed_command_is_gone_on_with(pulled: Pulled, config: Path) -> None:
    """Killed in the middle of a page; once its hold has run out another goes on, and nothing is lost or twice."""
    many = fill(pulled.apis, "hubspot", 90)
    pulled.apis.trouble = at({4: Behaviour(delay=60)})
    async with serving("pull", "--account", "hubspot", config=config) as killed:
        await pulled.questions(4)
        await killed.stop(lambda process: process.send_signal(signal.SIGKILL))
    assert len(await pulled.inbox()) == 60
    refused = await pull(config, "--account", "hubspot")
    assert (refused.code, refused.json[0]["why"]) == (1, "another process is at it")
    later = LaterClock(pulled.here.clock, HOLD)
    assert await pulled.rhythm("b", later).pull(pulled.account("hubspot"))
    assert len({event.key for event in await pulled.inbox()}) == len(await pulled.inbox()) == many


async def test_the_commands_say_what_became_of_it(pulled: Pulled, config: Path) -> None:
    """`pull` pulls now; `pulls` lists the runs; a name that is no account, and no date, say so."""
    fill(pulled.apis, "hubspot", 3)
    done = await pull(config, "--account", "hubspot")
    assert done.code == 0, done.err
    assert [(row["account"], row["fresh"], row["why"]) for row in done.json] == [("hubspot", 3, COMPLETE)]
    since = await pull(config, "--account", "hubspot", "--since", "2026-02-01")
    assert since.json[0]["since"] == "2026-02-01T00:00:00Z"
    shown = await command("pulls", config=config, alone=True)
    assert shown.out.decode().count("hubspot: ") == 2
    assert (await pull(config, "--account", "nobody")).code == 2
    assert (await pull(config, "--since", "yesterday")).code == 2
    pulled.apis.token = "another"
    assert (await pull(config, "--account", "zendesk")).code == 1


async def test_a_served_installation_pulls_by_itself(pulled: Pulled, config: Path) -> None:
    """`serve` finds what is due without being asked."""
    fill(pulled.apis, "hubspot", 3)
    async with serving("serve", config=config):
        await until(pulled.asked_hubspot, "a pull")
