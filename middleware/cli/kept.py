"""`throughline inbox`, `quarantine` and `dead-letters`: what waits, and what was set aside.

Lists show no word of a customer unless `--text` asks for it; `show` shows one thing whole.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, account_name, brand_of, plain, store_of, when
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.record import Record
from middleware.pipeline.records import records
from middleware.pipeline.seals import signer_of
from middleware.ports import DeadLetter, InboxEntry, Quarantined
from middleware.settings import load_settings

R = TypeVar("R", bound=Record)

LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many at most")]
AfterOption = Annotated[str, typer.Option(help="Go on after this id")]
TextOption = Annotated[bool, typer.Option("--text", help="Also what customers wrote")]

Row = dict[str, Any]

_SPEAK_FOR_THEMSELVES = frozenset({"kind", "account", "sender", "connector", "why"})


@dataclass(frozen=True, slots=True)
class Shelf(Generic[R]):
    """One kind of thing that is kept. `row` says what it is without a word of a customer; `text` has the words."""

    kind: type[R]
    command: str
    help: str
    nothing: str
    row: Callable[[Installation, R], Row]
    text: Callable[[R], str]
    advice: str


def group(shelf: Shelf[R]) -> typer.Typer:
    """The commands `list` and `show` of a shelf."""
    commands = typer.Typer(help=shelf.help, no_args_is_help=True)

    def list_(
        brand: BrandOption = "", limit: LimitOption = 20, after: AfterOption = "",
        text: TextOption = False, as_json: JsonOption = False,
    ) -> None:  # fmt: skip
        with reasons():
            page = asyncio.run(_page(shelf, brand, limit, after, text=text))
        if as_json:
            print_json(page)
            return
        for row in page["items"]:
            _print_row(row)
        _print_end(shelf, page, after)

    def show(
        identifier: Annotated[str, typer.Argument(metavar="ID")], brand: BrandOption = "", as_json: JsonOption = False
    ) -> None:
        with reasons():
            found = asyncio.run(_whole(shelf, brand, identifier))
        if as_json:
            print_json(found["document"])
        else:
            print_whole({**found["row"], "text": found["text"], "what to do": shelf.advice})

    commands.command("list", help="List them, in the order of their ids.")(list_)
    commands.command("show", help="Show one of them whole, with what the customer wrote.")(show)
    return commands


async def _page(shelf: Shelf[R], named: str, limit: int, after: str, *, text: bool) -> Row:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        rows: list[Row] = []
        async with aclosing(records(store_of(here, brand), shelf.kind, after=after)) as found:
            async for stored in found:
                if len(rows) == limit:
                    return {"brand": brand, "items": rows, "next": rows[-1]["id"]}
                words = {"text": shelf.text(stored.record)} if text else {}
                rows.append({**shelf.row(here, stored.record), **words})
        return {"brand": brand, "items": rows, "next": None}


async def _whole(shelf: Shelf[R], named: str, identifier: str) -> Row:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        stored = (await store_of(here, brand).get(shelf.kind, [identifier])).get(identifier)
        if stored is None:
            fail(f"{identifier!r} is not in {shelf.nothing.format(brand or 'no brand')}")
        row, words = shelf.row(here, stored.record), shelf.text(stored.record)
        document = stored.record.model_dump(mode="json", exclude_none=True)
        return {"row": row, "text": words, "document": {**row, "text": words, **document}}


def _print_row(row: Row) -> None:
    """The id on a line of its own, to be copied; the rest below it."""
    shown.print(plain(str(row["id"])), markup=False)
    rest = [(name, plain(str(value))) for name, value in row.items() if name not in {"id", "text"} and value]
    told = (value if name in _SPEAK_FOR_THEMSELVES else f"{name.replace('_', ' ')} {value}" for name, value in rest)
    shown.print("    " + " · ".join(told), markup=False)
    if row.get("text"):
        print_text(row["text"])


def print_text(text: str) -> None:
    """What somebody wrote, set off by a bar."""
    for line in plain(text).splitlines():
        shown.print(f"    | {line}", markup=False)


def print_whole(fields: Row) -> None:
    """One thing, one line for each of its fields."""
    for name, value in fields.items():
        if value in {"", None}:
            continue
        if name == "text":
            print_text(value)
        else:
            shown.print(f"{name.replace('_', ' '):<12} {plain(str(value))}", markup=False)


def _print_end(shelf: Shelf[R], page: Row, after: str) -> None:
    if page["next"] is not None:
        shown.print(f"There is more: --after {plain(page['next'])}", markup=False)
    elif not page["items"]:
        where = shelf.nothing.format(page["brand"] or "no brand")
        shown.print(f"Nothing {'more ' if after else ''}in {where}.", markup=False)


def _event_row(here: Installation, event: Event) -> Row:
    sender = event.anchor.masked() if isinstance(event.anchor, Identifier) else ""
    return {
        "id": event.key,
        "kind": event.kind.value,
        "account": account_name(here, event.connector, event.account),
        "sender": sender,
        "occurred": when(event.occurred_at),
        "received": when(event.received_at),
    }


def _letter_row(here: Installation, letter: DeadLetter) -> Row:
    return {**_event_row(here, letter.event), "failed": when(letter.failed_at), "why": letter.reason}


def _quarantine_row(here: Installation, kept: Quarantined) -> Row:
    signer = signer_of(kept, here.accounts)
    names = ", ".join(f"{each.brand}.{each.name}" for each in signer.accounts)
    return {
        "id": kept.id,
        "connector": kept.connector,
        "received": when(kept.received_at),
        "bytes": len(kept.raw),
        "signed_by": names or ("a secret that no account has now" if kept.seals else "not known"),
        "why": kept.reason,
    }


def _said(event: Event) -> str:
    return event.message.text if event.message is not None else ""


INBOX = Shelf(
    InboxEntry, "inbox", "What was accepted and is not finished yet.", "the inbox of {}",
    lambda here, entry: _event_row(here, entry.event), lambda entry: _said(entry.event),
    "Nothing: a worker works it off. If it stays, look whether a worker runs and what its log says.",
)  # fmt: skip
DEAD_LETTERS = Shelf(
    DeadLetter, "dead-letters", "Events whose work failed for good.", "the dead letters of {}",
    _letter_row, lambda letter: _said(letter.event),
    "Look for work_failed with this event_key in the log, mend the cause, then: throughline replay dead-letters ID",
)  # fmt: skip
QUARANTINE = Shelf(
    Quarantined, "quarantine", "What could not be understood, as it came.", "the quarantine of {}",
    _quarantine_row, lambda kept: kept.raw.decode(errors="backslashreplace"),
    "Mend the cause (the settings, or the body in a file), then: throughline replay quarantine ID [--file FILE]",
)  # fmt: skip

inbox, quarantine, dead_letters = group(INBOX), group(QUARANTINE), group(DEAD_LETTERS)
