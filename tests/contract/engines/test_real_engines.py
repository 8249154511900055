"""Real engines, asked by their connectors: the bots of `docs/engines.md`, taken from there and run as they stand."""

import asyncio
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import jsonschema
import pytest
from engine_cases import QUESTION, question
from engine_stand_ins import SECRET, TOKEN
from pydantic import SecretStr

from connectors.engines.registry import engine_of
from connectors.http import HttpClient
from middleware.cli.demo_processes import SOURCES
from middleware.domain.engine_answers import read_answer
from middleware.domain.engines import EngineOutcome
from middleware.handover import TURN, schema_of
from middleware.ports import EngineSetup
from tests.node_bots import NODE_BOTS

PAGE = Path(__file__).parents[3] / "docs" / "engines.md"
UNKNOWN_ORDER = question(number=None)
_UP_WITHIN = 60.0

# Read here: while they run, tests do not see the shell's own settings.
_RASA, _RASA_TOKEN = os.environ.get("THROUGHLINE_RASA"), os.environ.get("THROUGHLINE_RASA_TOKEN")


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    """The way out."""
    async with HttpClient() as client:
        yield client


def snippet(language: str, word: str) -> str:
    """The one block of the page in this language that has this word in it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if word in block)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], folder: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own, ended at the end. What it prints is in `log` of the folder."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the commands of this file
            command, cwd=folder, env={**os.environ, **env}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


async def _until_up(process: subprocess.Popen[bytes], port: int, path: str, folder: Path) -> None:
    """Wait until the address answers anything but 404; fails with what the process printed."""
    until = time.monotonic() + _UP_WITHIN
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2.0)) as session:
        while time.monotonic() < until and process.poll() is None:
            try:
                async with session.post(f"http://127.0.0.1:{port}{path}", json={}) as answer:
                    if answer.status != 404:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.2)
    pytest.fail(f"it did not come up: {(folder / 'log').read_text(errors='replace')[-2000:]}")


async def test_the_bot_of_the_page_answers(http: HttpClient, tmp_path: Path) -> None:
    """The bot in Python: it checks the signature, answers with the order's number, or hands over without one."""
    port = _free_port()
    (tmp_path / "bot.py").write_text(snippet("python", "BOT_SECRET"), encoding="utf-8")
    url = f"http://127.0.0.1:{port}/throughline"
    env = {"PORT": str(port), "BOT_SECRET": SECRET}
    with _running([sys.executable, "bot.py"], tmp_path, env) as process:
        await _until_up(process, port, "/throughline", tmp_path)
        bot = engine_of(EngineSetup("bot", "webhook", url, secret=SecretStr(SECRET)), http)
        told = await bot.ask(QUESTION, timeout=5.0)
        unknown = await bot.ask(UNKNOWN_ORDER, timeout=5.0)
        forged = engine_of(EngineSetup("bot", "webhook", url, secret=SecretStr("whsec_AAAAAAAA")), http)
        refused = await forged.ask(QUESTION, timeout=5.0)
    assert [reply.text for reply in told.replies] == ["Your order 1001 is on its way."], told.detail
    assert (unknown.outcome, unknown.hand_over) == (EngineOutcome.ANSWERED, "no order is known")
    assert (refused.outcome, refused.detail) == (EngineOutcome.REFUSED, "turn: HTTP 401")


def _has_agents() -> bool:
    try:
        return importlib.util.find_spec("microsoft_agents.hosting.aiohttp") is not None
    except ModuleNotFoundError:
        return False


def test_the_agent_of_the_page_is_the_one_of_the_demo() -> None:
    """What the page shows is, to the letter, what `throughline demo --chapter bots` starts."""
    assert snippet("python", "AgentApplication[") == (SOURCES / "agent.py").read_text(encoding="utf-8")


