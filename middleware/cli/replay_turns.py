"""`throughline replay turn` and `turns`: what the flows and templates of today would have decided. Nothing happens."""

import asyncio
from typing import Annotated

import typer

from flows.language.suggest import did_you_mean
from flows.runner import Flows
from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.reaching import flows_now
from middleware.cli.again_page import page, sum_page
from middleware.cli.identity import progress
from middleware.cli.interrupting import until_interrupted
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of
from middleware.cli.trace_page import Line
from middleware.domain.again import TurnAgain, TurnsAgain
from middleware.pipeline.again import DecidingAgain
from middleware.settings import load_settings

DIFFERENT = 3
"""The exit code for what would be decided otherwise."""

_MOST = 5_000


def turn(
    named: Annotated[str, typer.Argument(metavar="ID", help="A turn, event, message (mid, wamid) or reply")],
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide a turn again with today's flows and templates, and show the difference. Nothing is written or sent.

    Exit code 0: the customer would get the same; 3: not; 1: it cannot be decided again.
    """
    with reasons():
        again = asyncio.run(_again(brand, named))
    if as_json:
        print_json(again.model_dump(mode="json", exclude_none=True))
    else:
        _show(page(again))
    _end(different=again.worst() == "different", failed=again.worst() == "not_possible")


def turns(
    last: Annotated[int, typer.Option(min=1, max=_MOST, help="So many turns, the latest")] = 200,
    flow: Annotated[str, typer.Option(help="Only those of them that this flow answered, or would answer now")] = "",
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide the last turns again: how many would be decided otherwise, by flow. Run it before you publish a change.

    Nothing is written or sent. Ctrl-C ends it with what it has. Exit code 0: all the same; 3: some are not.
    """
    with reasons():
        found = asyncio.run(_latest(brand, last, flow))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _show(sum_page(found, flow))
    _end(different=bool(found.different))


async def _again(named_brand: str, named: str) -> TurnAgain:
    async with opened(load_settings()) as here:
        return await (await _deciding(here, _brand(here, named_brand))).turn(named)


async def _latest(named_brand: str, last: int, flow: str) -> TurnsAgain:
    async with opened(load_settings()) as here:
        brand = _brand(here, named_brand)
        deciding = await _deciding(here, brand)
        with until_interrupted() as wanted, progress() as advance:

            def going_on(stage: str, done: int, of: int | None) -> bool:
                advance(stage, done, of)
                return wanted()

            found = await deciding.latest(last, flow or None, going_on)
        if flow and not found.turns:
            _must_be(flow, flows_now(here, brand))
        return found


async def _deciding(here: Installation, brand: str) -> DecidingAgain:
    """What decides, with the versions that are published now."""
    flows = here.editions.flows[brand]
    await flows.look(here.store.brand(brand), here.clock.now(), read_only=True)
    return DecidingAgain(here.brands[brand], flows, here.channels)


def _brand(here: Installation, named: str) -> str:
    brand = brand_of(here.settings, named)
    if brand is None:
        fail("turns belong to a brand: name one with --brand", USAGE)
    return brand


def _must_be(flow: str, flows: Flows) -> None:
    """A flow that answered nothing may have a typing error in its name."""
    if flow not in flows.shelf.flows:
        fail(f"no flow {flow!r} answered, and there is none{did_you_mean(flow, flows.shelf.flows)}", USAGE)


def _show(lines: list[Line]) -> None:
    for line in lines:
        shown.print(line.text, style=line.style, markup=False)


def _end(*, different: bool, failed: bool = False) -> None:
    if different or failed:
        raise typer.Exit(DIFFERENT if different else 1)
