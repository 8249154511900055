"""A release that is made beside other work: seen from everywhere, one at a time for a draft, ended whatever happens."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.publishing.importing import SoFar
from middleware.bootstrap.building import opened
from middleware.console.flows import making
from middleware.console.flows.checking import Checked
from middleware.console.flows.makings import MOST_AT_ONCE
from middleware.domain.flow_drafts import FlowDraft, FlowWriting
from middleware.domain.flow_makings import MOST_TROUBLES, STALLED_AFTER, FlowMaking
from middleware.domain.flow_releases import FlowRelease
from middleware.errors import StoreUnavailable
from middleware.pipeline.audit import entries
from middleware.pipeline.records import records
from middleware.pipeline.releases.making import Telling, begin_making, making_of
from middleware.ports import Put
from tests.console import Seated, seated
from tests.integration.test_console_flow_editor import EDIT, FLOWS, TESTS, form_of, made, page, shop_of_flows
from tests.running import Running, until
from tests.scenarios.test_turns_again import GREETING
from tests.stores import StoreServer

RELEASE = f"{EDIT}/release"
WARM = GREETING.replace("by name", "warmly")
FILE = "greeting.yaml"


@dataclass
class Gate:
    """Where the tests of a release wait until they are let go on; they have come as far as `so_far`."""

    so_far: SoFar = field(default_factory=lambda: SoFar(3, 10, "tests/slow.yaml"))
    opens: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    async def looked_at(self, *given: Any, **more: Any) -> Checked:
        """As if the tests took their time."""
        goes_on: Callable[[SoFar], bool] = given[3]
        goes_on(self.so_far)
        await self.opens.wait()
        if self.fails:
            raise RuntimeError("a disk is full")
        return await self.real(*given, **more)

    real = staticmethod(making.looked_at)


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a flow of the brand's own and a test of it."""
    async with shop_of_flows(store_server, tmp_path) as it:
        yield it


@pytest.fixture
async def bob(shop: Running) -> AsyncIterator[Seated]:
    """A builder."""
    async with seated(shop, "bob", "builder") as it:
        yield it


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """What makes the tests of a release wait."""
    it = Gate()
    monkeypatch.setattr(making, "looked_at", it.looked_at)
    return it


async def _releases(shop: Running) -> int:
    return len([each async for each in records(shop.here.brands["glow"].store, FlowRelease)])


async def _told(shop: Running, file: str = FILE) -> FlowMaking:
    stored = await making_of(shop.here.brands["glow"].store, file)
    assert stored is not None
    return stored.record


async def _begun(bob: Seated, **more: str) -> str:
    """The page of a release that is being made."""
    return await page(bob, RELEASE, await form_of(bob, source=WARM, tests=TESTS, **more))


async def test_how_far_it_is_can_be_seen_and_come_back_to(shop: Running, bob: Seated, gate: Gate) -> None:
    """Which test of how many, and of which file; from the draft and the list one comes back to it; then what came."""
    begun = await _begun(bob, then="publish")
    assert "The release is being made" in begun
    await until(lambda: _is_told(shop, 3), "progress to be told")
    text = await page(bob, RELEASE)
    assert "3 of 10 tests were run" in text
    assert "tests/slow.yaml" in text
    assert '<progress id="making-progress" max="10" value="3">' in text
    for back in (EDIT, FLOWS):
        assert f'href="{RELEASE}">A release is being made' in await page(bob, back)
    seen = re.search(r'name="seen" value="(\w+)"', text)
    assert seen is not None
    same = await bob.get(f"{RELEASE}/part?seen={seen[1]}", headers={"HX-Request": "true"})
    assert same.status == 204
    gate.opens.set()
    await until(lambda: _is_over(shop), "the release to be made")
    last = await bob.get(f"{RELEASE}/part?seen={seen[1]}", headers={"HX-Request": "true"})
    assert "Release 1 is made and published" in await last.text()
    assert 'id="making-act" hx-swap-oob' in await last.text()
    assert shop.here.editions.flows["glow"].release == 1
    assert "What came of the last release" in await page(bob, EDIT)