@pytest.mark.skipif(not _has_agents(), reason="needs microsoft-agents-hosting-aiohttp: pip install --group dev")
async def test_an_agent_of_microsoft_answers(http: HttpClient, tmp_path: Path) -> None:
    """The agent of the page, in Microsoft's own SDK, answers in the response; who is not let in is refused."""
    port = _free_port()
    (tmp_path / "agent.py").write_text(snippet("python", "AgentApplication["), encoding="utf-8")
    setup = EngineSetup("bot", "agents", f"http://127.0.0.1:{port}/api/messages")
    with _running([sys.executable, "agent.py"], tmp_path, {"PORT": str(port)}) as process:
        await _until_up(process, port, "/api/messages", tmp_path)
        told = await engine_of(setup, http).ask(QUESTION, timeout=15.0)
        again = await engine_of(setup, http).ask(question(turn="t2"), timeout=15.0)
        unknown = await engine_of(setup, http).ask(question(turn="t3", number=None), timeout=15.0)
        refused = await engine_of(replace(setup, token=SecretStr("no.jwt.at-all")), http).ask(QUESTION, timeout=15.0)
    assert [reply.text for reply in told.replies] == ["Your order 1001 is on its way."], told
    assert [reply.text for reply in again.replies] == ["Your order 1001 is on its way."], again
    assert [reply.text for reply in unknown.replies] == ["I do not know your order."], unknown
    assert (refused.outcome, refused.detail) == (EngineOutcome.REFUSED, "activity: HTTP 401")


def _node_red() -> str | None:
    """Node-RED's program: the one that `make node-bots` installs, else what is on the path."""
    return shutil.which("node-red", path=NODE_BOTS / "node_modules" / ".bin") or shutil.which("node-red")


@pytest.mark.skipif(shutil.which("node") is None or _node_red() is None, reason="needs Node: make node-bots")
async def test_node_red_answers(http: HttpClient, tmp_path: Path) -> None:
    """The flow of the page, in Node-RED: it answers with the order's number, hands over, and refuses another token."""
    port = _free_port()
    (tmp_path / "flows.json").write_text(snippet("json", "http response"), encoding="utf-8")
    settings = {"uiHost": "127.0.0.1", "uiPort": port, "httpAdminRoot": False, "flowFile": "flows.json"}
    (tmp_path / "settings.js").write_text(f"module.exports = {json.dumps(settings)}", encoding="utf-8")
    command = [str(_node_red()), "--userDir", str(tmp_path), "--settings", str(tmp_path / "settings.js")]
    url = f"http://127.0.0.1:{port}/throughline"
    with _running(command, tmp_path, {"BOT_TOKEN": TOKEN}) as process:
        await _until_up(process, port, "/throughline", tmp_path)
        setup = EngineSetup("bot", "webhook", url, secret=SecretStr(SECRET), token=SecretStr(TOKEN))
        told = await engine_of(setup, http).ask(QUESTION, timeout=10.0)
        unknown = await engine_of(setup, http).ask(UNKNOWN_ORDER, timeout=10.0)
        refused = await engine_of(replace(setup, token=SecretStr("another")), http).ask(QUESTION, timeout=10.0)
    assert [reply.text for reply in told.replies] == ["Your order 1001 is on its way."], told
    assert unknown.hand_over == "no order is known"
    assert refused.outcome is EngineOutcome.REFUSED


@pytest.mark.rasa
async def test_rasa_answers(http: HttpClient) -> None:
    """A Rasa that runs at THROUGHLINE_RASA (with THROUGHLINE_RASA_TOKEN) takes slots and message, and answers."""
    if _RASA is None:
        pytest.skip("needs a running Rasa 3.x: its address in THROUGHLINE_RASA, its token in THROUGHLINE_RASA_TOKEN")
    token = SecretStr(_RASA_TOKEN) if _RASA_TOKEN else None
    asked = await engine_of(EngineSetup("bot", "rasa", _RASA, token=token), http).ask(
        question("hi", number=None), timeout=15.0
    )
    assert asked.outcome in {EngineOutcome.ANSWERED, EngineOutcome.SILENT}, asked.detail


def test_the_examples_of_the_page_are_what_they_say() -> None:
    """Request and answer of the page fit the published schema; the answer is read whole, the request is a real one."""
    said = json.loads(snippet("json", '"quick_replies"'))
    answer = read_answer(said)
    assert (answer.outcome, answer.detail, answer.hand_over) == (EngineOutcome.ANSWERED, "", None)
    assert (len(answer.replies), len(answer.set), len(answer.tags)) == (4, 1, 1)
    schema = schema_of(TURN)
    jsonschema.validate(said, {"$ref": "#/$defs/TurnAnswer", "$defs": schema["$defs"]})
    shown, real = json.loads(snippet("json", '"schema": "throughline.turn/1"')), QUESTION.request
    jsonschema.validate(shown, schema)
    jsonschema.validate(real, schema)
    assert shown.keys() == real.keys()
    assert shown["message"].keys() == real["message"].keys()
    assert shown["reply"].keys() == real["reply"].keys()
    assert shown["limits"].keys() == real["limits"].keys()
