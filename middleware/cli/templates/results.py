"""`throughline templates results`: how the replies of templates did, and whether a variant is better."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated, get_args

import typer

from flows.language.suggest import did_you_mean
from middleware.bootstrap.building import opened
from middleware.bootstrap.reaching import templates_now
from middleware.cli.identity import progress
from middleware.cli.interrupting import until_interrupted
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, percent, plain, when
from middleware.domain.template_results import GOALS, USUAL_DAYS, By, Goal, Rate, TemplateResults, VariantResults
from middleware.domain.template_versions import THE_FILE
from middleware.pipeline.template_results import Asked, template_results
from middleware.pipeline.templates.errors import NoTemplate
from middleware.pipeline.templates.parts import Templates, known_head
from middleware.settings import load_settings

_BAR = 30
_COLUMNS = {
    "replies": 9, "sent": 8, "delivered": 11, "read": 8, "answered": 10, "orders": 8, "failed": 8, "fell back": 11,
}  # fmt: skip
_OF_GOAL: dict[Goal, str] = {
    "delivered": "whom the reply has reached",
    "read": "who have read it",
    "answered": "who have answered within a day",
    "ordered": "who have ordered within a week",
}
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0)
"""Where the scale of the bars may end."""

DaysOption = Annotated[int, typer.Option("--days", min=1, max=365, help="Replies of so many last days")]


def results(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One template; without it all of them")] = "",
    days: DaysOption = USUAL_DAYS,
    since: Annotated[str, typer.Option(help="Instead of --days: since this day, such as 2026-05-01 (UTC)")] = "",
    goal: Annotated[str, typer.Option(help=f"What variants are compared by: {', '.join(GOALS)}")] = "answered",
    by: Annotated[str, typer.Option(help="version: a line for each version that was published")] = "variant",
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show how replies did: sent, delivered, read, answered, led to an order, failed, fell back.

    By template, locale and variant (and version, with --by version), with 95 % intervals. A winner is named only where
    the numbers carry it, however often you look.
    """
    known = next((each for each in GOALS if each == goal), None)
    if known is None:
        fail(f"no goal {goal!r}; there are {', '.join(GOALS)}", USAGE)
    counted = next((each for each in get_args(By) if each == by), None)
    if counted is None:
        fail(f"--by {by!r}: there are {', '.join(get_args(By))}", USAGE)
    beginning = _day(since) if since else timedelta(days=days)
    with reasons():
        found = asyncio.run(_found(brand, beginning, known, name, counted))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _say(found, name, counted)


def _day(text: str) -> datetime:
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--since {text!r}: write a day such as 2026-05-01", USAGE)
    return day if day.tzinfo is not None else day.replace(tzinfo=UTC)


async def _found(named: str, beginning: datetime | timedelta, goal: Goal, template: str, by: By) -> TemplateResults:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        if brand is None:
            fail("templates belong to a brand: name one with --brand", USAGE)
        await here.store.ensure()
        now = here.clock.now()
        since = beginning if isinstance(beginning, datetime) else now - beginning
        with until_interrupted() as going_on, progress() as advance:

            def go_on(read: int) -> bool:
                advance("reading conversations", read, None)
                return going_on()

            asked = Asked(since, goal, template or None, by)
            found = await template_results(here.store.brand(brand), brand, asked, now, go_on)
        if template and not found.rows:
            await _expect(await templates_now(here, brand), template)
        return found


async def _expect(of: Templates, template: str) -> None:
    """End where there is no such template, nor anything that it said."""
    try:
        await known_head(of, template)
    except NoTemplate as error:
        fail(f"{error}{did_you_mean(template, of.desk.files)}", USAGE)


def _say(found: TemplateResults, name: str, by: By) -> None:
    how = "" if found.complete else " These are not all: the reading was ended early."
    shown.print(
        f"Replies to what customers wrote since {when(found.since)}."
        f" {found.conversations:,} conversations were read.{how}",
        markup=False,
    )
    if not found.rows:
        shown.print(f"No reply of {f'the template {plain(name)}' if name else 'any template'}.", markup=False)
    comparisons = {each.template: each.says for each in found.comparisons}
    for template, rows in groupby(found.rows, key=lambda row: row.template):
        for line in _block(template, list(rows), found.goal, comparisons.get(template, ""), by):
            shown.print(plain(line), markup=False)


def _block(template: str, rows: Sequence[VariantResults], goal: Goal, says: str, by: By) -> Iterator[str]:
    """One template: what is counted of replies, then the shares of customers with their intervals."""
    yield f"\n{template}"
    yield f"{'':18}" + "".join(f"{heading:>{width}}" for heading, width in _COLUMNS.items())
    names = [_named(row, by) for row in rows]
    for name, row in zip(names, rows, strict=True):
        counts = (row.replies, row.sent, row.delivered, row.read, row.answered, row.ordered, row.failed, row.fell_back)
        cells = (f"{count:>{width},}" for count, width in zip(counts, _COLUMNS.values(), strict=True))
        yield f"  {name:16}" + "".join(cells) + _besides(row)
    yield f"  Customers, each of them once, {_OF_GOAL[goal]}:"
    highest = max((row.rates[goal].high for row in rows if row.rates[goal].of), default=1.0)
    top = next(step for step in _STEPS if step >= highest)
    for name, row in zip(names, rows, strict=True):
        yield f"  {name:16}{_share(row.rates[goal], top)}"
    yield f"{'':26}0{f'{100 * top:.0f} %':>{_BAR}}"
    if says:
        yield f"  {says}"


def _named(row: VariantResults, by: By) -> str:
    version = _version(row.version) if by == "version" else None
    return " ".join(filter(None, (row.locale, version, row.variant)))


def _version(number: int | None) -> str:
    if number is None:
        return "unknown"
    return "file" if number == THE_FILE else f"v{number}"


def _besides(row: VariantResults) -> str:
    """What is there seldom, and said only then."""
    counts = {"held back": row.held_back, "perhaps sent": row.unknown, "under way": row.waiting}
    return "".join(f"; {count:,} {what}" for what, count in counts.items() if count)


def _share(rate: Rate, top: float) -> str:
    """A share with its interval, as a bar and as numbers."""
    early = f"; {rate.early:,} too early to say" if rate.early else ""
    if rate.share is None:
        return f"{'-':>7}  nobody yet{early}"
    places = [min(_BAR - 1, round(each / top * (_BAR - 1))) for each in (rate.low, rate.share, rate.high)]
    low, middle, high = places
    bar = "".join("●" if at == middle else "━" if low <= at <= high else " " for at in range(_BAR))
    between = f"{percent(rate.low)} to {percent(rate.high)}"
    return f"{percent(rate.share):>7}  {bar}  {between} of {rate.of:,}{early}"
