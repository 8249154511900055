"""Which product a text names, by the words of its title. A high bar: unsure is none.

A title is named when nearly all of its letters stand in the text as words, each the same or, from five letters on, all
but the same. Of two titles that are both named the longer one is meant ("Rose Night Cream", not "Night Cream"); two of
the same length are a doubt, and a doubt names nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz

READ_CHARACTERS = 500
READ_WORDS = 60

NAMED_FROM = 0.85
"""The part of a title's letters that has to stand in the text."""

_SAME_FROM = 83.0
"""How alike two words have to be, in percent (rapidfuzz `ratio`): one slip in six letters."""
_SHORTEST_WITH_TYPO = 5
_SHORTEST_NAME = 4
"""Letters of a title that can be named at all: a shorter one stands in too many texts by chance."""

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without accents; only its beginning is read."""
    folded = unicodedata.normalize("NFKD", text[:READ_CHARACTERS].casefold())
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return tuple(_WORD.findall(bare)[:READ_WORDS])


def named(said: tuple[str, ...], titles: Mapping[str, Iterable[str]]) -> str | None:
    """The key of the one title that the words of a text name; `titles` are the words of each by key."""
    found: list[tuple[int, str]] = []
    for key, title in titles.items():
        words = set(title)
        letters = sum(map(len, words))
        standing = sum(len(word) for word in words if _stands_in(word, said))
        if letters >= _SHORTEST_NAME and standing >= NAMED_FROM * letters:
            found.append((standing, key))
    best = max((standing for standing, _ in found), default=0)
    keys = [key for standing, key in found if standing == best]
    return keys[0] if len(keys) == 1 else None


def _stands_in(word: str, said: tuple[str, ...]) -> bool:
    if word in said:
        return True
    if len(word) < _SHORTEST_WITH_TYPO:
        return False
    return any(each[0] == word[0] and fuzz.ratio(word, each, score_cutoff=_SAME_FROM) > 0 for each in said)
