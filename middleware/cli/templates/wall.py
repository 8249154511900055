"""Previews in the terminal: channels side by side, or everybody in one table."""

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flows.preview.customers import Customer
from flows.preview.showing import Shown
from flows.templates import Template
from flows.templates.parts import room_of
from middleware.cli.templates.lines import lines_of, printable
from middleware.domain.capabilities import Capabilities
from middleware.domain.messages import Reply

_NARROWEST = 26
"""Columns of a terminal that a channel needs, so that its messages can be read."""


def print_wall(template: Template, customer: Customer, outcomes: list[Shown]) -> None:
    """The channels side by side, as many as there is room for; the others below."""
    console = _console()
    console.print(Text(f"{template.name} for {printable(customer.name)}: {customer.about}", style="bold"))
    beside = max(1, min(len(outcomes), console.width // _NARROWEST))
    for start in range(0, len(outcomes), beside):
        row = outcomes[start : start + beside]
        grid = Table.grid(expand=False)
        for _ in range(beside):
            grid.add_column(width=console.width // beside)
        grid.add_row(*(_channel(each) for each in row))
        console.print(grid)


def print_all(template: Template, everybody: Iterable[tuple[Customer, list[Shown]]]) -> None:
    """A row for each customer: how long each channel's message gets, where the fallback is said, and why."""
    console = _console()
    table = Table(title=f"{template.name}: {template.purpose}", title_justify="left", expand=True)
    table.add_column("customer", no_wrap=True)
    rows = list(everybody)
    for outcome in rows[0][1]:
        table.add_column(outcome.channel.name, no_wrap=True)
    table.add_column("why, and what the channels change", ratio=1)
    for customer, outcomes in rows:
        table.add_row(customer.name, *(_cell(each) for each in outcomes), Text("\n".join(_remarks(outcomes))))
    console.print(table)
    falling = sum(any(each.why is not None for each in outcomes) for _, outcomes in rows)
    console.print(Text(f"The fallback is said to {falling} of {len(rows)}."))


def _console() -> Console:
    return Console(highlight=False, emoji=False, markup=False)


def _channel(outcome: Shown) -> Panel:
    channel = outcome.channel
    parts: list[RenderableType] = [_message(message, channel) for message in outcome.fitted.replies]
    if not parts:
        parts.append(Text("nothing is sent", style="red"))
    if outcome.why is not None:
        parts.append(Text(printable(f"fallback: {outcome.why}"), style="yellow"))
    parts += [Text(f"- {note}", style="dim") for note in outcome.notes]
    variant = f", variant {outcome.reply.variant}" if outcome.reply.variant else ""
    lacks = f", for there is no {outcome.lacks}" if outcome.lacks else ""
    return Panel(
        Group(*parts),
        title=Text(channel.name, style="bold"),
        subtitle=Text(f"{outcome.reply.locale}{lacks}{variant}", style="dim"),
        border_style="yellow" if outcome.why is not None else "cyan",
    )


def _message(message: Reply, channel: Capabilities) -> RenderableType:
    """One message as a bubble, with how long its text is of what it may be."""
    bubble = Panel(Text("\n".join(map(printable, lines_of(message))), overflow="fold"), border_style="green")
    if not message.text:
        return bubble
    room = room_of(message.form, channel)
    return Group(bubble, Text(f"{room.length(message.text)} of {room.said()}", style="dim", justify="right"))


def _cell(outcome: Shown) -> Text:
    """How long the text is, or how many messages it becomes; yellow where the fallback is said."""
    messages = outcome.fitted.replies
    if not messages:
        return Text("nothing", style="red")
    size = outcome.channel.text.size
    length = sum(size.length(message.text) for message in messages)
    said = f"{length} of {size.most}" if len(messages) == 1 else f"{len(messages)} messages"
    return Text(f"fallback\n{said}" if outcome.why is not None else said, style="yellow" if outcome.why else "")


def _remarks(outcomes: list[Shown]) -> list[str]:
    """Why the fallback is said, and each change with the channels that make it."""
    told: dict[str, list[str]] = {}
    for outcome in outcomes:
        for remark in (*([outcome.why] if outcome.why is not None else []), *outcome.notes):
            told.setdefault(remark, []).append(outcome.channel.name)
    everywhere = len(outcomes)
    return [
        printable(remark if len(names) == everywhere else f"{', '.join(names)}: {remark}")
        for remark, names in told.items()
    ]
