"""Sources by a grammar of what Jinja2 can say, and of what people have tried to make it say. Deterministic by seed."""

import random
from collections.abc import Callable, Iterator

_NAMES = (
    "name", "items", "group", "canary", "n", "big", "self", "loop", "caller", "super", "varargs", "kwargs", "config",
    "request", "lipsum", "cycler", "joiner", "namespace", "range", "dict", "_locality", "_say",
    "__builtins__", "url_for",
)  # fmt: skip
_FIELDS = (
    "b", "number", "__class__", "__mro__", "__init__", "__globals__", "__subclasses__", "_TemplateReference__context",
    "gi_frame", "f_globals", "mro", "secret", "shout", "format", "format_map", "keys", "items", "append", "read",
    "real",
    "environment", "cr_frame", "func_globals", "__dict__", "touched",
)  # fmt: skip
_FILTERS = (
    "upper", "lower", "trim", "length", "first", "last", "list", "list('b')", "money", "date", "time",
    "date_time('full')", "age", "summary", "summary(5)", "times(1000)", "percent_off(3)", "plural('a', 'b')",
    "default('x')", "default(name)",
    "truncate(5)", "truncate(4000)", "fit", "first_name", "capitalize", "attr('__class__')", "map('upper')",
    "map(attribute='__class__')", "groupby('b')", "format(name)", "safe", "pprint", "tojson", "xmlattr", "sort",
    "join(name)", "replace('a', 'aaaa')", "center(99999999)", "wordwrap(1)", "indent(9999999)", "batch(2)", "slice(2)",
    "sum", "select", "selectattr('__class__')", "unique", "random", "urlize", "_say", "_rows", "string",
    "escape", "int",
)  # fmt: skip
_TESTS = ("defined", "undefined", "callable", "mapping", "sameas(name)", "string", "in items", "eq(1)", "divisibleby 2")
_SIGNS = ("+", "-", "/", "*", "**", "%", "//", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or")
_CONSTANTS = (
    "1", "0", "9999999999999", "1e308", "1.5", "'x'", '"__class__"', "true", "none", "''", "'%s%s'", "'{0.__class__}'",
    "'\\x5f\\x5fclass\\x5f\\x5f'", "'\\ud800'", "'a' 'b'", "[1, 2]", "(1, 2)", "{'a': 1}", "'" + "é" * 300 + "'",
)  # fmt: skip


class Grammar:
    """Writes sources, each of a few tags; what it writes is mostly well formed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - for tests
        self._expressions: tuple[Callable[[int], str], ...] = (
            lambda _: self._pick(_NAMES),
            lambda _: self._pick(_CONSTANTS),
            lambda depth: f"{self._expression(depth)}.{self._pick(_FIELDS)}",
            lambda depth: f"{self._expression(depth)}[{self._expression(depth)}]",
            lambda depth: f"({self._expression(depth)}) | {self._pick(_FILTERS)}",
            lambda depth: f"({self._expression(depth)}) | {self._pick(_FILTERS)} | {self._pick(_FILTERS)}",
            lambda depth: f"{self._expression(depth)} {self._pick(_SIGNS)} {self._expression(depth)}",
            lambda depth: f"{self._expression(depth)} is {self._pick(_TESTS)}",
            lambda depth: f"{self._expression(depth)}({self._expression(depth)})",
            lambda depth: f"{self._expression(depth)} if {self._expression(depth)} else {self._expression(depth)}",
            lambda depth: f"{self._pick(('-', 'not ', '+'))}{self._expression(depth)}",
            lambda depth: f"({self._expression(depth)})",
        )
        self._statements: tuple[Callable[[int], str], ...] = (
            lambda depth: "{{ " + self._expression(depth) + " }}",
            lambda depth: "{{ " + self._expression(depth) + " }}",
            lambda depth: "{% if " + self._expression(2) + " %}" + self._body(depth) + "{% endif %}",
            lambda depth: "{% for a in " + self._pick(_NAMES) + " %}" + self._body(depth) + "{% endfor %}",
            lambda depth: (
                "{% for a in items %}{{ a." + self._pick(_FIELDS) + " }}" + self._body(depth) + "{% endfor %}"
            ),
            lambda depth: "{% set x = " + self._expression(depth) + " %}",
            lambda depth: "{% macro m() %}" + self._body(depth) + "{% endmacro %}{{ m() }}",
            lambda depth: "{% filter upper %}" + self._body(depth) + "{% endfilter %}",
            lambda depth: "{% with a = " + self._expression(2) + " %}" + self._body(depth) + "{% endwith %}",
            lambda _: self._pick(("{% include 'x' %}", "{% import 'os' as os %}", "{% extends name %}", "{% raw %}")),
            lambda _: self._pick(("text ", "\n", "{# note #}", "{{", "}}", "{%", "é" * 50, "\u202e", "\x00")),
        )

    def source(self) -> str:
        """One source."""
        return "".join(self._statement(3) for _ in range(self._random.randint(1, 6)))

    def _pick(self, among: tuple[str, ...]) -> str:
        return self._random.choice(among)

    def _body(self, depth: int) -> str:
        return "".join(self._statement(depth - 1) for _ in range(self._random.randint(0, 3)))

    def _statement(self, depth: int) -> str:
        return self._random.choice(self._statements if depth > 0 else self._statements[-1:])(depth)

    def _expression(self, depth: int) -> str:
        ways = self._expressions if depth > 0 else self._expressions[:2]
        return self._random.choice(ways)(depth - 1)


class Tame(Grammar):
    """Writes what the reply language allows, at its limits: long, deep, with the dearest filters inside loops."""

    _DEAR = ("summary(5)", "date_time('full')", "list('b')", "upper", "truncate(4000)", "age", "times(3) | money")

    def source(self) -> str:
        """One source that asks for much work; some ask for too much and are refused."""
        inner = "".join("{{ " + self._dear() + " }}" for _ in range(self._random.randint(1, 40)))
        loops = self._random.randint(0, 2)
        text = inner
        for level in range(loops):
            text = "{% for v" + str(level) + " in items %}" + text + "{% endfor %}"
        return text + "{{ big | fit }}" * self._random.randint(0, 1)

    def _dear(self) -> str:
        value = self._pick(("big", "items", "at", "total", "n", "group.order"))
        return f"{value} | {self._pick(self._DEAR)}" + " | default('x')"


class Right(Tame):
    """The same of values that a context has, each used as it may be: such a source is looked at to the end."""

    _USES = (
        "message.text | truncate(400)", "message.text | upper", "cart.items | list('title')", "cart.total | money",
        "cart.total | times(3) | money", "orders.latest | summary(5)", "orders.latest.created_at | date_time('full')",
        "orders.latest.shipped_at | age", "cart.count | plural('a', 'b')", "profile.name | first_name | upper",
        "(orders.latest.items | first).title",
    )  # fmt: skip

    def source(self) -> str:
        """One source."""
        text = "".join("{{ " + self._dear() + " }}" for _ in range(self._random.randint(10, 44)))
        asked = "{% if orders.latest and cart.items %}" * self._random.randint(0, 3)
        return asked + text + "{% endif %}" * asked.count("%}")

    def _dear(self) -> str:
        return self._pick(self._USES) + " | default('x')" * self._random.randint(0, 1)


class Wordy(Grammar):
    """Writes as many names as go into a source, none of which there is, in lines of their own or in one."""

    def source(self) -> str:
        """One source."""
        between = self._pick((" ~ ", " + ", " or ", "\n~ "))
        return "".join("{{ " + between.join(self._word() for _ in range(35)) + " }}" for _ in range(4))

    def _word(self) -> str:
        return "".join(self._pick(("or", "der", "pro", "file", "ca", "rt", "me", "ss", "x")) for _ in range(5))


def hostile(count: int, seed: int = 1) -> Iterator[str]:
    """So many sources that try to get out or to exhaust."""
    wild, often = Grammar(seed), (Tame(seed), Tame(seed + 1), Right(seed), Wordy(seed))
    for number in range(count):
        turn, place = divmod(number, 5)
        yield often[turn % len(often)].source() if place == 4 else wild.source()
