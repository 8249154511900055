"""The second look: every node of the parsed tree is held against an allow-list, a row for each kind.

Walks without recursion, so that depth is measured before anything recursive meets it. What has no row is
refused.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from jinja2 import nodes

from flows.language import limits
from flows.language.errors import LanguageError, Problem
from flows.language.filters import ELEMENT_FILTERS, FILTERS, FIT, TESTS, Filter
from flows.language.suggest import did_you_mean
from flows.language.tokens import Token

RESERVED = frozenset({"self", "loop", "caller", "super", "varargs", "kwargs", "none", "None", "namespace"})
_SAFE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*", re.ASCII)
_SEARCHES = frozenset({"in", "notin"})
_COMPARISONS = _SEARCHES | {"eq", "ne", "lt", "lteq", "gt", "gteq"}

Rule = Callable[..., Iterator[str]]
"""From a node of the one type it stands for to what is wrong with it."""


class _Visit(NamedTuple):
    node: nodes.Node
    depth: int
    loops: int


def check(tree: nodes.Template, tokens: tuple[Token, ...]) -> tuple[nodes.Node, ...]:
    """Every node of the tree, each after the one that it stands in.

    Raises LanguageError unless each is allowed and the whole neither too deep nor too much work.
    """
    places = _Places(tokens)
    problems: list[Problem] = []
    work = 0
    renders = 1
    every: list[nodes.Node] = []
    waiting = [_Visit(tree, 0, 0)]
    while waiting:
        visit = waiting.pop()
        every.append(visit.node)
        if visit.depth > limits.TREE_DEPTH:
            problems.append(places.problem(visit.node, "too many parts inside each other; split it up"))
            break
        problems += (places.problem(visit.node, message) for message in _complaints(visit))
        work += _cost(visit.node) * limits.LIST_ITEMS**visit.loops
        if isinstance(visit.node, nodes.Filter) and visit.node.name == FIT:
            renders = limits.RENDERS_TO_FIT
        waiting += _children(visit)
    if not problems and work * renders > limits.WORK:
        problems.append(Problem(1, 1, "asks for too much work; use fewer filters inside loops"))
    if problems:
        raise LanguageError(*problems)
    return tuple(every)


class _Places:
    """Nodes know their line only; the column is that of the word that gave the node its name."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._columns: dict[tuple[int, str], int] = {}
        for token in tokens:
            self._columns.setdefault((token.line, token.text), token.column)

    def problem(self, node: nodes.Node, message: str) -> Problem:
        word = getattr(node, "name", None) or getattr(node, "attr", None)
        return Problem(node.lineno, self._columns.get((node.lineno, str(word)), 1), message)


def _children(visit: _Visit) -> Iterator[_Visit]:
    node = visit.node
    looped = {id(child) for child in node.body} if isinstance(node, nodes.For) else frozenset[int]()
    for child in node.iter_child_nodes():
        yield _Visit(child, visit.depth + 1, visit.loops + (id(child) in looped))


def _cost(node: nodes.Node) -> int:
    match node:
        case nodes.Filter() if node.name in FILTERS:
            return FILTERS[node.name].cost
        case nodes.Compare() if any(operand.op in _SEARCHES for operand in node.ops):
            return _search_cost(node.expr)
    return 1


def _search_cost(needle: nodes.Node) -> int:
    """Looking for a text in a text can take a step for each pair of their characters."""
    return len(str(needle.value)) + 20 if isinstance(needle, nodes.Const) else 300


def _complaints(visit: _Visit) -> Iterator[str]:
    rule = _RULES.get(type(visit.node))
    if rule is None:
        kind = type(visit.node)
        yield f"{_KIND_NAMES.get(kind, kind.__name__.lower())} is not part of the reply language"
        return
    if isinstance(visit.node, nodes.For) and visit.loops >= limits.LOOP_DEPTH:
        yield f"loops go at most {limits.LOOP_DEPTH} deep"
    if isinstance(visit.node, nodes.Filter) and visit.node.name == FIT and visit.loops:
        yield f"{FIT} stands outside of loops: one value gives way for the others"
    yield from rule(visit.node)


def _free(_: nodes.Node) -> Iterator[str]:
    yield from ()


