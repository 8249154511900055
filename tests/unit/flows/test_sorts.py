"""Values of the wrong sort are found when a template is checked, not when a customer reads it."""

import pytest

from flows.language import read_reply
from flows.language.sorts import misfits
from flows.schema import sort_of


def complaints(source: str) -> list[str]:
    """What is wrong in a source, as text with its place."""
    read = read_reply(source)
    return [str(problem) for problem in misfits(read.tree, read.text, sort_of)]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a {{ orders.latest.total }}", "column 6: orders.latest.total is an amount"),
        ("{{ orders.latest.created_at }}", "write | date"),
        ("{{ cart.items }}", "is a list"),
        ("{{ cart }}", "is a group"),
        ("{{ orders.fresh }}", "is a yes or no"),
        ("{{ profile.name | money }}", "money works on an amount; profile.name is a text"),
        ("{{ cart.total | upper }}", "cart.total is an amount"),
        ("{{ cart.total | money | date }}", "date works on a date"),
        ("{{ cart.total + 1 }}", "numbers are added, or texts; cart.total is an amount"),
        ("{{ cart.count + profile.name }}", "write ~ between them"),
        ("{{ profile.name - 1 }}", "only numbers are reckoned with"),
        ("{% for a in cart.count %}x{% endfor %}", "a loop goes over a list; cart.count is a number"),
        ("{% for item in cart.items %}{{ item }}{% endfor %}", "item is a group"),
        ("{% for item in cart.items %}{{ item.price }}{% endfor %}", "item.price is an amount"),
        ("{{ 'x' ~ cart.total }}", "is an amount"),
        ("{{ cart.total or 'x' }}", "is an amount"),
        ("{{ cart.total | default('x') }}", "is an amount"),
        ("{{ cart.total if cart.count else 'x' }}", "is an amount"),
        ("{{ (cart.items | first).price }}", "is an amount"),
        ("{{ cart.count > 1 }}", "is a yes or no"),
        ("{% if cart.count %}{{ cart.total }}{% endif %}", "is an amount"),
    ],
)
def test_the_wrong_sort_is_named(source: str, words: str) -> None:
    """The complaint says what the value is, what was expected, and what to write."""
    found = complaints(source)

    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "source",
    [
        "{{ cart.total | money }} {{ cart.total | times(2) | money }} {{ cart.total | percent_off(5) | money }}",
        "{{ orders.latest.created_at | date }} {{ orders.latest.created_at | age }}",
        "{{ cart.items | list('title') }} {{ cart.items | length + 1 }} {{ cart.items | summary }}",
        "{% for item in cart.items %}{{ item.title }} {{ item.price | money }}{% endfor %}",
        "{% for tag in details.tags %}{{ tag }}{% endfor %}",
        "{{ (cart.items | first).title }} {{ orders.latest | summary }}",
        "{{ profile.name or 'there' }} {{ profile.name ~ cart.count }} {{ cart.count / 2 }}",
        "{% if orders.fresh and cart.total %}x{% endif %}",
        "{{ 'a' if orders.fresh else 1 }} {{ unknown.thing }}",
        "{{ cart.count | plural('a', 'b') }} {{ profile.name + '!' }}",
    ],
)
def test_what_fits_is_not_complained_of(source: str) -> None:
    """Every right use of every sort passes."""
    assert complaints(source) == []
