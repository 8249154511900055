"""The demo's story of the bots, played whole by the real command: two real bots in processes of their own."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from middleware.cli.demo_processes import started
from middleware.errors import ThroughlineError
from tests.integration.cli import command, environment

REPOSITORY = Path(__file__).parents[2]
_PLAYED_WITHIN = 150.0

FALLBACK = "someone from our team will get back to you here"


def lives(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def processes_in(text: str) -> list[int]:
    """The processes that the story names."""
    return [int(each) for each in re.findall(r"process (\d+)", text)]


def replies(chapter: dict[str, Any]) -> list[tuple[str, str]]:
    """Who answered in a chapter, and what."""
    return [(line["who"], line["text"]) for line in chapter["lines"] if line["role"] == "reply"]


async def test_one_question_is_answered_three_times() -> None:
    """`demo --chapter bots`: each bot knows the customer's order, none a stranger's; one that is gone leaves nobody
    in silence; at the end no bot is left.
    """
    ended = await command("demo", "--chapter", "bots", "--json", within=_PLAYED_WITHIN)

    assert ended.code == 0, ended.err
    assert ended.json["ok"] is True
    before, ana, ben, stopped = ended.json["story"]
    assert [len(chapter["checks"]) for chapter in ended.json["story"]] == [1, 4, 3, 3]
    assert all(check["holds"] for chapter in ended.json["story"] for check in chapter["checks"])
    told = dict(replies(ana))  # the last of each: on a busy machine she asks the pywa bot again
    assert "#1001" in told.pop("the flow")
    assert told == {
        "the agent": "Your order #2002 is on its way.",
        "the pywa bot": "Your order #3003 is on its way.",
    }
    assert [text for _, text in replies(ben)[1:]] == ["I do not know your order."] * 2
    assert "#" not in replies(ben)[0][1]
    assert FALLBACK in dict(replies(stopped))["the fallback"]
    processes = processes_in("\n".join(line["text"] for line in before["lines"]))
    assert len(set(processes)) == 2
    assert not any(map(lives, processes))


async def test_terminated_it_ends_the_bots() -> None:
    """SIGTERM in the middle of the story ends the bots, too."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "middleware", "demo", "--chapter", "bots",
        env={**environment(None), "PYTHONPATH": str(REPOSITORY)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(_PLAYED_WITHIN):
        while len(processes_in(said)) < 2:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
        bots = processes_in(said)
        assert all(map(lives, bots))
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    left = [bot for bot in bots if lives(bot)]
    for bot in left:
        os.kill(bot, signal.SIGKILL)
    assert process.returncode not in {0, None}
    assert not left


@pytest.mark.parametrize("name", ["pywa", "microsoft_agents.hosting.aiohttp"])
async def test_without_the_extra_it_says_what_to_install(tmp_path: Path, name: str) -> None:
    """Where a library of the bots is not installed, nothing is started, and the command says how to install it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\nfound = util.find_spec\n"
        f"util.find_spec = lambda name, *more: None if name == {name!r} else found(name, *more)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "middleware", "demo", "--chapter", "bots", "--json",
        env={**environment(None), "PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPOSITORY)])},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert name in err.decode()
    assert "pip install 'throughline[bots]'" in err.decode()
    assert "make demo-bots" in err.decode()


async def test_a_bot_that_ends_says_why(tmp_path: Path) -> None:
    """A bot that does not come up is an error with its last words: here pywa's, which is told no phone id."""
    async with started("pywa_bot.py", tmp_path) as bot:
        with pytest.raises(ThroughlineError, match=r"(?s)pywa_bot\.py ended.*PHONE_ID"):
            await bot.listening()
