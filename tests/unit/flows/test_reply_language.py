"""What the reply language says: its constructs, its filters, its missing values."""

from typing import Any

import pytest

from flows.language import (
    Locality,
    MissingValue,
    OutputTooLong,
    UnfitValue,
    compile_condition,
    compile_reply,
    read_reply,
)

MONEY = {"amount": 123450, "currency": "EUR", "exponent": 2}
VALUES: dict[str, Any] = {
    "profile": {"name": "ana maría lópez"},
    "orders": {
        "latest": {
            "number": "#1001",
            "state": "shipped",
            "total": MONEY,
            "placed": "2026-03-04T12:00:00+00:00",
        }
    },
    "cart": {"items": [{"title": "shirt"}, {"title": "socks"}, {"title": "hat"}], "count": 4},
    "flag": True,
    "off": False,
    "empty": "",
    "nothing": None,
    "ratio": 1234.5,
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain text", "plain text"),
        ("{{ orders.latest.number }}", "#1001"),
        ("{{ 'a' ~ 1 ~ orders.latest.number }}", "a1#1001"),
        ("{{ cart.count + 1 - 2 }}", "3"),
        ("{{ cart.count / 8 }}", "0.5"),
        ("{{ -cart.count }}{{ +cart.count }}", "-44"),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{ 'yes' if cart.count > 3 else 'no' }}", "yes"),
        ("{% if off %}a{% elif flag %}b{% else %}c{% endif %}", "b"),
        ("{% if 'sock' in 'socks' and not off or off %}in{% endif %}", "in"),
        ("{% for item in cart.items %}{{ item.title }},{% endfor %}", "shirt,socks,hat,"),
        ("{% for a in cart.items %}{% for b in cart.items %}x{% endfor %}{% endfor %}", "x" * 9),
        ("{# nobody reads this #}ok", "ok"),
        ("{{ profile.nickname or 'there' }}", "there"),
        ("{{ (cart.items | first).title }} {{ (cart.items | last).title }}", "shirt hat"),
        ("{{ '{{' }}", "{{"),
        ("a\r\nb", "a\nb"),
        ("{{ ratio }}", "1,234.5"),
    ],
)
def test_constructs_say_what_they_mean(source: str, expected: str) -> None:
    """Every construct that is allowed gives what a reader of Jinja2 expects."""
    assert compile_reply(source).render(VALUES, Locality.of("en")) == expected


