"""Filters that are written right and still say something odd: an empty default, a plural that a language lacks."""

from collections.abc import Iterator

from jinja2 import nodes

from flows.files import Code, Document, Finding, Place
from flows.language import Source
from flows.language.filters import DEFAULT, plural_forms
from flows.language.locality import locale_of
from flows.language.paths import Lines, written

_PLURAL = "plural"
_LEAST_FORMS = 2
"""Words that the filter takes at least, so that a language with one form is written with the same word twice."""


def filter_findings(document: Document, place: Place, source: Source, locale: str | None) -> Iterator[Finding]:
    """Hints for what is said of a missing value, and for plurals of the locale, if there is one."""
    lines = Lines(source.text)
    for node, odd, code in _odd(source, locale):
        column = lines.column(node.lineno, written(node))
        yield document.within(place, node.lineno, column, "hint", odd, code)


def _odd(source: Source, locale: str | None) -> Iterator[tuple[nodes.Filter, str, Code]]:
    filters = [node for node in source.every if isinstance(node, nodes.Filter)]
    empty = [node for node in filters if node.name == DEFAULT and _says_nothing(node)]
    asked = _asked(source) if empty else frozenset()
    for node in empty:
        if id(node) not in asked:
            words = f"where {_shown(node)} is missing nothing is said, which leaves a hole; write words in quotes"
            yield node, words, "empty-default"
    for node in filters:
        odd = _plural(node, locale) if node.name == _PLURAL and locale is not None else None
        if odd is not None:
            yield node, odd, "plural-forms"


def _asked(source: Source) -> frozenset[int]:
    """What is asked, not said: the ids of all nodes in conditions and comparisons."""
    tests = [node.test for node in source.every if isinstance(node, nodes.If | nodes.CondExpr)]
    tests += [node for node in source.every if isinstance(node, nodes.Compare)]
    asked: set[int] = set()
    while tests:
        node = tests.pop()
        if id(node) not in asked:
            asked.add(id(node))
            tests += node.iter_child_nodes()
    return frozenset(asked)


def _says_nothing(node: nodes.Filter) -> bool:
    return any(isinstance(each, nodes.Const) and not str(each.value).strip() for each in node.args)


def _plural(node: nodes.Filter, locale: str) -> str | None:
    """What is odd about the number of forms, if anything."""
    known, given = plural_forms(locale_of(locale)), len(node.args)
    says = f"{locale} counts with {len(known)} form{'s' if len(known) > 1 else ''} ({', '.join(known)})"
    if given < len(known):
        return f"{says}, and here are {given}: the last one is said for the rest"
    if given > max(len(known), _LEAST_FORMS):
        return f"{says}, and here are {given}: what is over is never said"
    return None


def _shown(node: nodes.Filter) -> str:
    return written(node) or "this"
