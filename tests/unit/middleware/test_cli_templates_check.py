"""`throughline templates check` on plain files: no server, no store, no settings."""

import json
from pathlib import Path

import pytest
from templates_command import BAD, GOOD, file, run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in an empty folder: there are no settings."""
    monkeypatch.chdir(tmp_path)


def test_a_good_file_is_accepted() -> None:
    """Exit code 0, and nothing but how many."""
    ended = run("check", file("a.yaml", GOOD))

    assert (ended.exit_code, ended.stdout) == (0, "1 of 1 accepted\n")


def test_a_bad_file_is_refused_with_its_place() -> None:
    """Exit code 1; each finding is file, line, column, severity and what to write instead."""
    ended = run("check", file("a.yaml", GOOD), file("b.yaml", BAD))

    assert ended.exit_code == 1
    assert "b.yaml:5:18: error: there is no value profile.nmae - did you mean profile.name?\n" in ended.stdout
    assert ended.stdout.endswith("1 of 2 accepted\n")


def test_a_folder_is_all_of_its_yaml_files(tmp_path: Path) -> None:
    """By name; nothing else in it is looked at, and no folder in it."""
    for name, text in {"b.yml": BAD, "a.yaml": GOOD, "c.txt": "{{", "README.md": "{{"}.items():
        (tmp_path / "folder" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    ended = run("check", "folder", "--json")

    assert [each["file"] for each in json.loads(ended.stdout)["files"]] == ["folder/a.yaml", "folder/b.yml"]
    assert ended.exit_code == 1


def test_hints_are_accepted_unless_they_are_not() -> None:
    """A value that can be missing is a hint: exit code 0, and 1 with --strict."""
    name = file("a.yaml", GOOD.replace(" | default('there')", ""))

    assert "a.yaml:5:18: hint: profile.name can be missing" in run("check", name).stdout
    assert [run("check", name).exit_code, run("check", name, "--strict").exit_code] == [0, 1]
    assert json.loads(run("check", name, "--strict", "--json").stdout)["accepted"] is False


def test_the_result_for_programs() -> None:
    """With --json: accepted or not, the template and its level, and each finding with a code that stays."""
    ended = run("check", file("a.yaml", GOOD), file("b.yaml", BAD), "--json")
    said = json.loads(ended.stdout)

    assert (ended.exit_code, said["accepted"]) == (1, False)
    assert said["files"][0] == {
        "file": "a.yaml", "accepted": True, "template": "hello", "level": "linked", "findings": [],
    }  # fmt: skip
    (finding,) = said["files"][1]["findings"]
    assert {name: finding[name] for name in ("line", "column", "severity", "code")} == {
        "line": 5, "column": 18, "severity": "error", "code": "unknown-value",
    }  # fmt: skip
    assert run("check", "a.yaml", "--format", "json").stdout == run("check", "a.yaml", "--json").stdout


def test_diagnostics_are_those_of_the_language_server_protocol() -> None:
    """Lines and characters count from 0, characters in UTF-16; each has severity, code, source and message."""
    name = file("a.j2", 'Hello\n\U0001f44b {{ profile.nmae | default("x") }}\n{{ cart.total | money }}')
    ended = run("check", name, "--format", "diagnostics")
    ((published),) = json.loads(ended.stdout)

    assert ended.exit_code == 1
    assert published["uri"] == Path("a.j2").absolute().as_uri()
    error, hint = published["diagnostics"]
    assert error == {
        "range": {"start": {"line": 1, "character": 6}, "end": {"line": 1, "character": 18}},
        "severity": 1,
        "code": "unknown-value",
        "source": "throughline",
        "message": "there is no value profile.nmae - did you mean profile.name?",
    }
    assert (hint["severity"], hint["code"], hint["range"]["start"]) == (
        2, "can-be-missing", {"line": 2, "character": 3},
    )  # fmt: skip


def test_a_diagnostic_without_a_column_marks_its_line() -> None:
    """What is known by its line alone is marked from its first sign to its last."""
    name = file("a.yaml", GOOD.replace("name: hello", "name: hello\nnmae: x"))
    (published,) = json.loads(run("check", name, "--format", "diagnostics").stdout)

    assert published["diagnostics"][0]["range"] == {
        "start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 7},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", b"\xff\xfeh", "a.yaml:1:1: error: is not UTF-8; save it as UTF-8"),
        ("a.yaml", b"name: [", "a.yaml:1:1: error: is no YAML"),
        ("a.yaml", b"", "a.yaml:1:1: error: the file must be a group of lines"),
        ("a.yaml", b"x" * 70_000, "a.yaml:1:1: error: is too large; at most 65536 bytes are read"),
        ("a.yaml", b"\x00\x01", "a.yaml:1:1: error: is no YAML"),
        ("a.txt", b"x" * 9_000, "a.txt:1:1: error: is 9000 bytes long; at most 8192 are read"),
        ("a.j2", b"{% for a in b %}", "a.j2:1:1: error: "),
        ("nothing.yaml", None, "nothing.yaml:1:1: error: cannot be read: No such file or directory"),
        ("a\0.yaml", None, "error: cannot be read: no such file"),
        (".", None, ".:1:1: error: is a folder without YAML files; name a file"),
    ],
)
def test_what_cannot_be_read_says_why(name: str, content: bytes | None, message: str) -> None:
    """Whatever a file is, the answer is a finding and exit code 1, never a traceback."""
    if content is not None:
        file(name, content)
    ended = run("check", name)

    assert ended.exit_code == 1
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
    assert message in ended.stdout
    assert json.loads(run("check", name, "--json").stdout)["files"][0]["findings"][0]["severity"] == "error"


@pytest.mark.parametrize("name", ["-", "a.j2", "a.txt"])
def test_a_bare_source_is_held_against_the_language_alone(name: str) -> None:
    """A source without a file around it: syntax, values, sorts; from a file or from standard input."""
    for source, code in (("Hi {{ profile.name | default('x') }}", 0), ("{{ 7 * 7 }}", 1), ("{{ orders.latest }}", 1)):
        if name != "-":
            file(name, source)
        assert run("check", name, stdin=source).exit_code == code


def test_what_is_printed_does_not_steer_the_terminal() -> None:
    """Control characters in a file or its name come out written."""
    ended = run("check", file("a.yaml", GOOD.replace("purpose:", '"pur\\e[31mpose":')))

    assert "\x1b" not in ended.stdout
    assert "\\x1b[31m" in ended.stdout


def test_approved_templates_are_compared() -> None:
    """With what WhatsApp has approved, a wrong number of parameters is refused; without it nobody can know."""
    of_whatsapp = {"name": "come_back", "language": "en", "status": "APPROVED", "components": []}
    approved = file("approved.json", json.dumps({"data": [of_whatsapp]}))
    name = file("a.yaml", GOOD)

    ended = run("check", name, "--approved", approved)
    assert ended.exit_code == 1
    assert "a.yaml:13:1: error: come_back takes 0 parameters in its body, and here are 1" in ended.stdout
    assert run("check", name).exit_code == 0
    broken = run("check", name, "--approved", file("b.json", "{"))
    assert (broken.exit_code, broken.stderr.startswith("throughline: b.json:1: is no JSON")) == (1, True)


def test_values_above_the_level_of_who_gets_it_are_named() -> None:
    """Whoever is only known by the channel is told no orders: a hint with the place, for each value."""
    name = file("a.yaml", GOOD)
    ended = run("check", name, "--level", "channel")

    assert ended.exit_code == 0
    assert (
        "a.yaml:12:30: hint: orders.latest.number is told from level linked on; at channel it is missing"
        in ended.stdout
    )
    assert "above-level" in run("check", name, "--level", "channel", "--json").stdout
    assert run("check", name, "--level", "linked").stdout == "1 of 1 accepted\n"
    assert run("check", name, "--level", "high").exit_code == 2
