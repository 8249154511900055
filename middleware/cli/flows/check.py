"""`throughline flows check`: what is wrong in flows, templates and their tests, for people, programs and editors."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.checking.folder import CheckedFile, Texts, checked_folder
from flows.files import Finding
from flows.shelf import TEMPLATES, Shelf
from middleware.cli.flows.folders import (
    TESTS,
    existing,
    folder_of,
    library,
    overlooked,
    read,
    real_path,
    shown_path,
    yaml_files,
)
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.templates.check import Format, diagnostics, finding_as_json, say
from middleware.errors import FlowError


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Folders of flows, or files in them; the shipped ones if none"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse hints, too")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="diagnostics: those of the Language Server Protocol")
    ] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json")] = False,
) -> None:
    """Check flows with their templates and tests. Needs no server or store. Exit code 1 if a file is refused."""
    with reasons():
        results = [each for path in paths or [str(library())] for each in _checked(existing(path))]
    if not results:
        fail("there is no flow, template or test; flows are YAML files in a folder", USAGE)
    accepted = [result.accepted(strict=strict) for result, _ in results]
    match Format.JSON if as_json else form:
        case Format.JSON:
            print_json({"accepted": all(accepted), "files": [_as_json(each, strict=strict) for each, _ in results]})
        case Format.DIAGNOSTICS:
            print_json([diagnostics(real_path(each.file), each.findings, text) for each, text in results])
        case Format.TEXT:
            say([finding for result, _ in results for finding in result.findings])
            shown.print(f"{sum(accepted)} of {len(accepted)} accepted", markup=False)
    if not all(accepted):
        raise typer.Exit(1)


def _checked(path: Path) -> list[tuple[CheckedFile, str]]:
    """The files of a folder, each with its text; of a file only that one, though the whole folder is looked at."""
    folder = folder_of(path)
    shipped = folder.resolve() == library().resolve()
    beneath = Shelf({}, {}) if shipped else Shelf.read(library())
    unreadable: list[tuple[CheckedFile, str]] = []
    texts = Texts(
        _texts(folder, "flow", unreadable),
        _texts(folder / TEMPLATES, "template", unreadable),
        _texts(folder / TESTS, "test", unreadable),
    )
    known = {**texts.flows, **texts.templates, **texts.tests}
    results = [*unreadable, *((each, known[each.file]) for each in checked_folder(texts, beneath))]
    only = None if path.is_dir() else shown_path(path)
    return [each for each in results if only in (None, each[0].file)]


def _texts(folder: Path, kind: Any, unreadable: list[tuple[CheckedFile, str]]) -> dict[str, str]:  # noqa: ANN401
    texts: dict[str, str] = {}
    for file in overlooked(folder):
        why = "is not read: files of flows end in .yaml; rename it"
        finding = Finding(shown_path(file), 1, "hint", why, code="unreadable")
        unreadable.append((CheckedFile(finding.file, kind, None, (finding,)), ""))
    for file in yaml_files(folder):
        name = shown_path(file)
        try:
            texts[name] = read(file)
        except FlowError as error:
            why = str(error).removeprefix(f"{file}:1: ")
            unreadable.append((CheckedFile(name, kind, None, (Finding(name, 1, "error", why, code="unreadable"),)), ""))
    return texts


def _as_json(result: CheckedFile, *, strict: bool) -> dict[str, Any]:
    return {
        "file": result.file,
        "kind": result.kind,
        "name": result.name,
        "accepted": result.accepted(strict=strict),
        "findings": [finding_as_json(finding) for finding in result.findings],
    }
