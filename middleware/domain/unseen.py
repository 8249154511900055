"""Texts without the characters that nobody sees: what steers a terminal, turns the direction of reading or hides words.

What people write with such characters stays: emoji families, flags, the joiners of Indic, Arabic and Persian writing.
"""

import re
import unicodedata

_GONE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that show as nothing."""
_SHOWN_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Format characters that show: the signs that Arabic, Syriac and Kaithi numbers stand in (Unicode, chapter 9.2)."""
_JOINERS = frozenset("\u200c\u200d")
_MOST_MARKS = 30
"""Marks on one letter (Unicode, annex 15, stream-safe text): normalising more takes its time."""
_VIRAMA = 9
_FIRST_JOINING = "\u0600"
"""Joiners change letters of scripts from Arabic on, never Latin, Greek or Cyrillic ones."""
_TAGGED = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_FLAGS = frozenset(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in name) + "\U000e007f"
    for name in ("gbeng", "gbsct", "gbwls")
)
"""The emoji that are written with tag characters: England, Scotland, Wales (Unicode, emoji-sequences.txt, 16.0).

Any other text in tag characters is a way to hide words, well-formed or not.
"""


def seen(text: str, *, lines: bool = False) -> str:
    """The text without unseen characters, in NFC. Without `lines` it is on one line, else its line breaks stay.

    Gone are control characters, halves of surrogate pairs, private and non-characters, marks of reading direction, tag
    characters outside of a flag, invisible letters, and joiners and variation selectors that join or vary nothing.
    """
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "" if lines else "\n").isprintable():
        return text
    kept: list[str] = []
    at = 0
    for flag in _TAGGED.finditer(text):
        if flag.group() in _FLAGS:
            _keep(kept, text[at : flag.start()], lines=lines)
            kept.append(flag.group())
            at = flag.end()
    _keep(kept, text[at:], lines=lines)
    return unicodedata.normalize("NFC", "".join(kept))


def _keep(kept: list[str], text: str, *, lines: bool) -> None:
    marks = 0
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        before = kept[-1][-1] if kept else ""
        shown = character
        if category in {"Cc", "Zl", "Zp"}:
            shown = _space(character, lines=lines)
        elif character in _JOINERS:
            shown = character if _joins(before, text[place + 1 : place + 2]) else ""
        elif _is_selector(character):
            shown = character if _varies(before, character) else ""
        elif marks > _MOST_MARKS or _is_unseen(character, category):
            shown = ""
        if shown:
            kept.append(shown)


def _space(character: str, *, lines: bool) -> str:
    """What separates words or lines still does; other controls are nothing."""
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "\n" if lines else " "
    return " " if character == "\t" else ""


def _is_unseen(character: str, category: str) -> bool:
    if character in _GONE or category in {"Cs", "Co"}:
        return True
    if category == "Cf":
        return character not in _SHOWN_FORMATS
    return category == "Cn" and (ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef")  # noqa: PLR2004 - non-characters


def _joins(before: str, behind: str) -> bool:
    """Whether a joiner between these two makes one sign of them, or is how a last letter is written."""
    if not before or before in _JOINERS:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return True
    return bool(behind) and (
        (_is_joining(before) and _is_joining(behind)) or (_is_pictured(before) and _is_pictured(behind))
    )


def _is_joining(character: str) -> bool:
    return character >= _FIRST_JOINING and unicodedata.category(character)[0] in "LM" and not _is_selector(character)


def _is_pictured(character: str) -> bool:
    """Whether it can be part of an emoji sequence: symbols, skin tones, a selector or the end of a flag before."""
    return unicodedata.category(character) in {"So", "Sk", "Sm", "Cn"} or character in "\ufe0f\U000e007f"


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _varies(before: str, selector: str) -> bool:
    """Whether a variation selector stands where one has a meaning: one behind a symbol, or behind an ideograph."""
    if not before:
        return False
    if selector in "\ufe0e\ufe0f":
        return _is_symbol(before)
    return unicodedata.name(before, "").startswith("CJK UNIFIED")


def _is_symbol(character: str) -> bool:
    return (
        character in "#*0123456789\u203c\u2049\u3030\u303d"
        or unicodedata.category(character) in {"So", "Sm", "Cn"}
        or character == "\U000e007f"
    )
