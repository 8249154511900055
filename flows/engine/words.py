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
_LETTERS_TO_TURN = 5
_SHORTEST_WITH_TYPO = 6
_SHORTEST_WITH_TWO = 10


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without accents; only its beginning is read."""
    folded = unicodedata.normalize("NFKD", text[:READ_CHARACTERS].casefold())
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return tuple(_WORD.findall(bare)[:READ_WORDS])


def is_same_word(wanted: str, written: str) -> bool:
    """Whether a written word is the wanted one, allowing for typing errors in long words only.

    One slip from six letters on, two from ten on; of five letters two neighbours may have changed places.
    The first letter must be right. Short words differ from others by one letter too often (cart, card).
    """
    if wanted == written:
        return True
    if wanted == ANY_NUMBER:
        return sum(map(str.isdecimal, written)) >= _NUMBER_DIGITS
    if _are_turned_around(wanted, written):
        return True
    slips = _slips(min(len(wanted), len(written)))
    if not slips or wanted[0] != written[0] or abs(len(wanted) - len(written)) > slips:
        return False
    return OSA.distance(wanted, written, score_cutoff=slips) <= slips


def _are_turned_around(wanted: str, written: str) -> bool:
    """Whether two neighbouring letters, not the first, have changed places."""
    if len(wanted) != _LETTERS_TO_TURN or wanted[0] != written[0] or sorted(wanted) != sorted(written):
        return False
    return OSA.distance(wanted, written) == 1


def _slips(letters: int) -> int:
    if letters >= _SHORTEST_WITH_TWO:
        return 2
    return int(letters >= _SHORTEST_WITH_TYPO)
