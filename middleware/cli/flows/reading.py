"""A folder of flows as it becomes a release: its files byte for byte, within bounds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flows.checking.folder import Texts
from flows.files import FILE_BYTES, Finding
from flows.shelf import TEMPLATES
from middleware.cli.flows.folders import TESTS, overlooked, yaml_files
from middleware.cli.output import USAGE, fail
from middleware.cli.templates.versions import not_utf8_at
from middleware.domain.flow_releases import MOST_FILES, MOST_RELEASE_BYTES, is_release_path


@dataclass
class Folder:
    """What is in a folder. `sources` are the files of a release, by path in it; `templates` those of the folder, which
    are no part of one, by name of the file. `findings`: what cannot be read.
    """

    place: Path
    sources: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def texts(self) -> Texts:
        """Its files as the check names them."""
        named = {path: str(self.place / path) for path in self.sources}
        return Texts(
            {named[path]: text for path, text in self.sources.items() if "/" not in path},
            {str(self.place / TEMPLATES / name): text for name, text in self.templates.items()},
            {named[path]: text for path, text in self.sources.items() if "/" in path},
        )


def read_folder(place: Path) -> Folder:
    """The flows and tests of a folder, and its templates. What is no folder, or too much, ends the command."""
    if not place.is_dir():
        fail(f"{place} is no folder; name one with flows, or make it", USAGE)
    files = [*yaml_files(place), *yaml_files(place / TESTS)]
    if len(files) > MOST_FILES:
        fail(f"{place} has {len(files):,} files of flows and tests; a release has at most {MOST_FILES:,}")
    folder = Folder(place)
    for file in (each for part in (place, place / TESTS) for each in overlooked(part)):
        folder.findings.append(_finding(file, 1, "is not read: files of flows end in .yaml; rename it", hint=True))
    size = 0
    for path, file in ((str(each.relative_to(place).as_posix()), each) for each in files):
        for text in _text(file, path, folder.findings):
            folder.sources[path] = text
            size += len(text.encode())
        if size > MOST_RELEASE_BYTES:
            fail(f"{place} holds more than {MOST_RELEASE_BYTES // 2**20} MiB of flows and tests, the most of a release")
    for file in yaml_files(place / TEMPLATES):
        for text in _text(file, file.name, folder.findings):
            folder.templates[file.name] = text
    return folder


def _text(file: Path, path: str, findings: list[Finding]) -> Iterator[str]:
    """The text of one file, if it is one; else why not."""
    if not is_release_path(path):
        findings.append(_finding(file, 1, "cannot be kept under this name: write letters, digits, _ and -"))
        return
    try:
        with file.open("rb") as opened:
            raw = opened.read(FILE_BYTES + 1)
    except OSError as error:
        findings.append(_finding(file, 1, f"cannot be read: {error.strerror}"))
        return
    if len(raw) > FILE_BYTES:
        findings.append(_finding(file, 1, f"is too large; at most {FILE_BYTES} bytes are read"))
        return
    try:
        yield raw.decode()
    except UnicodeDecodeError as error:
        line = int(not_utf8_at(raw, error).partition(":")[0])
        findings.append(_finding(file, line, "is not UTF-8; save it as UTF-8"))


def _finding(file: Path, line: int, message: str, *, hint: bool = False) -> Finding:
    name = str(file).encode(errors="backslashreplace").decode()
    return Finding(name, line, "hint" if hint else "error", message, code="unreadable")
