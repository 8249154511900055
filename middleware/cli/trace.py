"""`throughline trace`: how one turn was decided, and what came of it."""

import asyncio
from typing import Annotated

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, account_name, brand_of
from middleware.cli.trace_page import Line, page
from middleware.domain.conversation import KEPT_TURNS
from middleware.domain.trace import Trace, without_words
from middleware.pipeline.trace import Traces
from middleware.settings import load_settings

Pages = list[tuple[Trace, list[Line]]]


def trace(
    named: Annotated[
        str,
        typer.Argument(metavar="ID", help="A turn, event, message (mid, wamid), reply or conversation"),
    ],
    last: Annotated[
        int, typer.Option(min=1, max=KEPT_TURNS, help="So many last turns, where ID is a conversation")
    ] = 1,
    brand: BrandOption = "",
    text: Annotated[
        bool | None, typer.Option("--text/--no-text", help="What was written and said; of one turn by default")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a turn was decided: what came in, who it was and why, what was known, said, sent, or why not.

    Reads only. Identifiers are masked.
    """
    with reasons():
        found = asyncio.run(_found(brand, named, last, text=text))
    if as_json:
        traces = [each.model_dump(mode="json", exclude_none=True) for each, _ in found]
        print_json(traces if last > 1 else traces[-1])
        return
    for number, (_, lines) in enumerate(found):
        if number:
            shown.print()
        for line in lines:
            shown.print(line.text, style=line.style, markup=False)


async def _found(named_brand: str, named: str, last: int, *, text: bool | None) -> Pages:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named_brand)
        if brand is None:
            fail("turns belong to a brand: name one with --brand", USAGE)
        found = await Traces(here.brands, here.clock).find(brand, named, last)
        with_words = text if text is not None else len(found) == 1
        traces = found if with_words else [without_words(each) for each in found]
        return [(each, page(each, _account(here, each))) for each in traces]


def _account(here: Installation, trace: Trace) -> str:
    return account_name(here, trace.channel, trace.account)
