"""The second wall: a sandboxed environment in which nothing exists but the listed filters and plain data.

Even if a tree slipped through the check, there would be no attribute to read (only keys of dicts), no global,
no loader, and no operator but three.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from babel.numbers import format_decimal
from jinja2 import Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flows.language import limits
from flows.language.errors import MissingValue, UnfitValue
from flows.language.filters import DEFAULT, FILTERS, Filter
from flows.language.locality import Locality
from flows.language.paths import written

LOCALITY = "_locality"
"""Under which the locality travels in the values: no source can say a name that begins with _."""

_SAY = "_say"
_ROWS = "_rows"


class Missing(Undefined):
    """A value that is not there.

    Every comparison with it is false; saying it or reckoning with it is an error.
    """

    __slots__ = ()

    @property
    def path(self) -> str:
        """Its dotted path, as far as it is known."""
        return self._undefined_name or "a value"

    def __str__(self) -> str:
        raise MissingValue(self.path)

    def _never(self, _: object) -> bool:
        return False

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _never  # type: ignore[assignment] # Jinja2 types them as never returning
    __hash__ = Undefined.__hash__


class ReplyEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 with nothing in it but what the tables allow."""

    intercepted_binops = frozenset({"+", "-", "/"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self) -> None:
        super().__init__(
            undefined=Missing,
            finalize=_finalize,
            # The optimiser would compute constants of a tree that nobody has checked yet.
            optimized=False,
            # Messages are plain text; pages that show them escape them there.
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.globals = {}
        self.tests = {"defined": _is_defined, "undefined": _is_undefined}
        self.filters = {name: _callable(name, known) for name, known in FILTERS.items()}
        self.filters |= {_SAY: _say, _ROWS: _rows}

    def getattr(self, obj: object, attribute: str) -> object:
        """A key of a dict. Attributes of Python objects are never looked at.

        `attribute` is the whole path as written; its last word is the key (see `strict`).
        """
        value = obj.get(attribute.rpartition(".")[2]) if isinstance(obj, dict) else None
        return Missing(name=attribute) if value is None else value

    def getitem(self, obj: object, argument: object) -> object:
        """The same as `getattr`."""
        return self.getattr(obj, str(argument))

    def call_binop(self, _: Context, operator: str, left: object, right: object) -> object:
        """`+`, `-` and `/` of numbers, and `+` of texts."""
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        one, other = _number(left), _number(right)
        if operator == "/" and other == 0:
            raise UnfitValue("nothing can be divided by zero")
        return _OPERATIONS[operator](one, other)

    def call_unop(self, _: Context, operator: str, arg: object) -> object:
        """The sign of a number."""
        return -_number(arg) if operator == "-" else _number(arg)


_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "/": lambda one, other: one / other,
}


def make_strict(every: Iterable[nodes.Node]) -> None:
    """Change a tree in place into the one that is compiled; `every` are its nodes, each after what it stands in.

    `~` and loops are led through filters of our own, so that nothing but plain data is said and walked, and
    each field knows its path, so that an error can name it.
    """
    for node in every:
        match node:
            case nodes.Getattr():
                node.attr = written(node)
            case nodes.Concat():
                node.nodes = [_through(_SAY, part) for part in node.nodes]
            case nodes.For():
                node.iter = _through(_ROWS, node.iter)


def _through(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _callable(name: str, known: Filter) -> Callable[..., object]:
    @pass_context
    def run(context: Context, value: object, *arguments: object) -> object:
        if isinstance(value, Missing):
            return arguments[0] if name == DEFAULT else value
        result = known.function(context.parent[LOCALITY], value, *arguments)
        return Missing(name=f"the {name} of nothing") if result is None else result

    return run


@pass_context
def _finalize(context: Context, value: object) -> str:
    """How a value is said: a text as it is, a number by the locale, and nothing else at all."""
    if isinstance(value, Missing):
        raise MissingValue(value.path)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnfitValue("a list, a group or a yes/no cannot be said; use a filter or an if")
    if isinstance(value, float):
        locality: Locality = context.parent[LOCALITY]
        return format_decimal(value, locale=locality.locale)
    return str(value)


@pass_context
def _say(context: Context, value: object) -> str:
    return _finalize(context, value)


@pass_context
def _rows(_: Context, value: object) -> list[object]:
    if isinstance(value, Missing):
        raise MissingValue(value.path)
    if not isinstance(value, list):
        raise UnfitValue("a loop goes over a list")
    return value[: limits.LIST_ITEMS]


def _number(value: object) -> float:
    if isinstance(value, Missing):
        raise MissingValue(value.path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitValue("only numbers are added, subtracted and divided")
    return value


def _is_defined(value: object) -> bool:
    return not isinstance(value, Missing)


def _is_undefined(value: object) -> bool:
    return isinstance(value, Missing)


ENVIRONMENT: Final = ReplyEnvironment()
