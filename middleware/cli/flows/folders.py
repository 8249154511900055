"""Where commands on flows look: folders of a brand, the files in them, and the shipped library beneath."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from flows.engine import load_flow
from flows.files import FILE_BYTES
from flows.language.suggest import did_you_mean
from flows.shelf import TEMPLATES, Shelf
from middleware.cli.output import USAGE, fail
from middleware.cli.templates.reading import text_of

FlowsOption = Annotated[Path | None, typer.Option("--flows", help="A brand's folder of flows, over the shipped ones")]

TESTS = "tests"
"""The folder beside the flows that holds their tests."""

_INSIDE = frozenset({TEMPLATES, TESTS})


def library() -> Path:
    """The folder of the shipped flows."""
    return Path(str(files("flows") / "library"))


def folder_of(path: Path) -> Path:
    """The folder of flows that a folder, or a file in it, belongs to."""
    folder = path if path.is_dir() else path.parent
    return folder.parent if folder.name in _INSIDE and (folder.parent / folder.name).is_dir() else folder


def existing(path: str) -> Path:
    """A path that is there; anything else is a usage error."""
    found = Path(path)
    if not found.exists():
        fail(f"{path} is not there; name a folder of flows, or a file in it", USAGE)
    return found


def shelf_over_library(folders: Sequence[Path]) -> Shelf:
    """The shipped flows and templates, and over them those of the folders. Raises FlowError."""
    shipped = library()
    others = [folder for folder in folders if folder.resolve() != shipped.resolve()]
    return Shelf.read(shipped, *others)


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files of a folder, by name; none where there is no such folder."""
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []


def overlooked(folder: Path) -> list[Path]:
    """The files of a folder that look as if they should be read, and are not."""
    return sorted(folder.glob("*.yml")) if folder.is_dir() else []


def read(file: Path) -> str:
    """The text of a file. Raises FlowError that says why it cannot be read."""
    return text_of(str(file), FILE_BYTES)


def shown_path(file: Path) -> str:
    """A file as it is named to people: one of the shipped flows by its package, any other as it was given."""
    return str(file.relative_to(library().parents[1])) if file.is_relative_to(library()) else str(file)


def real_path(shown: str) -> str:
    """The path behind what `shown_path` gives, wherever the command runs."""
    inside = library().parents[1] / shown
    return str(inside) if inside.is_relative_to(library()) and inside.exists() else shown


def known_flows(folder: Path | None) -> dict[str, Path]:
    """The files of all flows by name: the shipped ones, and over them those of the folder. Raises FlowError."""
    folders = [library(), *([existing(str(folder))] if folder is not None else [])]
    return {load_flow(read(file), str(file)).name: file for each in folders for file in yaml_files(each)}


def flow_file(named: str, folder: Path | None) -> Path:
    """The file of a flow: itself, or that of the flow of this name, in the folder or else shipped."""
    if Path(named).suffix:
        return existing(named)
    known = known_flows(folder)
    if named not in known:
        fail(f"no flow {named!r}{did_you_mean(named, known)}; there are {', '.join(sorted(known))}", USAGE)
    return known[named]
