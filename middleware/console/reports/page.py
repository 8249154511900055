"""Reports: the list of those that somebody may see, one of them, and the same as a file."""

import asyncio
import csv
import io
from datetime import date

from aiohttp import web

from middleware.console.reports.registry import REPORTS
from middleware.console.reports.shape import Cell, Report, Table
from middleware.console.routes import any_of, get
from middleware.console.visit import Visit
from middleware.domain.spreadsheets import harmless

_AT_ONCE = 0.1
"""Seconds that a page waits for its table."""

_under_way: "set[asyncio.Future[Table]]" = set()
"""Tables that are worked out for whoever asks next: the loop itself holds tasks only weakly."""

_ANY = any_of("agent", "marketer", "builder")


async def reports(visit: Visit) -> web.StreamResponse:
    """The list."""
    return visit.page("reports/list.html", reports=[each for each in REPORTS if visit.does(*each.roles)])


async def report(visit: Visit) -> web.StreamResponse:
    """One of them. What takes its time comes when it is there: first the page that says so."""
    one = _one(visit)
    reading = asyncio.ensure_future(one.read(visit))
    if visit.is_fragment:
        return visit.page("reports/report.html", report=one, table=await reading)
    _under_way.add(reading)
    reading.add_done_callback(_ended)
    done, _ = await asyncio.wait([reading], timeout=_AT_ONCE)
    return visit.page("reports/report.html", report=one, table=reading.result() if done else None)


async def as_file(visit: Visit) -> web.StreamResponse:
    """The same as CSV: numbers as they are, days in ISO 8601, shares of 1."""
    one = _one(visit)
    table = await one.read(visit)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(each.name for each in table.columns)
    lines.writerows([_written(cell) for cell in row] for row in table.rows)
    # With a mark at its beginning, so that spreadsheets read its letters right.
    return web.Response(
        body=("\ufeff" + text.getvalue()).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{one.name}-{visit.brand.name}.csv"'},
    )


def _ended(reading: "asyncio.Future[Table]") -> None:
    _under_way.discard(reading)
    if not reading.cancelled():
        reading.exception()  # Whoever asks next is told, if it happens to them.


def _one(visit: Visit) -> Report:
    """The report in the address. 404 for one that is not for who asks: the list does not show it either."""
    found = next((each for each in REPORTS if each.name == visit.at("report") and visit.does(*each.roles)), None)
    if found is None:
        raise web.HTTPNotFound
    return found


def _written(cell: Cell) -> str | int | float:
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else cell


ROUTES = (
    get("/{brand}/reports", reports, _ANY),
    get("/{brand}/reports/{report}", report, _ANY),
    get("/{brand}/reports/{report}/file", as_file, _ANY, bare=True),
)
