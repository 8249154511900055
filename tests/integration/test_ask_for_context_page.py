"""`docs/ask-for-context.md`: every example on the page is run, against a real installation."""

import asyncio
import contextlib
import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from middleware.sections.installation import ClientSettings
from middleware.web.app import listening
from tests.contract.shape_cases import CASES
from tests.integration.cli import command, environment, serving, write_config
from tests.running import CLIENT_KEY, SECRET, Running, running, until
from tests.scenarios.other_bots import OtherBot, deliver
from tests.stores import StoreServer

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "docs" / "ask-for-context.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SENDER = "34600111222"
TOLD = {"orders_latest_number": "#1001", "orders_latest_total": "24,90\N{NO-BREAK SPACE}€"}


@dataclass
class Page:
    """The examples of the page, and an installation to run them against. Each can be taken once."""

    shop: Running
    config: Path
    left: list[tuple[str, str]] = field(default_factory=lambda: BLOCK.findall(TEXT))

    def take(self, language: str, words: str) -> str:
        """The one example of a language with these words in it, pointed at the installation."""
        (found,) = [each for each in self.left if each[0] == language and words in each[1]]
        self.left.remove(found)
        return found[1].replace("https://throughline.example", self.shop.url).replace("<key>", CLIENT_KEY)


@pytest.fixture
async def page(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Page]:
    """Somebody with an order on their number has written in Spanish."""
    async with running(store_server, tmp_path) as shop:
        await shop.say("shopify", "order_paid", phone=f"+{SENDER}", order_number=1001)
        await shop.say("whatsapp", sender=SENDER, text="Hola, ¿dónde está mi pedido?")
        await shop.quiet()
        here = shop.here.settings
        brands = {"glow": {"database": here.brands["glow"].database}}
        common = {"common_database": here.store.common_database}
        yield Page(shop, write_config(tmp_path, store_server.uri, shop.graph.url, brands=brands, store=common))


