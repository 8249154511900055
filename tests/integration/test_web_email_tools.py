"""The e-mail tools over HTTP: who is let in, what a probe is answered, and where a signed address comes from."""

import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.signatures import sha1_signature
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from tests.running import Running, running
from tests.stores import StoreServer

SECRET = "a-secret-of-the-mail-tool-1"
PUBLIC = "https://hooks.glow.example/base"
FORM = {"content-type": "application/x-www-form-urlencoded"}
ACCOUNTS = {
    "list": {"connector": "mailchimp", "id": "a6b5da1054", "secrets": [SECRET]},
    "mails": {"connector": "mandrill", "id": "our-mails", "secrets": [SECRET]},
    "other_mails": {"connector": "mandrill", "id": "other", "secrets": ["another-secret-of-mandrill"]},
    "news": {"connector": "klaviyo", "id": "XyZ123", "secrets": [SECRET]},
}
EVENTS = json.dumps(
    [
        {
            "event": "click",
            "_id": "ea1f0b",
            "ts": 1793879900,
            "url": "https://glow.example/",
            "msg": {"_id": "ea1f0b", "email": "ana@example.com", "subject": "Your order"},
        }
    ]
)


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """A brand with accounts of the e-mail tools, behind a proxy."""
    changes: dict[str, Any] = {"server": {"public_url": PUBLIC + "/"}, "brands": {"glow": {"accounts": ACCOUNTS}}}
    async with running(store_server, tmp_path, **changes) as it:
        yield it


def _audience() -> bytes:
    fields = {"type": "unsubscribe", "fired_at": "2026-11-05 11:58:20", "data[list_id]": "a6b5da1054"}
    return urlencode({**fields, "data[email]": "ana@example.com", "data[merges][FNAME]": "Ana"}).encode()


def _signature(path: str) -> dict[str, str]:
    """What Mandrill sends along with `EVENTS` to an address."""
    signed = f"{PUBLIC}{path}mandrill_events{EVENTS}"
    return {**FORM, "x-mandrill-signature": sha1_signature(signed.encode(), SECRET.encode())}


async def _activity(shop: Running, scope: str) -> list[str]:
    """What became of e-mails to anybody of one account, by what is kept."""
    await shop.quiet()
    found: list[str] = []
    async for some in shop.here.brands["glow"].store.scan(Identity, prefix=f"source_record|{scope}|"):
        found += [each.what for stored in some for each in stored.record.fragment.emails]
    return found


@pytest.mark.parametrize(
    "path", ["/webhooks/mailchimp", "/webhooks/mailchimp/list?secret=x", "/webhooks/mandrill/mails"]
)
async def test_a_probe_is_answered(shop: Running, path: str) -> None:
    """By GET and by HEAD, whoever asks."""
    for ask in (shop.http.get, shop.http.head):
        async with ask(shop.url + path) as answer:
            assert answer.status == 200


async def test_other_sources_are_not_probed(shop: Running) -> None:
    """What answers no handshake is not asked by GET."""
    async with shop.http.get(shop.url + "/webhooks/klaviyo") as answer:
        assert answer.status == 405


async def test_mailchimp_is_let_in_by_the_secret_in_its_address(shop: Running) -> None:
    """Without it, or with another one, nothing is stored."""
    for query, status in (("", 401), ("?secret=another", 401), (f"?secret={SECRET}", 200)):
        assert await shop.post("mailchimp", _audience(), FORM, f"list{query}") == status
    assert await _activity(shop, "mailchimp:a6b5da1054") == ["unsubscribed"]


async def test_mandrill_signs_the_public_address(shop: Running) -> None:
    """The address as Mandrill knows it, not the one behind the proxy; the account is the one that it names."""
    body = urlencode({"mandrill_events": EVENTS}).encode()
    right, wrong = _signature("/webhooks/mandrill/mails"), _signature("/webhooks/mandrill/other_mails")
    assert await shop.post("mandrill", body, right, "other_mails") == 401
    assert await shop.post("mandrill", body, wrong, "mails") == 401
    assert await shop.post("mandrill", body, right, "mails") == 200
    assert await _activity(shop, "mandrill:our-mails") == ["clicked"]


async def test_klaviyo_is_let_in_by_its_signature(shop: Running) -> None:
    """A batch, delivered twice, has one effect; and a click links nobody to anybody."""
    event = {"datetime": "2026-11-05T11:58:20+00:00", "event_properties": {"email_address": "ana@example.com"}}
    data = {"type": "event", "attributes": event, "relationships": {"profile": {"data": {"id": "01GDDK"}}}}
    part = {"external_id": "4vRpBT", "topic": "event:klaviyo.clicked_email", "payload": {"data": data}}
    body = json.dumps({"data": [part], "meta": {"klaviyo_account_id": "XyZ123"}}).encode()
    stamp = "Thu, 05 Nov 2026 11:59:00 GMT"
    signature = hmac.new(SECRET.encode(), body + stamp.encode(), "sha256").hexdigest()
    headers = {"klaviyo-timestamp": stamp, "klaviyo-signature": signature}
    for _ in range(2):
        assert await shop.post("klaviyo", body, headers) == 200
    assert await shop.post("klaviyo", body + b" ", headers) == 401
    assert await _activity(shop, "klaviyo:XyZ123") == ["clicked"]
    key = Identifier(IdentifierKind.SOURCE_RECORD, "klaviyo:XyZ123", "01GDDK").key
    stored = await shop.here.brands["glow"].store.get(Identity, [key])
    assert stored[key].record.edges == ()
