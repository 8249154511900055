"""What the story of the bots is played on: three shops with a WhatsApp number each, and who answers there."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from middleware.cli.demo_processes import SOURCES, BotProcess, started
from middleware.cli.demo_stage import BRAND, NUMBER, SECRETS, SHOP, demo_client
from middleware.settings import GivenSettings, Settings

_VERIFY_TOKEN = "demo"  # noqa: S105 - of a stand-in on this machine


@dataclass(frozen=True, slots=True)
class DemoShop:
    """A brand with one number, the shop's name at Shopify, Ana's order there and what is in it, and who answers."""

    brand: str
    number: str
    shop: str
    order: int
    product: str
    answers: str


GLOW = DemoShop(BRAND, NUMBER, SHOP, 1001, "Glow Skincare Bundle", "the flow")
BLOOM = DemoShop("bloom", "106000000002", "bloom-flowers.myshopify.com", 2002, "Twelve tulips", "the agent")
CEDAR = DemoShop("cedar", "106000000003", "cedar-and-sons.myshopify.com", 3003, "Footstool", "the pywa bot")
SHOPS = (GLOW, BLOOM, CEDAR)


@dataclass(frozen=True, slots=True)
class Bots:
    """The two bots that are no part of Throughline. `pass_secret` signs what the second is told."""

    agent: BotProcess
    pywa: BotProcess
    token: str
    pass_secret: str

    async def listening(self) -> None:
        """Over once both take connections. Raises ThroughlineError."""
        await self.agent.listening()
        await self.pywa.listening()


@asynccontextmanager
async def started_bots(directory: Path, graph_url: str) -> AsyncIterator[Bots]:
    """Both bots, on their way up; ended at the end."""
    token, pass_secret = secrets.token_hex(16), secrets.token_hex(32)
    own = {
        "GRAPH_URL": graph_url, "PHONE_ID": CEDAR.number, "TOKEN": token, "APP_SECRET": SECRETS["whatsapp"],
        "VERIFY_TOKEN": _VERIFY_TOKEN, "PASS_SECRET": pass_secret,
    }  # fmt: skip
    async with started("agent.py", directory) as agent, started("pywa_bot.py", directory, **own) as pywa:
        yield Bots(agent, pywa, token, pass_secret)


def bots_settings(directory: Path, graph_url: str, bots: Bots) -> Settings:
    """The three brands: the first has the shipped flows, the second an engine, the third a bot behind its number."""
    agent = {
        "kind": "agents",
        "url": f"{bots.agent.url}/api/messages",
        "blocks": ["orders"],
        "values": {"order_number": "{{ orders.latest.number }}"},
    }
    behind = {"pass_to": f"{bots.pywa.url}/webhook", "pass_secret": bots.pass_secret, "pass_blocks": ["orders"]}
    return GivenSettings(
        store={"data_directory": directory},
        brands={
            GLOW.brand: _brand(GLOW, graph_url, bots.token),
            BLOOM.brand: _brand(BLOOM, graph_url, bots.token)
            | {"flows": SOURCES / "flows", "engines": {"agent": agent}},
            CEDAR.brand: _brand(CEDAR, graph_url, bots.token, **behind),
        },
        clients=demo_client(*(shop.brand for shop in SHOPS)),
    )


def _brand(shop: DemoShop, graph_url: str, token: str, **number: Any) -> dict[str, Any]:  # noqa: ANN401 - settings
    """A brand with a number, which may have more settings, and a shop."""
    own = {
        "connector": "whatsapp", "id": shop.number, "base_url": graph_url, "token": token,
        "secrets": [SECRETS["whatsapp"]], "verify_token": _VERIFY_TOKEN,
    }  # fmt: skip
    return {
        "database": f"throughline_demo_{shop.brand}",
        "country": "ES",
        "gather": "0s",
        "accounts": {
            "number": own | number,
            "shop": {"connector": "shopify", "id": shop.shop, "secrets": [SECRETS["shopify"]]},
        },
    }
