"""Texts without what nobody sees."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.unseen import seen

SHOWN = [
    "plain", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "e\u0301", "n\u0308",
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family
    "\U0001f469\U0001f3fd\u200d\u2695\ufe0f",  # a doctor with a skin tone
    "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f4\u200d\u2620\ufe0f",  # rainbow and pirate flags
    "\u2764\ufe0f\u200d\U0001f525", "\U0001f642\u200d\u2194\ufe0f", "1\ufe0f\u20e3", "\u203c\ufe0f", "\u260e\ufe0e",
    "\U0001f1ea\U0001f1f8\U0001f1e9\U0001f1ea",  # two flags
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
    "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",  # Wales
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
    "\u0915\u094d\u200d\u0937", "\u0d28\u0d4d\u200d", "\u09b0\u200d\u09cd\u09af",  # Hindi, Malayalam, Bengali
    "\u845b\U000e0100", "\u0600123", "\U0001fae9",
]  # fmt: skip
HIDDEN = {
    "a\x00b": "ab", "a\x1b[31mb": "a[31mb", "a\u202eb": "ab", "a\u2066b": "ab", "a\ufeffb": "ab", "a\u200bb": "ab",
    "a\u200db": "ab", "a\u200c": "a", "\u200d\U0001f600": "\U0001f600", "a\ud800b": "ab", "a\ue000b": "ab",
    "a\uffffb": "ab", "a\U000e0041\U000e0042": "a", "\U0001f3f4\U000e0067": "\U0001f3f4", "a\u3164b": "ab",
    "\U0001f600\ufe0f\ufe0f": "\U0001f600\ufe0f", "a\ufe0f": "a", "\U0001f600\U000e0101": "\U0001f600",
    "a\u00adb": "ab",
    "\U0001f3f4\U000e0069\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065\U000e007f": "\U0001f3f4",
}  # fmt: skip


@pytest.mark.parametrize("text", SHOWN)
def test_what_people_write_stays(text: str) -> None:
    """Emoji families, flags, keycaps, and the joiners of Persian and Indic writing come out as they went in."""
    assert seen(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", HIDDEN, ids=ascii)
def test_what_nobody_sees_goes(text: str) -> None:
    """Controls, direction marks, tags outside of a flag, invisible letters, and joiners that join nothing are gone."""
    assert seen(text) == HIDDEN[text]


def test_lines() -> None:
    """Line breaks of all kinds are one kind, or spaces where one line is wanted."""
    text = "a\r\nb\rc\u2028d\x85e\tf\nplain"
    assert seen(text, lines=True) == "a\nb\nc\nd\ne f\nplain"
    assert seen(text) == "a b c d e f plain"


def test_marks_without_end_are_bounded() -> None:
    """A letter has at most thirty marks, so that normalising takes no time."""
    assert len(seen("x" + "\u0316\u0301" * 100_000)) <= 31


@given(st.text(st.characters(), max_size=60), st.booleans())
def test_whatever_comes(text: str, lines: bool) -> None:  # noqa: FBT001 - made by hypothesis
    """No controls, halves or direction marks are left in any text; it is in NFC; cleaning it again changes nothing."""
    shown = seen(text, lines=lines)
    assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Cs", "Co"} and each != "\n"]
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2028\u2029"
    )
    assert lines or "\n" not in shown
    assert unicodedata.is_normalized("NFC", shown)
    assert seen(shown, lines=lines) == shown
    assert shown.encode().decode() == shown
