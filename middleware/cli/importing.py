"""`throughline import`: the rows of a CSV file as records of people, through an account's mapping, into the inbox.

Broken off, it goes on with `--resume`. What was done is known by the rows' own dedup keys, which name line and content:
each of them is in the inbox, or in the timeline once it was worked off. Nothing else is remembered.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.body import to_bytes, why_not_storable
from connectors.csv_file import LINE, REASON, CsvFile, Refused, Row, opened_csv
from connectors.mapping import load_mapping
from connectors.mapping.telling import Delivered, told
from connectors.mapping.unfit import Unfit
from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import USAGE, chatter, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of
from middleware.domain.events import Event
from middleware.domain.mapping import SourceMapping
from middleware.errors import NotStorable
from middleware.from_settings import accounts_of
from middleware.ports import Account, BrandStore, InboxEntry, Put, Recorded
from middleware.settings import Settings, load_settings

_AT_ONCE = 200
_PATIENCE = 60.0
"""Seconds for which the inbox may stand still before we say that nobody works it off."""
_LOOKS_EVERY = 0.2


@dataclass
class Imported:
    """What became of a file. `skipped` rows were imported before."""

    file: str
    account: str
    dry_run: bool
    encoding: str = ""
    separator: str = ""
    rows: int = 0
    imported: int = 0
    skipped: int = 0
    refused: int = 0
    report: str | None = None
    unread_columns: list[str] = field(default_factory=list)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Records, one a row, with a line of names above")],
    account: Annotated[str, typer.Option(help="Name of the account in the settings whose records these are")],
    mapping: Annotated[Path | None, typer.Option(help="A mapping in place of the account's own")] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Store nothing; write the report of refused rows")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out the rows that were imported before")] = False,
    ahead: Annotated[int, typer.Option(min=1, help="Most rows that wait in the inbox at once")] = 500,
    brand: BrandOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Import a CSV file. Rows that do not fit are in FILE.refused.csv, ready to be mended and imported again."""
    with reasons():
        settings = load_settings()
        target = account_of(settings, brand_of(settings, brand), account)
        rules = load_mapping(mapping) if mapping is not None else target.mapping
        if rules is None:
            fail(f"account {account} has no mapping: name one with --mapping", USAGE)
        outcome = Imported(str(file), account, dry)
        with opened_csv(file) as rows:
            asyncio.run(_import(settings, rows, replace(target, mapping=rules), outcome, resume=resume, ahead=ahead))
    _report(outcome, as_json=as_json)


def account_of(settings: Settings, brand: str | None, name: str) -> Account:
    """The account of a brand with a name. One that is not there is a usage error."""
    of_brand = [each for each in accounts_of(settings) if each.brand == brand]
    fitting = [each for each in of_brand if each.name == name]
    if not fitting:
        fail(f"no account {name!r} of {brand}; there are {', '.join(each.name for each in of_brand) or 'none'}", USAGE)
    return fitting[0]


async def _import(
    settings: Settings, rows: CsvFile, account: Account, outcome: Imported, *, resume: bool, ahead: int
) -> None:
    outcome.encoding, outcome.separator = rows.encoding, rows.separator
    outcome.unread_columns = _unread(rows, account.mapping)
    chatter.print(f"{rows.path}: {rows.encoding}, separated by {_named(rows.separator)}", markup=False)
    async with opened(settings) as here:
        run = _Run(here, account, outcome, resume=resume, ahead=ahead)
        with Refused.beside(rows.path, rows.columns, rows.separator) as report, _progress(rows.path) as advance:
            batch: list[Row] = []
            for row in rows.rows():
                batch.append(row)
                if len(batch) == _AT_ONCE:
                    await run.batch(batch, report)
                    advance(sum(len(cell) + 1 for each in batch for cell in each.cells))
                    batch = []
            await run.batch(batch, report)
            outcome.report = str(report.path) if report.rows else None


