"""`docs/templates.md`: every file in it passes the check, and every line that it shows is what comes out."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.language import MissingValue, compile_reply
from flows.preview.checking import checked, checked_source
from flows.preview.customers import CUSTOMERS
from flows.preview.showing import shown
from flows.templates import Template
from middleware.cli.app import app
from middleware.domain.channels import CHANNELS

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
FILES = {body.partition("\n")[0].removeprefix("# "): body for kind, body in BLOCKS if kind == "yaml"}
COLUMNS = 100


def rows(*head: str) -> list[list[str]]:
    """The rows of all tables with this head, cell by cell."""
    start = re.escape(f"| {' | '.join(head)} |") + r"\n\|[-|]+\|\n((?:\|.*\n)+)"
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for table in re.findall(start, PAGE)
        for line in table.splitlines()
    ]


def template(name: str) -> Template:
    """A template of the page."""
    found = checked(FILES[f"{name}.yaml"], f"{name}.yaml").template
    assert found is not None
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_page_is_accepted(name: str) -> None:
    """No template on the page has an error."""
    result = checked(FILES[name], name)

    assert result.accepted(), result.findings
    assert name == f"{template(name.removesuffix('.yaml')).name}.yaml"


@pytest.mark.parametrize(("name", "customer", "channel", "gets"), rows("template", "for", "on", "gets"))
def test_everybody_gets_what_the_page_shows(name: str, customer: str, channel: str, gets: str) -> None:
    """Each row is what this customer gets on this channel; a line ends at ` / `."""
    who, on = CUSTOMERS[customer], CHANNELS[channel]
    messages = shown(template(name), who.reader(on), who.values_on(on)).fitted.replies

    assert [message.text for message in messages] == [gets.replace(" / ", "\n")]


@pytest.mark.parametrize(("source", "ana", "ben"), rows("written", "ana", "ben"))
def test_what_is_written_says_what_the_page_shows(source: str, ana: str, ben: str) -> None:
    """Each row is what Ana and Ben get of a piece of text, in English; nothing, where a value is missing."""
    program = compile_reply(source.strip("`"))
    for name, expected in (("ana", ana), ("ben", ben)):
        who = CUSTOMERS[name]
        reader = who.reader(CHANNELS["messenger"], locale="en")
        if expected == "*the fallback*":
            with pytest.raises(MissingValue):
                program.render(who.values, reader.locality())
        else:
            assert program.render(who.values, reader.locality()) == expected


@pytest.mark.parametrize(("source", "message"), rows("written", "the check says"))
def test_the_check_says_what_the_page_shows(source: str, message: str) -> None:
    """Each mistake is told in these words."""
    assert message in {finding.message for finding in checked_source(source.strip("`"), "a").findings}


def commands() -> list[tuple[str, str]]:
    """Each command of the page, and what the page shows below it."""
    found = []
    for kind, body in BLOCKS:
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:] if kind == "console" else ():
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def printed(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints in a folder with the files of the page, in a terminal of 100 columns."""
    for name, body in FILES.items():
        (folder / name).write_text(body, encoding="utf-8")
    (folder / "context.json").write_text(next(body for kind, body in BLOCKS if kind == "json"), encoding="utf-8")
    monkeypatch.chdir(folder)
    program, *arguments = command.split()
    assert program == "throughline"
    ended = CliRunner().invoke(app, arguments, env={"COLUMNS": str(COLUMNS), "NO_COLOR": "1"})
    return "\n".join(line.rstrip() for line in ended.stdout.splitlines()) + "\n"


@pytest.mark.parametrize(("command", "output"), commands())
def test_commands_print_what_the_page_shows(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command on the page prints what stands below it, to the letter."""
    assert output == printed(command, tmp_path, monkeypatch)


def test_the_page_shows_something() -> None:
    """Files, rows and commands are found at all."""
    assert len(FILES) >= 5
    assert len(rows("template", "for", "on", "gets")) >= 6
    assert len(rows("written", "ana", "ben")) >= 8
    assert len(rows("written", "the check says")) >= 5
    assert len(commands()) >= 5
