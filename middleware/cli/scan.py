"""`throughline identity scan`: learn from all records of a brand, and find all candidates anew."""

import asyncio
from typing import Any

import typer

from middleware.bootstrap.building import opened
from middleware.cli.identity import progress
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of
from middleware.from_settings import review_rules
from middleware.pipeline.scanning import Scan
from middleware.settings import load_settings


def scan(brand: BrandOption = "", as_json: JsonOption = False) -> None:
    """Learn the weights and find all candidates. Broken off, it goes on where it was when it is run again."""
    with reasons():
        found = asyncio.run(_scan(brand))
    if as_json:
        print_json(found)
        return
    shown.print(
        f"{found['records']:,} records, {found['pairs']:,} pairs compared, {found['candidates']:,} candidates:"
        " throughline identity queue",
        markup=False,
    )


async def _scan(named: str) -> dict[str, Any]:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        if brand is None:
            fail("records belong to a brand: name one with --brand", USAGE)
        await here.store.ensure()
        rules = review_rules(here.settings.brands[brand])
        with progress() as advance:
            state = await Scan(here.store.brand(brand), rules, here.clock.now, advance).run()
        seconds = (here.clock.now() - state.started_at).total_seconds()
        return {
            "brand": brand,
            "records": state.records,
            "pairs": state.pairs,
            "candidates": state.candidates,
            "seconds": round(seconds, 1),
        }


def add_to(app: typer.Typer) -> None:
    """Make it a command of a group."""
    app.command("scan")(scan)
