"""What a template may say to whom: channels, variants, outside of the window, texts that are too long."""

from collections import Counter

import pytest

from flows.templates import Template, load_template, render
from flows.templates.rendering import variant_of
from middleware.domain.channels import CHANNELS
from middleware.domain.fitting import fit
from middleware.domain.forms import Approved, Buttons
from middleware.domain.identifiers import Level
from middleware.errors import FlowError
from tests.unit.flows.readers import reader

WELCOME = """\
name: welcome
purpose: Says hello.
variants: {base: 3, warm: 1}
locales:
  en:
    text: Hi {{ profile.name | default("there") }}
    fallback: Hi
    channels:
      whatsapp:
        text: Hi on WhatsApp
        buttons: [{title: Go, payload: go}]
    outside_window:
      name: come_back
      language: en
      body: ["{{ profile.name | default('friend') }}"]
    variants:
      warm:
        text: Hello dear {{ profile.name }}
        channels:
          instagram: {text: "Hello dear {{ profile.name }} on Instagram", fallback: Hello on Instagram}
  de:
    text: Hallo
    fallback: Hallo
  es:
    text: Hola
    fallback: Hola
"""
ANA = {"profile": {"name": "Ana"}}


@pytest.fixture
def welcome() -> Template:
    """A template with everything."""
    return load_template(WELCOME, "welcome.yaml")


def key_for(template: Template, variant: str) -> str:
    """Somebody who gets this variant."""
    return next(str(number) for number in range(1000) if variant_of(template, str(number)) == variant)


def test_a_channel_has_its_own_form(welcome: Template) -> None:
    """What is written for a channel is said there, and nowhere else."""
    base = key_for(welcome, "base")
    said = {name: render(welcome, reader("en", channel=name, key=base), ANA) for name in CHANNELS}

    assert {name: reply.text for name, reply in said.items()} == {
        "messenger": "Hi Ana", "instagram": "Hi Ana", "webchat": "Hi Ana", "whatsapp": "Hi on WhatsApp",
    }  # fmt: skip
    assert {name for name, reply in said.items() if isinstance(reply.form, Buttons)} == {"whatsapp"}


def test_a_variant_replaces_the_content_and_its_channels(welcome: Template) -> None:
    """A variant says its own text everywhere, with its own fallback or that of the locale."""
    warm = key_for(welcome, "warm")
    there = {name: render(welcome, reader("en", channel=name, key=warm), ANA).text for name in CHANNELS}
    missing = {name: render(welcome, reader("en", channel=name, key=warm), {}).text for name in CHANNELS}

    assert set(there.values()) == {"Hello dear Ana", "Hello dear Ana on Instagram"}
    assert missing == {"messenger": "Hi", "whatsapp": "Hi", "webchat": "Hi", "instagram": "Hello on Instagram"}


def test_a_split_is_sticky_and_follows_the_weights(welcome: Template) -> None:
    """The same person always gets the same variant, and all of them together come near to the weights."""
    keys = [f"whatsapp|1|{number}" for number in range(4000)]
    first, again = [variant_of(welcome, key) for key in keys], [variant_of(welcome, key) for key in keys]

    assert first == again
    assert 0.72 < Counter(first)["base"] / len(keys) < 0.78


def test_a_reply_says_its_variant(welcome: Template) -> None:
    """Results can be counted by variant; where the locale lacks it, the reply is the base and says so."""
    warm = key_for(welcome, "warm")

    assert render(welcome, reader("en", key=warm), ANA).variant == "warm"
    assert render(welcome, reader("de", key=warm), ANA).variant == "base"
    assert render(load_template("name: a\npurpose: p\nlocales: {en: {text: a, fallback: a}}", "a.yaml"),
                  reader("en", key=warm), ANA).variant is None  # fmt: skip


def test_outside_of_the_window_the_approved_template_goes_out(welcome: Template) -> None:
    """Where a channel has approved templates it is chosen by itself; elsewhere the reply stays as it is."""
    outside = {
        name: render(welcome, reader("en", channel=name, window_open=False, key="1"), ANA).form for name in CHANNELS
    }

    assert {name for name, form in outside.items() if isinstance(form, Approved)} == {"messenger", "whatsapp"}
    assert outside["whatsapp"] == Approved(name="come_back", language="en", body=("Ana",))


def test_the_level_is_that_of_the_values(welcome: Template) -> None:
    """A template needs the level of the most private value that it reads."""
    orders = load_template(
        "name: a\npurpose: p\nlocales: {en: {text: '{{ orders.latest.number | default(\"-\") }}', fallback: a}}", "a"
    )

    assert welcome.level is Level.NEW
    assert orders.level is Level.LINKED


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e9\U0001f1ea"
SPLIT = """\
name: a
purpose: p
too_long: split
locales:
  en:
    text: '{{ message.text | default("-") }}'
    fallback: a
"""


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("unit", ["word. ", FAMILY, "e\u0301", FLAG, "\u597d"])
def test_a_long_text_is_split_between_words(channel: str, unit: str) -> None:
    """Split into messages that each fit, in order, with nothing lost and no character taken apart."""
    rules = CHANNELS[channel]
    size = rules.text.size
    text = unit * (2 * size.most // size.length(unit) + 3)
    template = load_template(SPLIT, "a.yaml")

    fitted = fit(render(template, reader("en", channel=rules.name), {"message": {"text": text}}), rules)

    assert len(fitted.replies) == 3
    assert all(size.length(reply.text) <= size.most for reply in fitted.replies)
    joined = (" " if unit.endswith(" ") else "").join(reply.text for reply in fitted.replies)
    assert joined == text.strip()
    assert all(len(reply.text.strip()) % len(unit.strip()) == 0 or unit.endswith(" ") for reply in fitted.replies)
    assert any("split into 3 messages" in note for note in fitted.notes)


def test_split_messages_keep_the_buttons_at_the_end() -> None:
    """Buttons stand under the last message, where a thumb finds them."""
    channel = CHANNELS["messenger"]
    text = "word " * 500 + "the end"
    template = load_template(SPLIT + "    buttons: [{title: Go, payload: go}]\n", "a.yaml")

    replies = fit(render(template, reader("en"), {"message": {"text": text}}), channel).replies

    assert [reply.form is not None or bool(reply.quick_replies) for reply in replies] == [False, True]
    assert replies[-1].text.endswith("the end")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("warm: 1", "wram: 1", "locales.en.variants.warm has no weight" ),
        ("warm: 1", "cold: 1", "no locale has a variant cold"),
        ("{base: 3, warm: 1}", "{base: 0, warm: 0}", "all weights are 0"),
        ("{base: 3, warm: 1}", "{base: -3, warm: 1}", "variants.base"),
        ("whatsapp:", "whatsup:", "whatsup"),
        ("Hello on Instagram", "'Hello {{ profile.name }}'", "the fallback is said when a value is missing"),
        ("Hi on WhatsApp", "'{{ orders.latest.total }}'", "orders.latest.total is an amount"),
        ("'friend'", "friend", "there"),
    ],
)  # fmt: skip
def test_mistakes_are_named(old: str, new: str, message: str) -> None:
    """What cannot work is refused when the file is read, with its place."""
    assert old in WELCOME
    with pytest.raises(FlowError) as raised:
        load_template(WELCOME.replace(old, new, 1), "welcome.yaml")

    assert message.removeprefix("locales.en.variants.warm ") in str(raised.value)


def test_a_locale_without_a_variant_is_named(welcome: Template) -> None:
    """Whoever reads German sees no split, and the check says so."""
    assert any("de has no variant warm" in str(finding) for finding in welcome.findings)