def _name(node: nodes.Name) -> Iterator[str]:
    if not _SAFE_NAME.fullmatch(node.name):
        yield f"{node.name!r} is no name of a value"
    elif node.name in RESERVED:
        yield f"{node.name!r} means nothing here; name a value of the context"


def _attribute(node: nodes.Getattr) -> Iterator[str]:
    if not _SAFE_NAME.fullmatch(node.attr):
        yield f"{node.attr!r} is no name of a field"
    base = node.node
    if isinstance(base, nodes.Name | nodes.Getattr):
        return
    if not (isinstance(base, nodes.Filter) and base.name in ELEMENT_FILTERS):
        yield "only values of the context have fields"


def _constant(node: nodes.Const) -> Iterator[str]:
    if type(node.value) not in {str, int, float, bool}:
        yield "only texts, numbers, true and false can be written here"
    elif isinstance(node.value, str) and not node.value.isascii():
        yield from _halves(node.value)


def _halves(text: str) -> Iterator[str]:
    try:
        text.encode()
    except UnicodeEncodeError:
        yield "contains half of a character (a surrogate)"


def _comparison(node: nodes.Compare) -> Iterator[str]:
    if any(operand.op not in _COMPARISONS for operand in node.ops):
        yield "this comparison is not part of the reply language"


def _inline_if(node: nodes.CondExpr) -> Iterator[str]:
    if node.expr2 is None:
        yield 'an inline if needs an else: {{ "a" if b else "c" }}'


def _loop(node: nodes.For) -> Iterator[str]:
    if node.recursive:
        yield "a loop cannot call itself"
    if node.test is not None:
        yield "put the condition of a loop inside it: {% for a in b %}{% if a.c %}..."
    if not isinstance(node.target, nodes.Name):
        yield "a loop has one variable"
    if not isinstance(node.iter, nodes.Name | nodes.Getattr):
        yield "a loop goes over a list of the context"


def _filter(node: nodes.Filter) -> Iterator[str]:
    known = FILTERS.get(node.name)
    if known is None:
        yield f"there is no filter {node.name!r}{did_you_mean(node.name, FILTERS)}"
    elif node.node is None:
        yield "a filter stands behind a value: {{ a | upper }}"
    elif node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        yield f"the arguments of {node.name} have no names{_as_in(known)}"
    else:
        yield from _arguments(node, known)


def _arguments(node: nodes.Filter, known: Filter) -> Iterator[str]:
    if not known.required <= len(node.args) <= len(known.arguments):
        yield f"{node.name} has {len(node.args)} arguments, which is not what it takes{_as_in(known)}"
    for argument, given in zip(known.arguments, node.args, strict=False):
        if not isinstance(given, nodes.Const) or not argument.fits(given.value):
            yield f"{node.name} takes {argument.what}{_as_in(known)}"


def _as_in(known: Filter) -> str:
    return f", as in {known.example}" if known.example else ""


def _test(node: nodes.Test) -> Iterator[str]:
    if node.name not in TESTS:
        yield f"there is no test {node.name!r}{did_you_mean(node.name, TESTS)}"
    elif node.args or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        yield f"{node.name} takes no arguments"


_RULES: dict[type[nodes.Node], Rule] = {
    nodes.Template: _free,
    nodes.Output: _free,
    nodes.TemplateData: _free,
    nodes.Name: _name,
    nodes.Getattr: _attribute,
    nodes.Const: _constant,
    nodes.Compare: _comparison,
    nodes.Operand: _free,
    nodes.And: _free,
    nodes.Or: _free,
    nodes.Not: _free,
    nodes.If: _free,
    nodes.CondExpr: _inline_if,
    nodes.For: _loop,
    nodes.Concat: _free,
    nodes.Add: _free,
    nodes.Sub: _free,
    nodes.Div: _free,
    nodes.Neg: _free,
    nodes.Pos: _free,
    nodes.Filter: _filter,
    nodes.Test: _test,
}

_KIND_NAMES: dict[type[nodes.Node], str] = {
    nodes.Call: "calling something",
    nodes.Getitem: "a[...]",
    nodes.Tuple: "a list with commas",
    nodes.Assign: "assigning",
}
