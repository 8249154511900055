"""`throughline users`: who may sign in to the console."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import chatter, print_json, reasons, shown
from middleware.console.users import UserChanged, all_users, find_user, issue_ticket, lost, save_user
from middleware.domain.users import ROLES, User, login_of
from middleware.errors import ThroughlineError
from middleware.pipeline.pairing import end_pairings
from middleware.ports import Stored
from middleware.settings import load_settings

app = typer.Typer(help="People who sign in to the console.", no_args_is_help=True)

_Login = Annotated[str, typer.Argument(help="Their login: an e-mail address, or a word")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON")]
_Roles = Annotated[list[str], typer.Option("--role", help=f"What they do: {', '.join(ROLES)}; several are fine")]
_Brands = Annotated[list[str] | None, typer.Option("--brand", help="For which brands; all of them if none is named")]


@app.command("add")
def add(
    login: _Login, name: Annotated[str, typer.Option(help="What they are called")], role: _Roles,
    brand: _Brands = None, as_json: _Json = False,
) -> None:  # fmt: skip
    """Add somebody. They get a link, which you pass on, and set their password with it."""
    with reasons():
        _run(_add(login, name, role, brand or [], as_json=as_json))


@app.command("change")
def change(login: _Login, role: _Roles, brand: _Brands = None, as_json: _Json = False) -> None:
    """Give somebody other roles or brands. Their sessions end."""
    with reasons():
        _run(_change(login, as_json=as_json, roles=role, brands=brand))


@app.command("disable")
def disable(login: _Login, as_json: _Json = False) -> None:
    """Let somebody in no more; what they did stays on record. Their sessions end within 15 seconds."""
    with reasons():
        _run(_change(login, as_json=as_json, disabled=True))


@app.command("enable")
def enable(login: _Login, as_json: _Json = False) -> None:
    """Let somebody in again."""
    with reasons():
        _run(_change(login, as_json=as_json, disabled=False))


@app.command("reset")
def reset(login: _Login, as_json: _Json = False) -> None:
    """A link with which somebody sets another password. The present one, and their sessions, end at once."""
    with reasons():
        _run(_reset(login, as_json=as_json))


@app.command("list")
def list_(as_json: _Json = False) -> None:
    """Everybody who has ever been added."""
    with reasons():
        _run(_list(as_json=as_json))


async def added(here: Installation, login: str, name: str, roles: list[str], brands: list[str]) -> User:
    """Somebody new in the store, without a password. Raises ThroughlineError with what to write instead."""
    user = _checked(here, login, name, roles, brands or sorted(here.brands), here.clock.now())
    try:
        await save_user(here.store.common, user)
    except UserChanged:
        raise ThroughlineError(f"{user.id} is there already; throughline users change or reset") from None
    return user


async def add_first_admin(*, as_json: bool) -> None:
    """Add `admin`, as long as there is nobody yet. Raises ThroughlineError where there is somebody."""
    async with opened(load_settings()) as here:
        await here.store.common.ensure()
        async for stored in all_users(here.store.common):
            raise ThroughlineError(
                f"{stored.record.id} can sign in already; throughline users add makes more, reset a new link"
            )
        user = await added(here, "admin", "Admin", ["admin"], [])
        await _tell_link(here, user, as_json=as_json)


def link_of(here: Installation, secret: str) -> str:
    """The address behind which a ticket is used."""
    server = here.settings.server
    base = server.public_url.rstrip("/") or f"http://{server.host}:{server.port}"
    return f"{base}/console/link/{secret}"


async def _add(login: str, name: str, roles: list[str], brands: list[str], *, as_json: bool) -> None:
    async with opened(load_settings()) as here:
        await here.store.common.ensure()
        user = await added(here, login, name, roles, brands)
        await _tell_link(here, user, as_json=as_json)


async def _change(login: str, *, as_json: bool, roles: list[str] | None = None, brands: list[str] | None = None,
                  disabled: bool | None = None) -> None:  # fmt: skip
    async with opened(load_settings()) as here:
        stored = await _known(here, login)
        before = stored.record
        user = _checked(
            here, before.id, before.name, list(roles or before.roles), list(brands or before.brands), before.created_at
        )
        off = before.disabled if disabled is None else disabled
        changed = before.with_end_of_sessions(roles=user.roles, brands=user.brands, disabled=off)
        await _save(here, changed, stored)
        await end_pairings(lost(here.brands, before, changed), changed.id)
        if as_json:
            print_json(_shown(changed))
        else:
            chatter.print(f"{changed.id}: {_state(changed)}. Sessions of theirs have ended.", markup=False)


async def _reset(login: str, *, as_json: bool) -> None:
    async with opened(load_settings()) as here:
        stored = await _known(here, login)
        user = stored.record.with_end_of_sessions(password=None)
        await _save(here, user, stored)
        await _tell_link(here, user, as_json=as_json)


async def _list(*, as_json: bool) -> None:
    async with opened(load_settings()) as here:
        users = [stored.record async for stored in all_users(here.store.common)]
    if as_json:
        print_json([_shown(user) for user in users])
        return
    if not users:
        chatter.print("Nobody yet: throughline doctor --first-admin, or throughline users add", markup=False)
        return
    table = Table("login", "name", "roles", "brands", "state")
    for user in users:
        table.add_row(user.id, user.name, ", ".join(user.roles), ", ".join(user.brands), _state(user))
    shown.print(table)


async def _tell_link(here: Installation, user: User, *, as_json: bool) -> None:
    secret = await issue_ticket(here.store.common, user, "password", here.clock.now())
    link = link_of(here, secret)
    if as_json:
        print_json({**_shown(user), "link": link})
        return
    chatter.print(f"{user.name} sets a password at this address. It works once, within a day:", markup=False)
    shown.print(link, markup=False, soft_wrap=True)


def _checked(
    here: Installation, login: str, name: str, roles: list[str], brands: list[str], created_at: datetime
) -> User:
    unknown = sorted(set(brands) - here.brands.keys())
    if unknown:
        raise ThroughlineError(f"there is no brand {unknown[0]}; write some of {', '.join(sorted(here.brands))}")
    wrong = sorted(set(roles) - set(ROLES))
    if wrong:
        raise ThroughlineError(f"there is no role {wrong[0]}; write some of {', '.join(ROLES)}")
    fields = {"id": login_of(login) or login, "name": name, "roles": tuple(roles), "brands": tuple(brands)}
    try:
        return User.model_validate({**fields, "created_at": created_at})
    except ValidationError as error:
        first = error.errors()[0]
        said = str(first["msg"]).removeprefix("Value error, ")
        raise ThroughlineError(f"{'login' if first['loc'] == ('id',) else first['loc'][0]}: {said}") from None


async def _known(here: Installation, login: str) -> Stored[User]:
    stored = await find_user(here.store.common, login_of(login) or "")
    if stored is None:
        raise ThroughlineError(f"there is nobody called {login}; throughline users list")
    return stored


async def _save(here: Installation, user: User, stored: Stored[User]) -> None:
    try:
        await save_user(here.store.common, user, stored)
    except UserChanged:
        raise ThroughlineError("somebody else has just changed them; try again") from None


def _shown(user: User) -> dict[str, Any]:
    return user.model_dump(mode="json", exclude={"password", "epoch", "subject"}, exclude_none=True)


def _state(user: User) -> str:
    if user.disabled:
        return "disabled"
    return "in" if user.password or user.subject else "has set no password yet"


def _run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)
