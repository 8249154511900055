"""`throughline report quality`: what is wrong with the data of a brand, for whoever owns it. Meant to be run weekly."""

import asyncio
from statistics import median
from typing import Any

import typer

from middleware.bootstrap.building import opened
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, plain, when
from middleware.domain.candidates import RuleRecord
from middleware.pipeline.quality import Quality, quality_of
from middleware.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Figures to look at regularly.")

Row = dict[str, Any]


@app.callback()
def _report() -> None:
    """Keep `quality` a command of its own while it is the only one."""


@app.command()
def quality(brand: BrandOption = "", as_json: JsonOption = False) -> None:
    """What could not be understood, who might be one person, which rules are undone, who shares an identifier."""
    with reasons():
        found = asyncio.run(_found(brand))
    if as_json:
        print_json(found)
    else:
        _say(found)


async def _found(named: str) -> Row:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        if brand is None:
            fail("a report is of one brand: name it with --brand", USAGE)
        await here.store.ensure()
        now = here.clock.now()
        counted = await quality_of(here.store.brand(brand), now)
        return {"brand": brand, "owner": here.settings.brands[brand].data_owner, "at": when(now), **_row(counted)}


def _row(counted: Quality) -> Row:
    return {
        "quarantine": [
            {"source": source, "reason": reason, "count": number}
            for (source, reason), number in counted.quarantine.items()
        ],
        "candidates": {
            "open": len(counted.ages),
            "conflicting": counted.conflicts,
            "oldest_days": round(counted.ages[-1], 1) if counted.ages else None,
            "median_days": round(median(counted.ages), 1) if counted.ages else None,
        },
        "rules": [_rule(each) for each in counted.rules],
        "shared_identifiers": [{"why": why, "count": number} for why, number in counted.suspended.items()],
        "review_only": [each.id for each in counted.rules if each.is_review_only],
    }


def _rule(record: RuleRecord) -> Row:
    return {
        "rule": record.id,
        "merges": record.merges,
        "unmerges": record.unmerges,
        "review_only_since": when(record.review_only_since) or None,
    }


def _say(found: Row) -> None:
    owner = found["owner"] or "nobody; write data_owner into the settings of the brand"
    shown.print(f"Data quality of {found['brand']}, {found['at']}. Owner: {plain(owner)}", markup=False)
    _say_rows(
        "In quarantine", [f"{each['count']:>7,}  {each['source']}: {each['reason']}" for each in found["quarantine"]]
    )
    candidates = found["candidates"]
    ages = f"; the oldest {candidates['oldest_days']} days, half of them {candidates['median_days']} or more"
    said = f"{candidates['open']:,} open, {candidates['conflicting']:,} with ids that conflict"
    _say_rows("Who might be one person", [f"        {said}{ages if candidates['open'] else ''}"])
    rules = [
        f"{each['merges']:>7,} merges, {each['unmerges']:,} undone: {each['rule']}"
        + (f", only proposes since {each['review_only_since']}" if each["review_only_since"] else "")
        for each in found["rules"]
    ]
    _say_rows("Rules of merging, last 90 days", rules)
    shared = [f"{each['count']:>7,}  {each['why']}" for each in found["shared_identifiers"]]
    _say_rows("Identifiers that neither link nor disclose", shared)


def _say_rows(title: str, rows: list[str]) -> None:
    shown.print(f"\n{title}", markup=False)
    for row in rows or ["        nothing"]:
        shown.print(plain(row), markup=False)
