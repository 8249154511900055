"""What the check of a template finds beside its syntax: counts, plurals, empty defaults, approved templates."""

from time import process_time

import pytest

from flows.files import Finding, FlowFileError
from flows.preview.checking import checked
from flows.preview.customers import CUSTOMERS
from flows.templates import check_template, load_template, render
from middleware.domain.channels import CHANNELS
from middleware.domain.fitting import fit


def found(text: str, *, language: str = "en", more: str = "") -> list[Finding]:
    """The findings of a template with this text, without the languages that it lacks."""
    indented = text.replace("\n", "\n      ")
    source = f"name: a\npurpose: p\nlocales:\n  {language}:\n    text: |\n      {indented}\n    fallback: Hi\n{more}"
    _, findings = check_template(source, "a.yaml")
    return [each for each in findings if each.code != "missing-locale"]


def said(findings: list[Finding]) -> str:
    """All findings as one text."""
    return "\n".join(map(str, findings))


@pytest.mark.parametrize("instead", ['""', '" "', "''", '"\\t"'])
def test_a_default_that_says_nothing_is_a_hint(instead: str) -> None:
    """An empty or blank default leaves a hole in the sentence, and its place is named."""
    (finding,) = found(f"Hi {{{{ profile.name | default({instead}) }}}}!")

    assert (finding.code, finding.severity, finding.line, finding.column) == ("empty-default", "hint", 6, 13)


@pytest.mark.parametrize(
    "text",
    [
        'Hi {{ profile.name | default("you") }}',
        'Hi{% if profile.name | default("") == "Ana" %} Ana{% endif %}',
        "Hi {{ 'A' if profile.name | default('') else 'B' }}",
    ],
)
def test_a_default_that_says_something_or_is_only_asked_is_none(text: str) -> None:
    """What is never said may be empty."""
    assert said(found(text)) == ""


@pytest.mark.parametrize(
    ("language", "forms", "message"),
    [
        ("en", 2, ""),
        ("en", 3, "en counts with 2 forms (one, other), and here are 3: what is over is never said"),
        ("de_AT", 3, "de_AT counts with 2 forms"),
        ("pl", 2, "pl counts with 3 forms (one, few, many), and here are 2: the last one is said for the rest"),
        ("pl", 3, ""),
        ("ja", 2, ""),
        ("ja", 3, "ja counts with 1 form (other), and here are 3"),
    ],
)
def test_plurals_have_the_forms_of_their_language(language: str, forms: int, message: str) -> None:
    """Fewer forms than a language counts with, or more, are found where they stand."""
    words = ", ".join(f'"w{number}"' for number in range(forms))
    findings = found(f"{{% if cart %}}{{{{ cart.count | plural({words}) }}}}{{% endif %}}-", language=language)

    assert [each.code for each in findings] == (["plural-forms"] if message else [])
    assert message in said(findings)


@pytest.mark.parametrize("fallback", ['"\\u200b"', '"\\ufeff\\u200d"', '" "', '""', '"\\u00a0"'])
def test_a_fallback_says_something(fallback: str) -> None:
    """A fallback of nothing but space or of characters that nobody sees is refused."""
    source = f"name: a\npurpose: p\nlocales:\n  en:\n    text: Hi\n    fallback: {fallback}\n"
    try:
        template, findings = check_template(source, "a.yaml")
    except FlowFileError as error:
        template, findings = None, error.findings

    assert template is None
    assert any(each.line == 6 and each.code in {"empty-fallback", "structure"} for each in findings)


def test_a_text_that_says_nothing_is_named() -> None:
    """A text of remarks alone would send everybody the fallback."""
    assert [each.code for each in found("{# nothing yet #}")] == ["says-nothing"]


def _choices(count: int) -> str:
    return "    quick_replies:\n" + "".join(f"      - {{title: T{n}, payload: p{n}}}\n" for n in range(count))


def _buttons(count: int, does: str = "payload: p{n}") -> str:
    return "    buttons:\n" + "".join(f"      - {{title: T{n}, {does.format(n=n)}}}\n" for n in range(count))


def _rows(count: int, sections: int = 1) -> str:
    rows = "".join(f"            - {{title: R{{s}}-{n}, payload: p{{s}}-{n}}}\n" for n in range(count))
    each = "        - title: S{s}\n          rows:\n" + rows
    return "    list:\n      button: Choose\n      sections:\n" + "".join(
        each.replace("{s}", str(s)) for s in range(sections)
    )