@pytest.mark.parametrize(
    ("source", "locale", "expected"),
    [
        ("{{ orders.latest.total | money }}", "en", "€1,234.50"),
        ("{{ orders.latest.total | money }}", "de", "1.234,50\xa0€"),
        ("{{ orders.latest.total | money }}", "de_AT", "€\xa01.234,50"),
        ("{{ orders.latest.placed | date }}", "en", "Mar 4, 2026"),
        ("{{ orders.latest.placed | date('long') }}", "de", "4. März 2026"),
        ("{{ orders.latest.placed | date('long') }}", "es", "4 de marzo de 2026"),
        ("{{ cart.items | list('title') }}", "en", "shirt, socks, and hat"),
        ("{{ cart.items | list('title') }}", "de", "shirt, socks und hat"),
        ("{{ cart.items | list('title') }}", "es", "shirt, socks y hat"),
        ("{{ cart.count | plural('thing', 'things') }}", "en", "things"),
        ("{{ 1 | plural('cosa', 'cosas') }}", "es", "cosa"),
        ("{{ 'añb' | upper }} {{ 'AÑ' | lower }} {{ 'aB' | capitalize }}", "es", "AÑB añ Ab"),
        ("{{ '  x ' | trim }}", "en", "x"),
        ("{{ cart.items | length }} {{ 'abc' | length }}", "en", "3 3"),
        ("{{ 'a long title' | truncate(6) }}", "en", "a lon…"),
        ("{{ profile.name | first_name | capitalize }}", "es", "Ana"),
        ("{{ empty | default('there') }}", "en", "there"),
        ("{{ ratio }}", "de", "1.234,5"),
        ("{{ orders.latest.total | money }}", "xx", "€1,234.50"),
    ],
)
def test_filters_speak_the_customers_language(source: str, locale: str, expected: str) -> None:
    """Filters write money, dates, lists and numbers the way the locale does."""
    assert compile_reply(source).render(VALUES, Locality.of(locale)) == expected


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("Hi {{ profile.nickname }}", "profile.nickname"),
        ("{{ nobody }}", "nobody"),
        ("{{ nobody.at.home }}", "nobody.at.home"),
        ("{{ nothing }}", "nothing"),
        ("{{ profile.nickname | upper | trim }}", "profile.nickname"),
        ("{{ 'a' ~ profile.nickname }}", "profile.nickname"),
        ("{{ orders.count + 1 }}", "orders.count"),
        ("{{ 1 - orders.count }}", "orders.count"),
        ("{{ -orders.count }}", "orders.count"),
        ("{% for order in orders.all %}x{% endfor %}", "orders.all"),
        ("{{ orders.latest.total.amount.more }}", "orders.latest.total.amount.more"),
    ],
)
def test_a_missing_value_is_never_said(source: str, path: str) -> None:
    """Saying, adding or walking what is not there raises MissingValue with its path: no half-filled sentence."""
    with pytest.raises(MissingValue) as raised:
        compile_reply(source).render(VALUES, Locality.of("en"))

    assert raised.value.path == path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ profile.nickname | default('you') }}", "you"),
        ("{{ profile.nickname | first_name | upper | default('you') }}", "you"),
        ("{% if profile.nickname %}a{% else %}b{% endif %}", "b"),
        ("{% if profile.nickname is defined %}a{% else %}b{% endif %}", "b"),
        ("{% if nothing is undefined %}a{% endif %}", "a"),
        ("{% if profile.name is defined %}a{% endif %}", "a"),
        ("{% if orders.count > 1 %}a{% else %}b{% endif %}", "b"),
        ("{% if orders.count < 1 %}a{% else %}b{% endif %}", "b"),
        ("{% if 1 < orders.count %}a{% else %}b{% endif %}", "b"),
        ("{% if nobody == 'x' or nobody != 'x' or nobody == nobody %}a{% else %}b{% endif %}", "b"),
        ("{% if 'x' in nobody %}a{% else %}b{% endif %}", "b"),
        ("{% if not nobody %}a{% endif %}", "a"),
    ],
)
def test_a_missing_value_can_be_asked_for(source: str, expected: str) -> None:
    """A missing value is false, every comparison with it is false, and `default` stands in for it."""
    assert compile_reply(source).render(VALUES, Locality.of("en")) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ cart }}",
        "{{ cart.items }}",
        "{{ flag }}",
        "{{ flag is defined }}",
        "{{ 'a' ~ cart }}",
        "{{ cart.items | upper }}",
        "{{ 'a' | money }}",
        "{{ 'a' | date }}",
        "{{ 1 | date }}",
        "{{ 'a' | first }}",
        "{{ 'a' | list }}",
        "{{ 1 | length }}",
        "{{ 'a' | plural('b', 'c') }}",
        "{{ cart.items | list }}",
        "{{ 'a' + 1 }}",
        "{{ 'a' - 'b' }}",
        "{{ true + true }}",
        "{{ 1 / 0 }}",
        "{% if 'a' < 1 %}x{% endif %}",
        "{% if 'a' in 5 %}x{% endif %}",
        "{% for x in profile.name %}x{% endfor %}",
        "{% for x in cart %}x{% endfor %}",
    ],
)
def test_a_value_of_the_wrong_sort_is_an_error(source: str) -> None:
    """Lists, groups and yes/no are never printed, and filters and signs refuse what they cannot take."""
    with pytest.raises(UnfitValue):
        compile_reply(source).render(VALUES, Locality.of("en"))


def test_output_is_capped() -> None:
    """A text that grows past 64 KiB is stopped while it grows, not after."""
    program = compile_reply("{% for a in rows %}{% for b in rows %}" + "x" * 4000 + "{% endfor %}{% endfor %}")

    with pytest.raises(OutputTooLong):
        program.render({"rows": [1] * 20}, Locality.of("en"))


def test_lists_are_read_to_the_twentieth_element() -> None:
    """A list longer than the context allows costs no more than one that fits."""
    program = compile_reply("{% for a in rows %}x{% endfor %} {{ rows | list | length }}")

    assert program.render({"rows": ["y"] * 100_000}, Locality.of("en")).startswith("x" * 20 + " ")
    assert len(program.render({"rows": ["y"] * 100_000}, Locality.of("en"))) < 200


