"""Attempts to get in: counted for all processes together, bounded, and keeping nobody out by name alone."""

import asyncio
import signal
import uuid
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from connectors.testing import GraphStandIn
from middleware.console.attempts import count_attempt
from middleware.console.users import find_user, save_user
from middleware.domain.attempts import LIMITS, Attempts
from middleware.jobs.purging import purge
from middleware.ports import BrandStore
from tests.commands import Commands
from tests.console import PASSWORD, Seated, add_user, csrf_of, seated, ticket
from tests.integration.cli import Served, command, serving, write_config
from tests.running import INSTAGRAM, TOKEN, Running, running, until
from tests.stores import StoreServer

KNOWN = "tl_known"
WRONG = "wrong"


class Still:
    """A clock that is set by hand: however slow the machine is, nothing runs out."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """The time."""
        return self.at

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self.at.timestamp()


@pytest.fixture
async def proxied(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation in which time stands still, behind one proxy, so that who asks says where from."""
    async with running(store_server, tmp_path, clock=Still(), server={"proxies": 1}) as it:
        yield it


async def _try(it: Seated, login: str, password: str = WRONG, *, at: str = "") -> int:
    """Try to sign in, from an address; what comes of it is left again, but for being known."""
    headers = {"X-Forwarded-For": at} if at else {}
    answer = await it.post("/console/sign-in", {"login": login, "password": password}, headers=headers)
    it.http.cookie_jar.clear(lambda cookie: cookie.key != KNOWN)
    return answer.status


async def _cells(store: BrandStore) -> list[str]:
    return [each.record.id async for batch in store.scan(Attempts) for each in batch]


async def _posted(url: str, form: dict[str, str]) -> int:
    """The status of a form that is sent by a browser that nobody knows."""
    async with aiohttp.ClientSession() as http, http.post(url, data=form, allow_redirects=False) as answer:
        return answer.status


async def test_two_processes_count_together_and_a_new_one_knows(store_server: StoreServer, tmp_path: Path) -> None:
    """Five wrong attempts in all, wherever they are made: then each refuses the right password too, and so does one
    that was started since.
    """
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]))
        config = write_config(tmp_path, store_server.uri, graph.url)

        async def started() -> tuple[Served, str]:
            served = await stack.enter_async_context(serving("serve", "--port", "0", config=config))
            return served, (await served.line("listening"))["url"]

        (first, one), (_, two) = await asyncio.gather(started(), started())
        added = await command("users", "add", "bea", "--name", "Bea", "--role", "agent", "--json", config=config)
        there = urlsplit(added.json["link"]).path
        assert await _posted(one + there, {"password": PASSWORD}) == 303
        wrong, right = ({"login": "bea", "password": each} for each in (WRONG, PASSWORD))
        tried = [await _posted(f"{url}/console/sign-in", wrong) for url in (one, two, one, two, one)]
        after = [await _posted(f"{url}/console/sign-in", right) for url in (one, two)]
        await first.stop(Process.terminate)
        _, three = await started()
        while await _posted(f"{two}/console/sign-in", wrong) != 429:
            pass  # so long did it take to start that there is room for another one
        anew = await _posted(f"{three}/console/sign-in", right)

    assert (tried, after, anew) == ([401] * 5, [429, 429], 429)


async def test_nobody_is_kept_out_by_name_alone(proxied: Running) -> None:
    """While others try a login without end, its user gets in where they have been in before; nobody else does, and
    neither does the cookie of somebody else.
    """
    await add_user(proxied.here, "bea", "agent", password=PASSWORD)
    await add_user(proxied.here, "cem", "agent", password=PASSWORD)
    async with seated(proxied, "") as bea, seated(proxied, "") as cem, seated(proxied, "") as attacker:
        assert await _try(bea, "bea", PASSWORD, at="192.0.2.1") == 303
        assert await _try(cem, "cem", PASSWORD, at="192.0.2.2") == 303
        tried = [await _try(attacker, "bea", at=f"198.51.100.{number}") for number in range(20)]
        assert tried.count(401) == 4
        assert await _try(attacker, "bea", PASSWORD, at="192.0.2.9") == 429
        assert await _try(cem, "bea", PASSWORD, at="192.0.2.2") == 429
        assert await _try(bea, "bea", PASSWORD, at="192.0.2.1") == 303


async def test_a_known_browser_is_counted_too(proxied: Running) -> None:
    """Five wrong ones there as well; a minute later one more; and with another password it is known no more."""
    shop, clock = proxied, proxied.here.clock
    assert isinstance(clock, Still)
    await add_user(shop.here, "bea", "agent", password=PASSWORD)
    async with seated(shop, "") as bea:
        assert await _try(bea, "bea", PASSWORD) == 303
        assert [await _try(bea, "bea") for _ in range(6)] == [*[401] * 5, 429]
        clock.at += timedelta(minutes=1)
        assert [await _try(bea, "bea") for _ in range(2)] == [401, 429]
        stored = await find_user(shop.here.store.common, "bea")
        assert stored is not None
        await save_user(shop.here.store.common, stored.record.with_end_of_sessions(), stored)
        # The login itself was tried only once, a minute ago.
        assert await _try(bea, "bea") == 401


