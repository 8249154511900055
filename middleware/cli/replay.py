"""`throughline replay`: put what was set aside, or is on record, through the stages once more."""

import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.reaching import replay_of
from middleware.cli.output import USAGE, chatter, fail
from middleware.cli.places import BrandOption, JsonOption, brand_of, store_of
from middleware.cli.replay_report import A_HANDFUL, Outcome, confirm, progress, report
from middleware.domain.record import Record
from middleware.pipeline.records import records
from middleware.pipeline.replay import NoWorker, Replay
from middleware.ports import Account, DeadLetter, Quarantined, Recorded
from middleware.settings import load_settings

_AT_ONCE = 100
_PATIENCE = 60.0
"""Seconds for which the inbox may stand still before we say that nobody works it off."""

DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and write nothing")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask, however many there are")]
AllOption = Annotated[bool, typer.Option("--all", help="All there are")]
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="[ID]...")]

replay = typer.Typer(
    help="Put what was set aside, or is on record, through the stages once more. Nothing is answered twice."
    " `turn` and `turns` only decide again, and write nothing.",
    no_args_is_help=True,
)


@replay.command("dead-letters")
def dead_letters(
    ids: IdsArgument = None, every: AllOption = False, brand: BrandOption = "",
    dry: DryOption = False, yes: YesOption = False, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put the events of dead letters back into the inbox, and remove the letters."""
    if bool(ids) == every:
        fail("name dead letters by their ids, or say --all", USAGE)

    async def work() -> Outcome:
        async with opened(load_settings()) as here:
            home = _some_brand(here, brand)
            found = await _chosen(here, home, DeadLetter, ids or [])
            confirm(f"{len(found)} dead letters of {home}", len(found), dry=dry, yes=yes)
            again, outcome = replay_of(here, dry=dry), Outcome(home, dry=dry)
            with progress(len(found)) as advance:
                for key in found:
                    if outcome.read % _AT_ONCE == 0:
                        await _room(again, (home,), outcome)
                    letter = (await store_of(here, home).get(DeadLetter, [key])).get(key)
                    if letter is not None:
                        outcome.add(await again.dead_letter(home, letter))
                    outcome.read += 1
                    advance()
            return outcome

    report(work, as_json=as_json)


@replay.command("quarantine")
def quarantine(
    ids: IdsArgument = None,
    reason: Annotated[str, typer.Option(help="All whose reason contains this")] = "",
    every: AllOption = False,
    file: Annotated[Path | None, typer.Option(help="Read this mended body in place of the one that is named")] = None,
    account: Annotated[
        str, typer.Option(help="Name of the account for which unsealed bodies speak: only what you trust")
    ] = "",
    brand: BrandOption = "", dry: DryOption = False, yes: YesOption = False, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Read what is in quarantine again, with the settings of today. What is understood goes into the inbox."""
    if [bool(ids), bool(reason), every].count(True) != 1:
        fail("name what you mean by ids, by --reason, or say --all", USAGE)
    if file is not None and len(ids or []) != 1:
        fail("--file mends one body: name its id", USAGE)
    body = _body(file)

    async def work() -> Outcome:
        async with opened(load_settings()) as here:
            home = brand_of(here.settings, brand)
            vouched = _account(here, home, account)
            found = await _chosen(here, home, Quarantined, ids or [], reason)
            confirm(f"{len(found)} bodies in the quarantine of {home or 'no brand'}", len(found), dry=dry, yes=yes)
            again, outcome = replay_of(here, dry=dry), Outcome(home, dry=dry)
            with progress(len(found)) as advance:
                for key in found:
                    if outcome.read % _AT_ONCE == 0:
                        await _room(again, here.brands if home is None else (home,), outcome)
                    kept = (await store_of(here, home).get(Quarantined, [key])).get(key)
                    if kept is not None:
                        outcome.add(await again.quarantined(home, kept, body=body, account=vouched))
                    outcome.read += 1
                    advance()
            return outcome

    report(work, as_json=as_json)


@replay.command("events")
def events(
    since: Annotated[str, typer.Option("--from", help="Received at or after this time, such as 2026-05-01T08:00Z")],
    until: Annotated[str, typer.Option("--to", help="Received before this time")],
    channel: Annotated[str, typer.Option(help="Only of this connector")] = "",
    account: Annotated[str, typer.Option(help="Only of this account of it, by name or id")] = "",
    after: Annotated[str, typer.Option(help="Go on after this event, as a broken-off replay said")] = "",
    brand: BrandOption = "", dry: DryOption = False, yes: YesOption = False, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put recorded events of a time span through again. Reads the whole timeline, or that of the channel or account."""
    span = (_moment("--from", since), _moment("--to", until))
    if account and not channel:
        fail("--account needs --channel", USAGE)

    async def work() -> Outcome:
        async with opened(load_settings()) as here:
            home = _some_brand(here, brand)
            prefix = _prefix(here, home, channel, account)
            what = f"Every recorded event of {home} that was received from {span[0]} until {span[1]}"
            confirm(what, A_HANDFUL + 1, dry=dry, yes=yes)
            outcome = Outcome(home, dry=dry)
            try:
                await _replay_events(here, outcome, span, after, prefix)
            except BaseException:
                if outcome.next is not None:
                    chatter.print(f"Broken off. Go on with: --after {outcome.next}", markup=False)
                raise
            return outcome

    report(work, as_json=as_json)


async def _replay_events(
    here: Installation, outcome: Outcome, span: tuple[datetime, datetime], after: str, prefix: str
) -> None:
    """Walk the timeline in the order of its keys. Broken off, the outcome says where to go on."""
    again, home = replay_of(here, dry=outcome.dry), outcome.brand or ""
    outcome.next = after or None
    waiting: list[Recorded] = []

    async def put() -> None:
        await _room(again, (home,), outcome)
        for each in await again.recorded(home, [recorded.event for recorded in waiting]):
            outcome.add(each)
        outcome.next = waiting[-1].id
        waiting.clear()

    with progress(None) as advance:
        async for stored in records(store_of(here, home), Recorded, after=after, prefix=prefix):
            outcome.read += 1
            advance()
            if span[0] <= stored.record.event.received_at < span[1]:
                waiting.append(stored.record)
            if len(waiting) == _AT_ONCE:
                await put()
        if waiting:
            await put()
    outcome.next = None


async def _chosen(
    here: Installation, brand: str | None, kind: type[DeadLetter | Quarantined], ids: Sequence[str], reason: str = ""
) -> list[str]:
    """The ids that are meant. One that is not there ends the command before anything is done."""
    store = store_of(here, brand)
    if ids:
        missing = [each for each in ids if each not in await store.get(kind, ids)]
        if missing:
            fail(f"not there: {', '.join(missing)}; `throughline {_command(kind)} list` shows what is")
        return list(dict.fromkeys(ids))
    return [stored.record.id async for stored in records(store, kind) if reason in stored.record.reason]


def _command(kind: type[Record]) -> str:
    return "dead-letters" if kind is DeadLetter else "quarantine"


async def _room(again: Replay, brands: Collection[str], outcome: Outcome) -> None:
    """Wait for room in the inbox; end the command when nobody works it off."""
    try:
        for brand in brands:
            await again.room(brand, _PATIENCE)
    except NoWorker:
        done = outcome.fates["replayed"]
        fail(f"the inbox is full and stands still, after {done} were replayed: start a worker, then run this again")


def _some_brand(here: Installation, named: str) -> str:
    brand = brand_of(here.settings, named)
    if brand is None:
        fail("this is kept for each brand: name one with --brand", USAGE)
    return brand


def _account(here: Installation, brand: str | None, name: str) -> Account | None:
    if not name:
        return None
    fitting = [each for each in here.accounts if each.name == name and brand in {None, each.brand}]
    if len(fitting) != 1:
        fail(f"no account {name!r} of {brand or 'any brand'}, or more than one", USAGE)
    return fitting[0]


def _prefix(here: Installation, brand: str, channel: str, account: str) -> str:
    """How the dedup keys of a channel, or of one account of it, begin."""
    if channel and channel not in here.connectors:
        fail(f"no connector {channel!r}; there are {', '.join(here.connectors)}", USAGE)
    if not account:
        return f"{channel}:" if channel else ""
    own = [each for each in here.accounts if each.brand == brand and each.connector == channel]
    named = [each.id for each in own if account in {each.name, each.id}]
    # An account that is no longer in the settings is still in the timeline.
    return f"{channel}:{named[0] if named else account}:"


def _moment(option: str, text: str) -> datetime:
    """A time as ISO 8601 writes it; without a zone, UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text!r}: write a time such as 2026-05-01 or 2026-05-01T08:00:00Z", USAGE)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _body(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", USAGE)
