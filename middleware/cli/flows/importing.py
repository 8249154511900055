"""`throughline flows import`: a folder becomes a release, once it is checked and its tests pass."""

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.publishing.importing import Changes, Tried, changes, flow_names, said_in, tried
from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import releases_of
from middleware.cli.flows.reading import Folder, read_folder
from middleware.cli.flows.released import (
    WHY_ONE,
    counted,
    in_words_published,
    publication_row,
    release_row,
    sources_of_release,
)
from middleware.cli.flows.report import lines_of_outcome
from middleware.cli.output import FAILED, fail, print_json, shown
from middleware.cli.places import BrandOption, JsonOption, on_brand, plain
from middleware.cli.publishing import ByOption, NoteOption
from middleware.cli.templates.check import finding_as_json, say
from middleware.domain.flow_releases import FlowFiles, FlowRelease
from middleware.pipeline.releases.importing import bring_in, same_as
from middleware.pipeline.releases.parts import Releases, read_head
from middleware.pipeline.releases.publishing import Published, publish
from middleware.pipeline.templates.errors import NotDone
from middleware.pipeline.templates.parts import published_sources


@dataclass
class Brought:
    """What came of an import: `release` is None where it was refused. `unlike` are the folder's templates that
    customers do not get as they stand there.
    """

    folder: Folder
    tried: Tried
    changes: Changes | None = None
    release: FlowRelease | None = None
    same: bool = False
    unlike: tuple[str, ...] = ()
    published: Published | None = None
    not_published: str = ""


def import_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of flows, with their tests in tests/")],
    by: ByOption,
    note: NoteOption = "",
    at_once: Annotated[bool, typer.Option("--publish", help="Give it to customers, too")] = False,
    though_tests_fail: Annotated[
        bool, typer.Option("--though-tests-fail", help="Also if a test fails; the release says so")
    ] = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a release of a folder's flows and tests. No customer gets it until it is published.

    It is checked as `flows check` does, over the templates that the brand has now, and its tests are run. Templates are
    no part of it: `throughline templates import`. Exit code 1 if nothing was imported, or it was not published.
    """
    read = read_folder(folder)
    if not read.sources and not read.findings:
        fail(f"{folder} has no flow; flows are .yaml files in it")

    async def work(here: Installation, name: str) -> Brought:
        of, now = releases_of(here, name), here.clock.now()
        files = FlowFiles.of(read.sources)
        brought = await _looked_at(here, name, of, files, read)
        if any(each.severity == "error" for each in read.findings) or not brought.tried.accepted:
            return brought
        if brought.release is None and (though_tests_fail or not brought.tried.failed):
            failing = tuple(each.test for each in brought.tried.failed)
            names = flow_names(files.flows.values())
            imported = await bring_in(of, files, names, by=by, now=now, note=note, failing=failing)
            brought.release, brought.same = imported.release, imported.same
        if at_once and brought.release is not None:
            await _publish(of, brought, by, here)
        return brought

    brought = on_brand(brand, WHY_ONE, work)
    print_json(_as_json(brought)) if as_json else _say(brought)
    if brought.release is None or brought.not_published:
        raise typer.Exit(FAILED)


async def _looked_at(here: Installation, brand: str, of: Releases, files: FlowFiles, read: Folder) -> Brought:
    """The folder beside what is there; a release that it is already is not looked at again."""
    shelf = here.flows[brand].shelf
    names = said_in(files.flows.values()) | of.desk.said | {name.removesuffix(".yaml") for name in read.templates}
    published = {name: each.source for name, each in (await published_sources(of.store, names)).items()}
    gets = {**shelf.sources, **published}
    unlike = tuple(name for name, text in read.templates.items() if gets.get(name.removesuffix(".yaml")) != text)
    before = await sources_of_release(here, brand, (await read_head(of.store)).record.release)
    differ = changes(before, read.sources)
    same = await same_as(of, files.id) if not read.findings else None
    if same is not None:
        return Brought(read, Tried(()), differ, same, same=True, unlike=unlike)
    return Brought(read, await asyncio.to_thread(tried, read.texts(), shelf, published), differ, unlike=unlike)


async def _publish(of: Releases, brought: Brought, by: str, here: Installation) -> None:
    release = brought.release
    if release is None or (await read_head(of.store)).record.release == release.number:
        return
    try:
        brought.published = await publish(of, release.number, by=by, now=here.clock.now())
    except NotDone as error:
        brought.not_published = str(error)


def _as_json(brought: Brought) -> dict[str, Any]:
    findings = [*brought.folder.findings, *brought.tried.findings]
    return {
        "release": release_row(brought.release) if brought.release is not None else None,
        "same": brought.same,
        "changes": asdict(brought.changes) if brought.changes is not None else None,
        "findings": [{"file": each.file, **finding_as_json(each)} for each in findings],
        "tests": {
            "passed": len(brought.tried.outcomes) - len(brought.tried.failed),
            "failed": [{"file": each.file, "line": each.line, "test": each.test} for each in brought.tried.failed],
        },
        "templates_not_published": list(brought.unlike),
        "published": publication_row(brought.published) if brought.published is not None else None,
        "not_published": brought.not_published or None,
    }


def _say(brought: Brought) -> None:
    release = brought.release
    say(
        [
            *brought.folder.findings,
            *(each for each in brought.tried.findings if release is None or each.severity == "error"),
        ]
    )
    for outcome in brought.tried.failed:
        for line in lines_of_outcome(outcome):
            shown.print(plain(line), markup=False, emoji=False)
    if release is None:
        why = "a test fails: mend it, or say --though-tests-fail" if brought.tried.failed else "mend these first"
        shown.print(f"nothing is imported: {why}", markup=False)
        return
    if brought.same:
        shown.print(f"the same as release {release.number}: nothing is imported", markup=False)
    else:
        passed = len(brought.tried.outcomes) - len(brought.tried.failed)
        failed = f", {len(release.failing)} failed" if release.failing else ""
        shown.print(f"release {release.number} is imported; {counted(passed, 'test')} passed{failed}", markup=False)
        _say_changes(brought.changes)
    if brought.unlike:
        names = ", ".join(brought.unlike)
        shown.print(
            f"templates are no part of a release, and customers do not get these as they stand in the folder:"
            f" {plain(names)}\n  throughline templates import {plain(str(brought.folder.place / 'templates'))}",
            markup=False,
        )
    if brought.published is not None:
        shown.print(in_words_published(brought.published), markup=False)
    elif brought.not_published:
        shown.print(f"it is not published: {plain(brought.not_published)}", markup=False)
    elif not brought.same:
        shown.print(f"no customer gets it yet: throughline flows publish {release.number}", markup=False)


def _say_changes(differ: Changes | None) -> None:
    if differ is None:
        return
    rows = (("new", differ.added), ("changed", differ.changed), ("gone", differ.removed), ("tests", differ.tests))
    for what, names in rows:
        if names:
            shown.print(f"{what:>8}  {plain(', '.join(names))}", markup=False)
    if not any(names for _, names in rows):
        shown.print("no flow differs from what is published", markup=False)
