"""`throughline flows`: exit codes, JSON and editors' diagnostics, reports, the conversation in the terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.runner import Flows
from middleware.cli.app import app
from middleware.cli.flows.chat import Chat

FLOW = """\
flow: size
purpose: Tells the size.
priority: 9
triggers:
  payload: [size]
  intent:
    en: [what size]
steps:
  - reply: size
"""
TEMPLATE = """\
name: size
purpose: p
locales:
  en: {text: Medium, fallback: f, quick_replies: [{title: Again, payload: size}]}
  de: {text: Mittel, fallback: f}
  es: {text: Mediana, fallback: f}
"""
TESTS = """\
tests:
  - {test: a size is told, customer: ben, turns: [{says: what size, replies: {equals: Medium}}]}
  - {test: a wrong one is not, customer: ben, turns: [{says: what size, replies: {equals: Large}}]}
"""


def run(*arguments: str, stdin: str = "") -> Result:
    """Run a command of `throughline flows` to its end."""
    return CliRunner().invoke(app, ["flows", *arguments], input=stdin, env={"COLUMNS": "120", "NO_COLOR": "1"})


def data(result: Result) -> Any:
    """What a command printed as JSON."""
    return json.loads(result.stdout)


@pytest.fixture
def glow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A brand's folder, in the folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("size.yaml", FLOW), ("templates/size.yaml", TEMPLATE), ("tests/size.yaml", TESTS)):
        file = tmp_path / "glow" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "glow"


def test_what_is_right_is_accepted(glow: Path) -> None:
    """Exit code 0 for a folder and for the shipped flows, from any folder, without settings."""
    assert glow.is_dir()
    assert run("check", "glow").stdout == "3 of 3 accepted\n"
    assert run("check").exit_code == 0


def test_what_cannot_be_used_is_refused(glow: Path) -> None:
    """Exit code 1, with file, line, column, and what to write instead."""
    (glow / "size.yaml").write_text(FLOW.replace("reply: size", "reply: sise"), encoding="utf-8")
    result = run("check", "glow")

    assert result.exit_code == 1
    assert "glow/size.yaml:9:12: error: there is no template 'sise' - did you mean size?" in result.stdout
    assert data(run("check", "glow", "--json"))["files"][0] == {
        "file": "glow/size.yaml",
        "kind": "flow",
        "name": "size",
        "accepted": False,
        "findings": [
            {
                "line": 9,
                "column": 12,
                "severity": "error",
                "code": "unknown-template",
                "message": "there is no template 'sise' - did you mean size?",
            }
        ],
    }


def test_hints_are_refused_only_if_that_is_wanted(glow: Path) -> None:
    """A hint leaves exit code 0, with --strict it is 1."""
    (glow / "size.yaml").write_text(f"{FLOW}  - stop\n  - reply: size\n", encoding="utf-8")

    assert run("check", "glow").exit_code == 0
    assert run("check", "glow", "--strict").exit_code == 1


def test_of_one_file_only_that_is_told(glow: Path) -> None:
    """The folder around it is read all the same: a template that stands there is known."""
    (glow / "bad.yaml").write_text("flow: bad\n", encoding="utf-8")
    result = data(run("check", "glow/size.yaml", "--json"))

    assert [(each["file"], each["accepted"]) for each in result["files"]] == [("glow/size.yaml", True)]


def test_editors_get_diagnostics(glow: Path) -> None:
    """Lines and characters from 0, the word that is meant, and no less than one entry for each file."""
    (glow / "size.yaml").write_text(FLOW.replace("reply: size", "reply: sise"), encoding="utf-8")
    flow, *others = data(run("check", "glow", "--format", "diagnostics"))

    assert flow["uri"] == (glow / "size.yaml").as_uri()
    assert flow["diagnostics"][0]["range"] == {
        "start": {"line": 8, "character": 11},
        "end": {"line": 8, "character": 15},
    }
    assert flow["diagnostics"][0]["code"] == "unknown-template"
    assert [each["diagnostics"] for each in others] == [[], []]


def test_a_file_that_cannot_be_read_is_refused(glow: Path) -> None:
    """Not UTF-8: the others are checked all the same."""
    (glow / "latin.yaml").write_bytes("flow: größe".encode("latin-1"))
    result = run("check", "glow")

    assert result.exit_code == 1
    assert "glow/latin.yaml:1:1: error: is not UTF-8; save it as UTF-8" in result.stdout
    assert "3 of 4 accepted" in result.stdout


def test_files_that_are_overlooked_are_told(glow: Path) -> None:
    """A file that ends in .yml is read by nobody: a hint. A folder without any file is a mistake of usage."""
    (glow / "more.yml").write_text(FLOW, encoding="utf-8")
    (glow.parent / "empty").mkdir()
    result = run("check", "glow")

    assert result.exit_code == 0
    assert "glow/more.yml:1:1: hint: is not read: files of flows end in .yaml; rename it" in result.stdout
    assert run("check", "empty").exit_code == 2


@pytest.mark.parametrize("command", ["check", "test"])
def test_a_path_that_is_not_there_is_a_mistake_of_usage(command: str) -> None:
    """Exit code 2, and what to name."""
    result = run(command, "nowhere")

    assert result.exit_code == 2
    assert "nowhere is not there; name a folder of flows, or a file in it" in result.stderr


def test_tests_pass_and_fail(glow: Path) -> None:
    """Exit code 1 if one fails, with both sides; -k leaves others out."""
    assert glow.is_dir()
    result = run("test", "glow")

    assert result.exit_code == 1
    assert "  ok    a size is told\n  FAIL  a wrong one is not\n" in result.stdout
    assert "          - Large\n          + Medium\n" in result.stdout
    assert "1 passed, 1 failed in" in result.stdout
    assert run("test", "glow", "-k", "told SIZE").exit_code == 0
    assert run("test", "glow", "-k", "zebra").exit_code == 2


def test_tests_are_told_to_programs(glow: Path) -> None:
    """--json names each test, whether it passed, and the differences; --junit writes a file."""
    result = run("test", "glow/tests/size.yaml", "--json", "--junit", "report.xml")
    first, second = data(result)["tests"]

    assert (first["passed"], second["passed"], data(result)["passed"]) == (True, False, False)
    assert second["failed"]["differences"] == [{"about": "replies.equals", "expected": "Large", "actual": "Medium"}]
    assert 'failures="1"' in (glow.parent / "report.xml").read_text(encoding="utf-8")


def test_tests_can_be_held_against_other_flows(glow: Path) -> None:
    """--flows: the flows of another folder, the tests of this one."""
    other = glow.parent / "other"
    (other / "templates").mkdir(parents=True)
    (other / "templates" / "size.yaml").write_text(TEMPLATE.replace("Medium", "Large"), encoding="utf-8")
    (other / "size.yaml").write_text(FLOW, encoding="utf-8")

    assert [each["passed"] for each in data(run("test", "glow", "--flows", "other", "--json"))["tests"]] == [
        False,
        True,
    ]


def test_tests_of_refused_flows_are_not_run(glow: Path) -> None:
    """Exit code 1 with what is wrong in the flow, and no report."""
    (glow / "size.yaml").write_text("flow: size\n", encoding="utf-8")
    result = run("test", "glow")

    assert result.exit_code == 1
    assert "size.yaml:1: purpose is missing; add it" in result.stderr


def test_a_conversation_in_the_terminal(glow: Path) -> None:
    """Lines of a pipe are said, numbers press buttons, reasons are told, and mistakes end nothing."""
    said = run(
        "chat", "--flows", "glow", "--as", "ben",
        stdin="what size\n1\n:why\n:state\n:as nobody\n:channel fax\n:wait long\n:nonsense\n:as ana\n7\n:quit\nnever\n",
    )  # fmt: skip

    assert said.exit_code == 0
    assert glow.is_dir()
    for line in (
        "  Medium\n   1 [ Again ]\n> 1\n  Medium",
        "  - size: the payload begins with 'size'",
        "  no flow waits",
        "nobody is called 'nobody'",
        "no channel 'fax'",
        "write 30m, 2h or 1d",
        "no :nonsense",
        "You are ana on messenger",
    ):
        assert line in said.stdout, line
    assert "never" not in said.stdout


def test_flows_are_read_again_while_one_talks(glow: Path) -> None:
    """:reload begins anew with the files as they are by now."""
    assert glow.is_dir()
    said = run("chat", "--flows", "glow", "--as", "ben", stdin="what size\n:reload\n").stdout

    assert said.count("You are ben") == 2


def test_flows_that_are_refused_now_leave_the_conversation_as_it_was(
    glow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """:reload says what is wrong, and the flows of before go on."""
    chatting = Chat(lambda: Flows.load(glow), "ben", "messenger", codes=False)
    (glow / "size.yaml").write_text("flow: size\n", encoding="utf-8")

    assert chatting.takes(":reload")
    assert "purpose is missing; add it" in capsys.readouterr().out
    assert chatting.takes("what size")
    assert "Medium" in capsys.readouterr().out


def test_what_customers_write_cannot_steer_the_terminal(glow: Path) -> None:
    """Control characters of a template come out written, not done."""
    hostile = TEMPLATE.replace("text: Medium", 'text: "\\e]0;gone\\a [red]Medium[/red]"')
    (glow / "templates" / "size.yaml").write_text(hostile, encoding="utf-8")
    said = run("chat", "--flows", "glow", "--as", "ben", stdin="what size\n\x1b[2J\n").stdout

    assert "\x1b" not in said
    assert "[red]Medium[/red]" in said


def test_flows_are_listed_and_shown(glow: Path) -> None:
    """In the order in which they are tried; step by step."""
    assert glow.is_dir()
    listed = data(run("list", "--flows", "glow", "--json"))
    shown = run("show", "size", "--flows", "glow")

    assert listed[0]["flow"] == "size"
    assert shown.stdout.splitlines()[-1] == "  - reply size"
    assert data(run("show", "glow/size.yaml", "--json"))["steps"] == [
        {"place": "steps.0", "does": "reply", "says": "reply size", "when": None}
    ]
    assert run("show", "sise", "--flows", "glow").exit_code == 2
    assert "did you mean size?" in run("show", "sise", "--flows", "glow").stderr


def test_flows_are_drawn_to_a_file_or_out(glow: Path) -> None:
    """As SVG, or as text for Mermaid."""
    assert run("diagram", "size", "--flows", "glow", "--out", "size.svg").exit_code == 0
    assert (glow.parent / "size.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "flowchart TD" in run("diagram", "glow/size.yaml", "--format", "mermaid").stdout


def test_schemas_are_printed() -> None:
    """JSON of the kind that is asked for; a kind that is not there is a mistake of usage."""
    assert data(run("schema", "flow"))["title"] == "A flow of Throughline"
    assert run("schema", "flo").exit_code == 2
