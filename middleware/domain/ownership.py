"""Ownership: for each profile field, which sources may write it and who wins."""

from typing import Literal

from middleware.domain.record import Record

Mode = Literal["owner", "fill_if_empty", "ask_a_person", "never"]
"""What a source may do with a field.

`owner`: its value counts; of several owners that of the first. `fill_if_empty`: counts where no owner has one.
`ask_a_person`: never counts by itself; a person is asked. `never`: is not looked at.
"""

MODES: tuple[Mode, ...] = ("owner", "fill_if_empty", "ask_a_person", "never")


class OwnershipRow(Record):
    """The sources of one field by their mode, each list in the order in which they win. Sources are connectors' names.

    `field` is a profile field, `custom` or `custom.<name>`; `email.<name>` has the row of `email` unless it has its
    own.
    """

    field: str
    owner: tuple[str, ...] = ()
    fill_if_empty: tuple[str, ...] = ()
    ask_a_person: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def mode(self, source: str) -> Mode | None:
        """The mode of a source; None if the row does not name it."""
        by_mode: dict[Mode, tuple[str, ...]] = {
            "owner": self.owner,
            "fill_if_empty": self.fill_if_empty,
            "ask_a_person": self.ask_a_person,
            "never": self.never,
        }
        return next((mode for mode in MODES if source in by_mode[mode]), None)


class Ownership(Record):
    """Who writes what. `default` holds for fields without a row, and for sources that a field's row does not name.

    A source that neither names may fill a field that is empty, after all that are named.
    """

    default: OwnershipRow
    rows: tuple[OwnershipRow, ...] = ()

    def mode(self, field: str, source: str) -> Mode:
        """What a source may do with a field."""
        row = self._row(field)
        return (row.mode(source) if row is not None else None) or self.default.mode(source) or "fill_if_empty"

    def rank(self, field: str) -> tuple[str, ...]:
        """The named sources whose values count by themselves, in the order in which they win.

        Owners first; then those that fill what is empty. Within each mode those of the field's own row come before
        those that only the default names.
        """
        row = self._row(field) or OwnershipRow(field=field)
        named = (*row.owner, *self.default.owner, *row.fill_if_empty, *self.default.fill_if_empty)
        wins: list[str] = []
        for mode in ("owner", "fill_if_empty"):
            wins += [each for each in dict.fromkeys(named) if self.mode(field, each) == mode]
        return tuple(wins)

    def place(self, field: str, source: str) -> tuple[int, str] | None:
        """What sorts sources in the order in which they win, unnamed ones last by name; None if it never counts."""
        ranked = self.rank(field)
        if source in ranked:
            return (ranked.index(source), "")
        return (len(ranked), source) if self.mode(field, source) in {"owner", "fill_if_empty"} else None

    def _row(self, field: str) -> OwnershipRow | None:
        base = field.partition(".")[0]
        rows = {row.field: row for row in self.rows}
        return rows.get(field) or rows.get(base)


SHOP_FIRST = OwnershipRow(
    field="",
    owner=("shopify", "hubspot"),
    fill_if_empty=("zendesk", "klaviyo", "mailchimp", "leads", "generic", "csv"),
)
"""Whom a brand hears first unless it says otherwise: where people buy, then its CRM; the others fill what is empty."""

CRM_FIRST = ("lifecycle_stage", "lead_status", "company", "job_title")
"""What only a CRM keeps with care."""

DEFAULT_OWNERSHIP = Ownership(
    default=SHOP_FIRST,
    rows=tuple(OwnershipRow(field=field, owner=("hubspot",), fill_if_empty=("shopify",)) for field in CRM_FIRST),
)
"""What holds for a brand whose settings name no file."""
