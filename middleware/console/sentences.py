"""Sentences of the core in the visitor's language, by the patterns of `words/sentences/*.yaml`.

The core speaks English and knows nothing of this: findings, refusals and the reasons in stored traces are texts. A
pattern is such a text with `{names}` for what changes in it, and what is said instead: in German, in Spanish, and in
English too where a page should say something else (`page`). The value of `{name:said}` is a sentence of ours itself,
that of `{name:several}` one or several joined by `; `; every other value stands in the translation as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from markupsafe import Markup

from middleware.console.language import LOCALES

LONGEST = 2000
"""Characters of a sentence that is looked at. A longer one stays English."""

LOOK_UPS = 40
"""How often the patterns are gone through for one sentence and the sentences inside it. Whoever writes a flow can put
our own words into its names: without a bound, patterns inside patterns would multiply.
"""

_BETWEEN = "; "
_HOLE = re.compile(r"\{([a-z_]+)(:said|:several)?\}")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One English sentence: the `texts` stand around the values, which are called `names`, in this order.

    `said` are the names whose values are a sentence themselves, `several` those whose values may be more than one;
    `wordings` say it in each language.
    """

    english: str
    texts: tuple[str, ...]
    names: tuple[str, ...]
    said: tuple[str, ...]
    several: frozenset[str]
    wordings: Mapping[str, str]
    weight: int
    """How many characters are its own."""

    def values(self, sentence: str) -> dict[str, str] | None:
        """The values in a sentence of this pattern; None for any other. Looks at each character a few times at most.

        Each value ends where the text behind it begins for the first time. One that comes twice is twice the same.
        """
        first, last = self.texts[0], self.texts[-1]
        if not self.names:
            return {} if sentence == first else None
        if len(sentence) < len(first) + len(last) or not (sentence.startswith(first) and sentence.endswith(last)):
            return None
        values, at, end = dict[str, str](), len(first), len(sentence) - len(last)
        for number, name in enumerate(self.names, start=1):
            behind = self.texts[number]
            until = end if number == len(self.names) else sentence.find(behind, at, end)
            if until < 0 or values.setdefault(name, sentence[at:until]) != sentence[at:until]:
                return None
            at = until + len(behind)
        return values


def translated(sentence: str, locale: str) -> str | None:
    """A sentence of the core in a language; None for one that no pattern fits, such as the words of a platform."""
    found = weighed(sentence, locale)
    return found[1] if found is not None else None


def weighed(sentence: str, locale: str) -> tuple[int, str] | None:
    """The same, and how many characters of the sentence are the patterns' own."""
    return _Reading(locale).several(sentence) if len(sentence) <= LONGEST else None


def told(sentence: str, locale: str) -> str:
    """The same line by line; what cannot be translated stays English."""
    return "\n".join(translated(line, locale) or line for line in sentence.split("\n"))


def marked(sentence: str, locale: str) -> Markup:
    """The same for a page: what stays English is marked as that, for those who have it read out."""
    return Markup("\n").join(_line(line, locale) for line in sentence.split("\n"))


def _line(line: str, locale: str) -> Markup:
    found = translated(line, locale)
    if found is None and line.strip() and locale != "en":
        return Markup('<span lang="en">{}</span>').format(line)
    return Markup("{}").format(line if found is None else found)


class _Reading:
    """Finds what is said in one sentence: of the patterns that fit, the one with most text of its own, counting that
    of the sentences inside it.
    """

    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._left = LOOK_UPS

    def of(self, sentence: str) -> tuple[int, str] | None:
        """The sentence in the language, and how many of its characters are of patterns."""
        self._left -= 1
        if self._left < 0:
            return None
        found = (self._by(pattern, sentence) for pattern in _perhaps(sentence))
        return max((each for each in found if each is not None), key=lambda each: each[0], default=None)

    def several(self, text: str) -> tuple[int, str] | None:
        """The same of a text that is one sentence or several; none where not all of it is ours."""
        found = (self.of(text), self._joined(text) if _BETWEEN in text else None)
        return max((each for each in found if each is not None), key=lambda each: each[0], default=None)

    def _joined(self, text: str) -> tuple[int, str] | None:
        said, weight, held = list[str](), -len(_BETWEEN), ""
        for part in text.split(_BETWEEN):
            # A sentence may have such a sign itself: what is none goes on with the next part.
            held = f"{held}{_BETWEEN}{part}" if held else part
            if self._left <= 0:
                return None
            inside = self.of(held)
            if inside is not None:
                said.append(inside[1])
                weight, held = weight + inside[0] + len(_BETWEEN), ""
        return (weight, _BETWEEN.join(said)) if not held else None

    def _by(self, pattern: Pattern, sentence: str) -> tuple[int, str] | None:
        values = pattern.values(sentence)
        if values is None:
            return None
        weight = pattern.weight
        for name in pattern.said:
            inside = self.several(values[name]) if name in pattern.several else self.of(values[name])
            if inside is None:
                return None
            weight, values[name] = weight + inside[0], inside[1]
        return weight, _HOLE.sub(lambda hole: values[hole[1]], pattern.wordings[self._locale])


@cache
def patterns() -> tuple[Pattern, ...]:
    """All patterns, in the order of the files."""
    return tuple(_pattern(each) for _, each in written())


def _perhaps(sentence: str) -> Iterator[Pattern]:
    """The patterns that begin and end as a sentence does: a tenth of them."""
    ends = _by_ends()
    for first, last in ((sentence[:1], sentence[-1:]), (sentence[:1], ""), ("", sentence[-1:]), ("", "")):
        yield from ends.get((first, last), ())


@cache
def _by_ends() -> Mapping[tuple[str, str], list[Pattern]]:
    """The patterns by their first and last character, none where a value stands there."""
    found: dict[tuple[str, str], list[Pattern]] = {}
    for each in patterns():
        found.setdefault((each.texts[0][:1], each.texts[-1][-1:]), []).append(each)
    return found


def written() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every entry of the files as it is written, with the name of its file."""
    for file in sorted(files("middleware.console").joinpath("words", "sentences").iterdir(), key=lambda it: it.name):
        for each in yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER):  # noqa: S506 - a safe loader
            yield file.name, each


def _pattern(entry: Mapping[str, str]) -> Pattern:
    english = entry["en"]
    holes = list(_HOLE.finditer(english))
    ends = [0, *(hole.end() for hole in holes)]
    begins = [*(hole.start() for hole in holes), len(english)]
    texts = tuple(english[end:begin] for end, begin in zip(ends, begins, strict=True))
    return Pattern(
        english=english,
        texts=texts,
        names=tuple(hole[1] for hole in holes),
        said=tuple(hole[1] for hole in holes if hole[2]),
        several=frozenset(hole[1] for hole in holes if hole[2] == ":several"),
        wordings={"en": entry.get("page", english), **{each: entry[each] for each in LOCALES if each != "en"}},
        weight=sum(map(len, texts)),
    )
