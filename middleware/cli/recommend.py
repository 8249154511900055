"""`throughline recommend`: are the rules right, and what was bought together in the orders that are there already?"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from middleware.bootstrap.building import opened
from middleware.cli.checking import check_files
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of
from middleware.from_settings.recommending import load_rules, rules_schema
from middleware.pipeline.recommending.recounting import recount as recount_orders
from middleware.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="What fits: rules, and what was bought together.")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of rules, in YAML")],
    as_json: JsonOption = False,
) -> None:
    """Check files of rules. Exit code 1 with file, line and column of everything that is wrong."""
    check_files(files, load_rules, as_json=as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema that editors check such a file with while it is written."""
    print_json(rules_schema())


@app.command()
def recount(brand: BrandOption = "", as_json: JsonOption = False) -> None:
    """Count what was bought together in all orders that there are: once, after an update or an import.

    New orders are counted by themselves. Running it again changes nothing.
    """
    with reasons():
        orders = asyncio.run(_recounted(load_settings(), brand))
    print_json({"orders": orders}) if as_json else shown.print(f"{orders:,} orders are counted", markup=False)


async def _recounted(settings: Settings, named: str) -> int:
    brand = brand_of(settings, named)
    if brand is None:
        fail("orders belong to a brand: name one with --brand", USAGE)
    async with opened(settings) as here:
        await here.store.ensure()
        known = here.brands[brand]
        await known.catalogue.look(known.store, here.clock.monotonic())
        return await recount_orders(known.store, known.catalogue)
