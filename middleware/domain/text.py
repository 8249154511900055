"""Texts cleaned and cut by whole characters as a reader sees them, never inside one."""

import re
import unicodedata

ELLIPSIS = "…"
_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Me", "Mc"})
_SPACES = frozenset({"Cc", "Zl", "Zp", "Zs"})
_REFUSED = frozenset({"Cs", "Co", "Cn"})
_UNSEEN = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_WORD_AT_END = re.compile(r"\S*\Z")


def cleaned(text: str, most: int) -> str:
    """A text from outside as it may be said: on one line, at most `most` code points.

    Control characters become spaces; what turns the direction of reading, unassigned code points and halves
    of characters go.
    """
    text = text[: most * 4]
    kept = text if text.isprintable() else "".join(map(_clean_character, text))
    return fitted(" ".join(kept.split()), most)


def _clean_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES:
        return " "
    return "" if character in _UNSEEN or category in _REFUSED else character


def length(text: str, *, in_bytes: bool = False) -> int:
    """How long a text is, in code points or in bytes of UTF-8."""
    return len(text.encode(errors="surrogatepass")) if in_bytes else len(text)


def fitted(text: str, most: int, *, in_bytes: bool = False) -> str:
    """The text in at most `most` code points (or bytes of UTF-8), with an ellipsis if anything was left out.

    Cut between characters as a reader sees them. A web address that the cut would fall into is left out
    whole: half of one leads nowhere, or elsewhere.
    """
    if length(text, in_bytes=in_bytes) <= most:
        return text
    room = most - length(ELLIPSIS, in_bytes=in_bytes)
    if room < 0:
        return ""
    end = len(text.encode()[:room].decode(errors="ignore")) if in_bytes else room
    while end and is_inside_character(text, end):
        end -= 1
    return text[: _before_address(text, end)].rstrip() + ELLIPSIS


def is_inside_character(text: str, index: int) -> bool:
    """Whether what a reader sees as one character goes on across `index`: accents, emoji sequences, flags,
    syllables.

    An approximation of the grapheme clusters of Unicode's annex 29 that needs none of its tables.
    """
    before, here = text[index - 1], text[index]
    return (
        _JOINER in {before, here}
        or unicodedata.category(here) in _MARKS
        or _is_emoji_part(here)
        or _is_hangul_tail(before, here)
        or (before == "\r" and here == "\n")
        or (_is_flag_letter(here) and _flag_letters_before(text, index) % 2 == 1)
    )


def _is_emoji_part(character: str) -> bool:
    """Skin tones, and the letters behind the flags of regions."""
    return "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f"


def _is_hangul_tail(before: str, here: str) -> bool:
    return "\u1160" <= here <= "\u11ff" and ("\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3")


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, index: int) -> int:
    start = index
    while start and _is_flag_letter(text[start - 1]):
        start -= 1
    return index - start


def _before_address(text: str, end: int) -> int:
    """Where to cut instead of at `end`, if that is inside a web address."""
    match = _WORD_AT_END.search(text, 0, end)
    start = match.start() if match else end
    word = text[start:].split(maxsplit=1)
    return start if word and "://" in word[0] and len(word[0]) > end - start else end
