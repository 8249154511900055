"""`throughline templates check | render | preview` on plain files: no server, no store, no settings."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.preview.customers import CUSTOMERS
from middleware.cli.app import app
from middleware.domain.channels import CHANNELS

GOOD = """\
name: hello
purpose: Says hello.
locales:
  en:
    text: "Hi {{ profile.name | first_name | default('there') }}!"
    fallback: Hi!
    buttons:
      - {title: Track it, payload: track}
      - {title: Shop, payload: shop}
    channels:
      whatsapp:
        text: "Your order {{ orders.latest.number | default('-') }}"
    outside_window: {name: come_back, language: en, body: ["{{ profile.name | default('friend') }}"]}
  de:
    text: "Hallo {{ profile.name | first_name | default('du') }}!"
    fallback: Hallo!
  es:
    text: "¡Hola {{ profile.name | first_name | default('tú') }}!"
    fallback: ¡Hola!
"""
BAD = GOOD.replace("profile.name | first_name | default('there')", "profile.nmae")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in an empty folder: there are no settings."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, stdin: bytes | str = "", columns: int = 120) -> Result:
    """Run a command of `throughline templates` to its end, in a terminal of so many columns."""
    environment = {"COLUMNS": str(columns), "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["templates", *arguments], input=stdin, env=environment)


def file(name: str, text: str | bytes) -> str:
    """A file in the folder in which commands run."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


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
        (".", None, ".:1:1: error: is a folder; name the files in it"),
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


VALUES = {"profile": {"name": "Ana Ruiz"}, "orders": {"latest": {"number": "#1001"}}}


def rendered(*options: str, values: Any = VALUES, source: str = GOOD) -> Result:
    """What a template renders to with these values."""
    return run("render", file("a.yaml", source), "--context", file("c.json", json.dumps(values)), *options)


def test_render_prints_the_messages() -> None:
    """The text, and under it what is shown, as the channel gets it."""
    ended = rendered()

    assert (ended.exit_code, ended.stdout) == (0, "Hi Ana!\n[ Track it ]\n[ Shop ]\n")
    assert rendered("--channel", "whatsapp").stdout == "Your order #1001\n"
    assert rendered("--locale", "de_AT").stdout == "Hallo Ana!\n"


def test_render_for_programs() -> None:
    """With --json: channel, locale, variant, fallback and why, notes and messages."""
    source = GOOD.replace(" | default('-')", "")
    said = json.loads(rendered("--channel", "whatsapp", "--json", values={}, source=source).stdout)

    assert said["accepted"] is True
    assert (said["fallback"], said["why"], said["locale"], said["channel"]) == (
        True, "orders.latest.number is missing", "en", "whatsapp",
    )  # fmt: skip
    assert [message["text"] for message in said["messages"]] == ["Hi!"]
    assert said["findings"][0]["code"] == "can-be-missing"


def test_the_fallback_says_why() -> None:
    """Where the fallback is said, the value that is missing is named."""
    ended = rendered("--channel", "whatsapp", values={}, source=GOOD.replace(" | default('-')", ""))

    assert (ended.exit_code, ended.stdout) == (0, "Hi!\nfallback: orders.latest.number is missing\n")


def test_outside_of_the_window_the_approved_template_is_chosen() -> None:
    """On a channel that has such; on another it is said that nothing goes out."""
    on_whatsapp = rendered("--channel", "whatsapp", "--outside-window").stdout
    on_instagram = rendered("--channel", "instagram", "--outside-window").stdout

    assert "<approved template come_back (en)>\n{{1}}: Ana Ruiz\n" in on_whatsapp
    assert "note: outside of the window only an approved template is sent: this is not" in on_instagram


