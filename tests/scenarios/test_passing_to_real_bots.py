"""Bots that others wrote, on others' libraries, in processes of their own: alone they know nothing of the customer;
behind Throughline they get the same webhooks, check the platform's signature themselves, and say the order.
"""

import asyncio
import os
import re
import shutil
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path

import aiohttp
import pytest

from connectors.signatures import sha1_hex_signature
from connectors.testing import GraphStandIn
from middleware.cli.demo_processes import SOURCES
from tests.bots import PASS_SECRET, behind
from tests.deliveries import signed_sample
from tests.node_bots import NODE_BOTS
from tests.running import INSTAGRAM, NUMBER, PAGE, SECRET, TOKEN, VERIFY_TOKEN, Running, running, until
from tests.scenarios.looking import customer, documents
from tests.scenarios.mailroom import Mailroom, mail_server
from tests.scenarios.processes import free_port
from tests.stores import StoreServer

BOTS = Path(__file__).parent / "other_bots"
PYWA = SOURCES / "pywa_bot.py"
"""The demo's, which has the lines of the page changed already."""

DOES_NOT_KNOW = "I do not know your order."
KNOWS = "Your order #1001 is on its way."
EMAIL, PHONE = "ana@example.com", "+34600111222"

PAGE_OF_DOCS = Path(__file__).parents[2] / "docs" / "put-it-in-front.md"


def changes(bot: str) -> str:
    """The lines that the page says are to be changed in one of the two bots."""
    blocks = re.findall(r"```diff\n(.*?)```", PAGE_OF_DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = (block for block in blocks if (bot == "pywa") == ("def order_of" in block))
    return str(found)


def changed(text: str, change: str) -> str:
    """The text with the lines of the page changed; what is only added stands before everything else."""
    for is_changed, lines in groupby(change.splitlines(), lambda line: line[:1] in {"-", "+"}):
        if is_changed:
            some = list(lines)
            before, after = ("\n".join(line[1:] for line in some if line[0] == sign) for sign in "-+")
            assert not before or text.count(before) == 1, before
            text = text.replace(before, after) if before else f"{after}\n{text}"
    return text


def unchanged(text: str, change: str) -> str:
    """The text as it was before the lines of the page were changed in it."""
    for block in re.split(r"^(?![+-])", change, flags=re.MULTILINE):
        lines = [line for line in block.splitlines() if line[:1] in {"-", "+"}]
        after, before = ("\n".join(line[1:] for line in lines if line[0] == sign) for sign in "+-")
        assert not after or text.count(after) == 1, after
        text = text.replace(after, before) if after else text
    return text


@asynccontextmanager
async def bot(*command: str, folder: Path, graph: str, log: Path, **environment: str) -> AsyncIterator[str]:
    """A bot in a process of its own; the address of its webhook."""
    port = free_port()
    known = {
        **os.environ, "PORT": str(port), "GRAPH_URL": graph, "TOKEN": TOKEN, "APP_SECRET": SECRET, "APP_ID": "4711",
        "VERIFY_TOKEN": VERIFY_TOKEN, "PHONE_ID": NUMBER, "PAGE_ID": PAGE, "PASS_SECRET": PASS_SECRET, **environment,
    }  # fmt: skip
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=known, stdout=output, stderr=output)
    try:
        await until(lambda: _listens(port, process, log), "the bot to listen")
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(port: int, process: asyncio.subprocess.Process, log: Path) -> bool:
    assert process.returncode is None, f"the bot ended: see {log}"
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def says_alone(url: str, connector: str, sender: str, **parts: str) -> None:
    """The platform delivers to the bot itself; it says 200."""
    sample = signed_sample(connector, "message", sender=sender, text="Where is my order?", **parts)
    sha1 = {"x-hub-signature": sha1_hex_signature(sample.body, SECRET.encode())}
    async with aiohttp.ClientSession() as http:
        async with http.post(url, data=sample.body, headers={**sample.headers, **sha1}) as answer:
            assert answer.status == 200, await answer.text()
        async with http.post(url, data=sample.body, headers={"content-type": "application/json"}) as answer:
            assert 400 <= answer.status < 500


async def says(shop: Running, connector: str, sender: str, **parts: str) -> None:
    """The platform delivers to us."""
    sample = signed_sample(connector, "message", sender=sender, text="Where is my order?", **parts)
    sha1 = {"x-hub-signature": sha1_hex_signature(sample.body, SECRET.encode())}
    assert await shop.post(connector, sample.body, {**sample.headers, **sha1}) == 200