def test_names_are_dotted_paths_through_loops() -> None:
    """`names` gives every path that is read, loop variables led back to their list."""
    program = compile_reply(
        "{{ profile.name | default('x') }}{% for i in cart.items %}{{ i.title }}{{ (i.tags | first).word }}{% endfor %}"
    )

    assert program.names == ("cart.items", "cart.items.tags.word", "cart.items.title", "profile.name")


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("{{ a.b }}", True),
        ("{{ a.b | default('x') }}", False),
        ("{{ a.b | upper | default('x') }}", False),
        ("{{ a.b or 'x' }}", False),
        ("{% if a.b %}{% endif %}", False),
        ("{% if a.b + 1 > 2 %}{% endif %}", True),
        ("{{ 'x' if a.b else 'y' }}", False),
        ("{% for x in a.b %}{% endfor %}", True),
        ("{{ 'x' ~ a.b }}", True),
    ],
)
def test_uses_say_what_the_reply_fails_without(source: str, needed: bool) -> None:  # noqa: FBT001 - a table
    """A use is `needed` where a missing value would raise."""
    assert any(use.needed for use in read_reply(source).uses if use.path == "a.b") is needed


@pytest.mark.parametrize(
    "source",
    [
        "{% if a.b %}{{ a.b }}{% endif %}",
        "{% if a.b is defined %}{{ a.b }}{% endif %}",
        "{% if a.b == 'x' %}{{ a.b }}{% endif %}",
        "{% if a.b and c %}{{ a.b }}{% endif %}",
        "{% if not a.b %}{% else %}{{ a.b }}{% endif %}",
        "{% if not a.b or c %}{% else %}{{ a.b }}{% endif %}",
        "{% if a.b is undefined %}{% elif c %}{{ a.b }}{% endif %}",
        "{% if c or d %}{% if a.b %}{{ a.b }}{% endif %}{% endif %}",
        "{{ a.b if a.b else 'x' }}",
        "{% for x in a.b %}{{ x }}{% endfor %}",
    ],
)
def test_uses_know_what_was_asked_for_before(source: str) -> None:
    """Where a condition has made sure of a value, the use inside it says so."""
    last = [use for use in read_reply(source).uses if use.path == "a.b" and use.needed][-1]

    assert "a.b" in last.present


def test_a_condition_that_may_fail_makes_nothing_sure() -> None:
    """`or` on one side, or a condition that was false, proves nothing about a value."""
    uses = read_reply("{% if a.b or c %}{{ a.b }}{% endif %}{% if a.b %}{% else %}{{ a.b }}{% endif %}").uses

    assert not any("a.b" in use.present for use in uses if use.needed)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("orders.latest.state == 'shipped'", True),
        ("orders.latest.state == 'open'", False),
        ("nobody", False),
        ("not nobody", True),
        ("nobody.x + 1 > 0", False),
        ("'a' < 1", False),
        ("cart.items", True),
        ("cart.items | length > 2", True),
        ("empty", False),
    ],
)
def test_conditions_hold_or_do_not(source: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """A condition answers yes or no, and what cannot be answered does not hold."""
    assert compile_condition(source).holds(VALUES, Locality.of("en")) is expected


def test_conditions_name_what_they_read() -> None:
    """`names` of a condition is what a flow must declare."""
    assert compile_condition("orders.latest and not cart.items").names == ("cart.items", "orders.latest")


def test_data_is_never_read_as_a_template() -> None:
    """Braces in a value come out as they went in."""
    assert (
        compile_reply("{{ name }}").render({"name": "{{ 7 + 7 }}{% if %}"}, Locality.of("en")) == "{{ 7 + 7 }}{% if %}"
    )


def test_rendering_is_pure() -> None:
    """The same values give the same text, and are left as they were."""
    values: dict[str, Any] = {"cart": {"items": [{"title": "a"}]}}
    program = compile_reply("{% for i in cart.items %}{{ i.title }}{% endfor %}")

    assert program.render(values, Locality.of("en")) == program.render(values, Locality.of("en")) == "a"
    assert values == {"cart": {"items": [{"title": "a"}]}}