def test_a_context_document_is_read() -> None:
    """What `throughline context --json` prints: its blocks, its language, its zone, its window."""
    context = {
        "schema": "throughline.context/1",
        "trace_id": "t",
        "at": "2026-03-06T12:00:00Z",
        "identity": {"level": "linked"},
        "profile": {
            "name": "Ana Ruiz",
            "claimed": {
                "locale": {"value": "es_ES", "as_of": "2026-03-06T12:00:00Z"},
                "time_zone": {"value": "America/Mexico_City", "as_of": "2026-03-06T12:00:00Z"},
            },
        },
        "history": {
            "state": "fresh", "needs_level": "channel",
            "value": {"lines": 3, "first_seen": "2026-03-06T03:30:00Z"},
        },
        "policy": {"may_reply": True, "may_promote": False},
        "links": {"cart": {"id": "1", "url": "https://shop.example/l/1"}},
    }  # fmt: skip
    source = GOOD.replace("¡Hola {{", "{{ history.first_seen | date_time('short') }} {{ links.cart }} {{")
    ended = rendered(values=context, source=source)

    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout == "5/3/26, 21:30 https://shop.example/l/1 Ana!\n"
    wrong = rendered(values={**context, "policy": {"may_reply": "perhaps"}})
    assert (wrong.exit_code, "policy.may_reply" in wrong.stderr) == (1, True)
    other = rendered(values={**context, "schema": "throughline.context/2"})
    assert (other.exit_code, "this reads throughline.context/1" in other.stderr) == (1, True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"profile": {"nmae": "x"}}, "there is no value profile.nmae - did you mean profile.name?"),
        ({"cart": {"total": 7}}, "cart.total must be an amount"),
        ({"orders": []}, "orders must be a group"),
        ([], "the values are a group"),
        (7, "the values are a group"),
        ({"cart": {"items": [7]}}, "each of cart.items must be a group"),
        ({"links": {"cart": "javascript:alert(1)"}}, "links.cart must be a web address"),
        ({"cart": {"count": 10**400}}, "cart.count must be a number"),
        ({"cart": {"count": float("nan")}}, "cart.count must be a number"),
        ({"orders": {"latest": {"created_at": "soon"}}}, "orders.latest.created_at must be a date"),
    ],
)
def test_values_that_no_template_could_read_are_named(values: Any, message: str) -> None:
    """An unknown name with the nearest one, and a value of another sort with what it has to be: exit code 1."""
    ended = rendered(values=values)

    assert (ended.exit_code, ended.stdout) == (1, "")
    assert message in ended.stderr


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5_000, '{"profile": {"name": "\\ud83d"}}'])
def test_whatever_the_context_is_there_is_an_answer(text: str) -> None:
    """What is no JSON, too deep or too large gives the reason and no traceback; half of a character is dropped."""
    ended = run("render", file("a.yaml", GOOD), "--context", file("c.json", text))

    assert isinstance(ended.exception, SystemExit | None)
    assert ended.exit_code == (0 if text.startswith('{"') else 1)
    assert ended.exit_code == 0 or ended.stderr.startswith("throughline: ")


def test_a_refused_template_is_not_rendered() -> None:
    """Exit code 1 with the reason."""
    ended = rendered(source=BAD)

    assert (ended.exit_code, "did you mean profile.name?" in ended.stdout) == (1, True)
    assert json.loads(rendered("--json", source=BAD).stdout)["accepted"] is False


def test_a_bare_source_is_rendered() -> None:
    """It says its text; without a fallback a missing value is the reason of exit code 1."""
    context = file("c.json", json.dumps(VALUES))
    ended = run("render", "-", "--context", context, stdin="Hi {{ profile.name }}: {{ orders.latest.number }}")
    missing = run("render", "-", "--context", context, stdin="Hi {{ cart.total | money }}")

    assert (ended.exit_code, ended.stdout) == (0, "Hi Ana Ruiz: #1001\n")
    assert (missing.exit_code, missing.stdout, missing.stderr) == (1, "", "throughline: cart.total is missing\n")


def test_usage_errors_are_told_apart() -> None:
    """A channel that is not there, and standard input for two files, are exit code 2."""
    assert rendered("--channel", "telegram").exit_code == 2
    assert run("render", "-", "--context", "-").exit_code == 2
    assert run("preview", "welcome", "--for", "anna").exit_code == 2
    assert "did you mean ana?" in run("preview", "welcome", "--for", "anna").stderr
    assert run("preview", "no_such_template").exit_code == 2
    assert run("preview", "product").exit_code == 2


