"""`throughline trace`, `throughline replay turn` and `turns`, and every command of `docs/tracing.md`."""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from middleware.cli import replay_turns, trace
from middleware.domain.trace import Trace
from tests.integration.cli import Ended, command, write_config
from tests.running import CLIENT_KEY, CONSOLE_KEY, Running, running
from tests.scenarios.looking import Said, customer
from tests.scenarios.test_turns_again import change, write_flows
from tests.stores import StoreServer

_REPLAY = typer.Typer(no_args_is_help=True)
_REPLAY.command("turn")(replay_turns.turn)
_REPLAY.callback()(lambda: None)
_GROUP = typer.Typer()
_GROUP.command("trace")(trace.trace)
_GROUP.add_typer(_REPLAY, name="replay")

_RUNNER = CliRunner()
"""In this process: each command in one of its own would take a second more, and there are many. The whole command sets
up the log of the process, so that only these are run here."""

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tracing.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]


@dataclass(frozen=True)
class Desk:
    """An installation in which two customers got an answer, and the settings that lead there."""

    shop: Running
    config: Path
    flows: Path
    order: Said
    greeting: Said

    async def run(self, *arguments: str) -> Ended:
        """Run a command there, in this process; `replay turns` in one of its own, since it listens for Ctrl-C."""
        if arguments[:2] == ("replay", "turns"):
            return await command(*arguments, config=self.config)
        env = {"THROUGHLINE_CONFIG": str(self.config), "NO_COLOR": "1"}
        ended = await asyncio.to_thread(_RUNNER.invoke, _GROUP, arguments, env=env)
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ended(ended.exit_code, ended.stdout_bytes, ended.stderr)


@pytest.fixture
async def desk(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Desk]:
    """An order and a greeting."""
    flows = tmp_path / "flows"
    flows.mkdir()
    write_flows(flows)
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(flows)}}) as shop:
        database = shop.here.settings.brands["glow"].database
        glow = {"database": database, "flows": str(flows)}
        config = write_config(tmp_path, store_server.uri, shop.graph.url, brands={"glow": glow})
        ana = customer(shop, "whatsapp", name="Ana")
        await shop.say("shopify", "order_paid", phone=f"+{ana.id}", order_number=1001)
        await shop.quiet()
        order = await ana.says("Where is my order?")
        greeting = await customer(shop, "messenger").says("Good morning")
        yield Desk(shop, config, flows, order, greeting)


async def test_every_command_of_the_page_runs(desk: Desk) -> None:
    """With real ids in place of those that the page only names."""
    turn = desk.order.turn
    real = {"ID": desk.order.message_id, "CONVERSATION": turn.conversation_id}
    for line in COMMANDS:
        program, *arguments = [real.get(each, each) for each in shlex.split(line)]
        ended = await desk.run(*arguments)
        assert (program, ended.code) == ("throughline", 0), (line, ended.err)
        assert ended.json if "--json" in arguments else ended.out


async def test_one_turn(desk: Desk) -> None:
    """On one screen with its words; without them where nobody wants them; for programs the same."""
    whole = (await desk.run("trace", desk.order.message_id)).out.decode()
    assert "| Where is my order?" in whole
    assert "Answered by the flow order_status: 1 message, sent." in whole
    assert "whatsapp/whatsapp" in whole
    assert customer(desk.shop, "whatsapp").id not in whole
    quiet = (await desk.run("trace", desk.order.message_id, "--no-text")).out.decode()
    assert not [word for word in ("Where is", "#1001", "Ana", "mug") if word in quiet]
    alone = await command("trace", desk.order.message_id, "--json", config=desk.config, alone=True)
    told = Trace.model_validate(alone.json)
    assert (told.turn, told.outcome, told.event.text) == (desk.order.turn.id, "sent", "Where is my order?")
    assert {each.name: each.state for each in told.blocks}["orders"] == "fresh"