async def told(graph: GraphStandIn, number: int) -> list[str]:
    """What the bot has sent, once it is so much."""

    async def sent() -> bool:
        return len(graph.sent) >= number

    await until(sent, "the bot's answer")
    return [each.text for each in graph.sent]


@asynccontextmanager
async def graph_api() -> AsyncIterator[GraphStandIn]:
    """The platform that the bot sends to when it is alone."""
    async with GraphStandIn(tokens=[TOKEN], instagram=[INSTAGRAM]) as graph:
        yield graph


async def test_a_bot_on_pywa(store_server: StoreServer, tmp_path: Path) -> None:
    """Pywa's bot, alone and then behind us: the same file with the lines of the page changed, as the demo has it."""
    script, log = tmp_path / "bot.py", tmp_path / "bot.log"
    alone = unchanged(PYWA.read_text(encoding="utf-8"), changes("pywa"))
    assert "context" not in alone
    script.write_text(alone, encoding="utf-8")
    here = {"PYTHONPATH": str(Path.cwd())}
    command = (sys.executable, str(script))
    async with graph_api() as graph, bot(*command, folder=tmp_path, graph=graph.url, log=log, **here) as url:
        await says_alone(url, "whatsapp", "ES.1", phone=PHONE)
        assert await told(graph, 1) == [DOES_NOT_KNOW]
    script.write_text(changed(alone, changes("pywa")), encoding="utf-8")
    async with (
        graph_api() as graph,
        bot(*command, folder=tmp_path, graph=graph.url, log=log, **here) as url,
        running(store_server, tmp_path, **behind(url, "whatsapp")) as shop,
    ):
        await shop.say("shopify", "order_created", phone=PHONE, order_number=1001)
        await shop.quiet()
        await says(shop, "whatsapp", "ES.1", phone=PHONE)
        await says(shop, "whatsapp", "ES.2", phone="+34600111333")
        assert sorted(await told(graph, 2)) == [DOES_NOT_KNOW, KNOWS]
        await shop.quiet()
        assert not shop.graph.sent


@asynccontextmanager
async def with_mail(server: StoreServer, folder: Path, glow: dict[str, str]) -> AsyncIterator[tuple[Running, Mailroom]]:
    """An installation without a bot behind it, which sends codes by mail."""
    with mail_server() as (room, proof):
        async with running(server, folder, brands={"glow": {**glow, "proof": proof}}) as shop:
            yield shop, room


def bottender() -> tuple[str, ...]:
    """How Bottender is started, where there is one."""
    node, start = shutil.which("node"), NODE_BOTS / "node_modules" / ".bin" / "bottender"
    if node is None or not start.exists():
        pytest.skip("needs Node: make node-bots")
    return node, str(start.resolve()), "start"


async def test_a_bot_on_bottender(store_server: StoreServer, tmp_path: Path) -> None:
    """Bottender's bot, alone and then behind us: Ana has proven her address, and Ben has not."""
    command, folder, log = bottender(), tmp_path / "bot", tmp_path / "bot.log"
    shutil.copytree(BOTS / "bottender", folder)
    glow = {"database": f"test_{uuid.uuid4().hex[:12]}"}
    async with graph_api() as graph, bot(*command, folder=folder, graph=graph.url, log=log) as url:
        await says_alone(url, "messenger", "7300000001")
        assert await told(graph, 1) == [DOES_NOT_KNOW]
    async with with_mail(store_server, tmp_path, glow) as (shop, room):
        await shop.say("shopify", "order_created", order_number=1001, email=EMAIL, phone=None)
        ana, ben = (customer(shop, "messenger", number) for number in (1, 2))
        await ana.says(EMAIL)
        assert "#1001" in (await ana.says(await room.code())).text
    entry = folder / "index.js"
    entry.write_text(changed(entry.read_text(encoding="utf-8"), changes("bottender")), encoding="utf-8")
    async with graph_api() as graph, bot(*command, folder=folder, graph=graph.url, log=log) as url:
        settings = behind(url, "messenger")
        settings["brands"]["glow"] |= glow
        async with running(store_server, tmp_path, **settings) as shop:
            await says(shop, "messenger", ana.id)
            assert await told(graph, 1) == [KNOWS]
            await says(shop, "messenger", ben.id)
            assert await told(graph, 2) == [KNOWS, DOES_NOT_KNOW]
            await shop.quiet()
            assert not shop.graph.sent
            assert {each["state"] for each in await documents(shop, "passings")} == {"passed"}