def test_the_channels_stand_side_by_side() -> None:
    """`preview welcome --for ana`: all channels in one row, each message with its length beside what it may be."""
    ended = run("preview", "welcome", "--for", "ana")

    assert ended.exit_code == 0
    lines = ended.stdout.splitlines()
    assert all(channel in lines[1] for channel in CHANNELS)
    assert sum("Hi Ana!" in line for line in lines) == 1
    assert "126 of 1000 bytes" in ended.stdout
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("customer", ["very_long", "right_to_left", "emoji", "markup"])
def test_it_fits_every_terminal(columns: int, customer: str) -> None:
    """Nothing of a message is lost for want of room, and three channels stand side by side in 80 columns."""
    ended = run("preview", "fallback", "--for", customer, columns=columns)

    assert ended.exit_code == 0
    assert "…" not in ended.stdout
    heads = [line for line in ended.stdout.splitlines()[1:] if any(f" {channel} " in line for channel in CHANNELS)]
    assert len(heads) == {20: 4, 40: 4, 80: 2, 200: 1}[columns]


def test_everybody_is_a_table_of_what_falls_back() -> None:
    """`--all`: a row for each customer, and why the fallback is said to whom."""
    name = file("a.yaml", GOOD.replace(" | default('-')", ""))
    ended = run("preview", name, "--all", columns=160)

    assert ended.exit_code == 0
    assert all(customer in ended.stdout for customer in CUSTOMERS)
    assert "whatsapp: orders.latest.number is missing" in ended.stdout
    assert "The fallback is said to 1 of 10." in ended.stdout


def test_a_preview_for_programs() -> None:
    """With --json: each customer with each channel."""
    said = json.loads(run("preview", file("a.yaml", GOOD), "--all", "--json").stdout)

    assert said["template"] == "hello"
    assert [each["customer"] for each in said["customers"]] == list(CUSTOMERS)
    assert [each["channel"] for each in said["customers"][0]["channels"]] == list(CHANNELS)


def test_names_are_said_as_they_are() -> None:
    """A name that looks like mark-up of the terminal or of a page is printed as it is."""
    source = GOOD.replace("profile.name | first_name", "orders.latest.items | list('title')")
    ended = run("preview", file("a.yaml", source), "--for", "markup", columns=500)

    assert "*bold* _it_ ~no~ `code` [red]x[/red] <img src=x onerror=alert(1)> {% if a %}" in ended.stdout


def test_the_templates_of_the_brand_stand_over_the_shipped_ones() -> None:
    """With settings, a name means the template of the brand's folder."""
    Path("mine/templates").mkdir(parents=True)
    mine = GOOD.replace("name: hello", "name: fallback").replace("orders.latest.number", "profile.name")
    file("mine/templates/fallback.yaml", mine)
    file("throughline.toml", '[brands.glow]\ndatabase = "glow"\nflows = "mine"\n')

    assert "Hi Ana!" in run("preview", "fallback").stdout
    assert run("preview", "fallback", "--brand", "nobody").exit_code == 2


def test_a_language_that_lacks_is_said() -> None:
    """Whoever reads another language than the template has sees which."""
    ended = run("preview", "fallback", "--for", "right_to_left")

    assert "en, for there is no ar" in ended.stdout
    assert "for there is no" not in run("preview", "fallback", "--for", "emil").stdout


def test_a_closed_window_is_one_for_the_text_too() -> None:
    """`--outside-window` closes it for `conversation.window.open`, so that text and channel say the same."""
    source = GOOD.replace("Hi {{", "{{ 'in' if conversation.window.open else 'out' }} {{")

    assert run("render", file("a.yaml", source), "--context", file("c.json", "{}")).stdout.startswith("out there!")
    opened = {"conversation": {"window": {"open": True}}}
    arguments = ("render", "a.yaml", "--context", file("d.json", json.dumps(opened)))
    assert run(*arguments).stdout.startswith("in there!")
    assert run(*arguments, "--outside-window").stdout.startswith("out there!")


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


def test_messages_do_not_steer_the_terminal_either() -> None:
    """A control character in a template's text is printed as it is written, and a family stays one."""
    source = GOOD.replace('text: "Hi {{', 'text: "\\e[31m\U0001f468\u200d\U0001f469 {{')
    name = file("a.yaml", source)
    context = file("c.json", "{}")

    for ended in (run("preview", name), run("render", name, "--context", context)):
        assert ended.exit_code == 0
        assert "\x1b" not in ended.stdout
        assert "\\x1b[31m\U0001f468\u200d\U0001f469" in ended.stdout
