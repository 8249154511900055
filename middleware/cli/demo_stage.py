"""What the demo's story is played on: the running service, and hands to deliver webhooks and read replies with."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from connectors.body import read_json
from connectors.samples import SAMPLES, Sample, SampleItem, SampleRequest, signed
from connectors.testing import GraphStandIn, SentMessage
from middleware.bootstrap.building import Installation
from middleware.domain.events import Event
from middleware.domain.jobs import Job
from middleware.domain.record import Record
from middleware.domain.turn import Turn, turn_id
from middleware.errors import ThroughlineError
from middleware.ports import InboxEntry, WebhookRequest
from middleware.settings import GivenSettings, Settings, key_hash

BRAND = "glow"
PAGE, INSTAGRAM, NUMBER, SHOP = (
    "104000000001",
    "17841400000001",
    "106000000001",
    "glow-skincare.myshopify.com",
)
AD = "23851234567890123"
BUNDLE = SampleItem(title="Glow Skincare Bundle", variant="50 ml", sku="GLOW-50", variant_id=44100200300)
"""What the ad shows, and Ana buys."""
_APP_SECRET = "demo-secret-of-the-meta-app"  # noqa: S105 - of a stand-in on this machine
_SHOP_SECRET = "demo-secret-of-the-shop-app"  # noqa: S105 - as above
_KEY = "demo-key-for-the-context-api"

PORTAL, HELP_DESK, NEWS, SITE = "62515", "12514403", "XyZ123", "glow-site"
SITE_ORIGIN = "https://www.glow-skincare.example"
SITE_SECRET = "demo-secret-of-the-site-which-signs-who-logs-in"  # noqa: S105 - as above
_SOURCE_SECRET = "demo-secret-of-a-source"  # noqa: S105 - as above

ACCOUNT_IDS = {
    "messenger": PAGE,
    "instagram": INSTAGRAM,
    "whatsapp": NUMBER,
    "shopify": SHOP,
    "hubspot": PORTAL,
    "zendesk": HELP_DESK,
}

SECRETS = {
    **dict.fromkeys(("messenger", "instagram", "whatsapp"), _APP_SECRET),
    "shopify": _SHOP_SECRET,
    **dict.fromkeys(("hubspot", "zendesk", "klaviyo"), _SOURCE_SECRET),
}

_WAITS = 20.0
_REFUSED_FROM = 400


def demo_settings(directory: Path, graph_url: str) -> Settings:
    """One brand, a skincare shop, on three channels."""
    channel = {
        "token": secrets.token_hex(16),
        "secrets": [_APP_SECRET],
        "verify_token": "demo",
        "base_url": graph_url,
    }
    return GivenSettings(
        store={"data_directory": directory},
        brands={
            BRAND: {
                "database": "throughline_demo",
                "country": "ES",
                "gather": "0s",
                "products": {AD: {"title": "Glow Skincare Bundle", "variant_id": "44100200300"}},
                "accounts": {
                    "messenger": {"connector": "messenger", "id": PAGE, **channel},
                    "instagram": {"connector": "instagram", "id": INSTAGRAM, **channel},
                    "whatsapp": {"connector": "whatsapp", "id": NUMBER, **channel},
                    "shop": {"connector": "shopify", "id": SHOP, "secrets": [_SHOP_SECRET]},
                    "crm": {"connector": "hubspot", "id": PORTAL, "secrets": [_SOURCE_SECRET]},
                    "help-desk": {"connector": "zendesk", "id": HELP_DESK, "secrets": [_SOURCE_SECRET]},
                    "news": {"connector": "klaviyo", "id": NEWS, "secrets": [_SOURCE_SECRET]},
                    "site": {
                        "connector": "webchat",
                        "id": SITE,
                        "secrets": [SITE_SECRET],
                        "origins": [SITE_ORIGIN],
                        "shop": SHOP,
                    },
                },
            }
        },
        clients=demo_client(BRAND),
    )


def demo_client(*brands: str) -> dict[str, Any]:
    """Who may ask for contexts, with the key that `Stage.commands` shows."""
    return {"demo": {"key_hash": key_hash(_KEY), "brands": brands}}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook that the story delivers: its bytes, its signature, and the event that we expect in it."""

    connector: str
    body: bytes
    headers: dict[str, str]
    event: Event


