"""`throughline context` in its forms: fields, explanation, prompt."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.cli import Ended, command, write_config
from tests.stores import StoreServer

NOWHERE = "http://127.0.0.1:9"
Context = Callable[..., Awaitable[Ended]]


@pytest.fixture
def context(store_server: StoreServer, tmp_path: Path) -> Context:
    """The command for a sender whom nobody knows."""
    config = write_config(tmp_path, store_server.uri, NOWHERE)
    whom = ("--channel", "whatsapp", "--account", "777", "--sender", "34600111222")

    async def run(*options: str) -> Ended:
        return await command("context", *whom, *options, config=config)

    return run


async def test_chosen_fields(context: Context) -> None:
    """`--fields` prints these as a tree; with `--json` inside the envelope that `GET /v1/context` has."""
    shown = await context("--fields", "orders.latest.number,identity.level")
    assert (shown.code, shown.json) == (0, {"identity": {"level": "new"}, "orders": {"latest": {"number": None}}})
    whole = await context("--fields", "identity.level", "--json")
    assert set(whole.json) == {"schema", "trace_id", "at", "fields"}


async def test_wrong_fields_are_a_usage_error(context: Context) -> None:
    """A path that leads nowhere ends with 2 and what may have been meant."""
    ended = await context("--fields", "profile.nmae")
    assert (ended.code, ended.out) == (2, b"")
    assert "did you mean profile.name?" in ended.err


async def test_explained(context: Context) -> None:
    """`--explain` adds why each block is as it is, as a table or as JSON."""
    shown = await context("--explain")
    assert shown.code == 0, shown.err
    assert b"nothing is known of this sender" in shown.out
    told = (await context("--explain", "--json")).json["explanation"]
    assert told["blocks"]["orders"]["says"] == "it needs the level linked, and this sender has new"


async def test_prompt(context: Context) -> None:
    """`--prompt` prints the text as a bot would get it; it does not go with what is no text."""
    shown = await context("--prompt")
    assert shown.out.startswith(b"Context of one customer (throughline.context/1)")
    assert b"\norders: not known\n" in shown.out
    assert (await context("--prompt", "--json")).json["prompt"].startswith("Context of one customer")
    assert (await context("--prompt", "--fields", "profile.name")).code == 2
