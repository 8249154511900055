"""Texts are cut between characters as a reader sees them, and cleaned of what deceives the eye."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.text import cleaned, fitted, is_inside_character, length

FAMILY = "👨\u200d👩\u200d👧"
FLAGS = "🇩🇪🇪🇸"
THUMB = "👍🏽"
ACCENT = "e\u0301"


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 10, "short"),
        ("exactly", 7, "exactly"),
        ("one two three", 8, "one two…"),
        ("abcdef", 1, "…"),
        ("abcdef", 0, ""),
        (f"ab{FAMILY}cd", 5, "ab…"),
        (f"ab{FAMILY}cdef", 8, f"ab{FAMILY}…"),
        (f"{FLAGS}ab", 4, "🇩🇪…"),
        (f"x{THUMB}yz", 3, "x…"),
        (f"x{ACCENT}yzzz", 3, "x…"),
        ("한국어입니다", 3, "한국…"),
        ("see https://shop.example/abc now", 20, "see…"),
        ("https://shop.example/abc now then", 24, "…"),
        ("https://shop.example/abc now then", 25, "https://shop.example/abc…"),
    ],
)
def test_a_cut_never_splits_a_character_or_an_address(text: str, most: int, expected: str) -> None:
    """Accents, emoji, flags and syllables stay whole; an address goes whole or not at all."""
    assert fitted(text, most) == expected


def test_bytes_are_counted_where_the_channel_counts_bytes() -> None:
    """1000 bytes are not 1000 characters."""
    assert fitted("ä" * 10, 20, in_bytes=True) == "ä" * 10
    assert fitted("ä" * 11, 20, in_bytes=True) == "ä" * 8 + "…"
    assert fitted(f"a{FAMILY}b" + "c" * 20, 12, in_bytes=True) == "a…"


@given(st.text(max_size=80), st.integers(0, 60), st.booleans())
def test_a_cut_text_always_fits(text: str, most: int, in_bytes: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever the text, the result is within the limit and is the text or its beginning."""
    kept = fitted(text, most, in_bytes=in_bytes)

    assert length(kept, in_bytes=in_bytes) <= most
    assert kept == text or text.startswith(kept.removesuffix("…"))


@given(st.text(alphabet=FAMILY + FLAGS + THUMB + ACCENT + "ab 한", min_size=2, max_size=30), st.integers(2, 29))
def test_what_is_left_ends_where_a_character_ends(text: str, most: int) -> None:
    """The cut is never inside a cluster."""
    kept = fitted(text, most)
    end = len(kept.removesuffix("…"))

    assert kept == text or end == 0 or not is_inside_character(text, end) or text[end].isspace()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x07c", "a b c"),
        ("line\nbreak\r\n\ttab", "line break tab"),
        ("\u202eevil\u202c", "evil"),
        ("\u2066x\u2069\u200f\u061c", "x"),
        ("a\u2028b\u2029c\u00a0d", "a b c d"),
        ("half \ud800 here", "half here"),
        ("\ufeffbom \ufffe", "bom"),
        (f"keeps {FAMILY} and {ACCENT}", f"keeps {FAMILY} and {ACCENT}"),
        ("   ", ""),
    ],
)
def test_texts_from_outside_are_cleaned(text: str, expected: str) -> None:
    """Control and direction characters, halves and unassigned code points never reach a reply."""
    assert cleaned(text, 100) == expected


def test_cleaning_bounds_what_it_reads() -> None:
    """A name of a million characters is read to its beginning only."""
    assert len(cleaned("x" * 1_000_000, 80)) == 80
