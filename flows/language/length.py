"""How long a reply can get, worked out from its checked tree before it meets any value."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jinja2 import nodes

from flows.language import limits
from flows.language.filters import DEFAULT, FIRST_NAME_LENGTH
from flows.language.uses import Scope, path_of

BYTES_OF_CHARACTER = 3
"""What a code point of a value is taken for: most scripts need at most three bytes, emoji four."""
_LONGEST_NUMBER = "-123.456.789.012,345"
_LONGEST_AND = ", and "
_REPLACING = frozenset({"plural"})
_SHORTENED = {"first_name": FIRST_NAME_LENGTH, "length": 4}


@dataclass(frozen=True, slots=True)
class Length:
    """The longest text, in code points and in bytes of UTF-8."""

    characters: int = 0
    in_bytes: int = 0

    def __add__(self, other: "Length") -> "Length":
        return Length(self.characters + other.characters, self.in_bytes + other.in_bytes)

    def times(self, count: int) -> "Length":
        """The same, so many times over."""
        return Length(self.characters * count, self.in_bytes * count)


LengthOf = Callable[[str], Length]
"""From a dotted path to the most that its value takes when said."""


def _literal(text: str) -> Length:
    return Length(len(text), len(text.encode()))


def of_text(characters: int) -> Length:
    """The most that so many code points of any script take."""
    return Length(characters, characters * BYTES_OF_CHARACTER)


def _larger(*lengths: Length) -> Length:
    return Length(max(one.characters for one in lengths), max(one.in_bytes for one in lengths))


def _smaller(one: Length, other: Length) -> Length:
    return Length(min(one.characters, other.characters), min(one.in_bytes, other.in_bytes))


def longest(tree: nodes.Node, length_of: LengthOf) -> Length:
    """The most that a checked tree can say.

    The way through an `if` that is longest counts; a loop runs 20 times.
    """
    return _Measure(length_of).of(tree, Scope())


class _Measure:
    """Measures node by node; what has no row says a number at most."""

    def __init__(self, length_of: LengthOf) -> None:
        self._length_of = length_of
        self._ways: dict[type[nodes.Node], Callable[..., Length]] = {
            nodes.TemplateData: lambda node, _: _literal(node.data),
            nodes.Const: lambda node, _: _literal(str(node.value)),
            nodes.Name: self._value,
            nodes.Getattr: self._value,
            nodes.If: self._branches,
            nodes.CondExpr: lambda node, scope: self._larger((node.expr1, node.expr2), scope),
            nodes.And: lambda node, scope: self._larger((node.left, node.right), scope),
            nodes.Or: lambda node, scope: self._larger((node.left, node.right), scope),
            nodes.For: self._loop,
            nodes.Filter: self._filtered,
            nodes.Template: lambda node, scope: self._all(node.body, scope),
            nodes.Output: lambda node, scope: self._all(node.nodes, scope),
            nodes.Concat: lambda node, scope: self._all(node.nodes, scope),
            nodes.Add: lambda node, scope: self._all((node.left, node.right), scope),
        }

    def of(self, node: nodes.Node, scope: Scope) -> Length:
        way = self._ways.get(type(node))
        return way(node, scope) if way else _literal(_LONGEST_NUMBER)

    def _all(self, children: Iterable[nodes.Node], scope: Scope) -> Length:
        return sum((self.of(child, scope) for child in children), Length())

    def _larger(self, children: Iterable[nodes.Node], scope: Scope) -> Length:
        return _larger(*(self.of(child, scope) for child in children))

    def _value(self, node: nodes.Expr, scope: Scope) -> Length:
        return self._length_of(path_of(node, scope) or "")

    def _branches(self, node: nodes.If, scope: Scope) -> Length:
        bodies = [branch.body for branch in (node, *node.elif_)] + [node.else_]
        return _larger(*(self._all(body, scope) for body in bodies))

    def _loop(self, node: nodes.For, scope: Scope) -> Length:
        body = self._all(node.body, scope.looping(node)).times(limits.LIST_ITEMS)
        return _larger(body, self._all(node.else_, scope))

    def _filtered(self, node: nodes.Filter, scope: Scope) -> Length:
        """Filters that shorten or replace what they are given; the others leave its length about as it is."""
        value = node.node or nodes.Const("")
        constants = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        if node.name in _REPLACING:
            return _larger(Length(), *(_literal(str(constant)) for constant in constants))
        if node.name == "list":
            path = ".".join((path_of(value, scope) or "", *map(str, constants)))
            return (self._length_of(path) + _literal(_LONGEST_AND)).times(limits.LIST_ITEMS)
        inner = self.of(value, scope)
        if node.name == DEFAULT:
            return _larger(inner, *(_literal(str(constant)) for constant in constants))
        most = constants[0] if node.name == "truncate" else _SHORTENED.get(node.name)
        return inner if most is None else _smaller(inner, of_text(most))
