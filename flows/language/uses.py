"""Which values a program reads, and which of them it would be at a loss without."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from jinja2 import nodes

from flows.language.filters import DEFAULT, ELEMENT_FILTERS, LISTED
from flows.language.paths import written

_SHOWS_PRESENCE = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq", "in"})
"""Comparisons that are false for a missing value, so that both sides are there where they hold."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a value is read.

    `path` is its dotted path in the context (elements of a list count as fields of it), `written` how it
    stands in the source; `needed` says that the reply fails without it, `present` which paths are known to be
    there.
    """

    path: str
    written: str
    line: int
    needed: bool
    present: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known at one place: whether values are needed, which are there, what loop variables mean."""

    needed: bool = False
    present: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)

    def asking(self, *, needed: bool) -> "Scope":
        """The same, with values needed or only tested."""
        return replace(self, needed=needed)

    def knowing(self, paths: frozenset[str]) -> "Scope":
        """The same, where these paths are there as well."""
        return replace(self, present=self.present | paths)

    def looping(self, loop: nodes.For) -> "Scope":
        """Inside the body of a loop: its variable stands for the elements of its list."""
        path = path_of(loop.iter, self)
        if path is None or not isinstance(loop.target, nodes.Name):
            return self
        variables = {**self.variables, loop.target.name: path}
        return replace(self, variables=variables).knowing(_itself(loop.iter, self))


def uses_of(tree: nodes.Template) -> tuple[Use, ...]:
    """Every use in a checked tree, in the order of the source."""
    return tuple(_uses(tree, Scope()))


def _uses(node: nodes.Node, scope: Scope) -> Iterator[Use]:
    yield from _WALKS.get(type(node), _each_child)(node, scope)


def _each_child(node: nodes.Node, scope: Scope) -> Iterator[Use]:
    for child in node.iter_child_nodes():
        yield from _uses(child, scope)


def path_of(node: nodes.Node, scope: Scope) -> str | None:
    """The dotted path of a name, a field, or a field of the first or last of a list."""
    match node:
        case nodes.Name():
            return scope.variables.get(node.name, node.name)
        case nodes.Getattr():
            base = path_of(node.node, scope)
            return f"{base}.{node.attr}" if base else None
        case nodes.Filter() if node.name in ELEMENT_FILTERS and node.node is not None:
            return path_of(node.node, scope)
    return None


def _read(node: nodes.Expr, scope: Scope) -> Iterator[Use]:
    path = path_of(node, scope)
    if path is not None:
        yield Use(path, written(node), node.lineno, scope.needed, scope.present)


def _all_needed(node: nodes.Node, scope: Scope) -> Iterator[Use]:
    return _each_child(node, scope.asking(needed=True))


def _all_tested(node: nodes.Node, scope: Scope) -> Iterator[Use]:
    return _each_child(node, scope.asking(needed=False))


def _filter(node: nodes.Filter, scope: Scope) -> Iterator[Use]:
    if node.node is not None:
        yield from _uses(node.node, scope.asking(needed=False) if node.name == DEFAULT else scope)
        yield from _of_each(node.node, node, scope)


def _of_each(listed: nodes.Expr, node: nodes.Filter, scope: Scope) -> Iterator[Use]:
    """`list("title")` reads the title of each element."""
    path = path_of(listed, scope)
    for argument in node.args:
        if node.name == LISTED and path and isinstance(argument, nodes.Const):
            field = f"{written(listed)}.{argument.value}"
            inside = scope.knowing(_itself(listed, scope))
            yield Use(f"{path}.{argument.value}", field, node.lineno, scope.needed, inside.present)


def _and(node: nodes.And, scope: Scope) -> Iterator[Use]:
    yield from _uses(node.left, scope)
    yield from _uses(node.right, scope.knowing(_if_true(node.left, scope)))


def _or(node: nodes.Or, scope: Scope) -> Iterator[Use]:
    yield from _uses(node.left, scope.asking(needed=False))
    yield from _uses(node.right, scope.knowing(_if_false(node.left, scope)))


