"""The table of fields: every field once, who writes it in the order in which they win, and where accounts have it."""

from middleware.domain.field_table import field_table
from middleware.domain.mapping import FieldRule, Path, RecordRule, SourceMapping
from middleware.domain.ownership import DEFAULT_OWNERSHIP, Ownership, OwnershipRow
from middleware.domain.source_record import FIELDS

SOURCES = ("zendesk", "shopify", "own", "hubspot")


def test_every_field_is_there_once() -> None:
    """Those of every brand first, then those that ownership or a mapping names."""
    rule = FieldRule(field="custom.shoe_size", paths=(Path(text="shoe", steps=("shoe",)),))
    mapping = SourceMapping(record=RecordRule(fields=(rule,)))
    ownership = Ownership(default=DEFAULT_OWNERSHIP.default, rows=(OwnershipRow(field="custom", owner=("hubspot",)),))
    rows = field_table(ownership, SOURCES, {"club": mapping, "shop": None})
    assert [row.field for row in rows] == [*FIELDS, "custom", "custom.shoe_size"]
    assert rows[-1].read == (("club", rule),)
    assert rows[-1].sources[0].name == "hubspot"


def test_sources_stand_in_the_order_in_which_they_win() -> None:
    """Owners, those that fill what is empty, those that nobody named; last those whose value never counts by itself."""
    row = OwnershipRow(field="email", owner=("hubspot",), ask_a_person=("zendesk",), never=("shopify",))
    ownership = Ownership(default=DEFAULT_OWNERSHIP.default, rows=(row,))
    email = next(each for each in field_table(ownership, SOURCES, {}) if each.field == "email")
    assert [(each.name, each.mode, each.place) for each in email.sources] == [
        ("hubspot", "owner", 1),
        ("own", "fill_if_empty", 2),
        ("shopify", "never", None),
        ("zendesk", "ask_a_person", None),
    ]
