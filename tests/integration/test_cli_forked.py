"""Commands that tests fork are as those that are started: what they print, where, how they end."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.forked import POSSIBLE
from tests.integration.cli import Ended, command, write_config
from tests.stores import StoreServer

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="commands are started here, each in an interpreter of its own")

NOTHING = b'{"object": "page", "entry": []}'


async def _ended(alone: bool, directory: Path) -> list[Ended]:  # noqa: FBT001 - the two ways
    (directory / "settings.toml").write_text("[server]\nprot = 8080\n")
    return [
        await command("nothing", alone=alone),
        await command("normalise", "messenger", "-", "--json", stdin=NOTHING, alone=alone),
        await command("migrate", config=Path("settings.toml"), directory=directory, alone=alone),
    ]


async def test_they_end_alike(tmp_path: Path) -> None:
    """Exit codes, both streams to the byte, standard input, directory and environment."""
    forked = await _ended(alone=False, directory=tmp_path)

    assert forked == await _ended(alone=True, directory=tmp_path)
    assert [each.code for each in forked] == [2, 0, 1]
    assert "server.prot" in forked[-1].err


async def test_one_that_goes_on_is_killed(store_server: StoreServer, tmp_path: Path) -> None:
    """It is said that it took too long, once it is gone: none is left behind."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9")

    with pytest.raises(TimeoutError):
        await command("serve", "--port", "0", config=config, directory=tmp_path, within=1.0)

    assert tmp_path not in set(_directories())


def _directories() -> Iterator[Path]:
    """Where the processes are that we may look at."""
    for each in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            yield each.readlink()
