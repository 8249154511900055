"""Mapping in the console: who may write which field, in which order, and where each account has it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.standard_webhooks import standard_signature
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.pipeline.audit import entries
from middleware.ports import InboxEntry, Recorded
from tests.console import seated
from tests.running import Running, running
from tests.stores import StoreServer

CLUB_SECRET = "a-secret-of-the-club-0001"
MAPPING = """record:
  id: id
  fields:
    first_name: person.first
    custom.shoe_size: {from: "answers[question=<b>size</b>].value", as: integer}
  consents:
    email: {from: newsletter, subscribed: ["yes"], unsubscribed: ["no"]}
"""
OWNERSHIP = """fields:
  first_name: {owner: [generic], never: [shopify]}
"""


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a source of its own, which owns a field."""
    mapping, ownership = tmp_path / "mapping.yaml", tmp_path / "ownership.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    ownership.write_text(OWNERSHIP, encoding="utf-8")
    club = {"connector": "generic", "id": "club", "secrets": [CLUB_SECRET], "mapping": str(mapping)}
    glow = {"ownership": str(ownership), "accounts": {"club": club}}
    async with running(store_server, tmp_path, brands={"glow": glow}) as it:
        yield it


async def test_owners_and_paths_are_told(shop: Running) -> None:
    """Who wins, who is not looked at, where the account has it, and what it says of consent; paths are text."""
    async with seated(shop, "bob", "builder") as it, seated(shop, "ana", "agent") as agent:
        text = await (await it.get("/console/glow/mapping")).text()
        assert (await agent.get("/console/glow/mapping")).status == 403
    first_name = text.partition(">first_name</th>")[2].partition("</tr>")[0]
    assert first_name.index("1. generic: owner") < first_name.index("shopify: not looked at")
    assert "person.first" in first_name
    assert "answers[question=&lt;b&gt;size&lt;/b&gt;].value" in text
    assert "<bdi>yes</bdi> = agreed" in text
    assert "throughline mapping simulate --account club" in text


async def _tell(shop: Running, record: dict[str, Any]) -> None:
    body = json.dumps(record).encode()
    headers = standard_signature(CLUB_SECRET.encode(), f"msg_{len(body)}_{record['id']}", datetime.now(UTC), body)
    assert await shop.post("generic", body, headers, "club") == 200
    await shop.jobs_over()


async def _count(shop: Running) -> int:
    store = shop.here.brands["glow"].store
    return sum([await store.count(kind, 1000) for kind in (Recorded, Profile, Identity, InboxEntry)])


async def test_one_record_is_tried_and_nothing_stored(shop: Running) -> None:
    """Which field comes from where, what would change on which profile; masked for who sees no people; on record."""
    await _tell(shop, {"id": "7", "person": {"first": "Ana"}, "newsletter": "yes"})
    before = await _count(shop)
    body = {"id": "7", "person": {"first": "<i>Eva</i>"}, "answers": [{"question": "<b>size</b>", "value": "38"}]}
    form = {"account": "club", "body": json.dumps(body)}
    path = "/console/glow/mapping/simulate"
    async with seated(shop, "bob", "builder") as it, seated(shop, "root", "admin") as admin:
        text = await (await it.post(path, form)).text()
        assert "person.first" in text
        assert text.count("&lt;i&gt;Eva&lt;/i&gt;") >= 2
        assert ">Ana<" not in text
        assert "…" in text
        assert ">Ana<" in await (await admin.post(path, form)).text()
        fetched = await (await it.post(f"{path}/record", {"account": "club", "record": "7"})).text()
        assert "&#34;first&#34;: &#34;Ana&#34;" in fetched
        assert (await it.post(f"{path}/record", {"account": "club", "record": "8|9"})).status == 404
        changed = {**form, "mapping": "record: {id: id, fields: {last_name: person.first}}"}
        text = await (await it.post(path, changed)).text()
        assert ">last_name<" in text
    assert await _count(shop) == before
    recorded = [(each.by, each.what) for each in await entries(shop.here.brands["glow"].store)]
    assert set(recorded) == {("bob", "mapping.simulate"), ("root", "mapping.simulate"), ("bob", "mapping.read")}


@pytest.mark.parametrize(
    ("body", "mapping", "said"),
    [
        ("{", "", "notice error"),
        ("[1, 2]", "", "notice"),
        ('{"id": null}', "", "id is missing"),
        ('{"id": "1", "answers": [{"question": "<b>size</b>", "value": "large"}]}', "", "custom.shoe_size"),
        ('{"id": "1"}', "record: {fields: {emial: a..b}}", "mapping:1:"),
        ('{"id": "new", "person": {"first": "Zoe"}}', "", "a new profile"),
        ('"\\ud800"', "", "notice"),
        ("[" * 500, "", "notice error"),
    ],
)  # fmt: skip
async def test_whatever_is_pasted_is_answered(shop: Running, body: str, mapping: str, said: str) -> None:
    """With a clear reason, and never a failure of ours."""
    async with seated(shop, "bob", "builder") as it:
        answer = await it.post("/console/glow/mapping/simulate", {"account": "club", "body": body, "mapping": mapping})
        assert answer.status in {200, 422}
        assert said in await answer.text()
        assert (await it.post("/console/glow/mapping/simulate", {"account": "none"})).status == 400
