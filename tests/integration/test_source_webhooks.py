"""HubSpot and Zendesk over HTTP: signatures over the public address, and quarantine that can be read again."""

import base64
import hmac
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from connectors.samples import SAMPLES, SampleRequest, signed
from connectors.sources.hubspot.signature import decoded
from middleware.bootstrap.reaching import replay_of
from middleware.domain.events import Event
from middleware.ports import InboxEntry, Quarantined, Recorded
from tests.running import Running, running
from tests.stores import StoreServer

PUBLIC = "https://hooks.glow.example"
SECRET = "source secret"


@pytest.fixture
async def sources(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation behind a proxy, with a CRM and a help desk; nothing works off what comes in."""
    accounts = {
        "crm": {"connector": "hubspot", "id": "62515", "secrets": [SECRET]},
        "desk": {"connector": "zendesk", "id": "12514403", "secrets": [SECRET]},
    }
    changes: dict[str, Any] = {"server": {"public_url": f"{PUBLIC}/"}, "brands": {"glow": {"accounts": accounts}}}
    async with running(store_server, tmp_path, **changes) as it:
        await it.here.worker.stop()
        yield it


def v3(body: bytes, path: str) -> dict[str, str]:
    """The headers with which HubSpot sends a body to a path of the public address now."""
    now = str(int(time.time() * 1000))
    source = f"POST{decoded(PUBLIC + path)}".encode() + body + now.encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), source, "sha256")).decode()
    return {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": now}


def notices(*values: str) -> bytes:
    """A delivery of changed addresses, one notice each."""
    plain = {"subscriptionId": 7, "portalId": 62515, "occurredAt": 1793879998250, "propertyName": "email",
             "subscriptionType": "contact.propertyChange", "objectId": 51}  # fmt: skip
    return json.dumps([{**plain, "eventId": n, "propertyValue": value} for n, value in enumerate(values)]).encode()


async def stored(it: Running) -> list[Event]:
    """What was accepted."""
    store = it.here.brands["glow"].store
    inbox = [entry.event for entry in await store.backlog(100)]
    recorded = [each.record.event async for batch in store.scan(Recorded) for each in batch]
    return [*inbox, *recorded]


@pytest.mark.parametrize("path", ["/webhooks/hubspot", "/webhooks/hubspot/crm?a=%3A%26&b=c%2Fd"])
async def test_the_public_address_is_what_is_signed(sources: Running, path: str) -> None:
    """Behind a proxy the address that arrives is another one: that of the settings counts, with the path as sent."""
    body = notices("ana@example.com")
    as_sent = URL(sources.url + path, encoded=True)
    async with sources.http.post(as_sent, data=io.BytesIO(body), headers=v3(body, path)) as answer:
        assert answer.status == 200
    assert [event.record and event.record.value("email") for event in await stored(sources)] == ["ana@example.com"]


async def test_another_address_or_time_is_refused(sources: Running) -> None:
    """Signed for another path, or with a time that is not the signed one: 401, and nothing is stored."""
    body = notices("ana@example.com")
    elsewhere, good = v3(body, "/webhooks/other"), v3(body, "/webhooks/hubspot")
    assert await sources.post("hubspot", body, elsewhere) == 401
    assert await sources.post("hubspot", body, {**good, "x-hubspot-request-timestamp": "1793879998250"}) == 401
    assert await sources.post("hubspot", body + b" ", good) == 401
    assert await stored(sources) == []


async def test_a_bad_notice_waits_alone_and_is_read_again_when_mended(sources: Running) -> None:
    """Its neighbours enter; it is kept with its seal, without them, and a mended body takes its place."""
    body = notices("ana@example.com", "no address", "ben@example.com")
    assert await sources.post("hubspot", body, v3(body, "/webhooks/hubspot")) == 200
    assert len(await stored(sources)) == 2
    store = sources.here.brands["glow"].store
    (kept,) = [each async for batch in store.scan(Quarantined) for each in batch]
    assert b"ana@example.com" not in kept.record.raw
    mended = kept.record.raw.replace(b"no address", b"eva@example.com")
    again = await replay_of(sources.here, dry=False).quarantined("glow", kept, body=mended)
    assert again.fate == "replayed", again.reason
    assert set(await store.get(InboxEntry, again.events)) == set(again.events)


async def test_zendesk_over_http(sources: Running) -> None:
    """A signed event is stored once, however often it comes; with another time it is refused."""
    sender = SampleRequest(account_id="12514403", sender="99", at=sources.now, message_id="01HN")
    sample = SAMPLES["zendesk"]["ticket_created"](sender)
    body, headers = signed("zendesk", sample.body, SECRET.encode(), sample.headers)
    assert [await sources.post("zendesk", body, headers) for _ in range(2)] == [200, 200]
    (event,) = await stored(sources)
    assert event.ticket is not None
    assert event.ticket.requester == "source_record|zendesk:12514403|99"
    wrong = {**headers, "x-zendesk-webhook-signature-timestamp": "2026-01-01T00:00:00Z"}
    assert await sources.post("zendesk", body, wrong) == 401
