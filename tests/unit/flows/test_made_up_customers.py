"""The made-up customers: complete by the schema, and never anything that a real context could not give."""

import json
from typing import Any

import pytest
from schema_paths import paths, texts

from flows.language.limits import LIST_ITEMS
from flows.preview.customers import CUSTOMERS, KINDS, NOW, TOGETHER_NEVER, Customer
from flows.schema import SCHEMA, can_be_missing
from middleware.domain.channels import CHANNELS
from middleware.domain.text import cleaned

NO_WORDS_OF_PEOPLE = {"state", "availability", "code", "locale", "channel", "url", "cart", "ad_id"} | {
    "language",
    "country",
    "email",
    "phone",
    "order_reference",
    "choice",
    "intent",
    "image",
    "why",
    "rests_on",
}
EVERYBODY = pytest.mark.parametrize("customer", CUSTOMERS.values(), ids=CUSTOMERS.keys())


def test_nothing_of_the_schema_is_forgotten() -> None:
    """Ana has every value that can be there with the others, and the longest customer has every value."""
    assert set(paths(CUSTOMERS["ana"].values)) == set(SCHEMA) - TOGETHER_NEVER
    assert set(paths(CUSTOMERS["very_long"].values)) == set(SCHEMA)
    assert set(paths(CUSTOMERS["dora"].values)) == set(SCHEMA)


@EVERYBODY
def test_customers_are_what_a_context_could_give(customer: Customer) -> None:
    """Only values that the schema names, of their sort, clean, no longer than it says, in lists of twenty at most."""
    assert set(paths(customer.values)) <= set(SCHEMA)
    assert json.loads(json.dumps(customer.values)) == customer.values
    for path, text in texts(customer.values):
        name = path.removesuffix(".currency")
        if SCHEMA[name].sort in {"text", "list"}:
            assert text == cleaned(text, SCHEMA[name].length), path
    assert not [path for path in SCHEMA if not can_be_missing(path, frozenset()) and path not in paths(customer.values)]


def test_the_longest_is_exactly_as_long_as_the_schema_lets_it_get() -> None:
    """Every text at its full length, every list with twenty elements."""
    values: Any = CUSTOMERS["very_long"].values
    said = dict(texts(values))
    of_people = {
        path: text for path, text in said.items() if SCHEMA.get(path) and SCHEMA[path].sort in {"text", "list"}
    }

    assert {path: len(text) for path, text in of_people.items()} == {path: SCHEMA[path].length for path in of_people}
    assert len(values["details"]["tags"]) == len(values["orders"]["all"][0]["items"]) == LIST_ITEMS


def test_every_text_that_people_write_is_replaced() -> None:
    """A new text in the schema is either told to be a name, a title or a sentence, or told to be none."""
    words = {path.rpartition(".")[2] for path, field in SCHEMA.items() if field.sort == "text"}

    assert words - NO_WORDS_OF_PEOPLE == set(KINDS) - {"tags", "segments"}
    for name in ("right_to_left", "emoji", "markup"):
        before, after = dict(texts(CUSTOMERS["ana"].values)), dict(texts(CUSTOMERS[name].values))
        same = {path.rpartition(".")[2] for path in before if before[path] == after[path] and path in SCHEMA}
        assert {path for path in same if path in KINDS} <= {"product", "number"}


def test_nothing_is_known_where_nothing_can_be_missing_but_is() -> None:
    """Everything that can be missing is missing."""
    there = set(paths(CUSTOMERS["everything_missing"].values))

    assert not {path for path in there if can_be_missing(path, frozenset())}


def test_the_reader_is_theirs() -> None:
    """Language, zone and the moment are the customer's, the channel is the one asked for, in the values too."""
    ben = CUSTOMERS["ben"]
    reader = ben.reader(CHANNELS["whatsapp"])

    assert (reader.locales, reader.zone, reader.now, reader.channel.name) == (
        ("de", "en"), "Europe/Berlin", NOW, "whatsapp",
    )  # fmt: skip
    assert ben.values_on(CHANNELS["whatsapp"])["message"] == {"text": "Hi", "channel": "whatsapp"}
    assert CUSTOMERS["everything_missing"].values_on(CHANNELS["whatsapp"])["message"] == {}