@dataclass(frozen=True, slots=True)
class Stage:
    """The running service and what is around it."""

    here: Installation
    graph: GraphStandIn
    url: str
    http: aiohttp.ClientSession

    def delivery(self, connector: str, kind: str, sender: str = "", **parts: Any) -> Delivery:  # noqa: ANN401
        """A signed webhook, as the platform would send it."""
        request = SampleRequest(
            account_id=ACCOUNT_IDS[connector],
            sender=sender,
            at=self.here.clock.now(),
            message_id=secrets.token_hex(12),
        )
        sample = SAMPLES[connector][kind](replace(request, **parts))
        body, headers = signed(connector, sample.body, SECRETS[connector].encode(), sample.headers)
        webhook = WebhookRequest(headers=headers, body=body)
        reader = self.here.connectors[connector]
        (event,) = reader.normalise(read_json(body), webhook, self.here.clock.now(), lambda _: None)
        if not isinstance(event, Event):
            raise ThroughlineError(f"the sample {connector} {kind} was rejected: {event.reason}")
        return Delivery(connector, body, headers, event)

    async def deliver(self, delivery: Delivery) -> int:
        """POST it to the service; the status of the answer."""
        return await self.post(f"/webhooks/{delivery.connector}", delivery.body, delivery.headers)

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """POST something to the service; the status of the answer."""
        async with self.http.post(self.url + path, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def told(self, connector: str, kind: str, sender: str, **parts: Any) -> None:  # noqa: ANN401
        """A source tells something; over once everything that it calls for is."""
        request = SampleRequest(account_id=ACCOUNT_IDS[connector], sender=sender, at=self.here.clock.now())
        await self.sent(connector, SAMPLES[connector][kind](replace(request, **parts)))

    async def sent(self, connector: str, sample: Sample) -> None:
        """A signed body arrives; over once everything that it calls for is."""
        body, headers = signed(connector, sample.body, SECRETS[connector].encode(), sample.headers)
        await self.accepted(f"/webhooks/{connector}", body, headers)

    async def accepted(self, path: str, body: bytes, headers: dict[str, str], brand: str = BRAND) -> None:
        """Something is sent and accepted; over once everything that it calls for is. Raises ThroughlineError."""
        status = await self.post(path, body, headers)
        if status >= _REFUSED_FROM:
            raise ThroughlineError(f"{path} was answered with {status}")
        await self._idle(brand)

    async def _idle(self, brand: str) -> None:
        """Over once nothing is left to do for a brand. Raises ThroughlineError if that takes too long."""
        for _ in range(int(_WAITS / 0.1)):
            # A job may end in an event, so what was empty before the jobs were is looked at again.
            if not any([await self._left(brand, kind) for kind in (InboxEntry, Job, InboxEntry)]):
                return
            await asyncio.sleep(0.1)
        raise ThroughlineError("the service does not finish its jobs")

    async def _left(self, brand: str, kind: type[Record]) -> bool:
        """Whether anything of a kind is left to do."""
        return bool([each async for batch in self.here.store.brand(brand).scan(kind) for each in batch])

    async def replied(self, delivery: Delivery) -> tuple[tuple[SentMessage, ...], Turn]:
        """Deliver it, wait until it is answered; what was sent, and the turn with the context that it used."""
        before = len(self.graph.sent)
        await self.deliver(delivery)
        turn = await self._turn(delivery)
        return tuple(self.graph.sent[before:]), turn

    async def absorbed(self, delivery: Delivery) -> None:
        """Deliver it and wait until it is worked off."""
        await self.deliver(delivery)
        await self._until_idle()

    async def _turn(self, delivery: Delivery) -> Turn:
        await self._until_idle()
        key = turn_id(BRAND, delivery.event)
        found = await self.here.store.brand(BRAND).get(Turn, [key])
        if key not in found:
            raise ThroughlineError("the message was accepted but never decided on")
        return found[key].record

    async def _until_idle(self) -> None:
        for _ in range(int(_WAITS / 0.02)):
            await asyncio.sleep(0.02)
            if not self.here.worker.waiting:
                return
        raise ThroughlineError("the service does not finish its work")

    def commands(self) -> tuple[str, ...]:
        """Something to try while it runs."""
        query = f"channel=whatsapp&account={NUMBER}&sender=34600111222"
        return (
            f"curl '{self.url}/v1/context?{query}' -H 'Authorization: Bearer {_KEY}'",
            f"curl {self.url}/readyz",
        )