async def _is_told(shop: Running, done: int) -> bool:
    return (await _told(shop)).done == done


async def _is_over(shop: Running) -> bool:
    return (await _told(shop)).state != "running"


async def test_one_at_a_time_is_made_of_a_draft(shop: Running, bob: Seated, gate: Gate) -> None:
    """Who asks for a second one, here or in another process, sees the first; there is one release in the end."""
    await _begun(bob)
    async with seated(shop, "kim", "builder") as kim:
        second = await page(kim, RELEASE, await form_of(kim, source=WARM, tests=TESTS))
        assert "being made out of this draft already" in second
        assert "Begun by bob" in second
    store, now = shop.here.brands["glow"].store, shop.here.clock.now()
    assert await begin_making(store, FILE, by="kim", now=now, then="") is None
    gate.opens.set()
    await until(lambda: _is_over(shop), "the release to be made")
    assert await _releases(shop) == 1
    assert [each.what for each in await entries(store)].count("flows.release_made") == 1


async def test_another_process_makes_it(shop: Running, bob: Seated) -> None:
    """Its progress is shown as it tells it; once it has said nothing for long it is over, and can be made anew."""
    store, now = shop.here.brands["glow"].store, shop.here.clock.now()
    begun = await begin_making(store, FILE, by="kim", now=now, then="")
    assert begun is not None
    assert await Telling(store, shop.here.clock, begun).tell(done=7, of=9, file="tests/other.yaml")
    assert "7 of 9 tests were run" in await page(bob, RELEASE)
    stored = await making_of(store, FILE)
    assert stored is not None
    await store.write(stored.put(stored.record.model_copy(update={"at": now - STALLED_AFTER - timedelta(seconds=1)})))
    assert "It was broken off" in await page(bob, RELEASE)
    assert "Release 1 is made" in await made(bob, **await form_of(bob, source=WARM, tests=TESTS))
    assert not await Telling(store, shop.here.clock, begun).tell(done=8)


async def test_what_goes_wrong_is_told(bob: Seated, gate: Gate) -> None:
    """A failure of ours ends it with a word, nothing of the draft is lost, and it can be made once more."""
    gate.fails = True
    gate.opens.set()
    told = await made(bob, **await form_of(bob, source=WARM, tests=TESTS))
    assert "went wrong on our side" in told
    assert "Greets warmly" in await page(bob, EDIT)
    gate.fails = False
    assert "Release 1 is made" in await made(bob, **await form_of(bob, source=WARM, tests=TESTS))


async def test_it_can_be_stopped(shop: Running, bob: Seated, gate: Gate) -> None:
    """By any builder; no release comes of it, also where its tests go on for a moment; another one can be made."""
    await _begun(bob, then="publish")
    async with seated(shop, "kim", "builder") as kim:
        assert "It was stopped" in await page(kim, f"{RELEASE}/stop", {})
    gate.opens.set()
    await asyncio.sleep(0)
    await until(_is_free, "the work to end")
    assert ((await _told(shop)).state, await _releases(shop)) == ("stopped", 0)
    assert "Release 1 is made" in await made(bob, **await form_of(bob, source=WARM, tests=TESTS))


async def _is_free() -> bool:
    """Whether no task makes a release any more."""
    return not [each for each in asyncio.all_tasks() if "_carried_out" in repr(each.get_coro())]


async def test_a_process_that_ends_says_so(store_server: StoreServer, tmp_path: Path, gate: Gate) -> None:
    """What it was making is stopped, for whoever looks later: nobody waits for it."""
    async with shop_of_flows(store_server, tmp_path) as shop:
        async with seated(shop, "bob", "builder") as bob:
            await _begun(bob)
        settings = shop.here.settings
    async with opened(settings) as here:
        stored = await making_of(here.brands["glow"].store, FILE)
    assert stored is not None
    assert stored.record.state == "stopped"
    assert not gate.opens.is_set()


