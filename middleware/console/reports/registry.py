"""All reports, in the order in which they are listed. A new one is a new row, with its words."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from middleware.console.reports.shape import Chart, Column, Report, Table
from middleware.console.templates.results import worked_out
from middleware.console.visit import Visit
from middleware.domain.candidates import KEPT_DAYS, RuleRecord
from middleware.domain.template_results import USUAL_DAYS
from middleware.pipeline.message_counts import MessageCounts, message_counts

READ_FOR = 5.0
"""Seconds after which the answer is what was read by then."""

_MOST_RULES = 100
_DRAWN = 20
"""Bars at most."""


async def _counts(visit: Visit) -> MessageCounts:
    """Messages and turns of four weeks."""
    here, clock = visit.brand, visit.console.clock

    async def work() -> MessageCounts:
        end, zone = clock.monotonic() + READ_FOR, ZoneInfo(here.editing.zone or "UTC")
        since = visit.now - timedelta(days=USUAL_DAYS)
        return await message_counts(here.store, here.name, since, visit.now, zone, lambda _: clock.monotonic() < end)

    return await here.counted.of(visit.now, work)


async def messages(visit: Visit) -> Table:
    """Messages a day by channel: written by customers, and sent to them."""
    counts = await _counts(visit)
    zone = ZoneInfo(visit.brand.editing.zone or "UTC")
    first, last = counts.since.astimezone(zone).date(), counts.at.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    channels = sorted({channel for _, channel in {**counts.written, **counts.sent}})
    written, sent = visit.text("reports.columns.written"), visit.text("reports.columns.sent")
    rows = [
        (day, channel, counts.written[day, channel], counts.sent[day, channel])
        for day in reversed(days)
        for channel in channels
        if counts.written[day, channel] or counts.sent[day, channel]
    ]
    series = [
        (f"{_called(visit, channel)}: {name}", tuple(float(numbers[day, channel]) for day in days))
        for channel in channels
        for name, numbers in ((written, counts.written), (sent, counts.sent))
    ]
    columns = (
        Column("day", "day"),
        Column("channel", "channel"),
        Column("written", "number"),
        Column("sent", "number"),
    )
    chart = Chart(tuple(day.isoformat() for day in days), tuple(series))
    return Table(columns, tuple(rows), counts.at, chart if rows else None, counts.complete)


async def flows(visit: Visit) -> Table:
    """Turns by flow, and what became of them."""
    counts = await _counts(visit)
    totals: Counter[str] = Counter()
    for (flow, _), number in counts.fates.items():
        totals[flow] += number
    in_order = sorted(counts.fates.items(), key=lambda each: (-totals[each[0][0]], each[0]))
    rows = [
        (flow or visit.text("reports.no_flow"), visit.text(f"reports.fates.{fate}"), number, number / totals[flow])
        for (flow, fate), number in in_order
    ]
    named = [(flow or visit.text("reports.no_flow"), number) for flow, number in totals.most_common(_DRAWN)]
    columns = (Column("flow", "foreign"), Column("fate"), Column("turns", "number"), Column("share", "percent"))
    return Table(columns, tuple(rows), counts.at, _bars(visit, "turns", named), counts.complete)


async def templates(visit: Visit) -> Table:
    """How the replies of each template did."""
    found = await worked_out(visit)
    rows = [
        (row.template, row.locale, row.variant, row.replies, row.sent, row.answered, row.ordered, row.failed)
        for row in found.rows
    ]
    numbers = ("replies", "sent", "answered", "ordered", "failed")
    columns = (
        Column("template", "foreign"), Column("locale"), Column("variant", "foreign"),
        *(Column(name, "number") for name in numbers),
    )  # fmt: skip
    sent: Counter[str] = Counter()
    for each in found.rows:
        sent[each.template] += each.sent
    return Table(columns, tuple(rows), found.at, _bars(visit, "sent", sent.most_common(_DRAWN)), found.complete)


async def merges(visit: Visit) -> Table:
    """Merges of profiles by rule, and how many were undone: of the last three months."""
    rules: list[RuleRecord] = []
    async for some in visit.brand.store.scan(RuleRecord):
        rules += [each.record.at(visit.now) for each in some]
        if len(rules) > _MOST_RULES:
            break
    rows = [
        (each.id, each.merges, each.unmerges, each.unmerges / each.merges if each.merges else None,
         visit.text("reports.only_proposes") if each.is_review_only else "")
        for each in rules[:_MOST_RULES]
    ]  # fmt: skip
    days = [(visit.now.date() - timedelta(days=KEPT_DAYS - 1 - number)).isoformat() for number in range(KEPT_DAYS)]
    done, undone = Counter[str](), Counter[str]()
    for rule in rules:
        for each in rule.days:
            done[each.day] += each.merges
            undone[each.day] += each.unmerges
    series = tuple(
        (visit.text(f"reports.columns.{name}"), tuple(float(numbers[day]) for day in days))
        for name, numbers in (("merges", done), ("unmerges", undone))
    )
    columns = (
        Column("rule", "foreign"), Column("merges", "number"), Column("unmerges", "number"),
        Column("share_undone", "percent"), Column("state"),
    )  # fmt: skip
    return Table(
        columns, tuple(rows), visit.now, Chart(tuple(days), series) if rows else None, len(rules) <= _MOST_RULES
    )


def _called(visit: Visit, channel: str) -> str:
    """A channel in the words of the pages."""
    key = f"people.channel.{channel}"
    return visit.text(key) if visit.language.has(key) else channel


def _bars(visit: Visit, name: str, named: list[tuple[str, int]]) -> Chart | None:
    if not named:
        return None
    values = tuple(float(number) for _, number in named)
    return Chart(tuple(each for each, _ in named), ((visit.text(f"reports.columns.{name}"), values),), lines=False)


REPORTS: tuple[Report, ...] = (
    Report("messages", ("agent", "marketer", "builder"), messages),
    Report("flows", ("marketer", "builder"), flows),
    Report("templates", ("marketer", "builder"), templates),
    Report("merges", ("agent", "builder"), merges),
)
"""Nothing of a person stands in any of them: whoever has the role may take it away as a file."""
