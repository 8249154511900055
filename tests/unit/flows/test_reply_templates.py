"""Template files: what is read, what is refused and where, and how a reply comes out."""

from typing import Any

import pytest

from flows.templates import Template, load_template, locale_chain, render
from middleware.domain.capabilities import Capabilities
from middleware.domain.channels import CHANNELS
from middleware.domain.fitting import fit
from middleware.errors import FlowError
from tests.unit.flows.readers import reader

GREETING = """\
name: greeting
purpose: Says hello.
locales:
  en:
    text: |
      Hi {{ profile.name | default("there") }}!
    fallback: Hi!
    quick_replies:
      - title: Where is my order, please?
        payload: order_status
      - title: Short
        payload: short
  de:
    text: Hallo {{ profile.name | default("du") }}!
    fallback: Hallo!
  es:
    text: ¡Hola {{ profile.name | default("tú") }}!
    fallback: ¡Hola!
"""


def a_template(text: str, fallback: str = "Something else.") -> Template:
    """A template in English alone."""
    indented = text.replace("\n", "\n      ")
    source = f"name: made_up\npurpose: p\nlocales:\n  en:\n    text: |\n      {indented}\n    fallback: {fallback}\n"
    return load_template(source, "made_up.yaml")


def hints(template: Template) -> str:
    """All findings as one text."""
    return "\n".join(map(str, template.findings))


def test_a_good_template_has_no_findings() -> None:
    """Three locales, every value with a fallback, short enough: nothing to mend."""
    template = load_template(GREETING.replace(", please", ""), "greeting.yaml")

    assert template.findings == ()
    assert set(template.forms) == {"en", "de", "es"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "profile.name",
            "profile.nmae",
            "greeting.yaml:6:13: there is no value profile.nmae - did you mean profile.name?",
        ),
        ("default(", "defualt(", "greeting.yaml:6:28: there is no filter 'defualt' - did you mean default?"),
        ("fallback: Hallo!", "fallback: Hallo {{ profile.name }}!", "greeting.yaml:15: the fallback is said when"),
        ("    fallback: Hallo!\n", "", "greeting.yaml:13: locales.de.fallback is missing; add it"),
        ("purpose:", "purpsoe:", "greeting.yaml:2: purpsoe is not known - did you mean purpose?"),
        (
            "    fallback: Hi!",
            "    falback: Hi!",
            "greeting.yaml:7: locales.en.falback is not known - did you mean fallback?",
        ),
        ("payload: short", "payload: 7", "greeting.yaml:12: locales.en.quick_replies.1.payload must be a text"),
        ("name: greeting", "name: Greeting!", "greeting.yaml:1: name"),
        ("  de:", "  german:", "greeting.yaml:13: locales.german.[key] is not written right"),
        ("  de:", "  en:", "greeting.yaml:13: en is there twice"),
        ("fallback: Hi!", "fallback: &a Hi!\n    other: *a", "greeting.yaml:7: anchors and aliases are not read"),
        ("fallback: Hi!", "fallback: 'Hi!", "greeting.yaml:"),
        ("locales:", "locales: []\nmore:", "greeting.yaml:3: locales must be a group"),
        ("fallback: Hi!", "fallback: " + "x" * 1001, "greeting.yaml:7: is longer than the 1000 bytes of instagram"),
        ("there", "\\ud800", "contains half of a character"),
    ],
)
def test_errors_name_file_line_and_remedy(old: str, new: str, message: str) -> None:
    """A file with a mistake is refused, and the message can be acted on without opening any manual."""
    with pytest.raises(FlowError) as raised:
        load_template(GREETING.replace(old, new, 1), "greeting.yaml")

    assert message in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "- a", "7", "[" * 5000, "a: b: c", "x" * 70_000, "\x00", "!!python/object:os.system {}", "a: \ud800"]
)
def test_what_is_no_template_is_refused(text: str) -> None:
    """No file, however broken, ends in anything but FlowError."""
    with pytest.raises(FlowError):
        load_template(text, "broken.yaml")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Hi {{ profile.name }}", "made_up.yaml:6:13: profile.name can be missing; add | default"),
        ("Hi\n{{ orders.latest.number }}", "made_up.yaml:7:10: orders.latest.number can be missing"),
        ("{{ cart.items | list('title') }}", "made_up.yaml:6:10: cart.items can be missing"),
        (
            "{% if orders.latest %}{{ orders.latest.shipped_at | date }}{% endif %}",
            "orders.latest.shipped_at can be missing",
        ),
        ("x" * 1001, "made_up.yaml:6: can grow to 1001 bytes; instagram takes 1000, what is over is cut"),
        ("{% for i in orders.all %}{{ i.number }}" + "x" * 70 + "{% endfor %}", "messenger takes 2000"),
        ("{{ message.text | default('x') }}", "can grow to 8000 bytes; instagram"),
        ("hello", "made_up.yaml:3: de is missing; its readers get another language"),
    ],
)
def test_hints_do_not_stop_a_template(text: str, hint: str) -> None:
    """A value without a fallback, a missing locale, a text that may be cut: said at load, safe at run time."""
    assert hint in hints(a_template(text))


