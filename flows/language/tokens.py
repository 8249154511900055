"""The first look at a source: tokens are counted and judged before anything recursive sees them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from jinja2 import TemplateSyntaxError
from jinja2.lexer import Lexer

from flows.language import limits
from flows.language.errors import LanguageError, Problem
from flows.language.suggest import did_you_mean

STATEMENTS = ("if", "elif", "else", "endif", "for", "endfor")

_SIGNS = frozenset(".,()|~+-/") | {"==", "!=", "<", "<=", ">", ">="}
_SIGN_ADVICE = {
    "*": "there is no * here; numbers are added, subtracted and divided",
    "**": "there is no ** here; numbers are added, subtracted and divided",
    "%": "there is no % here; numbers are added, subtracted and divided",
    "//": "there is no // here; use /",
    "[": "write a.b, not a[...]; the first of a list is (a | first)",
    "{": "there are no { } inside a tag",
    "=": "values are compared with ==, and nothing is assigned here",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_UNSEEN = frozenset({"whitespace", "data", "comment_begin", "comment", "comment_end"})
_OPENING = frozenset({"variable_begin", "block_begin"})
_PARENTHESES = {"(": 1, ")": -1}
_BLOCKS = {"if": 1, "for": 1, "endif": -1, "endfor": -1}


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a source as it is written. Line and column count from 1."""

    kind: str
    text: str
    line: int
    column: int

    def problem(self, message: str) -> Problem:
        """A problem at this place."""
        return Problem(self.line, self.column, message)


def scan(lexer: Lexer, source: str, *, expression: bool = False) -> tuple[Token, ...]:
    """The tokens inside tags, in order. `expression` reads the source as the inside of one tag.

    Raises LanguageError for a source that is too long, too nested, or has a sign or word that no reply needs.
    """
    _check_size(source)
    bounds = _Bounds()
    tokens: list[Token] = []
    try:
        for token in _tokens(lexer, source, expression=expression):
            bounds.pass_by(token)
            tokens.append(token)
    except TemplateSyntaxError as error:
        raise LanguageError(Problem(error.lineno, 1, error.message or "cannot be read")) from None
    problems = [problem for token in tokens for problem in _judge(token)] + list(_statements(tokens))
    if problems:
        raise LanguageError(*problems)
    return tuple(tokens)


def _check_size(source: str) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        raise LanguageError(Problem(1, 1, "contains half of a character (a surrogate)")) from None
    if size > limits.SOURCE_BYTES:
        raise LanguageError(Problem(1, 1, f"is {size} bytes long; at most {limits.SOURCE_BYTES} are read"))


def _tokens(lexer: Lexer, source: str, *, expression: bool) -> Iterator[Token]:
    """Tokens with their columns.

    The lexer drops white space at will, so each is looked for from the last one on.
    """
    cursor, lines = 0, _LineStarts(source)
    for _, kind, text in lexer.tokeniter(source, None, None, state="variable" if expression else None):
        start = source.find(text, cursor)
        cursor = max(cursor, start + len(text))
        if kind not in _UNSEEN:
            yield Token(kind, text, *lines.place(start))


class _LineStarts:
    """From a place in a source to line and column; asked for places in rising order only."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen, self._line, self._start = 0, 1, 0

    def place(self, offset: int) -> tuple[int, int]:
        passed = self._source.count("\n", self._seen, offset)
        if passed:
            self._line += passed
            self._start = self._source.rindex("\n", self._seen, offset) + 1
        self._seen = max(self._seen, offset)
        return self._line, offset - self._start + 1


class _Bounds:
    """Counts what passes by; at the first token that is too much it refuses, and the rest stays unread."""

    def __init__(self) -> None:
        self._tokens = self._tags = self._in_tag = self._parentheses = self._blocks = 0
        self._opens_block = False

    def pass_by(self, token: Token) -> None:
        self._count(token)
        for size, most, what in (
            (self._tags, limits.TAGS, "tags"),
            (self._tokens, limits.TOKENS, "words and signs in tags"),
            (self._in_tag, limits.TAG_TOKENS, "words and signs in one tag"),
            (self._parentheses, limits.OPEN_PARENTHESES, "parentheses inside each other"),
            (self._blocks, limits.OPEN_BLOCKS, "blocks inside each other"),
        ):
            if size > most:
                raise LanguageError(token.problem(f"more than {most} {what}"))

    def _count(self, token: Token) -> None:
        opens = token.kind in _OPENING
        self._tokens += 1
        self._tags += opens
        self._in_tag = 0 if opens else self._in_tag + 1
        self._parentheses += _PARENTHESES.get(token.text, 0) if token.kind == "operator" else 0
        self._blocks += _BLOCKS.get(token.text, 0) if self._opens_block else 0
        self._opens_block = token.kind == "block_begin"


def _judge(token: Token) -> Iterator[Problem]:
    if token.kind == "operator" and token.text not in _SIGNS:
        yield token.problem(_SIGN_ADVICE.get(token.text, f"{token.text} means nothing here"))
    elif token.kind == "name" and not _NAME.fullmatch(token.text):
        yield token.problem("a name is letters, digits and single _ between them")
    elif token.kind in {"integer", "float"} and not _is_number(token.text):
        yield token.problem(f"a number is at most {limits.NUMBER_DIGITS} digits, as in 12 or 1.5")
    elif token.kind.startswith("raw"):
        yield token.problem("there is no raw block; write {{ '{{' }} to say two braces")


def _is_number(text: str) -> bool:
    return len(text) <= limits.NUMBER_DIGITS and _NUMBER.fullmatch(text) is not None


def _statements(tokens: list[Token]) -> Iterator[Problem]:
    for opening, word in pairwise(tokens):
        if opening.kind == "block_begin" and word.text not in STATEMENTS:
            yield word.problem(f"there is no {word.text!r} here{did_you_mean(word.text, STATEMENTS)}")
