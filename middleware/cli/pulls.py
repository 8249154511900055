"""`throughline pull` and `throughline pulls`: ask sources what changed, and see what became of asking."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import USAGE, chatter, fail, print_json, reasons, shown
from middleware.cli.places import JsonOption, plain, when
from middleware.domain.pulls import COMPLETE, Pull, PullRun
from middleware.ports import Account
from middleware.settings import load_settings

AccountOption = Annotated[str, typer.Option("--account", help="Only this account, by its name in the settings")]

Row = dict[str, Any]


def pull(
    account: AccountOption = "",
    since: Annotated[
        str, typer.Option(help="Everything that changed since, such as 2026-05-01; else what is new")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Pull sources now, whatever their rhythm. A run that was broken off goes on where it stopped."""
    moment = _moment(since) if since else None
    with reasons():
        rows = asyncio.run(_pull(account, moment))
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            shown.print(_line(row), markup=False)
    if any(row["why"] != COMPLETE for row in rows):
        raise typer.Exit(1)


def pulls(account: AccountOption = "", as_json: JsonOption = False) -> None:
    """Show the runs of every account that was pulled: when, how much, and why they ended."""
    with reasons():
        rows = asyncio.run(_history(account))
    if as_json:
        print_json(rows)
    elif not rows:
        shown.print("Nothing was pulled yet.")
    else:
        for row in rows:
            shown.print(_line(row), markup=False)


async def _pull(named: str, since: datetime | None) -> list[Row]:
    async with opened(load_settings(), beside_web=False) as here:
        await here.store.ensure()
        rows = []
        for account in _accounts(here, named):
            with _progress(account) as told:
                held = await here.rhythm.pull(account, since=since, due=False, told=told)
            rows.append(_latest(account, await _stored(here, account), held=held))
        return rows


async def _history(named: str) -> list[Row]:
    async with opened(load_settings(), beside_web=False) as here:
        await here.store.ensure()
        rows = []
        for account in _accounts(here, named):
            state = await _stored(here, account)
            if state is not None:
                runs = (*state.history, *([state.run] if state.run is not None else []))
                rows += [_row(account, run) for run in runs]
        return rows


def _accounts(here: Installation, named: str) -> list[Account]:
    """The accounts that are meant. One that is not there, or cannot be pulled, is a usage error."""
    can = [each for each in here.accounts if here.rhythm.can_pull(each)]
    found = [each for each in can if (each.name == named if named else each.token is not None)]
    if not found:
        names = ", ".join(sorted(each.name for each in can)) or "none"
        fail(f"no such account with a source that can be pulled and a token; there are: {names}", USAGE)
    return found


async def _stored(here: Installation, account: Account) -> Pull | None:
    key = Pull.key(account.connector, account.id)
    found = (await here.store.brand(account.brand).get(Pull, [key])).get(key)
    return found.record if found is not None else None


def _latest(account: Account, state: Pull | None, *, held: bool) -> Row:
    run = (state.run or next(reversed(state.history), None)) if state is not None else None
    row = _row(account, run or PullRun(started_at=datetime.now(UTC)))
    return row if held else {**row, "why": "another process is at it"}


def _row(account: Account, run: PullRun) -> Row:
    return {"account": account.name, **run.model_dump(mode="json")}


def _line(row: Row) -> str:
    run = PullRun.model_validate({name: value for name, value in row.items() if name != "account"})
    counts = f"{run.fresh} new, {run.known} known, {run.quarantined} in quarantine, {run.pages} pages"
    return f"{when(run.started_at)}  {row['account']}: {counts}; {plain(run.why or 'under way')}"


@contextmanager
def _progress(account: Account) -> Iterator[Callable[[Pull], None]]:
    """What was pulled so far, for people, on a terminal. How much there is in all the sources do not say."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task(f"pulling {account.name}", total=None)

        def told(state: Pull) -> None:
            run = state.run
            if run is not None:
                counts = f"{run.pages} pages, {run.fresh + run.known} records"
                note = f" ({plain(run.why)})" if state.failures else ""
                bar.update(task, description=f"pulling {account.name}: {state.stream}, {counts}{note}")

        yield told


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--since: {text!r} is no date; write one such as 2026-05-01 or 2026-05-01T08:00Z", USAGE)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
