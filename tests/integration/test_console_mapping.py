"""Mapping in the console: who may write which field, in which order, and where each account has it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console import seated
from tests.running import Running, running
from tests.stores import StoreServer

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
    club = {"connector": "generic", "id": "club", "secrets": ["a-secret-of-the-club-0001"], "mapping": str(mapping)}
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
    assert "yes = subscribed" in text
    assert "throughline mapping simulate --account club" in text
