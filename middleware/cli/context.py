"""`throughline context`: what is known of one sender, as a bot would get it."""

import asyncio
import sys
from typing import Annotated, Any

import typer
from rich.table import Table

from middleware.bootstrap.building import opened
from middleware.bootstrap.reaching import look_up_of
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.domain.context import BLOCKS, Context
from middleware.handover import (
    MOST,
    Explanation,
    UnknownFieldError,
    blocks_of,
    explained,
    hand_over,
    prompt_of,
    selected,
    selection,
)
from middleware.identity.evidence import RULES
from middleware.settings import Settings, load_settings


def context(
    channel: Annotated[str, typer.Option(help="messenger, instagram, whatsapp, webchat")],
    account: Annotated[str, typer.Option(help="The account's name or id")],
    sender: Annotated[str, typer.Option(help="The customer's id on that channel, or WhatsApp phone number")],
    blocks: Annotated[str, typer.Option(help="Only these blocks, comma-separated")] = "",
    fields: Annotated[str, typer.Option(help="Only these fields, such as orders.latest.number,profile.name")] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say where it comes from, and why something is not there")
    ] = False,
    prompt: Annotated[bool, typer.Option("--prompt", help="Print the plain text for language models")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON")] = False,
) -> None:
    """Show the context of one sender: who they are, why we believe it, and what they may be told."""
    wanted = _blocks(blocks)
    chosen = _fields(fields)
    if prompt and (chosen is not None or (explain and not as_json)):
        fail("--prompt is a text of its own: leave out --fields and --explain, or add --json for both", USAGE)
    if chosen is not None and not blocks:
        wanted = [name for name in BLOCKS if name in blocks_of(chosen)]
    with reasons():
        _, found = asyncio.run(looked_up(load_settings(), channel, account, sender, wanted))
    why = _explained(found, wanted) if explain else None
    if as_json:
        print_json(_as_json(found, wanted, chosen, why, prompt=prompt))
    elif prompt:
        sys.stdout.write(prompt_of(found, blocks=wanted, most=MOST))
    elif chosen is not None:
        print_json(selected(hand_over(found, blocks=wanted, ids=True), chosen))
    else:
        shown.print(_table(found))
    if why is not None and not as_json:
        shown.print(_told(why))


def _blocks(text: str) -> list[str]:
    wanted = [name.strip() for name in text.split(",") if name.strip()] or list(BLOCKS)
    unknown = sorted(set(wanted) - set(BLOCKS))
    if unknown:
        fail(f"no such block: {', '.join(unknown)}; there are {', '.join(BLOCKS)}", USAGE)
    return wanted


def _fields(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        return selection(text)
    except UnknownFieldError as error:
        fail(f"--fields: {error}", USAGE)


def _explained(found: Context, blocks: list[str]) -> Explanation:
    return explained(found, {name: rule.reason for name, rule in RULES.items()}, blocks=blocks, ids=True)


def _as_json(
    found: Context, blocks: list[str], chosen: dict[str, Any] | None, why: Explanation | None, *, prompt: bool
) -> dict[str, Any]:
    """As `GET /v1/context` answers a client that may see ids."""
    told = hand_over(found, blocks=blocks, ids=True)
    answer = told
    if chosen is not None:
        answer = {**{name: told[name] for name in ("schema", "trace_id", "at")}, "fields": selected(told, chosen)}
    if prompt:
        answer["prompt"] = prompt_of(found, blocks=blocks, most=MOST)
    if why is not None:
        answer["explanation"] = why.model_dump(mode="json", exclude_none=True)
    return answer


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


def _told(why: Explanation) -> Table:
    """The explanation as a table: level, identifiers, blocks, values."""
    table = Table(title=f"{why.level}: {why.says}")
    for heading in ("what", "state", "source", "as of", "needs", "why"):
        table.add_column(heading, overflow="fold")
    for each in why.identifiers:
        table.add_row(each.identifier, each.evidence, each.rule, each.at, "", each.says)
    for name, block in why.blocks.items():
        table.add_row(name, block.state, block.source or "", block.as_of or "", block.needs_level, block.says)
    for path, value in why.values.items():
        table.add_row(path, "", value.source or "", value.as_of or "", value.needs_level, "")
    return table


def _time(moment: Any) -> str:  # noqa: ANN401 - a datetime or nothing
    return moment.isoformat(timespec="seconds") if moment is not None else ""