@pytest.mark.parametrize("forged", ["", ".", "abc.def", "x" * 5_000, "ü.ü", "a.b.c"])
async def test_a_forged_cookie_makes_no_browser_known(proxied: Running, forged: str) -> None:
    """Whatever stands in it, the login is counted as for everybody."""
    await add_user(proxied.here, "bea", "agent", password=PASSWORD)
    async with seated(proxied, "") as it:
        it.headers["Cookie"] = f"{KNOWN}={forged}".encode().decode("latin-1")
        assert [await _try(it, "bea") for _ in range(6)] == [*[401] * 5, 429]


async def test_names_without_end_from_one_address_fill_nothing(proxied: Running) -> None:
    """After twenty the store is asked and nothing is written; another address is not waited for."""
    common = proxied.here.store.common
    async with seated(proxied, "") as it:
        tried = [await _try(it, f"name-{number}", at="198.51.100.7") for number in range(60)]
        assert tried == [*[401] * 20, *[429] * 40]
        assert len(await _cells(common)) == 21
        assert await _try(it, "name-0", at="198.51.100.8") == 401


async def test_signing_in_cannot_use_up_what_is_needed_inside(proxied: Running) -> None:
    """Whoever is signed in can change their password while others try their login; five wrong ones are too many."""
    await add_user(proxied.here, "bea", "agent", password=PASSWORD)
    async with seated(proxied, "") as bea, seated(proxied, "") as attacker:
        assert (await bea.post("/console/sign-in", {"login": "bea", "password": PASSWORD})).status == 303
        bea.headers["X-CSRF-Token"] = await csrf_of(bea)
        for _ in range(10):
            await _try(attacker, "bea")
        wrong = {"old": "wrong", "new": "four quite different words"}
        statuses = [(await bea.post("/console/account/password", wrong)).status for _ in range(6)]
        assert statuses == [*[400] * 5, 429]


async def test_many_at_one_moment_are_no_more_than_one_after_the_other(store_server: StoreServer) -> None:
    """Forty that come together, in two installations: exactly five are counted."""
    async with AsyncExitStack() as stack:
        fields = {"store": {"common_database": f"test_{uuid.uuid4().hex[:12]}"}}
        opening = (running(store_server, Path(), **fields) for _ in range(2))
        shops = [await stack.enter_async_context(each) for each in opening]
        stores, now = [each.here.store.common for each in shops], shops[0].here.clock.now()
        counted = await asyncio.gather(*(count_attempt(stores[n % 2], ["login-0001"], now) for n in range(40)))
    assert sum(counted) == 5


async def test_an_attempt_costs_a_read_and_a_write(store_server: StoreServer, tmp_path: Path) -> None:
    """For login and address together; one that is refused costs the read."""
    commands = Commands()
    async with running(store_server, tmp_path, listeners=(commands,)) as shop:
        common, now = shop.here.store.common, shop.here.clock.now()
        cells = ["address-0001", "login-0001"]
        seen = []
        for _ in range(6):
            commands.seen.clear()
            await count_attempt(common, cells, now)
            seen.append([each for each in commands.seen if each.endswith("attempts")])
    assert [len(each) for each in seen] == [2] * 5 + [1]


async def test_what_counts_no_more_goes(shop: Running) -> None:
    """With the hourly look, and not sooner."""
    common, now = shop.here.store.common, shop.here.clock.now()
    assert await count_attempt(common, ["login-0001", "address-0001"], now)
    await purge(common, now)
    assert await _cells(common) == ["address-0001", "login-0001"]
    await purge(common, now + LIMITS["address"].every)
    assert await _cells(common) == ["login-0001"]
    await purge(common, now + LIMITS["login"].every)
    assert await _cells(common) == []


@pytest.mark.usefixtures("impatient")
async def test_without_the_store_nobody_gets_in_and_is_told_why(tmp_path: Path) -> None:
    """Neither by a password nor by a link; afterwards it goes on, and nobody was locked out meanwhile."""
    with StoreServer.started(tmp_path) as server:
        assert server.process is not None
        async with running(server, tmp_path) as shop, seated(shop, "") as it:
            user = await add_user(shop.here, "bea", "agent", password=PASSWORD)
            link = await ticket(shop.here, user)
            await it.get("/console/sign-in")
            server.process.send_signal(signal.SIGSTOP)
            form = {"login": "bea", "password": PASSWORD}
            for _ in range(7):
                assert await _try(it, "bea", PASSWORD) == 503
            answer = await it.post("/console/sign-in", form)
            assert "The store does not answer" in await answer.text()
            assert (await it.post(link)).status == 503
            server.process.send_signal(signal.SIGCONT)

            async def goes_on() -> bool:
                return await _try(it, "bea", PASSWORD) == 303

            await until(goes_on, "the store")
