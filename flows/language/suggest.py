"""What may have been meant by a word that is not known."""

from collections.abc import Iterable

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

_CLOSE_ENOUGH = 0.6


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, or None when none is near."""
    match = extractOne(word, sorted(known), scorer=OSA.normalized_similarity, score_cutoff=_CLOSE_ENOUGH)
    return match[0] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message, such as `- did you mean x?`, or nothing."""
    near = closest(word, known)
    return f" - did you mean {near}?" if near else ""
