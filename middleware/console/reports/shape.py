"""What a report is: a table, and how it is drawn. Another part of the console adds one to `registry.py`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from middleware.console.visit import Visit
from middleware.domain.users import Role

Kind = Literal["text", "foreign", "channel", "number", "percent", "day"]
"""How a column is written: our own words, others' words, a channel, a number, a share of 1, a day."""

Cell = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Its name is the text `reports.columns.<name>`."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Chart:
    """How a table is drawn: `labels` along the bottom (days in ISO 8601, or names), and lines or bars by name."""

    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    lines: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """What a report shows. `complete` False: it was read for as long as may be, and this is what was read by then."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    at: datetime
    chart: Chart | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """One report. Its texts are `reports.of.<name>.title` and `.about`."""

    name: str
    roles: tuple[Role, ...]
    read: Callable[[Visit], Awaitable[Table]]
    """Reads to a bound, by id or along an index. Raises StoreUnavailable."""
