"""What pages say is there in every language, and pages say nothing that is not."""

import re
from pathlib import Path

import pytest

import middleware.console
from middleware.console.language import LOCALES, Language, locale_of, words, zone_of

HERE = Path(middleware.console.__file__).parent
_FIELD = re.compile(r"\{(\w+)[^}]*\}")
_USED = re.compile(r"""(?:\bt|\.text)\(\s*["']([a-z_]+(?:\.[a-z0-9_]+)+)["']""")


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


def test_numbers_choose_their_form() -> None:
    """A text that depends on a number has the form of the language for it."""
    key = next((key for key, said in words("en").items() if isinstance(said, dict)), None)
    if key is None:
        pytest.skip("no text depends on a number yet")
    one, two = Language("en").text(key, n=1), Language("en").text(key, n=2)
    assert one != two


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
