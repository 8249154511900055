"""Template files as commands read them: YAML, bare sources, standard input; what cannot be read says why."""

import sys
from collections.abc import Sequence
from pathlib import Path

from flows.files import FILE_BYTES
from flows.preview.checking import Checked, checked, checked_source, unreadable
from flows.templates.approved import ApprovedTemplates
from middleware.domain.identifiers import Level
from middleware.errors import FlowError

STANDARD_INPUT = "-"
_SOURCES = frozenset({".j2", ".jinja", ".jinja2", ".txt"})
_YAML = frozenset({".yaml", ".yml"})
_MOST = 4 * 1024 * 1024


def checked_file(
    file: str, platforms: Sequence[ApprovedTemplates] = (), level: Level | None = None
) -> tuple[Checked, str]:
    """A file checked, and its text. `-` and files that end in .j2 or .txt are bare sources."""
    try:
        text = text_of(file, FILE_BYTES)
    except FlowError as error:
        return unreadable(file, str(error).removeprefix(f"{file}:1: ")), ""
    is_source = file == STANDARD_INPUT or Path(file).suffix.lower() in _SOURCES
    return checked_source(text, file) if is_source else checked(text, file, platforms, level), text


def files_at(named: str) -> list[str]:
    """The YAML files of a folder, by name; of a folder without any, and of anything else, what was named."""
    if named == STANDARD_INPUT or not Path(named).is_dir():
        return [named]
    return sorted(str(file) for file in Path(named).iterdir() if file.suffix.lower() in _YAML) or [named]


def text_of(file: str, most: int = _MOST) -> str:
    """The text of a file, or of standard input for `-`. Raises FlowError that says why it cannot be read."""
    try:
        raw = _bytes_of(file, most)
        if len(raw) > most:
            raise FlowError(f"{file}:1: is too large; at most {most} bytes are read")
        return raw.decode("utf-8-sig")
    except IsADirectoryError:
        raise FlowError(f"{file}:1: is a folder without YAML files; name a file") from None
    except UnicodeDecodeError:
        raise FlowError(f"{file}:1: is not UTF-8; save it as UTF-8") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such file"
        raise FlowError(f"{file}:1: cannot be read: {why}") from None


def _bytes_of(file: str, most: int) -> bytes:
    if file == STANDARD_INPUT:
        return sys.stdin.buffer.read(most + 1)
    with Path(file).open("rb") as opened:
        return opened.read(most + 1)