class _Run:
    """One import on its way."""

    def __init__(self, here: Installation, account: Account, outcome: Imported, *, resume: bool, ahead: int) -> None:
        self._store: BrandStore = here.store.brand(account.brand)
        self._account = account
        self._outcome = outcome
        self._resume = resume
        self._ahead = ahead
        self._at = here.clock.now()
        self._in_inbox: int | None = None
        """The most rows that can be in the inbox. None: nobody has looked yet."""

    async def batch(self, rows: Sequence[Row], report: Refused) -> None:
        """Import some rows; those that do not fit go into the report."""
        self._outcome.rows += len(rows)
        events: dict[str, tuple[Row, Event]] = {}
        for row in rows:
            try:
                event = self._event(row)
                events[event.key] = (row, event)
            except Unfit as unfit:
                self._refuse(row, str(unfit), report)
        if self._resume:
            for key in await self._there(list(events)):
                self._outcome.skipped += events.pop(key, None) is not None
        if events and not self._outcome.dry_run:
            await self._room()
            await self._put(events, report)
        self._outcome.imported += len(events)

    def _event(self, row: Row) -> Event:
        why = row.problem or why_not_storable(row.body)
        if why:
            raise Unfit(why)
        account = self._account
        assert account.mapping is not None  # noqa: S101 - for the type checker
        content = hashlib.blake2b(to_bytes(row.body), digest_size=12).hexdigest()
        # The line first: of two rows of one record without a time the lower one counts.
        own = f"{row.line:09d}-{content}"
        return told(account.mapping, row.body, Delivered(account.connector, account.id, own, self._at, account.country))

    def _refuse(self, row: Row, reason: str, report: Refused) -> None:
        self._outcome.refused += 1
        report.add(row.line, row.cells, reason)

    async def _there(self, keys: Sequence[str]) -> set[str]:
        """Which of the rows were imported before. The inbox first: they go from there into the timeline."""
        waiting = set(await self._store.get(InboxEntry, keys))
        return waiting | set(await self._store.get(Recorded, [key for key in keys if key not in waiting]))

    async def _put(self, events: dict[str, tuple[Row, Event]], report: Refused) -> None:
        """Put events into the inbox in one write; one that the store cannot take is refused alone."""
        while events:
            try:
                await self._store.write(*(Put(InboxEntry.of(event)) for _, event in events.values()))
            except NotStorable as error:
                row, _ = events.pop(list(events)[error.position])
                self._refuse(row, str(error), report)
            else:
                break
        self._in_inbox = (self._in_inbox or 0) + len(events)

    async def _room(self) -> None:
        """Wait until the inbox has room; end the command when nobody works it off.

        It is looked at when it could be full: what was there, and what was put into it since.
        """
        known: set[str] = set()
        waited = 0.0
        while self._in_inbox is None or self._in_inbox >= self._ahead:
            keys = {entry.id for entry in await self._store.backlog(self._ahead)}
            self._in_inbox = len(keys)
            if self._in_inbox < self._ahead:
                return
            waited = waited + _LOOKS_EVERY if keys == known else 0.0
            known = keys
            if waited > _PATIENCE:
                fail("the inbox is full and stands still: start a worker, then go on with --resume")
            await asyncio.sleep(_LOOKS_EVERY)


def _unread(rows: CsvFile, mapping: SourceMapping | None) -> list[str]:
    """The columns that no path of the mapping names."""
    read = (mapping.names() if mapping is not None else frozenset()) | {LINE, REASON}
    return [name for name in rows.columns if name not in read]


def _named(separator: str) -> str:
    return {",": "commas", ";": "semicolons", "\t": "tabs"}.get(separator, repr(separator))


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int], None]]:
    """A bar for people, on standard error and only on a terminal."""
    columns = (TextColumn("importing"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=path.stat().st_size)
        yield lambda letters: bar.advance(task, letters)


def _report(outcome: Imported, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(outcome))
    else:
        would = "would be imported" if outcome.dry_run else "imported"
        shown.print(
            f"{outcome.imported:,} {would}, {outcome.skipped:,} imported before, {outcome.refused:,} refused"
            f" ({outcome.rows:,} rows)",
            markup=False,
        )
        if outcome.unread_columns:
            shown.print(f"columns that the mapping does not read: {', '.join(outcome.unread_columns)}", markup=False)
        if outcome.report:
            shown.print(f"refused rows, with their reasons: {outcome.report}", markup=False)
    if outcome.refused:
        raise typer.Exit(1)
