"""How tags and segments are called: `vip`, `newsletter-de`, `size_m`. One spelling for what many sources spell."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_NAME = 63
KEPT_NAMES = 200
"""Tags, or segments, of one profile."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_GAPS = re.compile(r"[\s.,:;/\\|+&#@]+")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i"})


@dataclass(frozen=True, slots=True)
class Names:
    """The names of some texts, sorted, and why the others are none: reason by text (cut to its first characters)."""

    names: tuple[str, ...]
    refused: dict[str, str]


def names_of(texts: Iterable[object]) -> Names:
    """The names of these texts, each once. What cannot be a name is refused with the reason."""
    names: set[str] = set()
    refused: dict[str, str] = {}
    for text in texts:
        name, reason = name_of(text)
        if name is not None:
            names.add(name)
        elif len(refused) < KEPT_NAMES:
            refused[str(text)[:LONGEST_NAME]] = reason
    kept = sorted(names)
    refused |= dict.fromkeys(kept[KEPT_NAMES:][:KEPT_NAMES], f"more than {KEPT_NAMES}")
    return Names(tuple(kept[:KEPT_NAMES]), dict(sorted(refused.items())))


def name_of(text: object) -> tuple[str | None, str]:
    """A text as a name: lower case, without accents, gaps as `-`. None with the reason where it cannot be one."""
    if not isinstance(text, str):
        return None, "no text"
    if len(text) > 4 * LONGEST_NAME:
        return None, f"longer than {LONGEST_NAME} characters"
    folded = unicodedata.normalize("NFKD", text.strip().casefold()).translate(_LETTERS)
    bare = "".join(each for each in folded if not unicodedata.combining(each))
    name = _GAPS.sub("-", bare).strip("-_")
    if not name:
        return None, "nothing is left of it"
    if len(name) > LONGEST_NAME:
        return None, f"longer than {LONGEST_NAME} characters"
    if not _NAME.fullmatch(name):
        return None, "has characters beside a to z, 0 to 9, - and _"
    return name, ""
