"""`throughline templates export` and `import`: for those who keep templates in files, under version control."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from middleware.cli.output import FAILED, chatter, fail, print_json, shown
from middleware.cli.places import BrandOption, JsonOption, plain
from middleware.cli.publishing import ByOption, NoteOption
from middleware.cli.templates.versions import not_utf8_at, on_templates, say_findings
from middleware.cli.writing import stands, write_whole
from middleware.domain.template_versions import MOST_BYTES, MOST_TEMPLATES, TemplateFinding
from middleware.pipeline.templates.files import BroughtIn, Compared, TemplateText, Told, bring_in, compare, published
from middleware.pipeline.templates.parts import Templates

DirectoryArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder; each template is NAME.yaml in it")]

_SUFFIX = ".yaml"


def add_to(app: typer.Typer) -> None:
    """Make them commands of a group."""
    app.command("export")(export)
    app.command("import")(import_)


@dataclass
class Exported:
    """What an export did with the files of a folder. `differ`: those that it left as they were."""

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Brought:
    """What an import found, and what it did."""

    compared: list[Compared]
    brought: list[BroughtIn]
    unreadable: list[TemplateFinding]
    two_persons: bool

    @property
    def refused(self) -> list[TemplateFinding]:
        """What has to be mended before anything is imported."""
        of_files = (finding for each in self.compared if each.state == "refused" for finding in each.findings)
        return [*self.unreadable, *of_files]

    @property
    def left(self) -> list[BroughtIn]:
        """What somebody changed meanwhile, or has a draft of."""
        return [each for each in self.brought if each.why_not]


def export(
    directory: DirectoryArgument,
    everything: Annotated[bool, typer.Option("--all", help="Also those that stand in files alone")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also over files that say something else")] = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write every published template into a folder, byte for byte. Other files there are left alone.

    Exit code 1 if a file says something else: it may hold work of yours.
    """

    async def work(of: Templates, _: datetime) -> Exported:
        exported = Exported()
        directory.mkdir(parents=True, exist_ok=True)
        with _progress("exporting", MOST_TEMPLATES) as told:
            async for texts in published(of, files_too=everything):
                for each in texts:
                    _write(directory, each, exported, overwrite=overwrite)
                told(len(texts))
        return exported

    try:
        exported = on_templates(brand, work)
    except OSError as error:
        fail(f"{error.filename or directory}: cannot be written: {error.strerror}")
    if as_json:
        print_json(asdict(exported))
    else:
        shown.print(f"{len(exported.written)} written, {len(exported.same)} were the same", markup=False)
        for name in exported.differ:
            shown.print(f"{directory / name}{_SUFFIX} says something else: --overwrite replaces it", markup=False)
    if exported.differ:
        raise typer.Exit(FAILED)


def import_(
    directory: DirectoryArgument,
    by: ByOption,
    note: NoteOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Publish what a folder's files say differently. In a brand that takes two persons they become drafts.

    Templates without a file are left alone, and so are other people's drafts. With an error in any file nothing is
    imported.
    """
    texts, unreadable = _read(directory)

    async def work(of: Templates, now: datetime) -> Brought:
        with _progress("checking", len(texts)) as told:
            compared = await compare(of, texts, told)
        found = Brought(compared, [], unreadable, of.two_persons)
        if dry_run or any(each.severity == "error" for each in found.refused):
            return found
        with _progress("importing", sum(each.state != "same" for each in compared)) as told:
            brought = await bring_in(of, compared, by=by, now=now, note=note, told=told)
        return Brought(compared, brought, unreadable, of.two_persons)

    found = on_templates(brand, work)
    print_json(_as_json(found)) if as_json else _say(found, dry_run=dry_run)
    if found.refused or found.left:
        raise typer.Exit(FAILED)


def _read(directory: Path) -> tuple[list[TemplateText], list[TemplateFinding]]:
    """The templates in a folder, and what cannot be read of them."""
    if not directory.is_dir():
        fail(f"{directory}: is no folder")
    files = sorted(each for each in directory.glob(f"*{_SUFFIX}") if each.is_file())
    if not files:
        fail(f"{directory}: has no {_SUFFIX} file")
    if len(files) > MOST_TEMPLATES:
        fail(f"{directory}: has {len(files):,} templates; at most {MOST_TEMPLATES:,} are kept")
    texts, unreadable = [], []
    for file in files:
        read = _read_one(file)
        if isinstance(read, TemplateFinding):
            unreadable.append(read)
        else:
            texts.append(TemplateText(file.stem, read, str(file)))
    return texts, unreadable


def _read_one(file: Path) -> str | TemplateFinding:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        return _unreadable(file, f"cannot be read: {error.strerror}")
    if len(raw) > MOST_BYTES:
        return _unreadable(file, f"is too large; at most {MOST_BYTES} bytes are read")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line, _, column = not_utf8_at(raw, error).partition(":")
        return _unreadable(file, "is not UTF-8", int(line), int(column))


def _unreadable(file: Path, message: str, line: int = 1, column: int = 1) -> TemplateFinding:
    return TemplateFinding(file=str(file), line=line, column=column, severity="error", message=message)


def _write(directory: Path, text: TemplateText, exported: Exported, *, overwrite: bool) -> None:
    """Write one file whole or not at all, unless it says so already or says something else."""
    file, raw = directory / f"{text.name}{_SUFFIX}", text.source.encode()
    match stands(file, raw):
        case "same":
            exported.same.append(text.name)
        case "differs" if not overwrite:
            exported.differ.append(text.name)
        case _:
            write_whole(file, raw)
            exported.written.append(text.name)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Told]:
    """A bar on the terminal."""
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda number: bar.advance(task, number)


def _named(found: Brought, state: str) -> list[str]:
    return [each.text.name for each in found.compared if each.state == state]


def _as_json(found: Brought) -> dict[str, object]:
    return {
        **{state: _named(found, state) for state in ("new", "changed", "same", "refused")},
        "findings": [each.model_dump() for each in found.refused],
        "imported": [
            {"name": each.name, **({"version": each.number} if each.number else {"draft": True})}
            for each in found.brought
            if not each.why_not
        ],
        "left": [{"name": each.name, "why": each.why_not} for each in found.left],
    }


def _say(found: Brought, *, dry_run: bool) -> None:
    say_findings(found.refused)
    if found.refused:
        shown.print("nothing is imported until these are mended", markup=False)
        return
    _say_names("new", _named(found, "new"))
    _say_names("changed", _named(found, "changed"))
    for each in found.left:
        shown.print(f"left as it is: {plain(each.why_not)}", markup=False)
    what = "drafts" if found.two_persons else "versions"
    done = f"{len(found.brought) - len(found.left)} imported as {what}"
    shown.print(f"{'nothing is changed by a dry run' if dry_run else done}; {len(_named(found, 'same'))} are the same",
                markup=False)  # fmt: skip


def _say_names(state: str, names: Sequence[str]) -> None:
    for name in names:
        shown.print(f"{state:>8}  {name}", markup=False)
