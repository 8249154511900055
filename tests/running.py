"""A whole installation for a test: real HTTP in, a real store, real HTTP out to the stand-in."""

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from connectors.samples import SAMPLES, SampleRequest, signed
from connectors.testing import GraphStandIn, SentMessage
from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.serving import application
from middleware.domain.context import Context
from middleware.domain.jobs import Job
from middleware.pipeline.parts import Checkpoint
from middleware.ports import Clock
from middleware.settings import GivenSettings, Settings, key_hash
from middleware.store.mongo import Listener
from middleware.web.app import listening
from tests.stores import StoreServer

SECRET = "a-secret-of-the-app-0001"
SHOP_SECRET = "a-secret-of-the-shop-001"
SITE_SECRET = "a-secret-that-signs-tokens-of-the-site"
TOKEN = "a-token-that-lets-us-send"
VERIFY_TOKEN = "hub-verify-token"
CLIENT_KEY = "a-client-key-for-the-context-api"
CONSOLE_KEY = "a-key-of-what-agents-work-with"
PAGE, INSTAGRAM, NUMBER, SHOP = "1001", "17841400000001001", "777", "glow.myshopify.com"
SITE, SITE_ORIGIN = "glow-site", "https://www.glow.example"

ACCOUNT_IDS = {"messenger": PAGE, "instagram": INSTAGRAM, "whatsapp": NUMBER, "shopify": SHOP, "webchat": SITE}

_quiet_for = 30.0


def settings_for(uri: str, graph_url: str, **changes: Any) -> Settings:
    """The settings of one brand, `glow`, with an account on every connector."""
    return GivenSettings(**fields_for(uri, graph_url, **changes))


def fields_for(uri: str, graph_url: str, **changes: Any) -> dict[str, Any]:
    """The same settings as plain fields."""
    channel = {"token": TOKEN, "secrets": [SECRET], "verify_token": VERIFY_TOKEN, "base_url": graph_url}
    fields: dict[str, Any] = {
        "store": {"uri": uri, "common_database": f"test_{uuid.uuid4().hex[:12]}"},
        "brands": {
            "glow": {
                "database": f"test_{uuid.uuid4().hex[:12]}",
                "country": "ES",
                "gather": "0s",
                # Customers of tests write faster than people do.
                "replies_per_minute": 60,
                "products": {"23851234567890123": {"title": "Glow Skincare Bundle", "variant_id": "44100200300"}},
                "accounts": {
                    "messenger": {"connector": "messenger", "id": PAGE, **channel},
                    "instagram": {"connector": "instagram", "id": INSTAGRAM, **channel},
                    "whatsapp": {"connector": "whatsapp", "id": NUMBER, **channel},
                    "shop": {"connector": "shopify", "id": SHOP, "secrets": [SHOP_SECRET]},
                    "site": {
                        "connector": "webchat",
                        "id": SITE,
                        "origins": [SITE_ORIGIN],
                        "secrets": [SITE_SECRET],
                    },
                },
            }
        },
        "clients": {
            "bot": {"key_hash": key_hash(CLIENT_KEY), "brands": ["glow"]},
            "console": {
                "key_hash": key_hash(CONSOLE_KEY),
                "brands": ["glow"],
                "profiles": True,
                "templates": True,
            },
        },
    }
    return _merged(fields, changes)


def _merged(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(fields)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


@dataclass
class Running:
    """A running installation and what is around it."""

    here: Installation
    graph: GraphStandIn
    url: str
    http: aiohttp.ClientSession
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def sample(self, connector: str, kind: str, **parts: Any) -> tuple[bytes, dict[str, str]]:
        """A signed sample for this installation's account."""
        at = parts.pop("at", None) or datetime.now(UTC)
        account_id = parts.pop("account_id", ACCOUNT_IDS[connector])
        request = SampleRequest(account_id=account_id, sender=parts.pop("sender", ""), at=at)
        sample = SAMPLES[connector][kind](replace(request, **parts))
        secret = {"shopify": SHOP_SECRET, "webchat": SITE_SECRET}.get(connector, SECRET)
        return signed(connector, sample.body, secret.encode(), sample.headers)

    async def post(self, connector: str, body: bytes, headers: dict[str, str], name: str = "") -> int:
        """Deliver a body; the status of the answer."""
        path = f"/webhooks/{connector}" + (f"/{name}" if name else "")
        async with self.http.post(self.url + path, data=io.BytesIO(body), headers=headers) as answer:
            await answer.read()
            return answer.status

    async def say(self, connector: str, kind: str = "message", **parts: Any) -> None:
        """Deliver a sample, which must be accepted."""
        body, headers = self.sample(connector, kind, **parts)
        status = await self.post(connector, body, headers)
        assert status == 200, status

    async def quiet(self) -> None:
        """Wait until everything that was accepted is worked off."""
        await until(self._is_quiet, "work to be over")

    async def _is_quiet(self) -> bool:
        if self.here.worker.waiting:
            return False
        return not await self.here.brands["glow"].store.backlog(1)

    async def jobs_over(self) -> None:
        """Wait until nothing is left to do beside the messages."""
        await self.quiet()
        await until(self._has_no_jobs, "jobs to be over")

    async def _has_no_jobs(self) -> bool:
        store = self.here.brands["glow"].store
        return not self.here.runner.running and not [each async for batch in store.scan(Job) for each in batch]

    async def replies(self, at_least: int = 1) -> list[SentMessage]:
        """What was sent, once it is at least so much and all work is over."""
        await until(lambda: _true(len(self.graph.sent) >= at_least), f"{at_least} replies")
        await self.quiet()
        return list(self.graph.sent)

    async def context(self, channel: str, sender: str) -> Context:
        """The context of a sender over the HTTP API, as a client gets it that may see ids."""
        query = {"channel": channel, "account": ACCOUNT_IDS[channel], "sender": sender}
        headers = {"Authorization": f"Bearer {CONSOLE_KEY}"}
        async with self.http.get(f"{self.url}/v1/context", params=query, headers=headers) as answer:
            body = await answer.read()
            assert answer.status == 200, body
            return Context.model_validate_json(body)


async def _true(value: bool) -> bool:  # noqa: FBT001 - a tiny adapter
    return value


async def until(holds: Callable[[], Any], what: str, within: float = _quiet_for) -> None:
    """Wait until something holds; fail with its name if it does not in time."""
    deadline = asyncio.get_running_loop().time() + within
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline, f"still waiting for {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    server: StoreServer,
    directory: Path,
    /,
    *,
    checkpoint: Checkpoint | None = None,
    listeners: tuple[Listener, ...] = (),
    clock: Clock | None = None,
    **changes: Any,
) -> AsyncIterator[Running]:
    """Start an installation on free ports; `changes` go over its settings."""
    del directory
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]))
        settings = settings_for(server.uri, graph.url, **changes)
        here = await stack.enter_async_context(
            opened(settings, checkpoint=checkpoint, listeners=listeners, clock=clock)
        )
        await here.store.ensure()
        here.runner.start()
        stack.push_async_callback(here.runner.stop, 0.5)
        here.worker.start()
        stack.push_async_callback(here.worker.stop)
        here.editions.start()
        stack.push_async_callback(here.editions.stop)
        url = await stack.enter_async_context(listening(application(here, work=True), "127.0.0.1", 0))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Running(here, graph, url, http)


def minutes_ago(minutes: float) -> datetime:
    """A time in the past."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


def shown(value: object) -> str:
    """Everything of a value as one text, to look for what must not be in it."""
    return json.dumps(value, default=str, ensure_ascii=False)
