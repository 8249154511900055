"""`docs/testing-flows.md`: every file on it is written, every command run, and what comes is what stands there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from middleware.cli.app import app

PAGE = (Path(__file__).parents[3] / "docs" / "testing-flows.md").read_text(encoding="utf-8")
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
SECONDS = re.compile(r"in \d+\.\d s$", re.MULTILINE)


def run(line: str) -> str:
    """What a command says; `<` and `>` are a file that it reads, and one that it writes."""
    words = line.removeprefix("$ ").removeprefix("throughline ").split()
    stdin = Path(words[words.index("<") + 1]).read_text(encoding="utf-8") if "<" in words else ""
    written = Path(words[words.index(">") + 1]) if ">" in words else None
    arguments = words[: next((at for at, word in enumerate(words) if word in "<>"), len(words))]
    result = CliRunner().invoke(app, arguments, input=stdin, env={"COLUMNS": "100", "NO_COLOR": "1"})
    if written is None:
        return result.output
    written.write_text(result.output, encoding="utf-8")
    return ""


def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written and commands run in the order of the page."""
    monkeypatch.chdir(tmp_path)
    commands = 0

    for kind, body in BLOCKS:
        name, _, rest = body.partition("\n")
        if kind in ("yaml", "text") and re.fullmatch(r"# [\w/.-]+\.(yaml|txt)", name):
            file = tmp_path / name.removeprefix("# ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rest, encoding="utf-8")
        elif kind == "console":
            lines = re.split(r"^(?=\$ )", body, flags=re.MULTILINE)
            for command, _, shown in (line.partition("\n") for line in lines if line):
                commands += 1
                assert SECONDS.sub("in 0.1 s", run(command)) == shown, command

    assert commands == 10
    assert {file.name for file in tmp_path.iterdir()} >= {"fitting.svg", "flow.schema.json", "test.schema.json"}


def test_the_flow_of_the_page_on_adding_flows_can_be_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are accepted without a hint, and the commands that need no server do what they should."""
    page = (Path(__file__).parents[3] / "docs" / "adding-a-flow.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, body in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        file = tmp_path / "flows-of-glow" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body, encoding="utf-8")
    commands = re.findall(r"^throughline flows (?!test|chat).*$", page, re.MULTILINE)

    assert [run(command) for command in commands] == ["3 of 3 accepted\n", "written to returns.svg\n"]
    (tmp_path / "said.txt").write_text("can I return my order #1001?\n", encoding="utf-8")
    said = run("throughline flows chat --flows flows-of-glow --as ana < said.txt")
    assert "You can send back order #1001 within 30 days." in said
