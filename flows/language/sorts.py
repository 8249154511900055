"""Whether each value of a checked tree is of a sort that can be said, reckoned with, walked or filtered as it is.

A value of the wrong sort is no danger: the fallback is said. But it would be said each time, so it is found when the
template is checked.
"""

from collections.abc import Callable

from jinja2 import nodes

from flows.language.errors import Problem
from flows.language.filters import DEFAULT, ELEMENT_FILTERS, FILTERS, Sort
from flows.language.paths import Lines, written
from flows.language.uses import Scope, path_of

SortOf = Callable[[str, bool], Sort | None]
"""From a dotted path to the sort of its value, or (True) of an element of it; None: it is not known."""

Sorts = frozenset[Sort]

_SAID: Sorts = frozenset({"text", "number"})
_RECKONED: Sorts = frozenset({"number"})
_ADDED: Sorts = frozenset({"text", "number"})
_WALKED: Sorts = frozenset({"list"})
_NOTHING: Sorts = frozenset()

_NAMES: dict[Sort, str] = {
    "text": "a text",
    "number": "a number",
    "yes_no": "a yes or no",
    "money": "an amount",
    "date": "a date",
    "list": "a list",
    "group": "a group",
}
_INSTEAD: dict[Sort, str] = {
    "yes_no": "ask for it in an if",
    "money": "write | money behind it",
    "date": "write | date behind it",
    "list": 'write | list("...") or | summary behind it, or loop over it',
    "group": "name one of its fields",
}


def misfits(tree: nodes.Template, source: str, sort_of: SortOf) -> tuple[Problem, ...]:
    """Every value that is of the wrong sort for what is done with it, in the order of the source."""
    judge = _Judge(source, sort_of)
    judge.look(tree, Scope())
    return tuple(sorted(set(judge.problems)))


class _Judge:
    """Works out the sorts of expressions, from the inside out, and notes what does not fit."""

    def __init__(self, source: str, sort_of: SortOf) -> None:
        self.problems: list[Problem] = []
        self._lines = Lines(source)
        self._sort_of = sort_of
        self._statements: dict[type[nodes.Node], Callable[..., None]] = {
            nodes.Output: self._output,
            nodes.For: self._for,
        }
        self._expressions: dict[type[nodes.Node], Callable[..., Sorts]] = {
            nodes.Name: self._value,
            nodes.Getattr: self._value,
            nodes.Const: lambda node, _: frozenset({_sort_of_constant(node.value)}),
            nodes.TemplateData: lambda _, __: frozenset({"text"}),
            nodes.Filter: self._filter,
            nodes.Concat: self._concat,
            nodes.Add: self._add,
            nodes.Sub: self._reckoning,
            nodes.Div: self._reckoning,
            nodes.Neg: self._reckoning,
            nodes.Pos: self._reckoning,
            nodes.And: self._either,
            nodes.Or: self._either,
            nodes.CondExpr: self._inline_if,
        }

    def look(self, node: nodes.Node, scope: Scope) -> None:
        """Look at a statement and all in it."""
        way = self._statements.get(type(node))
        if way is not None:
            way(node, scope)
        elif isinstance(node, nodes.Expr):
            self._of(node, scope)
        else:
            for child in node.iter_child_nodes():
                self.look(child, scope)

    def _of(self, node: nodes.Node, scope: Scope) -> Sorts:
        """The sorts that an expression may have; none where that is not known."""
        way = self._expressions.get(type(node))
        if way is not None:
            return way(node, scope)
        for child in node.iter_child_nodes():
            self._of(child, scope)
        return frozenset({"yes_no"})

    def _output(self, node: nodes.Output, scope: Scope) -> None:
        for child in node.nodes:
            self._said(child, scope)

    def _for(self, node: nodes.For, scope: Scope) -> None:
        self._expect(node.iter, self._of(node.iter, scope), _WALKED, "a loop goes over a list")
        for child in node.body:
            self.look(child, scope.looping(node))
        for child in node.else_:
            self.look(child, scope)

    def _said(self, node: nodes.Node, scope: Scope) -> None:
        for sort in self._of(node, scope) - _SAID:
            self._note(node, f"{_shown(node)} is {_NAMES[sort]}, which cannot be said as it is; {_INSTEAD[sort]}")

    def _value(self, node: nodes.Expr, scope: Scope) -> Sorts:
        path = path_of(node, scope)
        if path is None:
            return _NOTHING
        sort = self._sort_of(path, isinstance(node, nodes.Name) and node.name in scope.variables)
        return _NOTHING if sort is None else frozenset({sort})

    def _filter(self, node: nodes.Filter, scope: Scope) -> Sorts:
        row, given = FILTERS[node.name], self._of(node.node or nodes.Const(""), scope)
        takes = " or ".join(_NAMES[sort] for sort in _NAMES if sort in row.takes)
        self._expect(node.node or node, given, row.takes, f"{node.name} works on {takes}")
        if node.name == DEFAULT:
            return given | frozenset(
                _sort_of_constant(each.value) for each in node.args if isinstance(each, nodes.Const)
            )
        if node.name in ELEMENT_FILTERS:
            path = path_of(node, scope)
            sort = self._sort_of(path, True) if path else None
            return _NOTHING if sort is None else frozenset({sort})
        return given if row.gives is None else frozenset({row.gives})

    def _concat(self, node: nodes.Concat, scope: Scope) -> Sorts:
        for child in node.nodes:
            self._said(child, scope)
        return frozenset({"text"})

    def _add(self, node: nodes.Add, scope: Scope) -> Sorts:
        left, right = self._of(node.left, scope), self._of(node.right, scope)
        for side, given in ((node.left, left), (node.right, right)):
            self._expect(side, given, _ADDED, "numbers are added, or texts")
        if left <= _ADDED and right <= _ADDED and left and right and not left & right:
            self._note(node, "a number and a text cannot be added; write ~ between them")
        return left & right

    def _reckoning(self, node: nodes.Node, scope: Scope) -> Sorts:
        for child in node.iter_child_nodes():
            self._expect(child, self._of(child, scope), _RECKONED, "only numbers are reckoned with")
        return _RECKONED

    def _either(self, node: nodes.BinExpr, scope: Scope) -> Sorts:
        return self._of(node.left, scope) | self._of(node.right, scope)

    def _inline_if(self, node: nodes.CondExpr, scope: Scope) -> Sorts:
        self._of(node.test, scope)
        return self._of(node.expr1, scope) | (self._of(node.expr2, scope) if node.expr2 is not None else _NOTHING)

    def _expect(self, node: nodes.Node, given: Sorts, fitting: Sorts, why: str) -> None:
        for sort in given - fitting:
            self._note(node, f"{why}; {_shown(node)} is {_NAMES[sort]}")

    def _note(self, node: nodes.Node, message: str) -> None:
        self.problems.append(Problem(node.lineno, self._lines.column(node.lineno, written(node)), message))


def _shown(node: nodes.Node) -> str:
    return written(node) or "this"


def _sort_of_constant(value: object) -> Sort:
    if isinstance(value, bool):
        return "yes_no"
    return "number" if isinstance(value, int | float) else "text"
