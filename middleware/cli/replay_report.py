"""What a replay says: what it asks before it begins, how far it has come, and what became of everything."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from middleware.cli.output import USAGE, chatter, fail, print_json, reasons, shown
from middleware.cli.places import plain
from middleware.pipeline.replay import Replayed

A_HANDFUL = 5
"""So many are replayed without asking."""

_SHOWN_AT_MOST = 20


class Outcome:
    """What a replay has done so far. Kept in numbers; of what was not replayed, the first few with their reasons."""

    def __init__(self, brand: str | None, *, dry: bool) -> None:
        self.brand = brand
        self.dry = dry
        self.fates: Counter[str] = Counter()
        self.late = 0
        self.read = 0
        self.left: list[Replayed] = []
        self.next: str | None = None

    def add(self, each: Replayed) -> None:
        """Count one more."""
        self.fates[each.fate] += 1
        self.late += each.late
        if each.fate != "replayed":
            self.left.append(each)

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        left = [asdict(each) for each in self.left]
        numbers = {fate: self.fates[fate] for fate in ("replayed", "waiting", "refused")}
        return {
            "brand": self.brand, "dry_run": self.dry, **numbers, "read": self.read, "late": self.late,
            "left": left, "next": self.next,
        }  # fmt: skip


def confirm(what: str, number: int, *, dry: bool, yes: bool) -> None:
    """Ask before more than a handful is replayed. Without anybody to ask it is refused."""
    if dry or yes or number <= A_HANDFUL:
        return
    if not sys.stdin.isatty():
        fail(f"{what} would be replayed: say --yes if that is meant, or look first with --dry-run", USAGE)
    if not typer.confirm(f"{what} will be replayed. Go on?", err=True):
        fail("nothing was done")


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[], None]]:
    """A bar for people, on standard error and only on a terminal; a function that moves it on by one."""
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def report(work: Callable[[], Awaitable[Outcome]], *, as_json: bool) -> None:
    """Do the work and say what became of it; exit code 1 if anything was refused."""
    with reasons():
        outcome = asyncio.run(_awaited(work))
    if as_json:
        print_json(outcome.as_json())
    else:
        _say(outcome)
    if outcome.fates["refused"]:
        raise typer.Exit(1)


async def _awaited(work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    return await work()


def _say(outcome: Outcome) -> None:
    would = "would be replayed" if outcome.dry else "replayed"
    for each in outcome.left[:_SHOWN_AT_MOST]:
        shown.print(f"{plain(each.id)}\n    {each.fate}: {plain(each.reason)}", markup=False)
    if len(outcome.left) > _SHOWN_AT_MOST:
        shown.print(f"... and {len(outcome.left) - _SHOWN_AT_MOST} more; --json names them all", markup=False)
    fates = outcome.fates
    shown.print(
        f"{fates['replayed']} {would}, {fates['waiting']} in the inbox already, {fates['refused']} refused"
        f" ({outcome.read} read)",
        markup=False,
    )
    if outcome.late:
        shown.print(
            f"{outcome.late} messages are older than reply_max_age: what they say is absorbed, and the bot does not"
            " answer them. Those that have no turn yet are marked for a person.",
            markup=False,
        )
