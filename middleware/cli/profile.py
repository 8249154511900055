"""`throughline profile`: one person whole, what happened to them, and the same worked out anew from the events."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.reaching import look_up_of
from middleware.bootstrap.serving import panel_links_of
from middleware.cli.output import FAILED, USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, plain, store_of, when
from middleware.cli.profile_panel import panel
from middleware.domain.identifiers import Identifier
from middleware.domain.profile import Profile
from middleware.identity.joined import Joined
from middleware.identity.joined.masking import masked
from middleware.pipeline.profile_view import find_profile
from middleware.pipeline.rebuild import Difference, differences, members_of, write_difference
from middleware.pipeline.records import records
from middleware.pipeline.timeline import FIRST_LOOK, MOST_ENTRIES, TimelineView
from middleware.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="One person whole, and what happened to them.")

Row = dict[str, Any]

_PROFILES_AT_ONCE = 500
"""How many profiles one walk through the events works out anew."""

_Id = Annotated[str, typer.Argument(metavar="[ID]", help="The profile's id")]
_Channel = Annotated[str, typer.Option(help="Instead of an id: messenger, instagram, whatsapp")]
_Account = Annotated[str, typer.Option(help="The account's name or id; not needed if the brand has one")]
_Sender = Annotated[str, typer.Option(help="The customer's id on that channel, or WhatsApp phone number")]


@app.command()
def show(
    identifier: _Id = "",
    channel: _Channel = "",
    account: _Account = "",
    sender: _Sender = "",
    brand: BrandOption = "",
    reveal: Annotated[bool, typer.Option("--reveal", help="Also names, contacts, addresses, dates of birth")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show who it is, why we believe it, and what is known, each value with its source and age."""
    with reasons():
        found = asyncio.run(_joined(brand, identifier, channel, account, sender))
    seen = found if reveal else masked(found)
    if as_json:
        print_json(seen.model_dump(mode="json", exclude_none=True))
    else:
        shown.print(panel(seen, is_masked=not reveal))


@app.command()
def timeline(
    identifier: _Id = "",
    channel: _Channel = "",
    account: _Account = "",
    sender: _Sender = "",
    brand: BrandOption = "",
    before: Annotated[str, typer.Option(metavar="CURSOR", help="What `next` said")] = "",
    most: Annotated[int, typer.Option(min=1, max=MOST_ENTRIES, help="How many at most")] = FIRST_LOOK,
    as_json: JsonOption = False,
) -> None:
    """Show what happened, newest first. No word of the customer is in it."""
    with reasons():
        view = asyncio.run(_timeline(brand, identifier, channel, account, sender, before, most))
    if as_json:
        print_json(view.model_dump(mode="json", exclude_none=True))
        return
    for entry in view.entries:
        shown.print(f"{when(entry.at)}  {entry.connector:<10} {plain(entry.line)}", markup=False)
    if view.next is not None:
        shown.print(f"There is more: --before {view.next}", markup=False)
    elif not view.entries:
        shown.print("Nothing was noted.", markup=False)


