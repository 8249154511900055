"""`throughline templates render | preview`: what comes of a template, for whom, on which channel."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from templates_command import BAD, GOOD, file, run

from flows.preview.customers import CUSTOMERS
from middleware.domain.channels import CHANNELS


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in an empty folder: there are no settings."""
    monkeypatch.chdir(tmp_path)


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


def test_messages_do_not_steer_the_terminal_either() -> None:
    """A control character in a template's text is printed as it is written, and a family stays one."""
    source = GOOD.replace('text: "Hi {{', 'text: "\\e[31m\U0001f468\u200d\U0001f469 {{')
    name = file("a.yaml", source)
    context = file("c.json", "{}")

    for ended in (run("preview", name), run("render", name, "--context", context)):
        assert ended.exit_code == 0
        assert "\x1b" not in ended.stdout
        assert "\\x1b[31m\U0001f468\u200d\U0001f469" in ended.stdout
