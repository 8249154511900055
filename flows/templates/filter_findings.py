"""Filters that are written right and still say something odd: an empty default, a plural that a language lacks."""

from collections.abc import Iterator

from jinja2 import nodes

from flows.files import Code, Document, Finding, Place
from flows.language.filters import DEFAULT, plural_forms
from flows.language.locality import locale_of
from flows.language.paths import column_of, written

_PLURAL = "plural"
_LEAST_FORMS = 2
"""Words that the filter takes at least, so that a language with one form is written with the same word twice."""


def filter_findings(
    document: Document, place: Place, source: str, tree: nodes.Template, locale: str | None
) -> Iterator[Finding]:
    """Hints for what is said of a missing value, and for plurals of the locale, if there is one.

    `tree` is that of the checked `source`.
    """
    asked = {id(each) for test in _tests(tree) for each in _filters(test, DEFAULT)}
    for node in _filters(tree, DEFAULT):
        if id(node) not in asked and _says_nothing(node):
            message = f"where {_shown(node)} is missing nothing is said, which leaves a hole; write words in quotes"
            yield _hint(document, place, source, node, message, "empty-default")
    if locale is None:
        return
    for node in _filters(tree, _PLURAL):
        odd = _plural(node, locale)
        if odd is not None:
            yield _hint(document, place, source, node, odd, "plural-forms")


def _hint(document: Document, place: Place, source: str, node: nodes.Filter, message: str, code: Code) -> Finding:
    column = column_of(source, node.lineno, written(node))
    return document.within(place, node.lineno, column, "hint", message, code)


def _filters(tree: nodes.Node, name: str) -> Iterator[nodes.Filter]:
    found = [tree] if isinstance(tree, nodes.Filter) else []
    yield from (node for node in (*found, *tree.find_all(nodes.Filter)) if node.name == name)


def _tests(tree: nodes.Node) -> Iterator[nodes.Node]:
    """What is asked, not said."""
    for choice in tree.find_all((nodes.If, nodes.CondExpr)):
        if isinstance(choice, nodes.If | nodes.CondExpr):
            yield choice.test
    yield from tree.find_all(nodes.Compare)


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
