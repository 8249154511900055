"""Sentences of the core in the visitor's language: which pattern is taken, what becomes of values, what it costs."""

import re
import sys
from collections import Counter
from types import FrameType

import pytest

from middleware.console.language import LOCALES
from middleware.console.sentences import LONGEST, LOOK_UPS, marked, patterns, told, translated, written

_HOLE = re.compile(r"\{([a-z_]+)(?::said|:several)?\}")


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("orders.latest is missing", "orders.latest fehlt"),
        # Of two that fit, the one that has more of it: this is no value called "x - did you mean y?".
        ("there is no value x - did you mean y?", "Den Wert x gibt es nicht - war y gemeint?"),
        ("money works on a number or an amount; a is a text",
         "Vor money gehört: eine Zahl oder ein Betrag; a ist ein Text"),
        # Several sentences, with such signs in and between them.
        ("messenger, webchat: the text is cut to 2000 characters; buttons became lines",
         "messenger, webchat: Der Text wird auf 2000 Zeichen gekürzt; Aus Schaltflächen wurden Zeilen"),
        ("mobile is no phone number; without a country it must begin with +; fax is no text",
         "mobile ist keine Telefonnummer; ohne ein Land muss sie mit + beginnen; fax ist kein Text"),
        # A value that comes twice is twice the same.
        ('a can be missing; add | default("...") or put it into {% if a %}',
         'a kann fehlen; | default("...") anfügen oder in {% if a %} setzen'),
        ('a can be missing; add | default("...") or put it into {% if b %}', None),
        # Why a person is asked is the brand's own word, unless it is ours.
        ("handed over: wants to haggle", "übergeben: wants to haggle"),
        ("handed over: the flow failed", "übergeben: der Flow ist gescheitert"),
        ("(#131047) Re-engagement message", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_pattern_with_most_text_is_taken(english: str, german: str | None) -> None:
    """Deterministic, whatever the order of the files."""
    assert translated(english, "de") == german


def test_values_stay_as_they_are() -> None:
    """What stands in a sentence is put into the other one unread: braces, our own words, signs of HTML."""
    value = "{where} {0} <b>the flow failed</b> & is missing"
    assert translated(f"there is no template '{value}'", "de") == f"Die Vorlage '{value}' gibt es nicht"
    shown = marked(f"there is no template '{value}'", "de")
    assert "&lt;b&gt;the flow failed&lt;/b&gt; &amp; is missing" in shown
    assert "<b>" not in shown
    assert "<b>" not in marked("<b>what a platform says</b>", "de")


def test_only_what_stays_english_is_marked_as_english() -> None:
    """Whoever has a page read out hears each line in its own language; on an English page nothing is marked."""
    refusal = "release 3 cannot be published:\nreturns.yaml:7: there is no template 'x'\nwhat nobody translated"
    assert marked(refusal, "de") == (
        "Release 3 kann nicht veröffentlicht werden:\nreturns.yaml:7: Die Vorlage &#39;x&#39; gibt es nicht\n"
        '<span lang="en">what nobody translated</span>'
    )
    assert "lang=" not in marked(refusal, "en")


def test_pages_say_what_to_do_on_pages() -> None:
    """A refusal that names a command names none on a page, in English neither."""
    for locale in LOCALES:
        assert "throughline" not in told("release 4 was never published: throughline flows publish 4", locale)
        assert "4" in told("release 4 was never published: throughline flows publish 4", locale)
    commands = [each.english for each in patterns() if "throughline " in each.english]
    assert commands
    named = {each.english for each in patterns() if any("throughline flows" in said or "throughline templates" in said
                                                        for said in each.wordings.values())}  # fmt: skip
    assert named == set()


def test_every_pattern_is_there_in_every_language() -> None:
    """Each says the same values in each language, none is written twice, and none is nothing but values."""
    entries = list(written())
    for file, each in entries:
        assert each.keys() - {"page"} == set(LOCALES), (file, each)
        assert all(text.strip() for text in each.values()), (file, each)
        wanted = _names(each.get("page", each["en"]))
        assert wanted <= _names(each["en"]), (file, each)
        assert {locale: _names(each[locale]) for locale in LOCALES[1:]} == dict.fromkeys(LOCALES[1:], wanted), (
            file,
            each,
        )
    twice = Counter(each["en"] for _, each in entries)
    assert [english for english, count in twice.items() if count > 1] == []
    assert [each.english for each in patterns() if not each.weight] == []


def _names(text: str) -> set[str]:
    return set(_HOLE.findall(text))


def _steps(sentence: str) -> int:
    """How many looks into texts the interpreter makes: each goes along one text once."""
    steps = 0

    def count(_: FrameType, event: str, what: object) -> None:
        nonlocal steps
        steps += event == "c_call" and getattr(what, "__name__", "") in {"find", "startswith", "endswith"}

    sys.setprofile(count)
    try:
        translated(sentence, "de")
    finally:
        sys.setprofile(None)
    return steps


@pytest.mark.parametrize(
    "near",
    ["; ", " or ", "stopped; ", "a text or ", " - did you mean ", "a.yaml:1: ", " is missing; add it", "handed over: ",
     "{where} ", "'", "template x (de), its fallback: a value is missing (", "x "],
)  # fmt: skip
def test_what_somebody_writes_costs_no_more_the_longer_it_is(near: str) -> None:
    """The core's own words over and over, in the value of a sentence: as many looks for two thousand characters as for
    two hundred, give or take, and never more than the bound; past the longest none at all.
    """
    short, long = (near * LONGEST)[: LONGEST // 10], (near * LONGEST)[:LONGEST]
    most = LOOK_UPS * 4 * len(patterns())
    assert _steps(long) <= max(2 * _steps(short) + 2_000, 4_000) <= most
    assert _steps(f"there is no template {long}") == 0
    assert _steps(near * 8192) == 0
