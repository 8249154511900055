"""A lead form that somebody filled in: told by its id, asked for, kept as a record of its own that opens nothing."""

from typing import Any

from connectors.samples import signed
from connectors.testing import Lead
from middleware.domain.identifiers import Identifier, IdentifierKind, Level
from middleware.domain.identity import Identity
from tests.running import PAGE, SECRET, Running, until
from tests.scenarios.looking import customer, documents

LEAD = "88812345678901234"
RECORD = Identifier(IdentifierKind.SOURCE_RECORD, f"leads:{PAGE}", LEAD).key


def _webhook() -> dict[str, Any]:
    value = {"leadgen_id": LEAD, "page_id": PAGE, "form_id": "700100200300", "created_time": 1793879880}
    entry = {"id": PAGE, "time": 1793879881, "changes": [{"field": "leadgen", "value": value}]}
    return {"object": "page", "entry": [entry]}


async def _told(shop: Running) -> None:
    """The platform tells of the lead."""
    assert await shop.post("messenger", *signed("messenger", _webhook(), SECRET.encode())) == 200
    await shop.quiet()


async def _known(shop: Running) -> Identity | None:
    stored = await shop.here.brands["glow"].store.get(Identity, [RECORD])
    return stored[RECORD].record if RECORD in stored else None


async def test_a_lead_becomes_a_record_and_opens_nothing(shop: Running) -> None:
    """The answers stand at the lead's own identifier; whoever typed Ana's address is told nothing of Ana."""
    shop.graph.shelf.leads[LEAD] = Lead({"email": ["ana@example.com"], "phone_number": ["+34600111222"]})
    await shop.say("shopify", "order_created", phone="+34600111222", email="ana@example.com", order_number=1001)
    await _told(shop)

    async def is_known() -> bool:
        return await _known(shop) is not None

    await until(is_known, "the lead's answers")
    await shop.quiet()
    identity = await _known(shop)
    assert identity is not None
    assert identity.fragment.record is not None
    assert identity.fragment.record.value("email") == "ana@example.com"
    assert identity.edges == ()
    person = customer(shop, "messenger")
    said = await person.says("where is my order?")
    assert "#1001" not in said.text
    assert (await shop.context("messenger", person.id)).identity.level is Level.CHANNEL


async def test_a_lead_without_permission_is_a_dead_letter_and_comes_by_replay(shop: Running) -> None:
    """Nothing is lost while a permission is missing."""
    shop.graph.shelf.leads[LEAD] = Lead({"email": ["ana@example.com"]})
    shop.graph.shelf.leads_permitted = False
    await _told(shop)

    async def is_kept() -> bool:
        return bool(await documents(shop, "dead_letters"))

    await until(is_kept, "the dead letter")
    (letter,) = await documents(shop, "dead_letters")
    assert "leads_retrieval" in letter["reason"]
    assert await _known(shop) is None
