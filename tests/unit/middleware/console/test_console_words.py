"""What pages say is there in every language, and pages say nothing that is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from babel import Locale

import middleware.console
from middleware.console.conversations.acts import ACTS
from middleware.console.language import LOCALES, Language, locale_of, words, zone_of
from middleware.domain.agents import Act

HERE = Path(middleware.console.__file__).parent
_FIELD = re.compile(r"\{(\w+)[^}]*\}")
_USED = re.compile(r"""(?:\bt|\.text)\(\s*["']([a-z_]+(?:\.[a-z0-9_]+)+)["']""")
_JINJA = re.compile(
    r"\{#.*?#\}|\{%\s*block (?:kind|scripts|styles)\b.*?endblock\s*%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
_READ_OUT = re.compile(r'\b(?:placeholder|title|alt|aria-label|data-confirm)="([^"]*)"')
_CODE = re.compile(r"<(code|pre|script)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_KIND = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")

NAMES = {"Throughline", "pt", "BR", "gift", "wrap"}
"""What is called the same everywhere, and examples of names in files."""


def _fields(said: str | dict[str, str]) -> set[str]:
    texts = said.values() if isinstance(said, dict) else [said]
    return {field for text in texts for field in _FIELD.findall(text)} - {"n"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_says_the_same(locale: str) -> None:
    """The same keys as in English, with the same values in the texts, and no text is empty."""
    english, here = words("en"), words(locale)
    assert sorted(here) == sorted(english)
    assert {key for key in english if _fields(english[key]) != _fields(here[key])} == set()
    assert [key for key, said in here.items() if not said] == []


def test_what_pages_and_code_name_is_there() -> None:
    """Every key that stands in a page or in the code, written out, has a text."""
    named = {
        (file.name, key)
        for file in [*HERE.rglob("*.html"), *HERE.rglob("*.py")]
        for key in _USED.findall(file.read_text(encoding="utf-8"))
    }
    assert named
    assert {each for each in named if each[1] not in words("en")} == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_choose_their_form(locale: str) -> None:
    """A text that depends on a number has one form for one and one for others, and none that the language has not."""
    forms = {key: set(said) for key, said in words(locale).items() if isinstance(said, dict)}
    assert forms.keys() == {key for key, said in words("en").items() if isinstance(said, dict)}
    known = set(Locale.parse(locale).plural_form.tags) | {"other"}
    assert {key: has for key, has in forms.items() if not {"one", "other"} <= has <= known} == {}
    assert Language(locale).text("templates.errors", n=1) != Language(locale).text("templates.errors", n=2)


def test_pages_hold_no_words_of_their_own() -> None:
    """Whatever a page says it says in the reader's language: no word stands in a page itself, seen or read out."""
    found = {
        (str(file.relative_to(HERE)), word)
        for file in HERE.rglob("*.html")
        for text in _texts(_JINJA.sub(" ", file.read_text(encoding="utf-8")))
        for word in _WORD.findall(text)
    }
    assert {each for each in found if each[1] not in NAMES} == set()


def _texts(page: str) -> Iterator[str]:
    yield from _READ_OUT.findall(page)
    yield _TAG.sub(" ", _CODE.sub(" ", page))


def test_whatever_goes_on_record_has_words() -> None:
    """The audit log says what was done in the reader's language: every kind of entry that the code writes."""
    written = {kind for file in HERE.rglob("*.py") for kind in _kinds(ast.parse(file.read_text(encoding="utf-8")))}
    assert {"profile.view", "user.disable", "template.published"} <= written
    made = {f"conversation.{act.model_fields['what'].default}" for act in get_args(get_args(Act)[0])}
    assert len(made) >= len(ACTS) - 1
    kinds = {f"audit.kinds.{kind.replace('.', '_')}" for kind in written | made}
    assert kinds - words("en").keys() == set()


def _kinds(tree: ast.AST) -> Iterator[str]:
    """What `visit.on_record` is called with, and what is handed to something that calls it."""
    for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call) and each.args):
        first = call.args[0]
        records = isinstance(call.func, ast.Attribute) and call.func.attr == "on_record"
        hands_on = isinstance(first, ast.Name) and first.id == "visit"
        for part in ast.walk(first) if records else [each for each in call.args[1:] if hands_on]:
            for each in ast.walk(part):
                said = each.value if isinstance(each, ast.Constant) else None
                if isinstance(said, str) and _KIND.fullmatch(said) and said not in words("en"):
                    yield said


@pytest.mark.parametrize(
    ("accepts", "chosen", "expected"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", None, "de"), ("fr,es-MX;q=0.7", None, "es"), ("fr", None, "en"), ("", None, "en"),
        ("de", "es", "es"), ("de", "xx", "de"), (";;;,,=q" * 200, None, "en"),
    ],
)  # fmt: skip
def test_the_language_is_what_was_chosen_or_what_the_browser_says(
    accepts: str, chosen: str | None, expected: str
) -> None:
    """Their own choice before the browser's, the nearest of ours, else English; nonsense breaks nothing."""
    assert locale_of(accepts, chosen) == expected


@pytest.mark.parametrize("name", ["", "Nowhere/Else", "../../etc/passwd", "/etc/passwd", "Europe/Madrid\0", "a" * 64])
def test_a_zone_that_is_none_is_utc(name: str) -> None:
    """Whatever a cookie says, times can be shown."""
    assert str(zone_of(name)) == "UTC"
