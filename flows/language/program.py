"""Compiled replies and conditions: what remains of a source once it is known to be harmless."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from flows.language import limits
from flows.language.environment import ENVIRONMENT, LOCALITY, make_strict
from flows.language.errors import LanguageError, OutputTooLong, Problem, RenderFailure, UnfitValue
from flows.language.filters import FIT
from flows.language.locality import Locality
from flows.language.tokens import scan
from flows.language.tree import check
from flows.language.uses import Use, uses_of
from middleware.domain.capabilities import Size

Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None
"""What a program may read. Anything else is never handed in."""

_HOLDS = "yes"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A checked source, compiled."""

    source: str
    names: tuple[str, ...] = field(repr=False)
    """The dotted paths that it reads, sorted."""
    _template: Template = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Program(_Compiled):
    """One reply, ready to be said with any values."""

    elastic: int
    """How many of its values give way where there is little room (the filter `fit`)."""

    def render(self, values: Mapping[str, Value], locality: Locality, room: Size | None = None) -> str:
        """The text for these values; what gives way is shortened so that it fits into `room`, if that can be.

        Raises MissingValue, UnfitValue or OutputTooLong, and nothing else.
        """
        text = _render(self._template, values, locality)
        if room is None or not self.elastic or room.length(text) <= room.most:
            return text
        left = room.most - room.length(_render(self._template, values, locality.leaving(room.of(0))))
        for share in dict.fromkeys((left, left // self.elastic)):
            text = _render(self._template, values, locality.leaving(room.of(max(0, share))))
            if room.length(text) <= room.most:
                break
        return text


@dataclass(frozen=True, slots=True)
class Condition(_Compiled):
    """One yes/no question to the values."""

    uses: tuple[Use, ...] = field(repr=False)

    @property
    def tree(self) -> nodes.Node:
        """The tree of the expression, parsed anew: for looking at, never compiled."""
        return next(_parsed_expression(self.source).find_all(nodes.If)).test

    def holds(self, values: Mapping[str, Value], locality: Locality) -> bool:
        """Whether it holds. Never raises: what cannot be answered does not hold."""
        try:
            return _render(self._template, values, locality) == _HOLDS
        except RenderFailure:
            return False


@dataclass(frozen=True, slots=True)
class Source:
    """A source that is part of the language, read and not compiled yet.

    `tree` is as it is written, and `every` has all of its nodes, each after the one that it stands in.
    """

    text: str
    tree: nodes.Template
    every: tuple[nodes.Node, ...]
    uses: tuple[Use, ...]
    elastic: int
    """How many of its values give way where there is little room (the filter `fit`)."""

    def compiled(self) -> Program:
        """The program, once: compiling changes the tree, so whatever is to be found in it is looked for before."""
        return Program(self.text, _names(self.uses), _compiled(self), self.elastic)


def read_reply(source: str) -> Source:
    """A source, read and checked. Raises LanguageError with every problem found."""
    return _read(source, expression=False)


def compile_reply(source: str) -> Program:
    """The program for a source. Raises LanguageError with every problem found."""
    return read_reply(source).compiled()


def compile_condition(source: str) -> Condition:
    """The condition for an expression such as `orders.latest.state == "shipped"`. Raises LanguageError."""
    read = _read(source, expression=True)
    return Condition(read.text, _names(read.uses), _compiled(read), read.uses)


def _names(uses: Iterable[Use]) -> tuple[str, ...]:
    # One string for a path, however many thousand templates read it.
    return tuple(sorted({intern(use.path) for use in uses}))


def _read(source: str, *, expression: bool) -> Source:
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    tokens = scan(ENVIRONMENT.lexer, text, expression=expression)
    try:
        tree = _parsed_expression(text) if expression else ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise LanguageError(Problem(error.lineno, 1, error.message or "cannot be read")) from None
    every = check(tree, tokens)
    elastic = sum(isinstance(each, nodes.Filter) and each.name == FIT for each in every)
    return Source(text, tree, every, uses_of(tree), elastic)


def _parsed_expression(source: str) -> nodes.Template:
    parser = Parser(ENVIRONMENT, source, state="variable")
    test = parser.parse_expression()
    if not parser.stream.eos:
        raise TemplateSyntaxError("the condition should end here", parser.stream.current.lineno)
    answer = nodes.Output([nodes.TemplateData(_HOLDS, lineno=1)], lineno=1)
    choice = nodes.If(test, [answer], [], [], lineno=1)
    return nodes.Template([choice], lineno=1)


def _compiled(source: Source) -> Template:
    make_strict(source.every)
    return Template.from_code(ENVIRONMENT, ENVIRONMENT.compile(source.tree), {})


def _render(template: Template, values: Mapping[str, Value], locality: Locality) -> str:
    present = {name: value for name, value in values.items() if value is not None}
    context = template.new_context({**present, LOCALITY: locality})
    parts, size = [], 0
    try:
        # Not Template.render: it would write all of the text before anyone could see how long it grows.
        for part in template.root_render_func(context):
            parts.append(part)
            size += len(part.encode())
            if size > limits.OUTPUT_BYTES:
                raise OutputTooLong
    except (TypeError, ValueError, ArithmeticError):
        raise UnfitValue("a value is of the wrong sort for what is done with it") from None
    return "".join(parts)
