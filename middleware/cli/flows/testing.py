"""`throughline flows test`: conversations that builders have written down, held against the flows."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.shelf import Shelf
from flows.trying.junit import junit_xml
from flows.trying.testing import FlowTests, Outcome, read_tests
from middleware.cli.flows.folders import (
    TESTS,
    existing,
    folder_of,
    library,
    read,
    shelf_over_library,
    shown_path,
    yaml_files,
)
from middleware.cli.flows.report import lines_of_outcome
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import JsonOption, plain


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Folders of flows, or files in their tests; the shipped ones if none"),
    ] = None,
    flows: Annotated[
        list[Path] | None, typer.Option(help="Test these flows, wherever the test files lie; over the shipped ones")
    ] = None,
    only: Annotated[
        str, typer.Option("-k", help="Only tests with this in their name; several words: all of them")
    ] = "",
    junit: Annotated[Path | None, typer.Option(help="Write a report in JUnit's XML")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the tests of flows. Needs no server, store or settings. Exit code 1 if one of them fails."""
    began = time.perf_counter()
    with reasons():
        outcomes = [*_outcomes([existing(path) for path in paths or [str(library())]], flows, only)]
    if not outcomes:
        where = (
            f" with {only!r} in its name" if only else f"; tests are YAML files in a folder {TESTS} beside the flows"
        )
        fail(f"there is no test{where}", USAGE)
    seconds = time.perf_counter() - began
    if junit is not None:
        junit.write_text(junit_xml(outcomes), encoding="utf-8")
    if as_json:
        print_json({"passed": all(each.passed for each in outcomes), "tests": [_as_json(each) for each in outcomes]})
    else:
        _print(outcomes, seconds)
    if not all(each.passed for each in outcomes):
        raise typer.Exit(1)


def _outcomes(paths: list[Path], flows: list[Path] | None, only: str) -> Iterator[Outcome]:
    words = only.casefold().split()
    shelves: dict[Path, Shelf] = {}
    for path in paths:
        folder = folder_of(path)
        if folder not in shelves:
            shelves[folder] = shelf_over_library(flows or [folder])
        for tests in _tests(path):
            yield from tests.run(shelves[folder], lambda name: all(word in name.casefold() for word in words))


def _tests(path: Path) -> Iterable[FlowTests]:
    found = [path] if path.is_file() else yaml_files(path if path.name == TESTS else path / TESTS)
    return [read_tests(read(file), shown_path(file)) for file in found]


def _print(outcomes: list[Outcome], seconds: float) -> None:
    file = ""
    for outcome in outcomes:
        if outcome.file != file:
            file = outcome.file
            shown.print(plain(file), markup=False, emoji=False)
        for line in lines_of_outcome(outcome):
            shown.print(plain(line), markup=False, emoji=False)
    failed = sum(not outcome.passed for outcome in outcomes)
    shown.print(f"{len(outcomes) - failed} passed, {failed} failed in {seconds:.1f} s", markup=False, emoji=False)


def _as_json(outcome: Outcome) -> dict[str, Any]:
    failed = outcome.failed
    return {
        "file": outcome.file,
        "line": outcome.line,
        "test": outcome.test,
        "passed": outcome.passed,
        "seconds": round(outcome.seconds, 4),
        "error": outcome.error,
        "failed": None
        if failed is None
        else {
            "line": failed.line,
            "turn": failed.turn,
            "differences": [
                {"about": each.about, "expected": each.expected, "actual": each.actual} for each in failed.differences
            ],
        },
    }
