"""`throughline mapping`: are the files right, what may they say, and what would a change of them do?"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from connectors.mapping import load_mapping, load_ownership
from connectors.mapping.loading import mapping_schema
from connectors.mapping.ownership import ownership_schema
from middleware.bootstrap.building import opened
from middleware.cli.checking import check_files
from middleware.cli.importing import account_of
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of
from middleware.cli.simulating import Plan, Simulated, simulated
from middleware.from_settings import ownership_of
from middleware.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Which part of a source's body becomes which field of a profile.")

OwnershipOption = Annotated[bool, typer.Option("--ownership", help="Files of ownership, in place of mappings")]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Mappings, in YAML")],
    ownership: OwnershipOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check mappings. Exit code 1 with file, line and column of everything that is wrong."""
    check_files(files, load_ownership if ownership else load_mapping, as_json=as_json)


@app.command()
def schema(ownership: OwnershipOption = False, as_json: JsonOption = True) -> None:
    """Print the JSON Schema that editors check such a file with while it is written."""
    del as_json
    print_json(ownership_schema() if ownership else mapping_schema())


@app.command()
def simulate(
    account: Annotated[str, typer.Option(help="Name of the account whose records are read again")],
    mapping: Annotated[Path | None, typer.Option(help="The changed mapping; without it the account's own")] = None,
    ownership: Annotated[Path | None, typer.Option(help="The changed ownership; without it the brand's own")] = None,
    brand: BrandOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Show which profiles' fields a changed mapping or ownership would change. Changes nothing.

    Reads the whole timeline of the account. Examples are masked.
    """
    if mapping is None and ownership is None:
        fail("name what changes: --mapping FILE, --ownership FILE, or both", USAGE)
    with reasons():
        settings = load_settings()
        target = account_of(settings, brand_of(settings, brand), account)
        now = ownership_of(settings.brands[target.brand])
        plan = Plan(
            account=target,
            mapping=load_mapping(mapping) if mapping is not None else target.mapping,
            ownership=(now, load_ownership(ownership) if ownership is not None else now),
        )

        async def work() -> Simulated:
            async with opened(settings) as here:
                return await simulated(here, plan)

        outcome = asyncio.run(work())
    print_json(outcome.as_json()) if as_json else _say(outcome)


def _say(outcome: Simulated) -> None:
    shown.print(
        f"{outcome.profiles_changed:,} of {outcome.profiles:,} profiles would change"
        f" ({outcome.events:,} events of {outcome.records:,} records read)",
        markup=False,
    )
    for field, change in sorted(outcome.fields.items()):
        shown.print(f"{field}: {change.count:,}", markup=False)
        for before, after in change.examples:
            shown.print(f"    {before} -> {after}", markup=False)
    for reason, count in sorted(outcome.refused.items(), key=lambda each: -each[1]):
        shown.print(f"would be refused: {count:,} events: {reason}", markup=False)
