"""What the reply language refuses: everything that reads, calls, leaks or exhausts."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.language import LanguageError, Locality, RenderFailure, compile_condition, compile_reply, limits
from flows.language.environment import ENVIRONMENT
from flows.language.filters import FILTERS, TESTS


class Canary:
    """An object that must never be reached: it gives itself away in any way it is touched."""

    def __init__(self) -> None:
        self.touched = 0
        self.secret = "canary-secret"

    def shout(self) -> str:
        """What a call would give."""
        self.touched += 1
        return self.secret

    def __str__(self) -> str:
        self.touched += 1
        return self.secret


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ name.__init__ }}",
    "{{ name['__class__'] }}",
    "{{ name[0] }}",
    "{{ items[0:1] }}",
    "{{ name | attr('__class__') }}",
    "{{ items | map(attribute='x') }}",
    "{{ items | map('upper') }}",
    "{{ items | groupby('x') }}",
    "{{ items | tojson }}",
    "{{ items | pprint }}",
    "{{ name | format(name) }}",
    "{{ name | safe }}",
    "{{ name | xmlattr }}",
    "{{ name.format(name) }}",
    "{{ '%s' % name }}",
    "{{ canary.shout() }}",
    "{{ name.upper() }}",
    "{{ name() }}",
    "{{ (name | upper)() }}",
    "{{ range(3) }}",
    "{{ lipsum() }}",
    "{{ cycler('a') }}",
    "{{ joiner(',') }}",
    "{{ namespace(a=1) }}",
    "{{ dict(a=1) }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ loop }}",
    "{% for a in items %}{{ loop.index }}{% endfor %}",
    "{% for a in items recursive %}{{ a }}{% endfor %}",
    "{% for a in items if a %}{{ a }}{% endfor %}",
    "{% for a, b in items %}{{ a }}{% endfor %}",
    "{% for a in 'abc' %}{{ a }}{% endfor %}",
    "{% for a in items | list %}{{ a }}{% endfor %}",
    "{% for loop in items %}{{ loop }}{% endfor %}",
    "{% for self in items %}{{ self }}{% endfor %}",
    "{{ caller() }}",
    "{{ super() }}",
    "{{ varargs }}",
    "{{ _locale }}",
    "{{ a__b }}",
    "{{ a_ }}",
    "{{ name | _say }}",
    "{{ items | _rows }}",
    "{{ none }}",
    "{{ None }}",
    "{{ [name] }}",
    "{{ (name, name) }}",
    "{{ {'a': name} }}",
    "{{ name if name }}",
    "{{ 2 * 3 }}",
    "{{ 2 ** 3 }}",
    "{{ 7 % 3 }}",
    "{{ 7 // 3 }}",
    "{{ name is string }}",
    "{{ name is sameas(name) }}",
    "{{ name is defined(1) }}",
    "{{ name | default }}",
    "{{ name | default('a', true) }}",
    "{{ name | default(value='a') }}",
    "{{ name | default(other) }}",
    "{{ name | truncate(0) }}",
    "{{ name | truncate(99999) }}",
    "{{ name | truncate('3') }}",
    "{{ name | truncate(true) }}",
    "{{ name | truncate(*items) }}",
    "{{ name | truncate(**items) }}",
    "{{ name | date('%Y') }}",
    "{{ items | list('__class__') }}",
    "{{ items | list(name) }}",
    "{{ name | center(2000000) }}",
    "{{ name | replace('a', 'bbbb') }}",
    "{{ name | wordwrap(1) }}",
    "{{ name | indent(100000) }}",
    "{{ items | join(name) }}",
    "{{ items | batch(3) }}",
    "{% set a = 1 %}",
    "{% set a %}x{% endset %}",
    "{% macro a() %}{% endmacro %}",
    "{% call a() %}{% endcall %}",
    "{% filter upper %}a{% endfilter %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% do name %}",
    "{% debug %}",
    "{% break %}",
    "{% trans %}a{% endtrans %}",
    "{% raw %}{{ name }}{% endraw %}",
    "{{ name",
    "{% if name %}",
    "{% endif %}",
    "{{ }}",
    "{{ 'a }}",
    "{{ nåme }}",
    "{{ 0x10 }}",
    "{{ 1e9 }}",
    "{{ 1_000 }}",
    "{{ 9999999999999 }}",
    '{{ "\\ud800" }}',
    "half \ud800 of one",
    "{{ name; name }}",
    "{{ name @ name }}",
]

EXHAUSTION = {
    "a sum": "{{ " + "1+" * 3000 + "1 }}",
    "a sum with spaces": "{{ " + "1 + " * 1500 + "1 }}",
    "open parentheses": "{{ " + "(" * 4000,
    "closed parentheses": "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
    "open lists": "{{ " + "[" * 4000,
    "open dicts": "{{ " + "{" * 4000,
    "not": "{{ " + "not " * 1500 + "a }}",
    "minus": "{{ " + "-" * 4000 + "1 }}",
    "fields": "{{ a" + ".b" * 3000 + " }}",
    "filters": "{{ a" + "|trim" * 1500 + " }}",
    "a few filters too many": "{{ a" + "|trim" * 30 + " }}",
    "comparisons": "{{ " + "1<" * 3000 + "1 }}",
    "text": "{{ " + "a~" * 3000 + "a }}",
    "inline ifs": "{{ " + "a if b else " * 600 + "c }}",
    "a few inline ifs too many": "{{ " + "a if b else " * 26 + "c }}",
    "open ifs": "{% if a %}" * 700,
    "closed ifs": "{% if a %}" * 350 + "{% endif %}" * 350,
    "nine ifs": "{% if a %}" * 9 + "{% endif %}" * 9,
    "elifs": "{% if a %}" + "{% elif a %}" * 600 + "{% endif %}",
    "loops": "{% for a in b %}" * 3 + "{% endfor %}" * 3,
    "tags": "{{ a }}" * 1000,
    "opened tags": "{{" * 4000,
    "digits": "{{ " + "9" * 8000 + " }}",
    "stars": "{{ 9" + "**9" * 2000 + " }}",
    "long source": "x" * (limits.SOURCE_BYTES + 1),
    "long source in bytes": "ü" * (limits.SOURCE_BYTES // 2 + 1),
    "nested defaults": "{{ a|default(" * 40 + "'x'" + ") }}" * 40,
    "work in loops": "{% for a in b %}{% for c in b %}"
    + "{% if a | money == c | money %}{% endif %}" * 10
    + "{% endfor %}{% endfor %}",
    "searching in loops": "{% for a in b %}{% for c in b %}{% if a in c %}{% endif %}{% endfor %}{% endfor %}",
    "strings": "{{ " + "'x'" * 2000 + " }}",
    "commas": "{{ " + "1," * 3000 + " }}",
    "comment": "{# " * 2000,
    "raw": "{% raw %}" + "{% " * 2000,
}


@pytest.mark.parametrize("source", ESCAPES)
def test_what_is_not_on_the_list_is_refused(source: str) -> None:
    """Whatever is not allowed does not compile; the error says where and carries no more than it must."""
    with pytest.raises(LanguageError) as raised:
        compile_reply(source)

    assert raised.value.problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in raised.value.problems)


@pytest.mark.parametrize("source", EXHAUSTION.values(), ids=EXHAUSTION.keys())
def test_what_could_exhaust_is_refused(source: str) -> None:
    """Long chains and deep nests are refused, as replies and as conditions, before anything recursive sees them."""
    for compile_source in (compile_reply, compile_condition):
        with pytest.raises(LanguageError):
            compile_source(source)


@pytest.mark.parametrize(
    "source", ["", " ", "a }} {{ b", "a b", "a)", "%} {% if a", "a # b", "{{ a }}", "a; b", "{# #}"]
)
def test_a_condition_is_one_expression(source: str) -> None:
    """A condition cannot break out of the tag that it is compiled in."""
    with pytest.raises(LanguageError):
        compile_condition(source)


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("Hi\n{{ name | uper }}", 2, 11, "did you mean upper"),
        ("{% iff name %}", 1, 4, "did you mean if"),
        ("{% if name is defind %}{% endif %}", 1, 15, "did you mean defined"),
        ("a\nb {{ a * 2 }}", 2, 8, "no *"),
        ("{{ name.__class__ }}", 1, 9, "a name is"),
        ("{{ name | truncate }}", 1, 11, "as in product.title | truncate(6)"),
        ("{{ a if b }}", 1, 1, "needs an else"),
    ],
)
def test_problems_say_where_and_what_instead(source: str, line: int, column: int, words: str) -> None:
    """A problem names line and column, and what to write instead."""
    with pytest.raises(LanguageError) as raised:
        compile_reply(source)

    problem = raised.value.problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message


def test_all_problems_are_named_at_once() -> None:
    """A source with three mistakes gives three problems, in order."""
    with pytest.raises(LanguageError) as raised:
        compile_reply("{{ a | uper }}\n{{ b | lowr }}\n{{ c() }}")

    assert [problem.line for problem in raised.value.problems] == [1, 2, 3]


@pytest.mark.parametrize(
    "source",
    [
        "{{ canary.secret | default('-') }}",
        "{{ canary.touched | default('-') }}",
        "{{ items.append | default('-') }}",
        "{{ group.items | default('-') }}",
        "{{ group.keys | default('-') }}",
        "{{ name.upper | default('-') }}",
        "{{ name.format | default('-') }}",
        "{{ (items | first).real | default('-') }}",
    ],
)
def test_attributes_of_objects_are_never_read(source: str) -> None:
    """Only keys of dicts are fields: a method or attribute of a value does not exist."""
    canary = Canary()
    values: dict[str, Any] = {"canary": canary, "items": [1, 2], "group": {"a": 1}, "name": "x"}

    assert compile_reply(source).render(values, Locality.of("en")) == "-"
    assert canary.touched == 0


@pytest.mark.parametrize(
    "source",
    [
        "{{ canary }}",
        "{{ 'a' ~ canary }}",
        "{{ canary | upper }}",
        "{{ [canary] | list }}",
        "{{ items | list }}",
    ],
)
def test_an_object_is_never_printed(source: str) -> None:
    """Even an object that got in by mistake is not said, so no address can leak."""
    canary = Canary()
    values: dict[str, Any] = {"canary": canary, "items": [canary]}

    with pytest.raises((LanguageError, RenderFailure)):
        compile_reply(source).render(values, Locality.of("en"))
    assert canary.touched == 0


def test_the_environment_holds_nothing_else() -> None:
    """Behind the check stands an environment without globals, with the listed filters and tests and no others."""
    ours = {name for name in ENVIRONMENT.filters if not name.startswith("_")}

    assert ENVIRONMENT.globals == {}
    assert ours == set(FILTERS)
    assert set(ENVIRONMENT.tests) == set(TESTS)
    assert ENVIRONMENT.loader is None
    assert not ENVIRONMENT.extensions
    assert ENVIRONMENT.sandboxed
    assert not ENVIRONMENT.optimized


def test_errors_carry_no_values() -> None:
    """What a render failure says can stand in a log: paths, never what a customer wrote."""
    with pytest.raises(RenderFailure) as raised:
        compile_reply("{{ name + 1 }}").render({"name": "my secret"}, Locality.of("en"))

    assert "secret" not in str(raised.value)


WORDS = ["a", "a.b", "items", "1", "'x'", "not", "-", "(", ")", "if", "else", "and", "or", "in", "is", "defined", "|",
         "upper", "truncate(3)", "list", "money", "first", "length", "default('y')", "+", "~", "/", "==", "<", ".", ",",
         "loop", "self", "__class__", "*", "[", "]", "range(9)", "for", "endfor", "none"]  # fmt: skip
TAGS = ["{{", "}}", "{%", "%}", "{% if a %}", "{% endif %}", "{% for a in items %}", "{% endfor %}", "{% else %}",
        "{#", "#}", "text", "{% set x = 1 %}", "{% raw %}", "{% endraw %}"]  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS + TAGS), max_size=40))
def test_any_source_ends_in_a_text_or_a_known_error(pieces: list[str]) -> None:
    """Whatever is written, compiling refuses it or rendering ends in a bounded text or a failure of our own."""
    values: dict[str, Any] = {"a": {"b": "<v>"}, "items": ["p", "q"], "x": None}
    for compile_source in (compile_reply, compile_condition):
        try:
            program = compile_source(" ".join(pieces))
            text = (
                program.render(values, Locality.of("de"))
                if hasattr(program, "render")
                else str(program.holds(values, Locality.of("de")))
            )
        except (LanguageError, RenderFailure):
            continue
        assert len(text.encode()) <= limits.OUTPUT_BYTES
        assert "object at" not in text


FORMS = ["({0})", "{0} + {1}", "{0} ~ {1}", "{0} / {1}", "{0} - {1}", "not {0}", "-{0}", "{0} == {1}", "{0} < {1}",
         "{0} in {1}", "{0} and {1}", "{0} or {1}", "({0}) if ({1}) else ({0})", "({0}) | upper", "({0}) | length",
         "({0}) | first", "({0}) | list", "({0}) | money", "({0}) | date", "({0}) | default('z')",
         "({0}) | truncate(5)", "({0}) is defined"]  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """An expression of the language, mostly well formed."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["a", "a.b", "n", "items", "'x'", "2", "missing.value", "d"]))
    inner, other = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    return draw(st.sampled_from(FORMS)).format(inner, other)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions(), expressions())
def test_any_expression_ends_in_a_text_or_a_known_error(one: str, other: str) -> None:
    """Well-formed expressions over values of every sort end well, whatever they combine."""
    values: dict[str, Any] = {
        "a": {"b": "ß"},
        "n": 3,
        "items": ["p", {"b": 1}, 2.5, True],
        "d": "2026-03-04T00:00:00+00:00",
    }
    source = f"{{% for x in items %}}{{% if {one} %}}{{{{ {other} }}}}{{% endif %}}{{% endfor %}}"
    try:
        text = compile_reply(source).render(values, Locality.of("es"))
    except (LanguageError, RenderFailure):
        return

    assert len(text.encode()) <= limits.OUTPUT_BYTES
    assert "object at" not in text
