"""`throughline profile erase`: everything that is kept of one person goes, after a look at what that is."""

import asyncio
import secrets
from typing import Annotated

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.cli.merging import who
from middleware.cli.output import FAILED, USAGE, chatter, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, store_of, when
from middleware.domain.erasing import Erasure
from middleware.pipeline.audit import audit
from middleware.pipeline.erasing import EraseRefused, Look, erase, look_at_erasure
from middleware.pipeline.erasing.underway import StillAtWork
from middleware.pipeline.forgetting import Forgetting
from middleware.settings import load_settings

_WORDS = {
    "profiles": "profiles",
    "identifiers": "identifiers and personal links",
    "things": "orders, checkouts, carts and tickets",
    "conversations": "conversations",
    "events": "events, as they came",
    "turns": "turns with their traces",
    "files": "files",
    "jobs": "waiting messages, jobs and timers",
    "set_aside": "quarantine and dead letters",
    "passings": "what was passed on to other bots",
    "review": "candidates, verdicts and journal",
    "proofs": "codes that were asked for",
    "beside": "others' records that name them, cleaned",
}


def erase_person(
    profile: Annotated[str, typer.Argument(metavar="ID", help="The profile's id")],
    also: Annotated[list[str] | None, typer.Option(help="A profile of the same person that goes as well")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Erase everything that is kept of one person, for good, and of all that is merged into that profile.

    With --json it has to be said by --yes or --dry-run whether it is to be done.
    """
    if as_json and not (yes or dry_run):
        fail("with --json say --yes or --dry-run", USAGE)
    with reasons():
        try:
            look, done = asyncio.run(_erased([profile, *(also or ())], brand, dry_run=dry_run, ask=not yes))
        except StillAtWork:
            fail("work on this person is still under way; a worker goes on with it", FAILED)
    if as_json:
        receipt = done.model_dump(mode="json", exclude={"work", "shells"}) if done is not None else None
        print_json({"look": look.model_dump(mode="json"), "receipt": receipt})
    elif done is not None:
        shown.print(f"done {when(done.done_at) if done.done_at else ''}: receipt {done.id}", markup=False)
        _print(done.counts, frozenset())
    elif dry_run:
        shown.print("would go:", markup=False)
        _print(look.counts, look.at_least)


async def _erased(profiles: list[str], named: str, *, dry_run: bool, ask: bool) -> tuple[Look, Erasure | None]:
    async with opened(load_settings()) as here:
        name = brand_of(here.settings, named)
        if name is None:
            fail("profiles belong to a brand; say which with --brand", USAGE)
        forgetting = here.brands[name].forgetting
        assert forgetting is not None  # noqa: S101 - for the type checker
        store = store_of(here, name)
        look = await look_at_erasure(store, forgetting, profiles, here.clock.now())
        if look is None:
            raise EraseRefused
        for other in look.others:
            chatter.print(f"- {other} has a part in this and stays; --also {other} erases it, too", markup=False)
        if dry_run:
            return look, None
        if ask:
            for line in _lines(look.counts, look.at_least):
                chatter.print(line, markup=False)
            if not await asyncio.to_thread(typer.confirm, "Erase it for good?", err=True):
                return look, None
        return look, await _done(here, name, forgetting, profiles)


async def _done(here: Installation, brand: str, forgetting: Forgetting, profiles: list[str]) -> Erasure:
    cause, store, now = f"command:{secrets.token_urlsafe(16)}", store_of(here, brand), here.clock.now()
    about = await forgetting.erasure_id(cause)
    await audit(store, by=who(), what="person.erase", now=now, about=about, details={"profiles": str(len(profiles))})
    return await erase(store, forgetting, profiles, here.clock, by=who(), cause=cause)


def _print(counts: dict[str, int], at_least: frozenset[str]) -> None:
    for line in _lines(counts, at_least):
        shown.print(line, markup=False)


def _lines(counts: dict[str, int], at_least: frozenset[str]) -> list[str]:
    return [f"{number:>8}{'+' if kind in at_least else ' '} {_WORDS[kind]}" for kind, number in counts.items()]
