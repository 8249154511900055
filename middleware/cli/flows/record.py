"""`throughline flows record`: turns of real customers, written down as a test of flows."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from flows.trying.recording import LEFT_OUT, recorded
from middleware.bootstrap.building import opened
from middleware.cli.output import USAGE, chatter, fail, reasons
from middleware.cli.places import BrandOption, brand_of, store_of
from middleware.domain.turn import Turn
from middleware.settings import Settings, load_settings


def record(
    turns: Annotated[list[str], typer.Argument(metavar="TURN...", help="Ids of turns, of one conversation or several")],
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output without it")] = None,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="Keep what customers wrote, their names and their numbers")
    ] = False,
    brand: BrandOption = "",
) -> None:
    """Write turns down as a test of flows: the customer, what they did, and what came of it. Needs the store.

    Without --keep-text what customers wrote is replaced by the phrase that matched, names and numbers by made-up ones.
    """
    with reasons():
        found = asyncio.run(_found(load_settings(), brand, list(dict.fromkeys(turns))))
        text = recorded(found, keep_text=keep_text)
        if out is None:
            typer.echo(text, nl=False)
        else:
            out.write_text(text, encoding="utf-8")
            chatter.print(f"written to {out}", markup=False)
    if LEFT_OUT in text:
        chatter.print(
            "some words of customers are left out: look for says, and write what stands for them", markup=False
        )


async def _found(settings: Settings, named: str, ids: list[str]) -> list[Turn]:
    """The turns of these ids; ends the command where one is not there."""
    async with opened(settings) as here:
        brand = brand_of(settings, named)
        if brand is None:
            fail("turns belong to a brand; say which with --brand", USAGE)
        stored = await store_of(here, brand).get(Turn, ids)
    missing = [each for each in ids if each not in stored]
    if missing:
        fail(f"no turn {', '.join(missing)} of {brand}")
    return [stored[each].record for each in ids]
