"""The filters one by one: what they say, in which language, by whose clock."""

from datetime import UTC, datetime
from typing import Any

import pytest

from flows.language import Locality, UnfitValue, compile_reply
from flows.language.filters import FILTERS, plural_forms
from flows.language.locality import locale_of, zone_of
from middleware.domain.capabilities import Size

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
EUR = {"amount": 4990, "currency": "EUR", "exponent": 2}
ITEMS = [
    {"title": "Blue shirt", "quantity": 2, "price": EUR},
    {"title": "Red hat", "quantity": 1},
    {"title": "Socks", "quantity": 3},
    {"title": "Belt", "quantity": 1},
]
VALUES: dict[str, Any] = {
    "at": "2026-03-04T23:30:00+00:00",
    "day": "2026-03-04",
    "total": EUR,
    "yen": {"amount": 999, "currency": "JPY", "exponent": 0},
    "items": ITEMS,
    "order": {"number": "#1001", "items": ITEMS[:2], "total": EUR},
    "bare": {"number": "#1002"},
    "product": {"title": "Blue shirt", "price": EUR},
    "count": 3,
    "text": "word " * 50,
    "family": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 40,
}


def said(source: str, locale: str = "en", zone: str | None = None, room: Size | None = None) -> str:
    """What a source says on 6 March 2026 at noon in Greenwich."""
    return compile_reply(source).render(VALUES, Locality.of(locale, zone, NOW), room).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("source", "locale", "zone", "expected"),
    [
        ("{{ at | date }}", "en", None, "Mar 4, 2026"),
        ("{{ at | date }}", "en", "Europe/Madrid", "Mar 5, 2026"),
        ("{{ at | time }}", "en", "Europe/Madrid", "12:30 AM"),
        ("{{ at | time }}", "de", "America/Mexico_City", "17:30"),
        ("{{ at | date_time('short') }}", "de", "Europe/Berlin", "05.03.26, 00:30"),
        ("{{ day | date }}", "en", "America/Mexico_City", "Mar 4, 2026"),
        ("{{ day | date }}", "en", "Pacific/Auckland", "Mar 4, 2026"),
        ("{{ at | age }}", "en", None, "2 days ago"),
        ("{{ at | age }}", "de", "Europe/Berlin", "vor 2 Tagen"),
        ("{{ at | age }}", "es", None, "hace 2 días"),
        ("{{ at | date }}", "en", "No/Such_Zone", "Mar 4, 2026"),
        ("{{ at | date }}", "en", "../../etc/passwd", "Mar 4, 2026"),
    ],
)
def test_times_are_those_of_the_reader(source: str, locale: str, zone: str | None, expected: str) -> None:
    """Dates and times are said by the customer's clock; a day without a time stays that day everywhere."""
    assert said(source, locale, zone) == expected


@pytest.mark.parametrize(
    ("locale", "forms", "expected"),
    [
        ("en", ("item", "items"), {0: "items", 1: "item", 2: "items"}),
        ("fr", ("article", "articles"), {0: "article", 1: "article", 2: "articles", 1_000_000: "articles"}),
        ("pl", ("rzecz", "rzeczy", "rzeczy5"), {1: "rzecz", 2: "rzeczy", 5: "rzeczy5", 22: "rzeczy", 12: "rzeczy5"}),
        ("ru", ("1", "2", "5"), {1: "1", 3: "2", 11: "5", 21: "1"}),
        ("ar", ("0", "1", "2", "3", "11", "100"), {0: "0", 1: "1", 2: "2", 5: "3", 11: "11", 100: "100"}),
        ("ja", ("x", "y"), {1: "x", 7: "x"}),
        ("pl", ("one", "rest"), {1: "one", 2: "rest", 5: "rest"}),
        ("en", ("item", "items"), {-1: "item", 1.5: "items"}),
    ],
)
def test_plurals_are_those_of_the_language(locale: str, forms: tuple[str, ...], expected: dict[float, str]) -> None:
    """Each language counts with its own forms, in the order of CLDR; where fewer are written the last is the rest."""
    words = ", ".join(f"'{form}'" for form in forms)
    program = compile_reply(f"{{{{ n | plural({words}) }}}}")

    assert {n: program.render({"n": n}, Locality.of(locale)) for n in expected} == expected


