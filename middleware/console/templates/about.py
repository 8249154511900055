"""What the list tells of a template beside its name: what it is for, its locales, and the words that it begins with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flows.templates.fields import Spot, fields_at, outline
from middleware.console.templates.working import read_or_none

LONGEST_WORDS = 110

_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class About:
    """Nothing of what is no YAML. `words` are the first that are said, by locale."""

    purpose: str = ""
    locales: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def words_for(self, locale: str) -> tuple[str, str]:
        """A locale, and the words in it: the one that is asked for, else the first that says something."""
        return next(((each, self.words[each]) for each in (locale, *self.words) if each in self.words), ("", ""))


@lru_cache(maxsize=2_000)
def about(source: str) -> About:
    """What a template's file tells."""
    document = read_or_none(source)
    data = document.data if document is not None else None
    purpose = data.get("purpose") if isinstance(data, dict) else None
    locales = outline(data).locales
    said = {each: fields_at(data, Spot(each)) for each in locales}
    words = {each: first_words(fields.text) for each, fields in said.items() if fields is not None}
    return About(
        purpose=purpose if isinstance(purpose, str) else "",
        locales=locales,
        words={each: text for each, text in words.items() if text},
    )


def first_words(text: str) -> str:
    """The first line that a text may say, with `…` for each value in it."""
    plain = _VALUE.sub("…", _TAG.sub("", text))
    line = next((line.strip() for line in plain.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST_WORDS else line[: LONGEST_WORDS - 1].rstrip() + "…"