@app.command("panel")
def panel_link(
    identifier: _Id = "",
    channel: _Channel = "",
    account: _Account = "",
    sender: _Sender = "",
    brand: BrandOption = "",
    link: Annotated[bool, typer.Option("--link", help="Print a link to the panel, for ten minutes")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a link to the panel of one sender, as a help desk shows it in a frame. It works for ten minutes."""
    if not link:
        fail("say --link; `throughline profile show` shows the panel here", USAGE)
    with reasons():
        url, over = asyncio.run(_panel_link(brand, identifier, channel, account, sender))
    if as_json:
        print_json({"url": url, "expires_at": over.isoformat()})
    else:
        # Whole on one line, however long: it is copied from here.
        sys.stdout.write(f"{url}\n")


@app.command()
def rebuild(
    identifier: _Id = "",
    everybody: Annotated[bool, typer.Option("--all", help="All profiles of the brand")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Work out anew, from the recorded events, what a profile's identifiers brought, and mend what differs.

    Exit code 1 if something differs and was not written.
    """
    if bool(identifier) == everybody:
        fail("say one profile's id, or --all", USAGE)
    with reasons():
        rows = asyncio.run(_rebuilt(brand, identifier, dry=dry))
    if as_json:
        print_json(rows)
    else:
        for row in rows["differences"]:
            shown.print(f"{row['identifier']}: {row['state']} ({', '.join(row['fields'])})", markup=False)
        shown.print(f"{rows['identifiers']} identifiers, {len(rows['differences'])} differ", markup=False)
    if any(row["state"] != "written" for row in rows["differences"]):
        raise typer.Exit(FAILED)


async def _joined(named: str, identifier: str, channel: str, account: str, sender: str) -> Joined:
    async with opened(load_settings()) as here:
        brand, profile_id = await _meant(here, named, identifier, channel, account, sender)
        found = await look_up_of(here).joined(brand, profile_id)
        return found if found is not None else _nobody(profile_id)


async def _timeline(
    named: str, identifier: str, channel: str, account: str, sender: str, before: str, most: int
) -> TimelineView:
    async with opened(load_settings()) as here:
        brand, profile_id = await _meant(here, named, identifier, channel, account, sender)
        found = await look_up_of(here).timeline(brand, profile_id, before or None, most)
        return found if found is not None else _nobody(profile_id)


async def _panel_link(
    named: str, identifier: str, channel: str, account: str, sender: str
) -> tuple[str, datetime]:  # fmt: skip
    async with opened(load_settings()) as here:
        links = panel_links_of(here)
        missing = links.missing()
        if missing:
            fail(f"set {missing} first: docs/console.md says what for", USAGE)
        brand, profile_id = await _meant(here, named, identifier, channel, account, sender)
        if await find_profile(store_of(here, brand), profile_id) is None:
            _nobody(profile_id)
        return await links.make(brand=brand, profile_id=profile_id, conversation="", by="command", now=here.clock.now())


def _nobody(profile_id: str) -> Any:  # noqa: ANN401 - it never returns
    fail(f"there is no profile {profile_id!r}")


async def _meant(
    here: Installation, named: str, identifier: str, channel: str, account: str, sender: str
) -> tuple[str, str]:
    """The brand and the profile id that the options mean."""
    brand = brand_of(here.settings, named)
    if brand is None:
        fail("profiles belong to a brand; say which with --brand", USAGE)
    if bool(identifier) == bool(channel or sender):
        fail("say a profile's id, or --channel and --sender", USAGE)
    if identifier:
        return brand, identifier
    look_up = look_up_of(here)
    only = [each.id for each in here.accounts if (each.brand, each.connector) == (brand, channel)]
    named_account = account or (only[0] if len(only) == 1 else "")
    target = look_up.account(channel, named_account, frozenset({brand}))
    if target is None:
        fail(f"no account {account!r} on {channel!r}; say which with --account", USAGE)
    found = await look_up.profile_id(target, sender)
    if found is None:
        fail(f"nobody is known on {channel} by that id")
    return brand, found


async def _rebuilt(named: str, identifier: str, *, dry: bool) -> Row:
    async with opened(load_settings()) as here:
        brand = brand_of(here.settings, named)
        store = store_of(here, brand)
        rows: list[Row] = []
        count = 0
        for profiles in await _batches(here, brand, identifier):
            keys = await members_of(store, profiles)
            count += len(keys)
            found = await differences(store, keys)
            rows += [_row(each, "differs" if dry else await _written(here, brand, each)) for each in found]
        return {"brand": brand, "identifiers": count, "differences": rows}


async def _batches(here: Installation, brand: str | None, identifier: str) -> Sequence[Sequence[Profile]]:
    """The profiles to look at, so many at a time: the one that an id resolves to, or all."""
    store = store_of(here, brand)
    if identifier:
        found = await find_profile(store, identifier)
        return [[found]] if found is not None else _nobody(identifier)
    every = [stored.record async for stored in records(store, Profile)]
    return [every[start : start + _PROFILES_AT_ONCE] for start in range(0, len(every), _PROFILES_AT_ONCE)]


async def _written(here: Installation, brand: str | None, difference: Difference) -> str:
    landed = await write_difference(store_of(here, brand), difference)
    return "written" if landed else "changed meanwhile: run it again"


def _row(difference: Difference, state: str) -> Row:
    return {
        "identifier": Identifier.from_key(difference.identifier).masked(),
        "fields": difference.fields,
        "state": state,
    }