def _failing(number: int) -> str:
    """A file of so many tests, none of which holds."""
    return "tests:\n" + "".join(f"- {{test: t{n}, turns: [{{says: q, flow: x}}]}}\n" for n in range(number))


async def test_endless_tests_end(shop: Running, bob: Seated, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file as full of tests as it can be gets no more time than there is; of failures no more is kept than fits."""
    told = await made(bob, **await form_of(bob, source=WARM, tests=_failing(MOST_TROUBLES + 10)))
    assert "and 10 more" in told
    found = await _told(shop)
    assert (len(found.troubles), found.more, found.unrun) == (MOST_TROUBLES, 10, 0)
    assert len(found.model_dump_json()) < 50_000
    monkeypatch.setattr(making, "ALL_WITHIN", 0.0)
    told = await made(bob, **await form_of(bob, source=WARM, tests=_failing(1_400)))
    found = await _told(shop)
    assert ("It took too long" in told, found.unrun, found.of) == (True, 1_400, 1_400)
    assert await _releases(shop) == 0


async def test_too_much_is_not_begun(shop: Running, bob: Seated, gate: Gate) -> None:
    """More than a release can have is refused before anybody looks at it; of many that are wanted at once some wait,
    and no more than so many.
    """
    store = shop.here.brands["glow"].store
    large = FlowWriting(source="# " + "x" * 60_000, by="kim", at=shop.here.clock.now(), base="")
    await store.write(*[Put(FlowDraft(id=f"large{n}.yaml", writing=large)) for n in range(80)])
    form = await form_of(bob, source=WARM, tests=TESTS, **{f"along:large{n}.yaml": "1" for n in range(80)})
    assert (await bob.post(RELEASE, form)).status == 413
    statuses = []
    for number in range(MOST_AT_ONCE + 1):
        path = f"{FLOWS}/edit/more{number}.yaml"
        text = GREETING.replace("greeting\n", f"more{number}\n", 1).replace("good morning", f"good {number}")
        statuses.append((await bob.post(f"{path}/release", await form_of(bob, path, source=text, tests=""))).status)
    assert statuses == [303] * MOST_AT_ONCE + [429]
    gate.opens.set()
    await until(_is_free, "all to be made")
    assert await _releases(shop) == MOST_AT_ONCE


async def test_there_is_nothing_to_see_where_none_was_made(bob: Seated) -> None:
    """Its page leads to the draft, and what can be no file is not found."""
    assert "<h1>" in await page(bob, RELEASE)
    for path in ("tests%2Fgreeting.yaml", "..%2Fx.yaml", "x"):
        assert (await bob.get(f"{FLOWS}/edit/{path}/release")).status == 404
        assert (await bob.post(f"{FLOWS}/edit/{path}/release/stop")).status == 404


async def test_a_word_that_landed_unheard_is_still_ours(shop: Running) -> None:
    """The store took it and could not say so: the next word goes on from there."""
    store, clock = shop.here.brands["glow"].store, shop.here.clock
    begun = await begin_making(store, FILE, by="kim", now=clock.now(), then="")
    assert begun is not None
    unheard, telling = Telling(store, clock, begun), Telling(store, clock, begun)
    assert await unheard.tell(done=1)
    assert await telling.tell(done=2)
    assert (await _told(shop)).done == 2


async def test_what_is_a_release_stays_one_whatever_fails_then(
    shop: Running, bob: Seated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not said that none was made."""

    async def gone(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("the store is gone")

    monkeypatch.setattr(making, "publish", gone)
    told = await made(bob, **await form_of(bob, source=WARM, tests=TESTS, then="publish"))
    assert "Release 1 is made, but something went wrong on our side" in told
    assert await _releases(shop) == 1
