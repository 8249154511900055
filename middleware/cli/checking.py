"""Files in YAML that are checked before they go into the settings: what is wrong with each, with line and column."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer

from connectors.mapping.document import MappingFileError
from middleware.cli.output import print_json, shown
from middleware.errors import MappingError


def check_files(files: Iterable[Path], load: Callable[[Path], object], *, as_json: bool) -> None:
    """Print everything that is wrong with files, each read by `load`. Exit code 1 if anything is."""
    named = list(files)
    found = [each for file in named for each in _wrong(file, load)]
    if as_json:
        print_json(found)
    for each in found if not as_json else ():
        shown.print("{file}:{line}:{column}: {message}".format(**each), markup=False)
    if found:
        raise typer.Exit(1)
    if not as_json:
        shown.print(f"{len(named)} of {len(named)} are right", markup=False)


def _wrong(file: Path, load: Callable[[Path], object]) -> list[dict[str, Any]]:
    try:
        load(file)
    except MappingFileError as error:
        return [
            {"file": each.file, "line": each.line, "column": each.column, "message": each.message}
            for each in error.findings
        ]
    except MappingError as error:
        return [{"file": str(file), "line": 1, "column": 1, "message": str(error).removeprefix(f"{file}: ")}]
    return []
