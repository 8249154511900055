"""`GET /v1/profiles/{id}` and its timeline: who may read them, and what is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from middleware.domain.profile import Profile
from middleware.domain.timeline import TimelineHead, noted
from middleware.ports import Put, Recorded
from middleware.settings import key_hash
from tests.commands import Commands
from tests.running import CLIENT_KEY, CONSOLE_KEY, Running, running
from tests.stores import StoreServer

OTHER_KEY, BOTH_KEY = "a-console-of-another-brand-01", "a-console-of-two-brands-0001"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


async def ask(shop: Running, path: str, key: str | None = CONSOLE_KEY, **query: str) -> Answer:
    """Ask for a profile."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with shop.http.get(f"{shop.url}/v1/profiles/{path}", params=query, headers=headers) as answer:
        return Answer(answer.status, await answer.read())


async def ana(shop: Running) -> str:
    """Ana has ordered and written; her profile's id."""
    await shop.say("shopify", "order_paid", phone="+34600111222", order_number=1001)
    await shop.say("whatsapp", sender="ES.9001abc", phone="+34600111222", text="my order?")
    await shop.quiet()
    return str((await shop.context("whatsapp", "ES.9001abc")).identity.profile_id)


async def note_everything(shop: Running, profile_id: str) -> None:
    """Note what is on record in the timelines, as the core will."""
    store = shop.here.brands["glow"].store
    profile = (await store.get(Profile, [profile_id]))[profile_id].record
    heads = {member.identifier: TimelineHead(id=member.identifier) for member in profile.members}
    async for batch in store.scan(Recorded):
        for event in (stored.record.event for stored in batch):
            heads = {key: noted(head, event, on_record=False)[0] for key, head in heads.items()}
    await store.write(*map(Put, heads.values()))


@pytest.fixture
async def brands(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """Two brands, and consoles that see one of them or both."""
    noir = {"database": f"test_{tmp_path.name[:40]}"}
    clients = {
        "other": {"key_hash": key_hash(OTHER_KEY), "brands": ["noir"], "profiles": True},
        "both": {"key_hash": key_hash(BOTH_KEY), "brands": ["glow", "noir"], "profiles": True},
    }
    async with running(store_server, tmp_path, brands={"noir": noir}, clients=clients) as it:
        yield it


async def test_a_profile_is_told_whole(shop: Running) -> None:
    """Contacts with their evidence, orders, worth: each with its source."""
    answer = await ask(shop, await ana(shop))
    assert answer.status == 200
    contacts = {each["identifier"]: each for each in answer.content["contacts"]}
    assert contacts["phone||+34600111222"]["rule"] == "whatsapp.sender"
    assert contacts["phone||+34600111222"]["evidence"] == "attested"
    assert [each["number"] for each in answer.content["purchases"]["orders"]] == ["#1001"]
    assert answer.content["purchases"]["lifetime_value"]


async def test_a_bots_key_reads_no_profile(shop: Running) -> None:
    """A client that may have contexts may not have profiles, known or not; without a key nobody may."""
    known = await ana(shop)
    for end in ("", "/timeline"):
        assert (await ask(shop, f"{known}{end}", CLIENT_KEY)).status == 403
        assert (await ask(shop, f"nobody{end}", CLIENT_KEY)).status == 403
        assert (await ask(shop, f"{known}{end}", None)).status == 401
        assert (await ask(shop, f"{known}{end}", "not-a-key")).status == 401


async def test_another_brands_profiles_are_not_there(brands: Running) -> None:
    """Exactly as one that does not exist; a client of two brands says which one it means."""
    known = await ana(brands)
    nobody = await ask(brands, "nobody", OTHER_KEY)
    assert nobody.status == 404
    for query in ({}, {"brand": "glow"}, {"brand": "noir"}, {"brand": "unheard"}):
        assert (await ask(brands, known, OTHER_KEY, **query)) == nobody
    assert (await ask(brands, known, BOTH_KEY)).status == 400
    assert (await ask(brands, known, BOTH_KEY, brand="glow")).status == 200
    assert (await ask(brands, known, BOTH_KEY, brand="noir")).status == 404


@pytest.mark.parametrize("named", ["%00", "%F0%9F%98%80", "a" * 300, "%7B%22$ne%22:1%7D", "..%2F..", "p_%0a1"])
async def test_what_is_no_id_is_nobody(shop: Running, named: str) -> None:
    """Whatever stands in the path."""
    async with shop.http.get(
        f"{shop.url}/v1/profiles/" + named, headers={"Authorization": f"Bearer {CONSOLE_KEY}"}
    ) as answer:
        assert answer.status == 404


async def test_the_timeline_goes_on_where_it_was(shop: Running) -> None:
    """One entry an answer, newest first, to its end; no word of the customer."""
    known = await ana(shop)
    await note_everything(shop, known)
    found: list[Any] = []
    before: dict[str, str] = {}
    while True:
        answer = await ask(shop, f"{known}/timeline", most="1", **before)
        assert (answer.status, len(answer.content["entries"])) == (200, 1)
        found += answer.content["entries"]
        if "next" not in answer.content:
            break
        before = {"before": answer.content["next"]}
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    assert {each["kind"] for each in found} >= {"order", "message"}
    assert "my order?" not in str(found)
    assert len({each["event"] for each in found}) == len(found)


@pytest.mark.parametrize("query", [{"most": "0"}, {"most": "101"}, {"most": "x"}, {"most": "\u0661"}, {"before": "x"}])
async def test_what_cannot_be_asked_is_400(shop: Running, query: dict[str, str]) -> None:
    """A number that is none, or a cursor that nobody gave."""
    assert (await ask(shop, f"{await ana(shop)}/timeline", **query)).status == 400


async def test_commands_do_not_grow_with_the_timeline(store_server: StoreServer, tmp_path: Path) -> None:
    """On the real store: as many commands for 5,000 events as for ten."""
    commands = Commands()
    async with running(store_server, tmp_path, listeners=(commands,)) as shop:
        known = await ana(shop)
        store = shop.here.brands["glow"].store
        event, *_ = [stored.record.event async for batch in store.scan(Recorded) for stored in batch]
        counts = []
        for count in (10, 5_000):
            head = TimelineHead(id="phone||+34600111222")
            for number in range(count):
                told = event.model_copy(update={"key": f"e{count}-{number:05}"})
                head, pages = noted(head, told, on_record=False)
                await store.write(*map(Put, pages))
            stored = (await store.get(TimelineHead, [head.id])).get(head.id)
            await store.write(stored.put(head) if stored is not None else Put(head))
            commands.seen.clear()
            assert len((await ask(shop, f"{known}/timeline", most="10")).content["entries"]) == 10
            counts.append(
                [each for each in commands.seen if "find" in each and "inbox" not in each and "jobs" not in each]
            )
        assert counts[0] == counts[1] == ["find profiles", "find identities"]
