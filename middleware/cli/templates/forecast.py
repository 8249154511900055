"""`throughline templates forecast`: what a template would have said to those who wrote lately."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from flows.forecast import Forecaster
from flows.language.suggest import did_you_mean
from flows.runner import Flows
from flows.templates import Template, load_template
from middleware.bootstrap.building import opened
from middleware.cli.identity import progress
from middleware.cli.interrupting import until_interrupted
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, percent, plain
from middleware.domain.forecast import Forecast
from middleware.domain.template_versions import PublishedSource
from middleware.from_settings import flows_of
from middleware.pipeline.forecast import ForecastAsked, Forecasting
from middleware.settings import load_settings

_ENDED = {
    "all": "That is everybody.",
    "limit": "That is as many as --limit allows, as good as drawn by lot.",
    "early": "That is not everybody: it was ended early.",
}


def forecast(
    template: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A template file, or a template of the brand")],
    days: Annotated[int, typer.Option(min=1, max=90, help="Customers who wrote within so many last days")] = 7,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many customers at most")] = 500,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show for how many of the customers who wrote lately a template would fall back, and for want of what.

    From what each of them may be told now, with the last thing that they wrote. Nothing is sent or written. Ctrl-C ends
    it with what it has.
    """
    with reasons():
        found = asyncio.run(_found(brand, template, timedelta(days=days), limit))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _say(found, days)


async def _found(named: str, template: str, span: timedelta, limit: int) -> Forecast:
    settings = load_settings()
    brand = brand_of(settings, named)
    if brand is None:
        fail("templates belong to a brand: name one with --brand", USAGE)
    async with opened(settings) as here:
        await here.store.ensure()
        await here.editions.look()
        flows, now = flows_of(settings.brands[brand]), here.clock.now()
        chosen = _template(flows, here.editions.flows[brand].sources, template)
        with until_interrupted() as wanted, progress() as advance:

            def going_on(senders: int) -> bool:
                advance("looking at customers", senders, limit)
                return wanted()

            making = Forecasting(here.brands[brand], here.channels, Forecaster(flows, chosen), going_on)
            asked = ForecastAsked(chosen.name, now - span, limit)
            return await making.forecast(asked, now, here.clock.monotonic())


def _template(flows: Flows, published: Mapping[str, PublishedSource], named: str) -> Template:
    """The template in a file, else the one of this name that customers get."""
    path = Path(named)
    if not path.is_file():
        if named in published:
            return load_template(published[named].source, f"{named}.yaml")
        if named in flows.templates:
            return flows.templates[named]
        near = did_you_mean(named, {*flows.templates, *published})
        fail(f"{named!r} is no file, and no template of the brand{near}", USAGE)
    try:
        return load_template(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError:
        fail(f"{named}: is not UTF-8")
    except OSError as error:
        fail(f"{named}: {error.strerror}")


def _say(found: Forecast, days: int) -> None:
    rate = found.falls_back
    shown.print(
        f"{found.senders:,} customers who wrote within {days} days. {_ENDED[found.ended]}"
        + (f" {found.skipped:,} more wrote on accounts that the settings do not name." if found.skipped else ""),
        markup=False,
    )
    if rate.share is None:
        shown.print("So nothing can be said yet.", markup=False)
        return
    spread = "" if found.ended == "all" else f" (95 %: {percent(rate.low)} to {percent(rate.high)} of all)"
    shown.print(
        f"For {percent(rate.share)} of them{spread} {plain(found.template)} falls back, {rate.hits:,} in all."
        f" It is cut for {found.cut:,}, and split for {found.split:,}.",
        markup=False,
    )
    for line in _lines(found):
        shown.print(plain(line), markup=False)


def _lines(found: Forecast) -> list[str]:
    lacking = [f"  {each.senders:>7,}  {each.value}" for each in found.lacking]
    groups = [
        f"  {each.channel:12}{each.locale:8}{each.senders:>10,}{each.fell_back:>11,}"
        f"{percent(each.fell_back / each.senders):>9}{each.cut:>6,}"
        for each in found.groups
    ]
    examples = [
        f"  {each.sender:20}{each.channel:12}{each.locale:8}{each.profile_id or '-':28}{each.lacking}"
        for each in found.examples
    ]
    return [
        *(["What is missing first", *lacking] if lacking else []),
        f"  {'channel':12}{'locale':8}{'customers':>10}{'fall back':>11}{'':9}{'cut':>6}",
        *groups,
        *(["Some of those for whom it falls back", *examples] if examples else []),
    ]
