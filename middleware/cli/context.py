"""`throughline context`: what is known of one sender, as a bot would get it."""

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from middleware.bootstrap import look_up_of, opened
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.domain.context import BLOCKS, Context
from middleware.settings import Settings, load_settings


def context(
    channel: Annotated[str, typer.Option(help="messenger, instagram, whatsapp, webchat")],
    account: Annotated[str, typer.Option(help="The account's name or id")],
    sender: Annotated[str, typer.Option(help="The customer's id on that channel, or WhatsApp phone number")],
    blocks: Annotated[str, typer.Option(help="Only these blocks, comma-separated")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole context as JSON")] = False,
) -> None:
    """Show the context of one sender: who they are, why we believe it, and what they may be told."""
    wanted = [name.strip() for name in blocks.split(",") if name.strip()] or list(BLOCKS)
    unknown = sorted(set(wanted) - set(BLOCKS))
    if unknown:
        fail(f"no such block: {', '.join(unknown)}; there are {', '.join(BLOCKS)}", USAGE)
    with reasons():
        _, found = asyncio.run(looked_up(load_settings(), channel, account, sender, wanted))
    if as_json:
        print_json(found.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        shown.print(_table(found))


async def looked_up(
    settings: Settings, channel: str, account: str, sender: str, blocks: list[str]
) -> tuple[str, Context]:
    """The brand of a sender, and their context. Ends the command where there is no such account or sender."""
    async with opened(settings) as here:
        look_up = look_up_of(here)
        target = look_up.account(channel, account, frozenset(settings.brands))
        if target is None:
            fail(f"no account {account!r} on {channel!r} in the settings", USAGE)
        found = await look_up.context(target, sender, blocks)
        if found is None:
            fail(f"{sender!r} is no sender id of {channel}", USAGE)
        return target.brand, found


def _table(found: Context) -> Table:
    table = Table(title=f"{found.identity.level.name.lower()}: {found.identity.profile_id or 'not known yet'}")
    for heading in ("what", "state", "source", "as of", "value"):
        table.add_column(heading, overflow="fold")
    for name in BLOCKS:
        block = getattr(found, name)
        if block is not None:
            value = block.value.model_dump(mode="json", exclude_none=True) if block.value is not None else ""
            table.add_row(name, block.state, block.source or "", _time(block.as_of), str(value))
    for reason in found.identity.why:
        table.add_row("why", reason.evidence, reason.rule, _time(reason.at), reason.identifier)
    table.add_row("may reply", str(found.policy.may_reply), "", "", ", ".join(found.policy.reasons))
    return table


def _time(moment: Any) -> str:  # noqa: ANN401 - a datetime or nothing
    return moment.isoformat(timespec="seconds") if moment is not None else ""