def _inline_if(node: nodes.CondExpr, scope: Scope) -> Iterator[Use]:
    yield from _uses(node.test, scope.asking(needed=False))
    yield from _uses(node.expr1, scope.knowing(_if_true(node.test, scope)))
    if node.expr2 is not None:
        yield from _uses(node.expr2, scope.knowing(_if_false(node.test, scope)))


def _if(node: nodes.If, scope: Scope) -> Iterator[Use]:
    for branch in (node, *node.elif_):
        yield from _uses(branch.test, scope.asking(needed=False))
        inside = scope.knowing(_if_true(branch.test, scope))
        for child in branch.body:
            yield from _uses(child, inside)
        scope = scope.knowing(_if_false(branch.test, scope))
    for child in node.else_:
        yield from _uses(child, scope)


def _for(node: nodes.For, scope: Scope) -> Iterator[Use]:
    yield from _uses(node.iter, scope.asking(needed=True))
    for child in node.body:
        yield from _uses(child, scope.looping(node))
    for child in node.else_:
        yield from _uses(child, scope)


_WALKS: dict[type[nodes.Node], Callable[..., Iterator[Use]]] = {
    nodes.Name: _read,
    nodes.Getattr: _read,
    nodes.Output: _all_needed,
    nodes.Concat: _all_needed,
    nodes.Add: _all_needed,
    nodes.Sub: _all_needed,
    nodes.Div: _all_needed,
    nodes.Neg: _all_needed,
    nodes.Pos: _all_needed,
    nodes.Compare: _all_tested,
    nodes.Test: _all_tested,
    nodes.Not: _all_tested,
    nodes.Filter: _filter,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.CondExpr: _inline_if,
    nodes.If: _if,
    nodes.For: _for,
}


def _if_true(test: nodes.Node, scope: Scope) -> frozenset[str]:
    """The paths that must be there where the test holds."""
    return _THERE_IF_TRUE.get(type(test), _nothing)(test, scope)


def _if_false(test: nodes.Node, scope: Scope) -> frozenset[str]:
    """The paths that must be there where the test does not hold."""
    return _THERE_IF_FALSE.get(type(test), _nothing)(test, scope)


def _nothing(_: nodes.Node, __: Scope) -> frozenset[str]:
    return frozenset()


def _itself(node: nodes.Node, scope: Scope) -> frozenset[str]:
    """A path and what it stands in: `a.b.c` is there only if `a` and `a.b` are."""
    words = (path_of(node, scope) or "").split(".")
    return frozenset(".".join(words[:count]) for count in range(1, len(words) + 1))


def _of_test(name: str) -> Callable[..., frozenset[str]]:
    return lambda node, scope: _itself(node.node, scope) if node.name == name else frozenset()


def _both_sides(node: nodes.Compare, scope: Scope) -> frozenset[str]:
    if any(operand.op not in _SHOWS_PRESENCE for operand in node.ops):
        return frozenset()
    sides = (node.expr, *(operand.expr for operand in node.ops))
    paths = [_itself(side, scope) for side in sides if isinstance(side, nodes.Name | nodes.Getattr)]
    return frozenset().union(*paths)


_THERE_IF_TRUE: dict[type[nodes.Node], Callable[..., frozenset[str]]] = {
    nodes.Name: _itself,
    nodes.Getattr: _itself,
    nodes.And: lambda node, scope: _if_true(node.left, scope) | _if_true(node.right, scope),
    nodes.Or: lambda node, scope: _if_true(node.left, scope) & _if_true(node.right, scope),
    nodes.Not: lambda node, scope: _if_false(node.node, scope),
    nodes.Test: _of_test("defined"),
    nodes.Compare: _both_sides,
}

_THERE_IF_FALSE: dict[type[nodes.Node], Callable[..., frozenset[str]]] = {
    nodes.And: lambda node, scope: _if_false(node.left, scope) & _if_false(node.right, scope),
    nodes.Or: lambda node, scope: _if_false(node.left, scope) | _if_false(node.right, scope),
    nodes.Not: lambda node, scope: _if_true(node.node, scope),
    nodes.Test: _of_test("undefined"),
}
