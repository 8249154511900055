"""What matching says of a pair, in the visitor's language.

Reasons and conflicts are kept in English. One that is not known is told as it was kept.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup

from middleware.console.language import Language
from middleware.console.review.asked import Asked
from middleware.console.sentences import marked
from middleware.domain.candidates import Because, Candidate
from middleware.identity.candidates import masked

_NO_WORD = re.compile(r"[^a-z0-9]+")


def slug(words: str) -> str:
    """Words as a key: `the same first name` is `the_same_first_name`."""
    return _NO_WORD.sub("_", words.lower()).strip("_")


@dataclass(frozen=True, slots=True)
class Telling:
    """How things are told in one language."""

    language: Language

    def because(self, reason: Because) -> Markup:
        """What one field says for or against."""
        if reason.field == "place":
            parts = [self._known(f"review.because.{slug(part)}", part) for part in reason.words.split(" and ")]
            return Markup(" {} ").format(self.language.text("review.and")).join(parts)
        if reason.field == "identifier":
            return self.sentence(reason.words)
        return self._known(f"review.because.{slug(reason.words)}", reason.words)

    def sentence(self, words: str) -> Markup:
        """Why two cannot be one, or what a platform says."""
        return marked(words.removeprefix("refused: "), self.language.locale)

    def rule(self, rule: str) -> Markup:
        """The name of a rule."""
        return self._known(f"evidence.rules.{slug(rule)}", rule)

    def kind(self, kind: str) -> Markup:
        """The name of a kind of identifier, or of a channel."""
        return self._known(f"evidence.kinds.{kind}", kind)

    def identifier(self, masked: str) -> Markup:
        """A masked identifier: its kind, and the end of its value."""
        kind, _, end = masked.partition(":")
        return Markup("{} <bdi>{}</bdi>").format(self.kind(kind), end)

    def suspended(self, why: str) -> Markup:
        """Why an identifier does not count at present."""
        return self._known(f"evidence.suspended.{slug(why)}", why)

    def field(self, field: str) -> Markup:
        """The name of a field."""
        return self._known(f"review.fields.{field}", field)

    def likely(self, candidate: Candidate) -> str:
        """How likely they are one person, in percent: never quite certain."""
        return self.language.number(min(int(candidate.probability * 10_000) / 100, 99.99))

    def bits(self, bits: float) -> str:
        """A weight with its sign."""
        return f"{'+' if bits > 0 else ''}{self.language.number(round(bits, 1))}"

    def _known(self, key: str, words: str) -> Markup:
        return Markup("{}").format(self.language.text(key)) if self.language.has(key) else _english(words)


def names_shown(candidate: Candidate, asked: Asked) -> tuple[str, str]:
    """How the two are called, masked if that is asked for."""
    first, second = _name_of(candidate, 0), _name_of(candidate, 1)
    return (masked("first_name", first), masked("first_name", second)) if asked.masked else (first, second)


def records_shown(candidate: Candidate, asked: Asked) -> tuple[str, str]:
    """What tells either of the two from others of its name: whose record it is, and its address or number."""
    return _record_of(candidate, asked, 0), _record_of(candidate, asked, 1)


def _record_of(candidate: Candidate, asked: Asked, side: int) -> str:
    values = _values_of(candidate, side)
    contact = next((field for field in ("email", "phone", "postcode", "birth_date") if values.get(field)), "source")
    shown = [masked(field, values.get(field, "")) if asked.masked else values.get(field, "")
             for field in dict.fromkeys(("source", contact))]  # fmt: skip
    return " · ".join(filter(None, shown))


def _values_of(candidate: Candidate, side: int) -> dict[str, str]:
    return {each.field: (each.one, each.other)[side] for each in candidate.fields}


def _name_of(candidate: Candidate, side: int) -> str:
    """How one of the two is called, as far as its record says."""
    values = _values_of(candidate, side)
    whole = " ".join(filter(None, (values.get("first_name", ""), values.get("last_name", ""))))
    return whole or values.get("email", "") or values.get("source", "")


def _english(words: str) -> Markup:
    return Markup('<bdi lang="en">{}</bdi>').format(words)