async def test_the_last_turns_of_a_conversation(desk: Desk) -> None:
    """Oldest first, and without words unless they are asked for."""
    await customer(desk.shop, "whatsapp", name="Ana").says("thank you")
    named = desk.order.turn.conversation_id
    several = await desk.run("trace", named, "--last", "9", "--json")
    assert [each["flow"] for each in several.json] == ["order_status", "fallback"]
    assert not [each for each in several.json if "text" in each["event"]]
    (latest,) = (await desk.run("trace", named, "--last", "1", "--text", "--json")).json["messages"]
    assert "Thanks for your message" in latest["text"]


async def test_what_is_not_there_says_what_to_give(desk: Desk) -> None:
    """A reason and exit code 1: no such id, no such turn, no id at all, and an event that calls for no answer."""
    await desk.shop.say("messenger", "echo", sender="7301", text="Hi", message_id="mid.of.a.person")
    await desk.shop.quiet()
    for words, says in (
        (("trace", "wamid.nobody"), "Give the id of a turn"),
        (("replay", "turn", "wamid.nobody"), "Give the id of a turn"),
        (("trace", "f" * 32), "has no turn"),
        (("trace", "x\u202e"), "no id"),
        (("trace", "messenger:1001:mid.of.a.person:echo"), "calls for no answer"),
    ):
        ended = await desk.run(*words)
        assert (ended.code, says in ended.err) == (1, True), (words, ended.err)


async def test_a_turn_again(desk: Desk) -> None:
    """0 where it is the same, 3 where it is not, with the difference on the screen and for programs."""
    same = await desk.run("replay", "turn", desk.greeting.message_id)
    assert (same.code, "Decided the same." in same.out.decode()) == (0, True)
    change(desk.flows, '"Good morning!"', '"A very good morning!"')
    other = await desk.run("replay", "turn", desk.greeting.turn.id)
    assert other.code == 3
    shown = other.out.decode()
    assert "Decided otherwise: messages." in shown
    assert "  -Good morning!\n  +A very good morning!" in shown
    told = await desk.run("replay", "turn", desk.greeting.turn.id, "--json")
    assert (told.code, told.json["verdict"], told.json["differs"]) == (3, "different", ["messages"])


async def test_turns_again(desk: Desk) -> None:
    """What a change would have done: numbers by flow, some turns, and the exit code."""
    change(desk.flows, "good morning", "guten morgen", "greeting.yaml")
    ended = await desk.run("replay", "turns", "--last", "50")
    shown = ended.out.decode()
    assert ended.code == 3
    assert "1 of 2 turns would be decided otherwise." in shown
    assert re.search(r"^  greeting +1 +1  fallback 1$", shown, re.MULTILINE)
    assert desk.greeting.turn.id in shown
    only = await desk.run("replay", "turns", "--flow", "order_status", "--json")
    assert (only.code, only.json["turns"], only.json["different"]) == (0, 1, 0)
    unheard = await desk.run("replay", "turns", "--flow", "order_statu")
    assert (unheard.code, "order_status" in unheard.err) == (2, True), unheard.err


async def test_it_is_told_over_http(desk: Desk) -> None:
    """To a client that may read profiles, by whatever id; to nobody else."""
    url = f"{desk.shop.url}/v1/turns"

    async def ask(named: str, key: str | None, query: str = "") -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        async with desk.shop.http.get(f"{url}/{named}{query}", headers=headers) as answer:
            return answer.status, await answer.read()

    for named in (desk.order.turn.id, desk.order.message_id, desk.order.turn.event_key):
        status, body = await ask(named, CONSOLE_KEY)
        assert status == 200, named
        assert Trace.model_validate_json(body).turn == desk.order.turn.id
    assert customer(desk.shop, "whatsapp").id.encode() not in body
    assert (await ask(desk.order.turn.id, CLIENT_KEY))[0] == 403
    assert (await ask(desk.order.turn.id, None))[0] == 401
    assert (await ask(desk.order.turn.id, CONSOLE_KEY, "?brand=noir"))[0] == 404
    for named in ("f" * 32, "%00", "a" * 600, "nobody", "%F0%9F%98%80"):
        assert (await ask(named, CONSOLE_KEY))[0] == 404
