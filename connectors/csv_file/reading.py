"""Rows of a CSV file as they were saved by whatever program: which letters, which separator, which line."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from connectors.csv_file.refusing import LINE, REASON
from middleware.domain.spreadsheets import as_it_was
from middleware.errors import RecordsError

LONGEST_CELL = 10_000
MOST_COLUMNS = 500

_CHUNK = 1 << 16
_LONGEST_HEADER = 100_000
_SEPARATORS = ",;\t|"
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it ends, its cells as they stand there, and what is wrong with its shape, if anything.

    `body` has the cells by the names of their columns, without surrounding space.
    """

    line: int
    cells: tuple[str, ...]
    body: dict[str, str]
    problem: str = ""


class _Rows(Protocol):
    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class CsvFile:
    """An open file. `encoding` and `separator` were found out; `is_report` says that it is a report of ours, mended."""

    path: Path
    encoding: str
    separator: str
    columns: tuple[str, ...]
    is_report: bool
    _rows: _Rows

    def rows(self) -> Iterator[Row]:
        """The rows, one by one. Raises RecordsError where nothing more can be read."""
        try:
            for cells in self._rows:
                if any(cells):
                    yield self._row(cells)
        except csv.Error as error:
            raise RecordsError(f"{self.path}:{self._rows.line_num}: {error}; is a quote open?") from None
        except UnicodeError:
            raise RecordsError(f"{self.path}:{self._rows.line_num + 1}: no {self.encoding} text from here") from None

    def _row(self, cells: Sequence[str]) -> Row:
        line = self._rows.line_num
        if self.is_report:
            cells = [as_it_was(cell) for cell in cells]
        problem = self._problem(cells)
        names = self.columns if not problem else ()
        pairs = zip(names, cells, strict=False)
        body = {name: cell.strip() for name, cell in pairs if name not in {LINE, REASON}}
        return Row(line, tuple(cells), body, problem)

    def _problem(self, cells: Sequence[str]) -> str:
        if len(cells) != len(self.columns):
            return f"{len(cells)} cells where the first line has {len(self.columns)} columns"
        long = next((name for name, cell in zip(self.columns, cells, strict=True) if len(cell) > LONGEST_CELL), None)
        return f"column {long}: over {LONGEST_CELL} characters; is a quote open?" if long is not None else ""


@contextmanager
def opened_csv(path: Path) -> Iterator[CsvFile]:
    """The file, with letters, separator and columns found out. Raises RecordsError saying what to do."""
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            separator = _separator(file)
            rows = csv.reader(file, delimiter=separator, strict=True)
            columns = _columns(path, rows)
            yield CsvFile(path, encoding, separator, columns, REASON in columns, rows)
    except OSError as error:
        raise RecordsError(f"{path}: {error.strerror}") from error


def _encoding(path: Path) -> str:
    """UTF-8 if all of it is; else what spreadsheets in the West write. Read once, a piece at a time."""
    with path.open("rb") as file:
        start = file.read(4)
        marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        if marked == "utf-16":
            return marked
        file.seek(0)
        return _unmarked(path, iter(lambda: file.read(_CHUNK), b""), marked)


def _unmarked(path: Path, pieces: Iterator[bytes], marked: str | None) -> str:
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    western = True
    line = 1
    for piece in pieces:
        if b"\0" in piece:
            raise RecordsError(f"{path}:{line + piece[: piece.index(0)].count(10)}: a zero byte; this is no CSV text")
        utf8 = utf8 if utf8 is not None and _takes(utf8, piece) else None
        western = western and not any(byte in piece for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
        line += piece.count(10)
    if utf8 is not None and _takes(utf8, b"", final=True):
        return marked or "utf-8"
    if marked or not western:
        raise RecordsError(f"{path}: neither UTF-8 nor Windows-1252 text; save it as CSV UTF-8")
    return "cp1252"


def _takes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


def _separator(file: TextIO) -> str:
    """The sign that stands most often in the first line, outside quotes; a comma if none does."""
    first = file.readline(_LONGEST_HEADER)
    file.seek(0)
    bare = "".join(first.split('"')[::2])
    return max(_SEPARATORS, key=lambda sign: (bare.count(sign), sign == ","))


def _columns(path: Path, rows: _Rows) -> tuple[str, ...]:
    try:
        columns = tuple(name.strip() for name in next(rows, []))
    except (csv.Error, UnicodeError) as error:
        raise RecordsError(f"{path}:1: {error}") from None
    if not any(columns):
        raise RecordsError(f"{path}:1: no names of columns; write them into the first line")
    if len(columns) > MOST_COLUMNS:
        raise RecordsError(f"{path}:1: {len(columns)} columns; at most {MOST_COLUMNS} are read")
    for place, name in enumerate(columns, 1):
        if not name:
            raise RecordsError(f"{path}:1: column {place} has no name")
        if name in columns[: place - 1]:
            raise RecordsError(f"{path}:1: column {place} has the name of column {columns.index(name) + 1}: {name!r}")
    return columns
