"""Nobody gets at another person's data by way of the other tools: sign-ups, leads, tickets, records, merges.

The same attacker and victim as in `test_takeover.py`: Ben, on any channel, puts Valeria's name, address and phone
wherever a form takes them.
"""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.samples import SAMPLES, SampleRequest, signed
from connectors.testing import Lead
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.journal import JournalEntry
from middleware.pipeline.merging import BY_HAND, merge_profiles
from tests.running import PAGE, SECRET, SHOP, Running, minutes_ago, running
from tests.scenarios.looking import CHANNELS
from tests.scenarios.test_takeover import (
    CUSTOMER,
    EMAIL,
    NAME,
    NUMBER,
    PHONE,
    SHOP_MOVES,
    TYPED,
    all_learned,
    all_say,
    on_all_channels,
    valeria_is_told,
    valeria_orders,
)
from tests.stores import StoreServer

PORTAL, HELP_DESK, NEWS, OWN = "62515", "12514403", "XyZ123", "own-shop"
FIRST, _, LAST = NAME.partition(" ")

Move = Callable[[Running], Awaitable[None]]
"""Something that Ben does in one of the tools, once for all channels."""


@pytest.fixture
async def tools(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with every tool beside the shop and the channels."""
    mapping = tmp_path / "own.yaml"
    mapping.write_text(
        "record: {id: id, changed_at: at, fields: {email: email, phone: phone, full_name: name, custom.chat: chat}}"
    )
    accounts: dict[str, Any] = {
        "crm": {"connector": "hubspot", "id": PORTAL, "secrets": [SECRET]},
        "desk": {"connector": "zendesk", "id": HELP_DESK, "secrets": [SECRET]},
        "news": {"connector": "klaviyo", "id": NEWS, "secrets": [SECRET]},
        "own": {"connector": "generic", "id": OWN, "secrets": [SECRET], "mapping": mapping},
    }
    async with running(store_server, tmp_path, brands={"glow": {"accounts": accounts}}) as it:
        yield it


async def _sample(shop: Running, connector: str, kind: str, account: str, sender: str, **parts: Any) -> None:
    request = SampleRequest(account_id=account, sender=sender, at=minutes_ago(0), **parts)
    sample = SAMPLES[connector][kind](request)
    assert await shop.post(connector, *signed(connector, sample.body, SECRET.encode(), sample.headers)) == 200


async def _contact(shop: Running) -> None:
    """A form of the CRM, filled in with her address, phone and name."""
    at = int(minutes_ago(0).timestamp() * 1000)
    values = {"email": EMAIL, "phone": f"+{PHONE}", "firstname": FIRST, "lastname": LAST}
    notices = [
        {"eventId": number, "subscriptionId": 1, "portalId": int(PORTAL), "appId": 5, "occurredAt": at,
         "subscriptionType": "contact.propertyChange", "attemptNumber": 0, "objectId": 51, "changeSource": "FORM",
         "propertyName": name, "propertyValue": value}
        for number, (name, value) in enumerate(values.items())
    ]  # fmt: skip
    assert await shop.post("hubspot", *signed("hubspot", notices, SECRET.encode())) == 200


async def _ticket(shop: Running) -> None:
    """An e-mail to the help desk with her address as its sender."""
    for kind in ("help_desk_user_created", "help_desk_user_named", "ticket_created"):
        text = f"Where is my order #{NUMBER}?"
        await _sample(shop, "zendesk", kind, HELP_DESK, "20978392", email=EMAIL, name=NAME, text=text)


async def _sign_up(shop: Running) -> None:
    """The newsletter, with her address and phone; she clicks in what she gets."""
    attributes = {"email": EMAIL, "phone_number": f"+{PHONE}", "first_name": FIRST, "last_name": LAST}
    event = {
        "type": "event",
        "id": "e1",
        "attributes": {"datetime": minutes_ago(0).isoformat(), "event_properties": {"Subject": "News"}},
        "relationships": {"profile": {"data": {"type": "profile", "id": "01GDDK"}}},
    }
    profile = {"type": "profile", "id": "01GDDK", "attributes": attributes}
    told = {
        "external_id": "e1",
        "topic": "event:klaviyo.clicked_email",
        "payload": {"data": event, "included": [profile]},
    }
    body, stamp = json.dumps({"data": [told], "meta": {"klaviyo_account_id": NEWS}}).encode(), "now"
    signature = hmac.digest(SECRET.encode(), body + stamp.encode(), "sha256").hex()
    assert await shop.post("klaviyo", body, {"klaviyo-timestamp": stamp, "klaviyo-signature": signature}) == 200


async def _lead(shop: Running) -> None:
    """A lead form in her name."""
    shop.graph.shelf.leads["888"] = Lead({"full_name": [NAME], "email": [EMAIL], "phone_number": [f"+{PHONE}"]})
    value = {"leadgen_id": "888", "page_id": PAGE, "form_id": "7"}
    entry = {"id": PAGE, "time": 1793879881, "changes": [{"field": "leadgen", "value": value}]}
    assert (
        await shop.post("messenger", *signed("messenger", {"object": "page", "entry": [entry]}, SECRET.encode())) == 200
    )


async def _own_record(shop: Running) -> None:
    """A form of the brand's own that names her address and Ben's chat."""
    body = {"id": "r1", "at": minutes_ago(0).isoformat(), "email": EMAIL, "phone": f"+{PHONE}", "name": NAME,
            "chat": "messenger|1001|7301"}  # fmt: skip
    assert await shop.post("generic", *signed("generic", body, SECRET.encode())) == 200


async def _everywhere(shop: Running) -> None:
    """All of them."""
    for move in (_contact, _ticket, _sign_up, _lead, _own_record):
        await move(shop)


MOVES: dict[str, Move] = {
    "contact of the CRM": _contact,
    "ticket": _ticket,
    "newsletter": _sign_up,
    "lead form": _lead,
    "form of the brand's own": _own_record,
    "all of them": _everywhere,
}

QUESTIONS = ("hi, I'm back", "where is my order?", f"where is my order #{NUMBER}?", f"my ticket please, I am {EMAIL}")


async def _journal(shop: Running) -> list[JournalEntry]:
    store = shop.here.brands["glow"].store
    return [each.record async for batch in store.scan(JournalEntry) for each in batch]


@pytest.mark.parametrize("first", ["victim", "attacker"])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_other_tools_get_nobody_anything(tools: Running, first: str, move: Move) -> None:
    """A record with her contacts in any tool links and merges nothing, and shows Ben nothing, whoever came first."""
    attacks = on_all_channels(tools)
    await all_say(attacks, ["hello"] * 3)
    if first == "victim":
        await valeria_orders(tools)
    await move(tools)
    if first == "attacker":
        await valeria_orders(tools)
    await tools.quiet()

    for text in QUESTIONS:
        await all_say(attacks, [text] * 3)

    assert await all_learned(attacks) == [[], [], []]
    assert await _journal(tools) == []
    await valeria_is_told(tools)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_merge_by_a_person_tells_nobody_anything(tools: Running, channel: str) -> None:
    """Somebody takes Ben's chat and Valeria's record for one person: Ben is told nothing of hers all the same."""
    attack = next(each for each in on_all_channels(tools) if each.ben.channel == channel)
    await valeria_orders(tools)
    await _everywhere(tools)
    await all_say([attack], ["hello"])
    await tools.quiet()
    store = tools.here.brands["glow"].store
    hers = Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, str(CUSTOMER)).key
    profiles = {(await store.get(Identity, [hers]))[hers].record.profile_id or ""}
    context = await tools.context(channel, attack.ben.id)
    profiles.add(context.identity.profile_id or "")
    one, other = sorted(profiles)
    await merge_profiles(store, one, other, rule=BY_HAND, by="eva", now=minutes_ago(0))

    for text in QUESTIONS:
        await all_say([attack], [text])

    assert await attack.learned() == []
    assert len(await _journal(tools)) == 1


def test_there_are_two_hundred_attacks() -> None:
    """Typed, bought, forwarded, signed up: on each channel, before and after the victim is known."""
    typed, bought, told = len(TYPED) * 2, len(SHOP_MOVES) * 2, len(MOVES) * 2
    assert (typed + bought + told + 1) * len(CHANNELS) >= 200
