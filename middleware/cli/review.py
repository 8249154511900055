"""`throughline identity queue`, `show-candidate`, `accept`, `reject`, `lock`: the review queue on the terminal."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from middleware.bootstrap.building import opened
from middleware.bootstrap.reaching import queue_of
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import BrandOption, JsonOption, brand_of, plain, when
from middleware.domain.candidates import Because, Candidate
from middleware.domain.identifiers import Identifier
from middleware.domain.journal import Verdict
from middleware.identity.candidates import masked
from middleware.pipeline.review import Looked, Queue
from middleware.settings import load_settings

LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many at most")]
AfterOption = Annotated[str, typer.Option(help="Go on after this place, as the page before said")]
MaskOption = Annotated[bool, typer.Option("--masked", help="Only enough of each value to tell two from each other")]
NoteOption = Annotated[str, typer.Option(help="Why, for whoever asks later")]
CandidateArgument = Annotated[str, typer.Argument(metavar="ID", help="The candidate's id, as `identity queue` shows")]

Row = dict[str, Any]


def add_to(app: typer.Typer) -> None:
    """Make them commands of a group."""
    app.command("queue")(queue)
    app.command("show-candidate")(show_candidate)
    app.command("accept")(accept)
    app.command("reject")(reject)
    app.command("lock")(lock)


def queue(
    brand: BrandOption = "", limit: LimitOption = 20, after: AfterOption = "", as_json: JsonOption = False
) -> None:
    """List who might be one person, the surest first."""

    async def work(of: Queue, _: datetime) -> Row:
        page = await of.page(limit, after)
        return {"items": [each.model_dump(mode="json") for each in page.items], "next": page.after}

    found = _run(brand, work)
    if as_json:
        print_json(found)
        return
    for each in found["items"]:
        _say_short(Candidate.model_validate(each))
    if found["next"] is not None:
        shown.print(f"There is more: --after '{plain(found['next'])}'", markup=False)
    elif not found["items"]:
        shown.print(f"Nothing {'more ' if after else ''}in the review queue of {found['brand']}.", markup=False)


def show_candidate(
    candidate: CandidateArgument, brand: BrandOption = "", mask: MaskOption = False, as_json: JsonOption = False
) -> None:
    """Show one candidate: both records side by side, what speaks for and against, what conflicts."""

    async def work(of: Queue, _: datetime) -> Row:
        return _whole(await of.look(candidate), mask=mask)

    found = _run(brand, work)
    if as_json:
        print_json(found)
    else:
        _say_whole(found)


def accept(
    candidate: CandidateArgument, note: NoteOption = "", brand: BrandOption = "", as_json: JsonOption = False
) -> None:
    """They are one person: merge the younger profile into the older one. It can be undone."""
    _decide(brand, lambda of, now: of.accept(candidate, by=_who(), note=note, now=now), as_json=as_json)


def reject(
    candidate: CandidateArgument, note: NoteOption = "", brand: BrandOption = "", as_json: JsonOption = False
) -> None:
    """They are two people. The pair is never proposed again."""
    _decide(brand, lambda of, now: of.reject(candidate, by=_who(), note=note, now=now), as_json=as_json)


def lock(
    profile: Annotated[str, typer.Argument(metavar="PROFILE", help="The profile's id")],
    note: NoteOption = "", brand: BrandOption = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Keep a profile out of the queue for ever, and close what is open about it."""
    _decide(brand, lambda of, now: of.lock(profile, by=_who(), note=note, now=now), as_json=as_json)


def _decide(brand: str, how: Callable[[Queue, datetime], Awaitable[Verdict]], *, as_json: bool) -> None:
    async def work(of: Queue, now: datetime) -> Row:
        return (await how(of, now)).model_dump(mode="json", exclude_none=True)

    verdict = _run(brand, work)
    if as_json:
        print_json(verdict)
    else:
        shown.print(f"{verdict['verdict']}: {plain(verdict['id'].replace('|', ' and '))}", markup=False)


def _run(named: str, work: Callable[[Queue, datetime], Awaitable[Row]]) -> Row:
    """What is done on the queue of a brand, with the brand's name."""

    async def run() -> Row:
        async with opened(load_settings()) as here:
            brand = brand_of(here.settings, named)
            if brand is None:
                fail("each brand has a queue of its own: name one with --brand", USAGE)
            return {"brand": brand, **await work(queue_of(here, brand), here.clock.now())}

    with reasons():
        return asyncio.run(run())


def _who() -> str:
    """Who decides: the name under which the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _whole(looked: Looked, *, mask: bool) -> Row:
    candidate = looked.candidate
    fields = [
        {
            "field": each.field,
            "one": masked(each.field, each.one) if mask else each.one,
            "other": masked(each.field, each.other) if mask else each.other,
        }
        for each in candidate.fields
    ]
    sides = [
        {
            "profile": side.profile_id,
            "created": when(side.created_at),
            "identifiers": [Identifier.from_key(key).masked() for key in side.identifiers],
        }
        for side in looked.sides
    ]
    return {**candidate.model_dump(mode="json", exclude={"fields"}), "fields": fields, "sides": sides}


def _say_short(candidate: Candidate) -> None:
    shown.print(candidate.id, markup=False)
    likely = f"{candidate.probability:.1%} likely one person ({candidate.bits:g} bits)"
    conflict = " · ids conflict" if candidate.conflicts else ""
    shown.print(f"    {likely} · found {when(candidate.created_at)}{conflict}", markup=False)
    for sign, said in (("+", candidate.reasons[:3]), ("-", candidate.counter_reasons[:2])):
        for each in said:
            shown.print(f"    {sign} {each.words}", markup=False)


def _say_whole(found: Row) -> None:
    shown.print(found["id"], markup=False)
    shown.print(f"{found['probability']:.2%} likely one person ({found['bits']:g} bits)", markup=False)
    for side, name in zip(found["sides"], ("one", "other"), strict=True):
        since = f", since {side['created']}" if side["created"] else ""
        shown.print(f"{name:<12} {side['profile']}{since}: {', '.join(side['identifiers'])}", markup=False)
    width = max((len(plain(each["one"])) for each in found["fields"]), default=0)
    for each in found["fields"]:
        shown.print(f"{each['field']:<12} {plain(each['one']):<{width}}  {plain(each['other'])}", markup=False)
    for sign, said in (("for", found["reasons"]), ("against", found["counter_reasons"])):
        for each in map(Because.model_validate, said):
            shown.print(f"{sign:<12} {each.words} ({each.bits:+g} bits)", markup=False)
    for conflict in found["conflicts"]:
        shown.print(f"{'conflict':<12} {plain(conflict)}", markup=False)
