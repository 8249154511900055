"""How long a reply can get, worked out from its checked tree before it meets any value."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from jinja2 import nodes

from flows.language import limits
from flows.language.filters import DEFAULT, FILTERS, FIRST_NAME_LENGTH, FIT, LISTED
from flows.language.locality import Locality
from flows.language.uses import Scope, path_of
from middleware.domain.capabilities import Size

BYTES_OF_CHARACTER = 4
"""What a code point of a value may take in UTF-8: most scripts need at most three bytes, emoji four."""
_AT = datetime(2027, 12, 28, tzinfo=UTC)
"""When the samples are read: what is a year old is said at length."""
_GROWS = {"upper": 3, "capitalize": 3, "lower": 2}
"""How many code points one can become in another case: the German ß becomes two, some Greek letters three."""
_LONGEST_NUMBER = "-123.456.789.012,345"
_LONGEST_AND = ", and "


@dataclass(frozen=True, slots=True)
class Length:
    """The longest text, in code points and in bytes of UTF-8."""

    characters: int = 0
    in_bytes: int = 0

    def __add__(self, other: "Length") -> "Length":
        return Length(self.characters + other.characters, self.in_bytes + other.in_bytes)

    def counted(self, size: Size) -> int:
        """In the unit of a size."""
        return self.in_bytes if size.in_bytes else self.characters

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


def longest(tree: nodes.Node, length_of: LengthOf, locale: str = "en") -> Length:
    """The most that a checked tree can say to a reader of this locale.

    The way through an `if` that is longest counts; a loop runs 20 times.
    """
    return _Measure(length_of, locale).of(tree, Scope())


class _Measure:
    """Measures node by node; what has no row says a number at most."""

    def __init__(self, length_of: LengthOf, locale: str) -> None:
        self._length_of = length_of
        self._locale = locale
        self._filters: dict[str, Callable[..., Length]] = {
            DEFAULT: self._either,
            LISTED: self._listed,
            FIT: lambda *_: Length(),
            "plural": self._one_of,
            "truncate": self._shortened,
            "first_name": self._shortened,
        }
        self._filters |= {name: self._cased(most) for name, most in _GROWS.items()}
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
        """What a filter says; most leave the length of what they are given about as it is."""
        constants = tuple(argument.value for argument in node.args if isinstance(argument, nodes.Const))
        way = self._filters.get(node.name)
        if way is not None:
            return way(node.node or nodes.Const(""), constants, scope)
        if FILTERS[node.name].samples:
            return _sampled(node.name, constants, self._locale)
        most = FILTERS[node.name].longest
        return self.of(node.node or nodes.Const(""), scope) if most is None else of_text(most)

    def _either(self, value: nodes.Node, constants: tuple[object, ...], scope: Scope) -> Length:
        return _larger(self.of(value, scope), *(_literal(str(constant)) for constant in constants))

    def _one_of(self, _: nodes.Node, constants: tuple[object, ...], __: Scope) -> Length:
        return _larger(*(_literal(str(constant)) for constant in constants))

    def _listed(self, value: nodes.Node, constants: tuple[object, ...], scope: Scope) -> Length:
        path = path_of(value, scope) or ""
        # A list of texts says these, whichever field of them is named.
        each = _larger(self._length_of(path), *(self._length_of(f"{path}.{name}") for name in constants))
        return (each + _literal(_LONGEST_AND)).times(limits.LIST_ITEMS)

    def _cased(self, most: int) -> Callable[..., Length]:
        """In another case; ASCII, where a character is a byte, stays as long as it is."""

        def cased(value: nodes.Node, _: tuple[object, ...], scope: Scope) -> Length:
            said = self.of(value, scope)
            return said if said.characters == said.in_bytes else said.times(most)

        return cased

    def _shortened(self, value: nodes.Node, constants: tuple[int, ...], scope: Scope) -> Length:
        return _smaller(self.of(value, scope), of_text(constants[0] if constants else FIRST_NAME_LENGTH))


@lru_cache(maxsize=1024)
def _sampled(name: str, constants: tuple[object, ...], locale: str) -> Length:
    """The longest that a filter says of its samples."""
    row, locality = FILTERS[name], Locality.of(locale, None, _AT)
    return _larger(*(_literal(str(row.function(locality, sample, *constants))) for sample in row.samples))
