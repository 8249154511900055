"""`throughline flows export`: the files of a release, byte for byte, for those who keep flows under version control."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import releases_of
from middleware.cli.flows.folders import TESTS, yaml_files
from middleware.cli.flows.released import WHY_ONE, sources_of_release
from middleware.cli.output import FAILED, fail, print_json, shown
from middleware.cli.places import BrandOption, JsonOption, on_brand, plain
from middleware.cli.writing import stands, write_whole
from middleware.pipeline.releases.parts import in_words, read_head


@dataclass(frozen=True)
class Exported:
    """What became of the files of a release. `differ`: those that say something else; nothing is written then.
    `others` are files of flows and tests that are in the folder and not in the release.
    """

    release: int
    written: list[str]
    same: list[str]
    differ: list[str]
    others: list[str]


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go; made if it is not there")],
    release: Annotated[
        int | None, typer.Option(help="Its number; without it the published one", min=0, show_default=False)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also over files that say something else")] = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write the flows and tests of a release into a folder, byte for byte. Other files there are left alone.

    Exit code 1, and nothing is written, if a file says something else: it may hold work of yours.
    """

    async def work(here: Installation, name: str) -> tuple[int, dict[str, str]]:
        head = await read_head(releases_of(here, name).store)
        number = head.record.release if release is None else release
        return number, await sources_of_release(here, name, number)

    number, sources = on_brand(brand, WHY_ONE, work)
    try:
        exported = _write(folder, number, sources, overwrite=overwrite)
    except OSError as error:
        fail(f"{error.filename or folder}: cannot be written: {error.strerror}")
    if as_json:
        print_json(asdict(exported))
    else:
        _say(folder, exported)
    if exported.differ:
        raise typer.Exit(FAILED)


def _write(folder: Path, number: int, sources: dict[str, str], *, overwrite: bool) -> Exported:
    raw = {path: source.encode() for path, source in sources.items()}
    found = {path: stands(folder / path, each) for path, each in raw.items()}
    same = [path for path, state in found.items() if state == "same"]
    there = (str(file.relative_to(folder).as_posix()) for part in (folder, folder / TESTS) for file in yaml_files(part))
    others = [path for path in there if path not in sources]
    differ = [path for path, state in found.items() if state == "differs"]
    if differ and not overwrite:
        return Exported(number, [], same, differ, others)
    wanted = [path for path in sources if path not in same]
    for path in wanted:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / path, raw[path])
    return Exported(number, wanted, same, [], others)


def _say(folder: Path, exported: Exported) -> None:
    for path in exported.differ:
        shown.print(plain(f"{folder / path} says something else"), markup=False)
    if exported.differ:
        shown.print("nothing is written: --overwrite replaces these", markup=False)
        return
    count = f"{len(exported.written)} written, {len(exported.same)} were the same"
    shown.print(f"{in_words(exported.release)}: {count}", markup=False)
    for path in exported.others:
        shown.print(plain(f"{folder / path} is not of this release"), markup=False)