def _cards(count: int, buttons: int = 1) -> str:
    inner = ", ".join(f"{{title: B{n}, url: 'https://a.example/{n}'}}" for n in range(buttons))
    card = f"      - {{title: C, image: 'https://a.example/a.png', buttons: [{inner}]}}\n"
    return "    cards:\n" + card * count


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (_choices(3), ""),
        (_choices(4), "a.yaml:8: whatsapp: 4 choices, where 3 are shown; choices became numbered lines"),
        (_choices(14), "messenger, instagram, webchat: 14 choices, where 13 are shown"),
        (_buttons(3), ""),
        (_buttons(4), "messenger, instagram: 4 buttons, where 3 are shown; buttons became quick replies"),
        (_buttons(4), "whatsapp: 4 buttons, where 3 are shown; buttons became lines"),
        (_buttons(1, 'phone: "+34600111222"'), "instagram, whatsapp, webchat: buttons became lines"),
        (_buttons(2, "payload: same"), "whatsapp: buttons became lines"),
        (_rows(11), "whatsapp: 11 rows, where 10 are shown; the list became numbered lines"),
        (_rows(1, 11), "whatsapp: 11 rows, where 10 are shown; 11 sections, where 10 are shown"),
        (_rows(10), "messenger, instagram, webchat: no list"),
        (_cards(10), ""),
        (_cards(11), "whatsapp: 11 cards, where 10 are shown; cards became text"),
        (_cards(1), "whatsapp: 1 cards, where at least 2 are shown"),
        (_cards(2, 4), "4 buttons on a card, where 3 are shown"),
    ],
)
def test_what_is_too_many_is_counted_for_each_channel(form: str, message: str) -> None:
    """Choices, buttons, rows, sections and cards over a channel's number, and what becomes of them there."""
    findings = found("Hi", more=form)

    assert message in said(findings)
    assert bool(findings) is bool(message)


def test_only_the_channels_that_it_is_for_are_counted() -> None:
    """What is said on one channel alone is held against that channel alone."""
    more = "    channels:\n      webchat:\n        text: Hi\n" + _buttons(4).replace("    ", "        ", 1).replace(
        "      - ", "          - "
    )

    assert said(found("Hi", more=more)) == ""


@pytest.mark.parametrize(
    "form", [_choices(4), _buttons(7), _rows(11), _cards(1), _cards(11), _buttons(2, "payload: x")]
)
def test_nothing_changes_without_a_hint(form: str) -> None:
    """Whatever the fitting changes of a form on a channel, a finding has named that channel."""
    source = f"name: a\npurpose: p\nlocales:\n  en:\n    text: Hi\n    fallback: Hi\n{form}"
    template = load_template(source, "a.yaml")
    for channel in CHANNELS.values():
        notes = fit(render(template, CUSTOMERS["ben"].reader(channel), {}), channel).notes
        if set(notes) - {"choices became buttons", "the introduction is a message of its own"}:
            assert any(channel.name in finding.message for finding in template.findings), (channel.name, notes)


def test_a_channel_that_gets_something_else_is_not_counted() -> None:
    """What WhatsApp never shows, because something is written for it alone, is no finding; in a variant it is again."""
    list_instead = "    channels:\n      whatsapp: {text: Hi}\n"
    variant = "    variants:\n      b:\n        text: Hi\n" + _buttons(4).replace("    ", "        ", 1).replace(
        "      - ", "          - "
    )

    assert "whatsapp" not in said(found("Hi", more=_buttons(4) + list_instead))
    assert "whatsapp: 4 buttons" in said(found("Hi", more=_buttons(4) + list_instead + variant))


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "{" * 60_000, "- " * 20_000, "a: !!bool perhaps", "a: !!timestamp soon", "a: !!int x",
     "a: !!binary x", "a: !!python/name:os.system x", "&a [*a]", "\0", "a: 9" + "9" * 5_000, "a: 2026-13-45"],
)  # fmt: skip
def test_hostile_yaml_is_a_finding_and_soon(text: str) -> None:
    """Whatever a file holds, the answer is an error with a line, within a tenth of a second."""
    begin = process_time()
    result = checked(text, "a.yaml")

    assert process_time() - begin < 0.1
    assert [finding.severity for finding in result.findings[:1]] == ["error"]
    assert result.findings[0].line == 1