async def test_every_example_of_the_page_works(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever pastes what stands on the page gets what the page says; no example is left out."""
    await _key(page)
    await _curl(page)
    assert "the last order is #1001" in await _python(page, "await throughline.context(")
    assert "the sender is linked" in await _python(page, "InProcess")
    await _bot(page, capsys)
    await _rasa(page)
    await _requests(page)
    await _agents(page)
    assert page.left == []


async def _key(page: Page) -> None:
    """A key, and the settings of a client."""
    made = await command(*page.take("sh", "throughline key").split()[1:])
    assert set(made.json) == {"key", "key_hash"}
    (client,) = tomllib.loads(page.take("toml", "clients.bot"))["clients"].values()
    assert ClientSettings(**client).brands == ("glow",)


async def _curl(page: Page) -> None:
    """The question as a command: its address and its header."""
    words = shlex.split(page.take("sh", "curl").replace("\\\n", " "))
    assert words[:2] == ["curl", "-H"]
    name, _, value = words[2].partition(": ")
    async with page.shop.http.get(words[3], headers={name: value}) as answer:
        told = await answer.json()
    assert told["orders"]["value"]["latest"]["number"] == "#1001"
    assert set(told) & {"orders", "cart", "history"} == {"orders", "cart"}


async def _python(page: Page, words: str) -> str:
    """A program of its own; what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", page.take("python", words),
        env={**environment(page.config), "PYTHONPATH": str(REPOSITORY), "CONTEXT_KEY": CLIENT_KEY},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def _bot(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """The bot, which takes webhooks. The first of them may come before its context does."""
    source = page.take("python", "cleanup_ctx")
    names: dict[str, Any] = {"__name__": "bot"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "CONTEXT_KEY", CLIENT_KEY)
        patch.setitem(os.environ, "APP_SECRET", SECRET)
        exec(compile(source, "bot.py", "exec"), names)  # noqa: S102 - the page's own example
        app = await names["bot"]()
    body, headers = page.shop.sample("whatsapp", "message", sender=SENDER, text="y ahora?")
    async with listening(app, "127.0.0.1", 0) as url:

        async def knows() -> bool:
            assert await deliver(page.shop.http, OtherBot(url), body, headers) == 200
            return "the last order is #1001" in capsys.readouterr().out

        await until(knows, "the bot to know the order")


async def _rasa(page: Page) -> None:
    """What Rasa would send with this configuration, and what it would set."""
    endpoint = yaml.safe_load(page.take("yaml", "action_endpoint"))["action_endpoint"]
    domain = yaml.safe_load(page.take("yaml", "slots:"))
    (case,) = (each for each in CASES if each.name == "rasa")
    body = case.body(SENDER)
    body["tracker"]["slots"] = dict.fromkeys(domain["slots"])
    assert body["next_action"] in domain["actions"]
    async with page.shop.http.post(
        endpoint["url"], headers=endpoint["headers"], params=endpoint["params"], json=body
    ) as answer:
        values = case.values_in(await answer.json())
    assert values == TOLD
    (text,) = domain["responses"]["utter_order"]
    assert text["text"].format(**values).startswith("Your order #1001 came to 24,90")


async def _requests(page: Page) -> None:
    """The requests of the other engines, each with the body that the tool sends, and the answer that is shown."""
    shown = json.loads(page.take("json", "orders_latest_number"))
    assert {name: value.replace(" ", "\N{NO-BREAK SPACE}") for name, value in shown.items()} == TOLD
    by_name = {case.name: case for case in CASES}
    for words, case, has_body in (
        ("engines/manychat", by_name["manychat"], False),
        ("engines/dialogflow", by_name["dialogflow"], False),
        ("sender={{sender}}", by_name["http"], True),
        ('"{sender}"', by_name["http"], True),
    ):
        head, _, sent = page.take("http", words).partition("\n\n")
        request, *lines = head.replace("{{sender}}", SENDER).strip().splitlines()
        method, url = request.split()
        headers = dict(line.split(": ", 1) for line in lines)
        body = sent.replace("{sender}", SENDER) if has_body else json.dumps(case.body(SENDER))
        async with page.shop.http.request(method, url, headers=headers, data=body or None) as answer:
            assert answer.status == 200, await answer.text()
            assert case.values_in(await answer.json()) == TOLD


async def _agents(page: Page) -> None:
    """What is installed for agents, and both of their configurations."""
    extra = shlex.split(page.take("sh", "pip install"))[-1]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert extra == f"{project['name']}[mcp]"
    assert "mcp" in project["optional-dependencies"]
    who = {"channel": "whatsapp", "account": "777", "sender": SENDER}
    asked = json.loads(page.take("json", '"command"'))["mcpServers"]["throughline"]
    assert asked["command"] == "throughline"
    assert set(asked["env"]) == {"THROUGHLINE_CONFIG"}
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "middleware", *asked["args"]],
        env={**environment(page.config), "PYTHONPATH": str(REPOSITORY)},
    )
    async with Client(stdio_client(parameters)) as agent:
        assert "#1001" in str((await agent.call_tool("get_context", who)).structured_content)
    arguments = page.take("sh", "mcp --http").split()[1:]
    over_http = json.loads(page.take("json", '"type": "http"'))["mcpServers"]["throughline"]
    assert f":{arguments[-1]}/" in over_http["url"]
    async with contextlib.AsyncExitStack() as stack:
        served = await stack.enter_async_context(serving(*arguments[:-1], "0", config=page.config))
        url = str((await served.line("listening"))["url"])
        assert re.sub(r":\d+/", "/", url) == re.sub(r":\d+/", "/", over_http["url"])
        http = await stack.enter_async_context(httpx2.AsyncClient(headers=over_http["headers"], timeout=30))
        agent = await stack.enter_async_context(Client(streamable_http_client(url, http_client=http)))
        assert "#1001" in str((await agent.call_tool("get_context", who)).structured_content)
        await stack.aclose()