def test_the_forms_that_a_language_counts_with() -> None:
    """English has two forms, Polish three, Arabic six, Japanese one."""
    known = {name: plural_forms(locale_of(name)) for name in ("en", "pl", "ar", "ja")}

    assert known == {
        "en": ("one", "other"),
        "pl": ("one", "few", "many"),
        "ar": ("zero", "one", "two", "few", "many", "other"),
        "ja": ("other",),
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ items | summary }}", "2 \u00d7 Blue shirt, Red hat, 3 \u00d7 Socks +1"),
        ("{{ items | summary(1) }}", "2 \u00d7 Blue shirt +3"),
        ("{{ order | summary }}", "#1001: 2 \u00d7 Blue shirt, Red hat (\u20ac49.90)"),
        ("{{ bare | summary }}", "#1002"),
        ("{{ product | summary }}", "Blue shirt (\u20ac49.90)"),
        ("{{ (items | first) | summary }}", "2 \u00d7 Blue shirt (\u20ac49.90)"),
    ],
)
def test_summaries_say_what_was_bought(source: str, expected: str) -> None:
    """Products with their number, an order with its products and total, a product with its price; the rest counted."""
    assert said(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ total | times(2) | money }}", "\u20ac99.80"),
        ("{{ total | times(0.333) | money }}", "\u20ac16.62"),
        ("{{ total | percent_off(10) | money }}", "\u20ac44.91"),
        ("{{ yen | percent_off(50) | money }}", "\u00a5500"),
        ("{{ total | percent_off(100) | money }}", "\u20ac0.00"),
        ("{{ count | times(2) }}", "6"),
        ("{{ count | times(0.5) }}", "1.5"),
        ("{{ 10 | percent_off(25) }}", "7.5"),
    ],
)
def test_money_is_reckoned_exactly(source: str, expected: str) -> None:
    """Amounts are decimals, rounded half up to what their currency has; numbers stay whole where they are."""
    assert said(source) == expected


def test_numbers_do_not_grow_without_end() -> None:
    """A chain of factors ends in the fallback, not in a number of a hundred digits."""
    with pytest.raises(UnfitValue):
        said("{{ 999999999 | times(1000) | times(1000) | times(1000) }}")


@pytest.mark.parametrize("room", [Size(most=60), Size(most=60, in_bytes=True), Size(most=400), Size(most=30)])
@pytest.mark.parametrize("name", ["text", "family"])
def test_what_gives_way_makes_the_message_fit(name: str, room: Size) -> None:
    """The one value is shortened, and everything around it is whole."""
    text = said(f"Hello! {{{{ {name} | fit }}}} Bye.", room=room)

    assert room.length(text) <= room.most
    assert text.startswith("Hello!")
    assert text.endswith("Bye.")


def test_what_gives_way_shares_the_room() -> None:
    """Of two values in two branches the one that is said has all the room; two that are both said share it."""
    alone = said("{% if count > 2 %}{{ text | fit }}{% else %}{{ text | fit }}{% endif %}", room=Size(most=100))
    both = said("{{ text | fit }} - {{ text | fit }}", room=Size(most=100))

    assert 90 < len(alone) <= 100
    assert 80 < len(both) <= 100
    left, _, right = both.partition(" - ")
    assert left == right


def test_every_filter_has_an_example_that_compiles() -> None:
    """The example of each row is a source of the language, and uses the filter."""
    for name, row in FILTERS.items():
        program = compile_reply("{{ " + row.example + " }}")
        assert f"| {name}" in program.source


def test_zones_are_looked_up_by_name_alone() -> None:
    """A name from outside never leads to a file: what is no zone counts as none."""
    assert [zone_of(name) for name in ("", None, "/etc/passwd", "a\0b", "x" * 5000)] == [UTC] * 5
