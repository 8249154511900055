"""`throughline profile merge | unmerge | split | journal`: making profiles one, and two again, with a look before."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import chatter, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, plain, store_of, when
from middleware.domain.journal import JournalEntry
from middleware.identity.preview import Preview, Side
from middleware.pipeline.merging import (
    BY_HAND,
    merge_profiles,
    preview_merge,
    preview_split,
    preview_unmerge,
    split_profile,
    unmerge_profile,
)
from middleware.pipeline.records import records
from middleware.ports import BrandStore
from middleware.settings import load_settings

_Note = Annotated[str, typer.Option(help="Why, for the journal")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask")]

Look = Callable[[BrandStore, datetime], Awaitable[Preview]]
Deed = Callable[[Installation, BrandStore], Awaitable[JournalEntry]]


def merge(
    one: Annotated[str, typer.Argument(metavar="ID")],
    other: Annotated[str, typer.Argument(metavar="ID")],
    note: _Note = "",
    despite: Annotated[bool, typer.Option("--despite", help="Also where ids conflict: you have looked at it")] = False,
    dry_run: _DryRun = False,
    yes: _Yes = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make two profiles one. The older one stays, the other's id keeps resolving; unmerge takes them apart again."""

    async def deed(here: Installation, store: BrandStore) -> JournalEntry:
        by, now = who(), here.clock.now()
        return await merge_profiles(store, one, other, rule=BY_HAND, by=by, now=now, note=note, despite=despite)

    _does(
        lambda store, now: preview_merge(store, one, other, now), deed, brand, dry_run=dry_run, yes=yes, as_json=as_json
    )


def unmerge(
    profile: Annotated[str, typer.Argument(metavar="ID", help="The profile that was merged into another one")],
    note: _Note = "",
    dry_run: _DryRun = False,
    yes: _Yes = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take a merged profile out again, with everything that came by its identifiers since."""

    async def deed(here: Installation, store: BrandStore) -> JournalEntry:
        return await unmerge_profile(store, profile, by=who(), now=here.clock.now(), note=note)

    _does(lambda store, _: preview_unmerge(store, profile), deed, brand, dry_run=dry_run, yes=yes, as_json=as_json)


def split(
    profile: Annotated[str, typer.Argument(metavar="ID")],
    identifier: Annotated[list[str], typer.Option(help="An identifier that goes, such as phone||+34600111222")],
    note: _Note = "",
    dry_run: _DryRun = False,
    yes: _Yes = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Move identifiers into a profile of their own. They are kept apart from now on, whatever a rule says."""

    async def deed(here: Installation, store: BrandStore) -> JournalEntry:
        return await split_profile(store, profile, identifier, by=who(), now=here.clock.now(), note=note)

    _does(
        lambda store, _: preview_split(store, profile, identifier),
        deed, brand, dry_run=dry_run, yes=yes, as_json=as_json,
    )  # fmt: skip


def journal(brand: BrandOption = "", as_json: JsonOption = False) -> None:
    """List who merged, unmerged and split which profiles, when, and by which rule."""
    with reasons():
        entries = asyncio.run(_entries(brand))
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    for entry in entries:
        line = f"{when(entry.at)}  {entry.kind:<8} {entry.moves} ({entry.stays})  {entry.rule} by {plain(entry.by)}"
        shown.print(line + (f": {plain(entry.note)}" if entry.note else ""), markup=False)
    if not entries:
        shown.print("No profiles were merged, unmerged or split.", markup=False)


def who() -> str:
    """Who does it, as the system calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def _does(look: Look, deed: Deed, brand: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Show what would change, ask, do it, say what was done."""
    with reasons():
        preview, entry = asyncio.run(_done(look, deed, brand, dry_run=dry_run, ask=not (yes or as_json)))
    if as_json:
        done = entry.model_dump(mode="json") if entry is not None else None
        print_json({"preview": preview.model_dump(mode="json"), "entry": done})
    elif entry is not None:
        shown.print(f"done: {entry.kind} of {entry.moves} ({entry.stays}), journal entry {entry.id}", markup=False)


async def _done(look: Look, deed: Deed, named: str, *, dry_run: bool, ask: bool) -> tuple[Preview, JournalEntry | None]:
    async with opened(load_settings()) as here:
        store = store_of(here, brand_of(here.settings, named))
        preview = await look(store, here.clock.now())
        if dry_run or ask:
            _print(preview)
        if dry_run or (ask and not await asyncio.to_thread(typer.confirm, "Do it?", err=True)):
            return preview, None
        return preview, await deed(here, store)


def _print(preview: Preview) -> None:
    table = Table("", *(f"now {side.id}" for side in preview.before), *(f"then {side.id}" for side in preview.after))
    sides = (*preview.before, *preview.after)
    for row, value in _ROWS:
        table.add_row(row, *(value(side) for side in sides))
    chatter.print(table)
    for look in (*([f"against it: {preview.against}"] if preview.against else []), *preview.looks):
        chatter.print(f"- {look}", markup=False)


_ROWS: tuple[tuple[str, Callable[[Side], str]], ...] = (
    ("identifiers", lambda side: "\n".join(side.identifiers)),
    ("orders", lambda side: str(side.orders)),
    ("open carts", lambda side: str(side.open_carts)),
    ("tickets", lambda side: str(side.tickets)),
    ("records", lambda side: str(side.records)),
    ("refuses", lambda side: ", ".join(side.refuses)),
)


async def _entries(named: str) -> list[JournalEntry]:
    async with opened(load_settings()) as here:
        store = store_of(here, brand_of(here.settings, named))
        found = [stored.record async for stored in records(store, JournalEntry)]
        return sorted(found, key=lambda entry: (entry.at, entry.id))
