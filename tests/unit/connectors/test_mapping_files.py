"""Files of mappings and of ownership: what is wrong is told with line and column, and with what to write instead."""

from pathlib import Path

import pytest

from connectors.mapping import load_mapping, load_ownership, read_mapping, read_ownership
from connectors.mapping.document import FILE_BYTES, MappingFileError
from connectors.mapping.loading import mapping_schema
from connectors.mapping.ownership import ownership_schema
from middleware.domain.ownership import DEFAULT_OWNERSHIP
from middleware.errors import MappingError

MISTAKES = {
    "": (1, 1, "must be a group of lines"),
    "{}": (1, 1, "says nothing; add record, ticket or order"),
    "[": (1, 2, "is no YAML"),
    "record: &x {}\nticket: *x": (1, 9, "anchors and aliases are not read"),
    "recrod: {}": (1, 1, "recrod is not known; did you mean record?"),
    "record:\n  id: a\n  id: b": (3, 3, "id is there twice"),
    "record:\n  fields:\n    emial: x": (3, 5, "is no field of a profile; did you mean email?"),
    "record:\n  fields:\n    shoe size: x": (3, 5, "one of your own is custom.shoe_size"),
    "record:\n  fields:\n    custom.Größe: x": (3, 5, "after the dot: small letters, digits and _"),
    "record:\n  fields:\n    email: a..b": (3, 12, "at character 3: expected a name"),
    "record:\n  fields:\n    email: [a, $b]": (3, 16, "record.fields.email.from.1 at character 1"),
    "record:\n  fields:\n    email: {from: a, as: text}": (3, 26, "email is always read as email; remove as"),
    "record:\n  fields:\n    city: {form: a}": (3, 12, "did you mean from?"),
    "record:\n  fields:\n    city: {as: text}": (3, 11, "needs either from (a path) or value"),
    "record:\n  fields:\n    city: {from: a, value: b}": (3, 11, "needs either from (a path) or value"),
    "record:\n  fields:\n    custom.a: {from: a, as: money}": (3, 15, "add currency, or currency_from"),
    "record:\n  fields:\n    custom.a: {from: a, as: choice}": (3, 15, "add choices"),
    "record:\n  fields:\n    custom.a: {from: a, as: shout}": (3, 29, "Input should be 'text'"),
    "record:\n  changed_at: {from: a, written: YY}": (2, 34, "is not known; write iso, unix_seconds"),
    "record:\n  changed_at: {from: a, time_zone: Atlantis}": (2, 36, "write one such as Europe/Berlin"),
    "record:\n  consents:\n    fax: {from: a, subscribed: x}": (3, 5, "Input should be 'email'"),
    "record:\n  consents:\n    email: {from: a}": (3, 12, "add the words for subscribed and unsubscribed"),
    "record:\n  consents:\n    email: {from: a, subscribed: yes, unsubscribed: true}": (
        3,
        12,
        "has the word 'true' twice",
    ),
    "ticket:\n  state: a": (2, 3, "ticket.id is missing; add it"),
    "order:\n  id: a\n  states: {a: sent}": (3, 15, "Input should be 'open'"),
    "record:\n  id: []": (2, 7, "must not be empty"),
    "record:\n  when: {from: a}": (2, 9, "record.when.is is missing"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told_with_their_place(text: str) -> None:
    """Line and column of the very value, and what to write."""
    with pytest.raises(MappingFileError) as refused:
        read_mapping(text, "m.yaml")
    found = refused.value.findings[0]
    line, column, message = MISTAKES[text]
    assert message in found.message
    assert (found.line, found.column) == (line, column)


def test_all_mistakes_are_told_at_once() -> None:
    """Whoever mends a file does not want to be told one by one."""
    with pytest.raises(MappingFileError) as refused:
        read_mapping("record:\n  fields:\n    emial: x\n    city: a..b\n    phone: {form: x}", "m.yaml")
    assert [each.line for each in refused.value.findings] == [3, 4, 5]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Not there, too large, not UTF-8: one line with the file's name."""
    (tmp_path / "large.yaml").write_bytes(b"#" * (FILE_BYTES + 1))
    (tmp_path / "latin.yaml").write_bytes(b"record: \xff")
    for name in ("nowhere.yaml", "large.yaml", "latin.yaml"):
        with pytest.raises(MappingError, match=name):
            load_mapping(tmp_path / name)
        with pytest.raises(MappingError, match=name):
            load_ownership(tmp_path / name)


@pytest.mark.parametrize("depth", [20, 5000])
def test_deep_files_are_refused(depth: int) -> None:
    """No file leads into endless depth."""
    with pytest.raises(MappingError):
        read_mapping("record: " + "[" * depth + "]" * depth, "m.yaml")


def test_the_schema_knows_every_name() -> None:
    """Editors are told what a file may say: short forms too, and nothing else."""
    schema = mapping_schema()
    assert schema["$defs"]["WrittenField"]["additionalProperties"] is False
    assert {"from", "as", "choices", "required", "invalid", "identifies"} <= set(
        schema["$defs"]["WrittenField"]["properties"]
    )
    entry = schema["$defs"]["WrittenRecord"]["properties"]["fields"]["additionalProperties"]
    assert [each.get("type") for each in entry["anyOf"]] == ["string", "array", None]
    assert set(ownership_schema()["properties"]) == {"default", "fields"}


def test_shipped_ownership() -> None:
    """Where people buy goes before the CRM, and what only a CRM keeps with care the other way round."""
    assert DEFAULT_OWNERSHIP.rank("email")[:2] == ("shopify", "hubspot")
    assert DEFAULT_OWNERSHIP.rank("lifecycle_stage")[:2] == ("hubspot", "shopify")
    assert DEFAULT_OWNERSHIP.mode("email", "csv") == "fill_if_empty"


def test_a_file_of_ownership_goes_over_what_is_shipped() -> None:
    """A field's row decides; sources that it does not name have the default's mode; unknown ones fill, last."""
    owned = read_ownership(
        "fields:\n  phone: {owner: [zendesk], ask_a_person: [csv], never: [shopify]}\n  custom: {owner: [csv]}",
        "o.yaml",
    )
    assert owned.rank("phone.mobile")[:2] == ("zendesk", "hubspot")
    assert owned.mode("phone", "hubspot") == "owner"
    assert owned.mode("phone", "shopify") == "never"
    assert owned.mode("phone", "csv") == "ask_a_person"
    assert not {"shopify", "csv"} & set(owned.rank("phone"))
    assert owned.rank("custom.size")[0] == "csv"
    assert owned.mode("phone", "erp") == "fill_if_empty"
    assert owned.place("phone", "erp") == (len(owned.rank("phone")), "erp")
    assert owned.place("phone", "csv") is None
    assert owned.rank("lead_status")[0] == "hubspot"


def test_a_default_of_ones_own_stands_alone() -> None:
    """Whoever writes a default does not want shipped rows for single fields before it."""
    owned = read_ownership("default: {owner: [zendesk], never: [shopify]}", "o.yaml")
    assert owned.rank("lead_status") == ("zendesk",)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("fields:\n  shoe: {owner: [a]}", 2, 3, "shoe is no field of a profile"),
        ("fields:\n  email: {owner: [a], never: [a]}", 2, 10, "names a twice"),
        ("fields:\n  email: {}", 2, 10, "names no source"),
        ("fields:\n  email: {boss: [a]}", 2, 11, "is not known"),
        ("default: {owner: [A B]}", 1, 19, "String should match pattern"),
    ],
)
def test_mistakes_in_ownership_are_told_with_their_place(text: str, line: int, column: int, message: str) -> None:
    """As for mappings."""
    with pytest.raises(MappingFileError) as refused:
        read_ownership(text, "o.yaml")
    found = refused.value.findings[0]
    assert message in found.message
    assert (found.line, found.column) == (line, column)
