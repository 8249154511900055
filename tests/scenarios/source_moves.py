"""What Ben does in the tools beside the shop: sign-ups, leads, tickets, records with whatever he likes in them."""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from connectors.samples import SAMPLES, SampleRequest, signed
from connectors.testing import Lead
from tests.running import PAGE, SECRET, Running, minutes_ago, running
from tests.scenarios.attacking import EMAIL, NAME, NUMBER, PHONE
from tests.scenarios.looking import customer
from tests.stores import StoreServer

PORTAL, HELP_DESK, NEWS, OWN, CLUB = "62515", "12514403", "XyZ123", "own-shop", "club"
FIRST, _, LAST = NAME.partition(" ")

MAPPED = ("email", "phone", "first_name", "last_name", "birth_date", "street", "city", "postcode", "country")
"""What the brand's own forms ask for."""

LIKE_HER = {
    "email": EMAIL, "phone": f"+{PHONE}", "first_name": FIRST, "last_name": LAST, "birth_date": "1987-03-14",
    "street": "Calle Mayor 5", "city": "Madrid", "postcode": "28013", "country": "ES",
}  # fmt: skip
"""Valeria, as a form has her."""

Move = Callable[[Running], Awaitable[None]]
"""Something that Ben does in one of the tools, once for all channels."""


@asynccontextmanager
async def with_tools(server: StoreServer, directory: Path, **brand: Any) -> AsyncIterator[Running]:
    """An installation with every tool beside the shop and the channels; `brand` are more of the brand's settings."""
    mapping = directory / "own.yaml"
    fields = ", ".join(f"{name}: {name}" for name in MAPPED)
    mapping.write_text(f"record: {{id: id, changed_at: at, fields: {{{fields}, custom.chat: chat}}}}")
    accounts: dict[str, Any] = {
        "crm": {"connector": "hubspot", "id": PORTAL, "secrets": [SECRET]},
        "desk": {"connector": "zendesk", "id": HELP_DESK, "secrets": [SECRET]},
        "news": {"connector": "klaviyo", "id": NEWS, "secrets": [SECRET]},
        "own": {"connector": "generic", "id": OWN, "secrets": [SECRET], "mapping": mapping},
        "club": {"connector": "generic", "id": CLUB, "secrets": [SECRET], "mapping": mapping},
    }
    async with running(server, directory, brands={"glow": {"accounts": accounts, **brand}}) as shop:
        yield shop


async def _sample(shop: Running, connector: str, kind: str, account: str, sender: str, **parts: Any) -> None:
    request = SampleRequest(account_id=account, sender=sender, at=minutes_ago(0), **parts)
    sample = SAMPLES[connector][kind](request)
    assert await shop.post(connector, *signed(connector, sample.body, SECRET.encode(), sample.headers)) == 200


async def contact(shop: Running, **answers: str) -> None:
    """A form of the CRM, filled in with her address, phone and name, or with something else."""
    at = int(minutes_ago(0).timestamp() * 1000)
    values = answers or {"email": EMAIL, "phone": f"+{PHONE}", "firstname": FIRST, "lastname": LAST}
    notices = [
        {"eventId": number, "subscriptionId": 1, "portalId": int(PORTAL), "appId": 5, "occurredAt": at,
         "subscriptionType": "contact.propertyChange", "attemptNumber": 0, "objectId": 51, "changeSource": "FORM",
         "propertyName": name, "propertyValue": value}
        for number, (name, value) in enumerate(values.items())
    ]  # fmt: skip
    assert await shop.post("hubspot", *signed("hubspot", notices, SECRET.encode())) == 200


async def ticket(shop: Running, email: str = EMAIL, name: str = NAME) -> None:
    """An e-mail to the help desk with her address, or another one, as its sender."""
    for kind in ("help_desk_user_created", "help_desk_user_named", "ticket_created"):
        text = f"Where is my order #{NUMBER}?"
        await _sample(shop, "zendesk", kind, HELP_DESK, "20978392", email=email, name=name, text=text)


async def sign_up(shop: Running, **answers: str) -> None:
    """The newsletter, with her address and phone, or with something else; she clicks in what she gets."""
    attributes = answers or {"email": EMAIL, "phone_number": f"+{PHONE}", "first_name": FIRST, "last_name": LAST}
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


async def lead(shop: Running, **answers: str) -> None:
    """A lead form in her name, or in another one."""
    told = answers or {"full_name": NAME, "email": EMAIL, "phone_number": f"+{PHONE}"}
    shop.graph.shelf.leads["888"] = Lead({question: [answer] for question, answer in told.items()})
    value = {"leadgen_id": "888", "page_id": PAGE, "form_id": "7"}
    entry = {"id": PAGE, "time": 1793879881, "changes": [{"field": "leadgen", "value": value}]}
    assert (
        await shop.post("messenger", *signed("messenger", {"object": "page", "entry": [entry]}, SECRET.encode())) == 200
    )


async def fill_in(shop: Running, form: str, own: str, **answers: str) -> None:
    """One of the brand's own forms is filled in: `form` is the account's name."""
    body = {"id": own, "at": minutes_ago(0).isoformat(), **answers}
    assert await shop.post("generic", *signed("generic", body, SECRET.encode()), form) == 200


async def own_record(shop: Running) -> None:
    """A form of the brand's own that names everything of hers, and Ben's chat."""
    await fill_in(shop, "own", "r1", **LIKE_HER, chat=f"messenger|{PAGE}|{customer(shop, 'messenger').id}")


async def _everywhere(shop: Running) -> None:
    """All of them."""
    for move in (contact, ticket, sign_up, lead, own_record):
        await move(shop)


SOURCE_MOVES: dict[str, Move] = {
    "contact of the CRM": contact,
    "ticket": ticket,
    "newsletter": sign_up,
    "lead form": lead,
    "form of the brand's own": own_record,
    "all of them": _everywhere,
}
