"""The audit log, page by page; whether its chain holds; and all of it as a file."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from middleware.console.guard import finish
from middleware.console.routes import ADMIN, get, post
from middleware.console.visit import Visit
from middleware.domain.spreadsheets import harmless
from middleware.domain.users import AuditEntry
from middleware.pipeline.audit import broken_at, entries

MOST = 100
"""Entries of a page, before they are filtered."""

_AT_ONCE = 500
_COLUMNS = ("number", "at", "by", "what", "about", "details", "hash")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of the log: entries before a number, of one person, of one kind."""

    before: int | None = None
    by: str = ""
    what: str = ""

    def fits(self, entry: AuditEntry) -> bool:
        """Whether an entry is wanted."""
        return self.by in {"", entry.by} and self.what in {"", entry.what}


async def log(visit: Visit) -> web.StreamResponse:
    """Entries, newest first."""
    return await _log(visit)


async def check(visit: Visit) -> web.StreamResponse:
    """Walk along the whole chain, and say whether it holds."""
    await visit.on_record("audit.check")
    broken = await broken_at(visit.brand.store)
    if visit.is_fragment:
        return visit.page("audit/checked.html", checked=True, broken=broken)
    return await _log(visit, checked=True, broken=broken)


async def as_file(visit: Visit) -> web.StreamResponse:
    """What is wanted of the whole log, as CSV, newest first."""
    asked = _asked(visit)
    await visit.on_record("audit.export")
    answer = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="audit-{visit.brand.name}.csv"',
        }
    )
    finish(visit, answer)
    before, store = asked.before, visit.brand.store
    some = await entries(store, before=before, most=_AT_ONCE)
    await answer.prepare(visit.request)
    # With a mark at its beginning, so that spreadsheets read its letters right.
    await answer.write("\ufeff".encode() + _lines([_COLUMNS]))
    while some:
        await answer.write(_lines(_cells(each) for each in some if asked.fits(each)))
        before = int(some[-1].id)
        some = await entries(store, before=before, most=_AT_ONCE) if before > 1 else []
    await answer.write_eof()
    return answer


async def _log(visit: Visit, *, checked: bool = False, broken: int | None = None) -> web.Response:
    asked = _asked(visit)
    read = await entries(visit.brand.store, before=asked.before, most=MOST)
    return visit.page(
        "audit/log.html",
        asked=asked,
        read=read,
        shown=[each for each in read if asked.fits(each)],
        people=sorted({each.by for each in read} | ({asked.by} - {""})),
        kinds=sorted({each.what for each in read} | ({asked.what} - {""})),
        older=int(read[-1].id) if read and int(read[-1].id) > 1 else None,
        newer=int(read[0].id) + MOST + 1 if read and asked.before is not None else None,
        checked=checked,
        broken=broken,
        kind=lambda what: _kind(visit, what),
    )


def _kind(visit: Visit, what: str) -> str:
    """What was done, in words where there are some."""
    key = f"audit.kinds.{what.replace('.', '_')}"
    return visit.text(key) if visit.language.has(key) else what


def _asked(visit: Visit) -> Asked:
    before = visit.query("before")
    number = int(before) if before.isascii() and before.isdigit() and len(before) <= 10 else None  # noqa: PLR2004 - digits of an entry's number
    return Asked(number or None, visit.query("by")[:200], visit.query("what")[:100])


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    details = "; ".join(f"{key}={value}" for key, value in sorted(entry.details.items()))
    return (str(int(entry.id)), entry.at.isoformat(), entry.by, entry.what, entry.about, details, entry.hash)


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


ROUTES = (
    get("/{brand}/audit", log, ADMIN),
    post("/{brand}/audit/check", check, ADMIN),
    get("/{brand}/audit/file", as_file, ADMIN, bare=True),
)
