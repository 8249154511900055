"""Texts cleaned and cut by whole characters as a reader sees them, never inside one."""

import re
import unicodedata

ELLIPSIS = "…"
_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Me", "Mc"})
_SPACES = frozenset({"Cc", "Zl", "Zp", "Zs"})
_REFUSED = frozenset({"Cs", "Co", "Cn"})
_UNSEEN = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_ENDINGS = tuple(re.compile(ending) for ending in (r"\n[ \t]*\n", r"\n", r"[.!?…。！？](?=\s)", r"\s"))  # noqa: RUF001 - as Chinese and Japanese end sentences
"""Where a text may go on in another message, the best first."""


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

    Cut between words where that leaves half of the room or more, else between characters as a reader sees them. A web
    address that the cut would fall into is left out whole: half of one leads nowhere, or elsewhere.
    """
    if length(text, in_bytes=in_bytes) <= most:
        return text
    room = most - length(ELLIPSIS, in_bytes=in_bytes)
    if room < 0:
        return ""
    end = _before_address(text, _end_within(text, room, in_bytes=in_bytes))
    return text[: _after_word(text, end)].rstrip() + ELLIPSIS


def pieces(text: str, most: int, *, in_bytes: bool = False, at_most: int) -> list[str]:
    """The text in so many pieces at most, each of at most `most` code points (or bytes of UTF-8), but for the last one.

    Taken apart between paragraphs, else lines, else sentences, else words, else characters as a reader sees them, and
    never in a web address that fits by itself. The last piece has all that is left over.
    """
    found: list[str] = []
    rest = text.strip()
    while rest and length(rest, in_bytes=in_bytes) > most and len(found) < at_most - 1:
        end = _break(rest, _end_within(rest, most, in_bytes=in_bytes))
        if not end:
            break
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*found, rest]


def _end_within(text: str, most: int, *, in_bytes: bool) -> int:
    """How many code points of the text fit, by whole characters as a reader sees them."""
    end = len(text.encode()[:most].decode(errors="ignore")) if in_bytes else most
    while 0 < end < len(text) and is_inside_character(text, end):
        end -= 1
    return end


def _break(text: str, end: int) -> int:
    """The best place at or before `end` to go on in another message."""
    head = text[:end]
    for ending in _ENDINGS:
        places = [match.end() for match in ending.finditer(head) if match.end() >= end // 2]
        if places:
            return places[-1]
    return _before_address(text, end) or end


def _after_word(text: str, end: int) -> int:
    """`end`, or where the word before begins, if `end` is inside a word and half of the text stays."""
    if text[end : end + 1].isspace():
        return end
    start = _word_start(text, end)
    return start if start * 2 >= end else end


def _word_start(text: str, end: int) -> int:
    """Where the word that ends at `end` begins."""
    while end and not text[end - 1].isspace():
        end -= 1
    return end


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
    start = _word_start(text, end)
    word = text[start:].split(maxsplit=1)
    return start if word and "://" in word[0] and len(word[0]) > end - start else end
