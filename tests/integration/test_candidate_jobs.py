"""Candidates beside the messages: a job for each record that was told, done by the runner of a whole installation."""

from datetime import datetime
from pathlib import Path

import pytest

from middleware.bootstrap import working
from middleware.domain.candidates import Candidate
from middleware.domain.events import Event, EventKind
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job
from middleware.domain.journal import Verdict
from middleware.identity.candidates import RULE
from middleware.identity.comparable import wanted_for
from middleware.pipeline.rules import count_merge, count_unmerge, is_review_only
from middleware.ports import BrandStore, Put
from tests.records import NOW, record_identity, source_record
from tests.running import Running, running, until
from tests.stores import StoreServer

ANA = {
    "first_name": "Ana", "last_name": "Quintanilla", "email": "ana@quintanilla.example", "phone": "+34600111222",
    "birth_date": "1980-02-29",
}  # fmt: skip


async def told(it: Running, identity: Identity) -> None:
    """A record was absorbed: identity and jobs in one command, as the core writes them; until its jobs are over."""
    store, key = it.here.store.brand("glow"), Identifier.from_key(identity.id)
    event = Event(
        key=f"hubspot:1:{key.value}", kind=EventKind.RECORD, connector="hubspot", account="1", occurred_at=NOW,
        received_at=NOW, anchor=key, record=source_record(key.value),
    )  # fmt: skip
    jobs = wanted_for(event)
    assert len(jobs) == 1
    await store.write(Put(identity), *map(Put, jobs))

    async def over() -> bool:
        return not await store.get(Job, [each.id for each in jobs])

    await until(over, "the job to be over")


async def open_ones(it: Running) -> list[Candidate]:
    """All open candidates."""
    store = it.here.store.brand("glow")
    return [each.record async for batch in store.scan(Candidate) for each in batch]


async def test_the_runner_finds_candidates(shop: Running) -> None:
    """Records that come one after the other are a candidate once both jobs are over; nothing merges by itself."""
    await told(shop, record_identity("1", **ANA))
    await told(shop, record_identity("2", scope="zendesk:1", **ANA))
    (found,) = await open_ones(shop)
    assert found.bits > 10


async def test_sure_ones_merge_by_themselves_where_the_brand_allows_it(
    store_server: StoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above `auto_merge_threshold`, between records of sources, in the name of the rule; until too many are undone."""
    called: list[tuple[str, str, bool]] = []

    async def merge(
        store: BrandStore,
        one: str,
        other: str,
        *,
        rule: str,
        by: str,
        now: datetime,
        note: str = "",
        despite: bool = False,
    ) -> None:
        del store, one, other, now, note
        called.append((rule, by, despite))

    monkeypatch.setattr(working, "MERGE", merge)
    brand = {"brands": {"glow": {"auto_merge_threshold": 12.0}}}
    async with running(store_server, tmp_path, **brand) as it:
        store = it.here.store.brand("glow")
        await told(it, record_identity("1", **ANA))
        await told(it, record_identity("2", scope="zendesk:1", **ANA))
        assert called == [(RULE, "throughline", False)]
        assert await open_ones(it) == []
        verdicts = [each.record async for batch in store.scan(Verdict) for each in batch]
        assert [each.verdict for each in verdicts] == ["accepted"]

        now = it.here.clock.now()
        for _ in range(20):
            await count_merge(store, RULE, now)
        for _ in range(2):
            await count_unmerge(store, RULE, now)
        assert await is_review_only(store, RULE, now)
        other = {
            **ANA,
            "first_name": "Ben",
            "last_name": "Oldenburg",
            "email": "b@oldenburg.example",
            "phone": "+49170",
        }
        await told(it, record_identity("3", **{**other, "phone": "+491701234567"}))
        await told(it, record_identity("4", scope="zendesk:1", **{**other, "phone": "+491701234567"}))
        assert len(called) == 1
        assert len(await open_ones(it)) == 1
