"""The page "put it in front of your bot": its settings, its commands and its lines are the ones that work."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

from connectors.testing import GraphStandIn
from tests.bots import PASS_SECRET, other_bot
from tests.deliveries import as_toml
from tests.integration.cli import command, serving
from tests.running import SECRET, TOKEN, VERIFY_TOKEN, until
from tests.scenarios.processes import free_port
from tests.stores import StoreServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "put-it-in-front.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The blocks of the page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_reader_in_javascript_is_the_one_that_is_tried() -> None:
    """What the page says to put into `throughline.js` is the file that reads our headers in the other tests."""
    file = Path(__file__).parent / "other_bots" / "bottender" / "throughline.js"
    assert blocks("js") == [file.read_text(encoding="utf-8")]


def _settings(uri: str, database: str, graph: str, bot: str) -> dict[str, Any]:
    """The page's settings, with what stands in <...> filled in, and a bot that is there."""
    (text,) = blocks("toml")
    secrets = iter([SECRET, VERIFY_TOKEN, PASS_SECRET])
    fields = tomllib.loads(re.sub(r"<[^>]*>", lambda _: next(secrets), text))
    fields["brands"]["glow"]["database"] = database
    account = fields["brands"]["glow"]["accounts"]["number"]
    account |= {"pass_to": bot, "base_url": graph}
    server = {"port": free_port(), "metrics_port": 0}
    return {**fields, "server": server, "store": {"uri": uri, "common_database": f"{database}_common"}}


async def test_its_settings_and_commands(store_server: StoreServer, tmp_path: Path, database: str) -> None:
    """With its settings `doctor` finds nothing wrong, and after `serve` and `trigger` the bot has the message."""
    (lines,) = blocks("sh")
    doctor, serve, trigger = (shlex.split(line)[1:] for line in lines.splitlines())
    async with GraphStandIn(tokens=[TOKEN]) as graph, other_bot() as bot:
        config = tmp_path / "throughline.toml"
        config.write_text(as_toml(_settings(store_server.uri, database, graph.url, bot.url)))
        looked = await command("migrate", config=config)
        assert looked.code == 0, looked.err
        looked = await command(*doctor, config=config)
        assert looked.code == 0, looked.out.decode()
        async with serving(*serve, config=config) as served:
            await served.line("listening")
            sent = await command(*trigger, config=config)
            assert sent.code == 0, sent.err

            async def has_it() -> bool:
                return bool(bot.handed)

            await until(has_it, "the bot to have it")
        (one,) = bot.handed
        assert one.content["entry"][0]["changes"][0]["value"]["messages"][0]["from"] == "34600111222"
        assert one.context is not None
        assert not graph.sent