@pytest.mark.parametrize(
    "text",
    [
        "{% if orders %}{{ orders.latest.number }} {{ orders.count }}{% endif %}",
        "{% if orders.latest.state == 'open' %}{{ orders.latest.number }}{% endif %}",
        "{% if cart %}{% for i in cart.items %}{{ i.quantity }}{% endfor %}{% endif %}",
        "{% if ad_click.product %}{{ ad_click.product | truncate(60) }}{% else %}x{% endif %}",
        "{% if message.text %}{{ message.text | truncate(100) }}{% endif %}",
        "{% if links.cart %}{{ links.cart }}{% endif %}",
    ],
)
def test_guarded_values_need_no_fallback(text: str) -> None:
    """What a condition has made sure of is not asked for again."""
    assert "can be missing" not in hints(a_template(text))
    assert "can grow" not in hints(a_template(text))


@pytest.mark.parametrize(
    ("wanted", "default", "expected"),
    [
        ("de_AT", "es", ("de_AT", "de", "es", "en")),
        ("de-AT", "de", ("de_AT", "de", "en")),
        ("en", "en", ("en",)),
        (None, "es", ("es", "en")),
    ],
)
def test_locales_fall_back(wanted: str | None, default: str, expected: tuple[str, ...]) -> None:
    """As wanted, then its language, then the brand's default, then English."""
    assert locale_chain(wanted, default) == expected


@pytest.mark.parametrize(
    ("wanted", "text"), [("de_AT", "Hallo Ana!"), ("es", "¡Hola Ana!"), ("fr_FR", "Hi Ana!"), (None, "Hi Ana!")]
)
def test_a_reply_is_in_the_first_locale_there_is(wanted: str | None, text: str) -> None:
    """The reply says which template and locale it came from."""
    template = load_template(GREETING, "greeting.yaml")
    reply = render(template, reader(*locale_chain(wanted, "en")), {"profile": {"name": "Ana"}})

    assert reply.text == text
    assert reply.template == "greeting"
    assert reply.locale == (wanted or "en")[:2].replace("fr", "en")


def test_the_region_decides_how_numbers_are_written() -> None:
    """A Swiss reader gets the German text with Swiss amounts."""
    source = GREETING.replace("Hallo {{ profile.name", "Hallo {{ cart.total | money").replace('("du")', '("-")')
    values: dict[str, Any] = {"cart": {"total": {"amount": 123450, "currency": "CHF", "exponent": 2}}}
    template = load_template(source, "greeting.yaml")

    assert (
        render(template, reader(*locale_chain("de_CH", "en")), values).text.replace("\u2019", "'")
        == "Hallo CHF\xa01'234.50!"
    )
    assert render(template, reader(*locale_chain("de", "en")), values).text == "Hallo 1.234,50\xa0CHF!"


@pytest.mark.parametrize(
    "text", ["Hi {{ profile.name }}", "{{ cart.count / 0 }}", "{% if profile.name %}x{% endif %}", "{{ 1 / 0 }}"]
)
def test_a_missing_value_uses_the_fallback_text(text: str) -> None:
    """Missing, unfit or nothing to say at all: the fallback text, marked as such."""
    reply = render(a_template(text), reader("en"), {"cart": {"count": 1}})

    assert reply.text == "Something else."
    assert reply.fallback


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS.keys())
def test_replies_fit_the_channel(channel: Capabilities) -> None:
    """Text is cut by characters or bytes, as the channel counts."""
    whole = render(a_template("ä {{ message.text }}"), reader("en"), {"message": {"text": "ü" * 9000}})
    (reply,) = fit(whole, channel).replies
    limit = channel.text.size
    size = len(reply.text.encode()) if limit.in_bytes else len(reply.text)

    assert limit.most - 3 <= size <= limit.most
    assert reply.text.endswith("…")


def test_quick_replies_fit_the_channel() -> None:
    """Long titles are cut where choices are tapped, and written out where there are only short buttons."""
    reply = render(load_template(GREETING, "greeting.yaml"), reader("en"), {})
    (tapped,) = fit(reply, CHANNELS["instagram"]).replies
    (written,) = fit(reply, CHANNELS["whatsapp"]).replies

    assert [one.title for one in tapped.quick_replies] == ["Where is my order,…", "Short"]
    assert written.text == "Hi there!\n\n1. Where is my order, please?\n2. Short"
