"""Whole words, and how close two of them are."""

import re
import unicodedata

from rapidfuzz.distance import OSA

READ_CHARACTERS = 1000
READ_WORDS = 80

ANY_NUMBER = "#"
"""In a phrase: any word with at least three digits in it, such as an order number."""

_WORD = re.compile(r"#(?!\w)|[^\W_]+(?:-[^\W_]+)*")
_NUMBER_DIGITS = 3
_SHORTEST_WITH_TYPO = 6
_SHORTEST_WITH_TWO = 10


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without accents; only its beginning is read."""
    folded = unicodedata.normalize("NFKD", text[:READ_CHARACTERS].casefold())
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return tuple(_WORD.findall(bare)[:READ_WORDS])


def is_same_word(wanted: str, written: str) -> bool:
    """Whether a written word is the wanted one, allowing for typing errors in long words only.

    One slip from six letters on, two from ten on; the first letter must be right. Short words differ from
    other words by one letter too often (cart, card; order, older).
    """
    if wanted == written:
        return True
    if wanted == ANY_NUMBER:
        return sum(map(str.isdecimal, written)) >= _NUMBER_DIGITS
    slips = _slips(min(len(wanted), len(written)))
    if not slips or wanted[0] != written[0] or abs(len(wanted) - len(written)) > slips:
        return False
    return OSA.distance(wanted, written, score_cutoff=slips) <= slips


def _slips(letters: int) -> int:
    if letters >= _SHORTEST_WITH_TWO:
        return 2
    return int(letters >= _SHORTEST_WITH_TYPO)
