"""Spellings of a word made one: case, accents, umlauts, Cyrillic and Greek letters, and how a name sounds."""

import re
import unicodedata
from functools import lru_cache

_SOUNDS_OF_CYRILLIC = (
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh sch - y - e yu ya i i ye g u dj c j lj nj dz"
)
_CYRILLIC = {
    letter: latin.strip("-")
    for letter, latin in zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўђћјљњџ", _SOUNDS_OF_CYRILLIC.split(), strict=True)
}
_GREEK = dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(), strict=True)  # noqa: SIM905 - as above
)
_LATIN = {"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}  # noqa: RUF001 - meant
_LETTERS = str.maketrans({**_CYRILLIC, **_GREEK, **_LATIN, "'": "", "\u2019": "", "`": "", "\u00b4": ""})

_TWO_LETTERS = re.compile(r"([aou])e")
"""How German writes an umlaut without its dots. `Mueller`, `Müller` and `Muller` all become `muller`."""
_NO_WORD = re.compile(r"[\W_]+")
_GREEK_PAIRS = (("ου", "u"), ("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("ευ", "ev"), ("αυ", "av"))  # noqa: RUF001 - Greek is meant

_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"sch|sh|ch|tch|zh|cz|sz|ts|tz|z|c(?=[eiy])", "s"),
        (r"ph", "f"),
        (r"kh|gh", "h"),
        (r"ck|c|q|x", "k"),
        (r"w|b(?=v)", "v"),
        (r"[yj]", "i"),
        (r"th|dt", "t"),
        (r"(?<=.)h", ""),
    )
)
_VOWELS_INSIDE = re.compile(r"(?<=.)[aeiou]+")
_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """The words of a text in plain small letters, one blank between them."""
    lower = text.casefold()
    lower = lower.replace("'", "").replace("`", "") if lower.isascii() else _to_latin(lower)
    return _NO_WORD.sub(" ", _TWO_LETTERS.sub(r"\1", lower)).strip()


def _to_latin(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    text = text.translate(_LETTERS) if not _has_greek(text) else _from_greek(text)
    bare = unicodedata.normalize("NFKD", text)
    return "".join(each for each in bare if not unicodedata.combining(each)).translate(_LETTERS)


def _has_greek(text: str) -> bool:
    return any("\u0370" <= each <= "\u03ff" or "\u1f00" <= each <= "\u1fff" for each in text)


def _from_greek(text: str) -> str:
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    for pair, latin in _GREEK_PAIRS:
        bare = bare.replace(pair, latin)
    return bare.translate(_LETTERS)


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """How a folded word sounds, roughly, in any of our languages: consonants, and whether a vowel begins it."""
    heard = word.replace(" ", "")
    for pattern, to in _SOUNDS:
        heard = pattern.sub(to, heard)
    heard = _TWICE.sub(r"\1", heard)
    return _TWICE.sub(r"\1", _VOWELS_INSIDE.sub("", heard))
