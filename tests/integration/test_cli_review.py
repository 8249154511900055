"""`throughline identity queue, show-candidate, reject, lock, accept` and `throughline report quality`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from middleware.clock import SystemClock
from middleware.domain.identity import Identity
from middleware.identity.weights import shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.pipeline.rules import count_merge, count_unmerge
from middleware.ports import Put, Quarantined
from middleware.store.mongo import MongoBrandStore, connect
from tests.integration.cli import Ended, command, write_config
from tests.records import NOW, record_identity
from tests.stores import StoreServer

ANA = {"first_name": "Ana", "last_name": "Quintanilla\x1b[31m", "email": "ana@quintanilla.example"}


@dataclass
class Desk:
    """A brand with three records of one person, and the settings that lead there."""

    store: MongoBrandStore
    config: Path

    async def run(self, *arguments: str) -> Ended:
        """Run a command there, which must end well."""
        ended = await command(*arguments, config=self.config)
        assert ended.code == 0, ended.err
        return ended

    async def json(self, *arguments: str) -> Any:
        """What a command prints for programs."""
        return (await self.run(*arguments, "--json")).json


@pytest.fixture
async def desk(store_server: StoreServer, tmp_path: Path, database: str) -> AsyncIterator[Desk]:
    """Three open candidates."""
    brand = {"database": database, "data_owner": "Kim Roe <kim@glow.example>"}
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9", brands={"glow": brand})
    client = connect(store_server.uri)
    store = MongoBrandStore(client, database)
    try:
        await store.ensure()
        for number in "123":
            identity = record_identity(number, **ANA)
            await store.write(Put(identity))
            await match_record(store, identity.id, shipped_weights(), ReviewRules(), NOW)
        yield Desk(store, config)
    finally:
        await store.close()
        client.close()


async def test_the_queue_is_listed_and_decided_on(desk: Desk) -> None:
    """Listed, shown side by side, rejected for a reason; then it is not there any more, and says so."""
    found = await desk.json("identity", "queue")
    assert len(found["items"]) == 3
    chosen = found["items"][0]["id"]

    shown = (await desk.run("identity", "show-candidate", chosen)).out.decode()
    assert "ana@quintanilla.example" in shown
    assert "the same first name" in shown
    assert "\x1b[31m" not in shown
    masked = (await desk.run("identity", "show-candidate", chosen, "--masked")).out.decode()
    assert "ana@" not in masked
    assert "a…@quintanilla.example" in masked

    verdict = await desk.json("identity", "reject", chosen, "--note", "mother and daughter")
    assert (verdict["verdict"], verdict["note"]) == ("rejected", "mother and daughter")
    assert chosen not in (await desk.run("identity", "queue")).out.decode()
    again = await command("identity", "reject", chosen, config=desk.config)
    assert (again.code, "no open candidate" in again.err) == (1, True)


async def test_a_lock_closes_what_is_open(desk: Desk) -> None:
    """One pair of three is left."""
    profile = (await desk.json("identity", "queue"))["items"][0]["profiles"][0]
    await desk.run("identity", "lock", profile)
    left = (await desk.json("identity", "queue"))["items"]
    assert [profile in each["profiles"] for each in left] == [False]


async def test_what_is_refused_is_said_and_stays_open(desk: Desk) -> None:
    """Where profiles cannot be merged, or ids conflict, accepting ends with the reason and decides nothing."""
    for number in "12":
        fragment = record_identity(number, first_name="Ulla", **BEN).fragment
        identity = Identity(id=f"shop_customer|glow.example|{number}", fragment=fragment)
        await desk.store.write(Put(identity))
        await match_record(desk.store, identity.id, shipped_weights(), ReviewRules(), NOW)
    items = (await desk.json("identity", "queue"))["items"]
    (chosen,) = (each["id"] for each in items if each["conflicts"])
    ended = await command("identity", "accept", chosen, config=desk.config)
    assert (ended.code, "two different customers of the shop glow.example" in ended.err) == (1, True)
    assert chosen in {each["id"] for each in (await desk.json("identity", "queue"))["items"]}


BEN = {"last_name": "Oldenburg", "email": "ulla@oldenburg.example", "phone": "+491701234567"}


async def test_the_report_says_what_is_wrong_and_whose_it_is(desk: Desk) -> None:
    """Quarantine by reason and source, open candidates with their age, rules that are undone, suspended identifiers."""
    now = SystemClock().now()
    for number in range(3):
        kept = Quarantined(id=f"{number}", connector="hubspot", reason="email: no address", raw=b"{}", received_at=now)
        await desk.store.write(Put(kept))
    await desk.store.write(Put(Identity(id="email||info@glow.example", suspended="shared by many")))
    for _ in range(20):
        await count_merge(desk.store, "records.similar", now)
    for _ in range(2):
        await count_unmerge(desk.store, "records.similar", now)

    found = await desk.json("report", "quality")

    assert found["owner"] == "Kim Roe <kim@glow.example>"
    assert found["quarantine"] == [{"source": "hubspot", "reason": "email: no address", "count": 3}]
    assert found["candidates"]["open"] == 3
    assert found["candidates"]["oldest_days"] > 0
    assert found["shared_identifiers"] == [{"why": "shared by many", "count": 1}]
    assert found["review_only"] == ["records.similar"]
    assert (found["rules"][0]["merges"], found["rules"][0]["unmerges"]) == (20, 2)
    said = (await command("report", "quality", config=desk.config, alone=True)).out.decode()
    assert "Kim Roe <kim@glow.example>" in said
    assert "only proposes since" in said
