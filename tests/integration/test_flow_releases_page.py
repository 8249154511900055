"""`docs/flow-releases.md`: every file on it is written, every command run, and what comes is what stands there."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from middleware.cli import flows, templates
from tests.integration.cli import write_config
from tests.stores import StoreServer

PAGE = (Path(__file__).parents[2] / "docs" / "flow-releases.md").read_text(encoding="utf-8")
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")

_GROUP = typer.Typer()
_GROUP.add_typer(flows.app, name="flows")
_GROUP.add_typer(templates.app, name="templates")


def test_the_page_does_what_it_says(
    store_server: StoreServer, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are written and commands run in the order of the page; only times are other ones."""
    config = write_config(tmp_path, store_server.uri, "http://127.0.0.1:9", brands={"glow": {"database": database}})
    monkeypatch.chdir(tmp_path)
    env = {"THROUGHLINE_CONFIG": str(config), "COLUMNS": "100", "NO_COLOR": "1"}
    commands = 0

    for kind, body in BLOCKS:
        name, _, rest = body.partition("\n")
        if kind == "yaml":
            file = tmp_path / name.removeprefix("# ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rest, encoding="utf-8")
            continue
        for line in filter(None, re.split(r"^(?=\$ )", body, flags=re.MULTILINE)):
            command, _, shown = line.partition("\n")
            commands += 1
            ended = CliRunner().invoke(_GROUP, command.removeprefix("$ throughline ").split(), env=env)
            assert MOMENT.sub("2026-05-01 08:00:00 UTC", ended.output) == shown, command

    assert commands == 10
