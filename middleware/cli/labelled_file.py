"""A CSV file of records with the truth in a column, read for `throughline identity evaluate`."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

from middleware.errors import RecordsError
from middleware.identity.matching.records import PersonRecord

_COLUMNS = tuple(each.name for each in fields(PersonRecord))
_LONGEST = 1000
"""Characters of one field. More is a quote that nobody closed."""


class Rows(Protocol):
    """What `csv.reader` makes."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True)
class Labelled:
    """The records of a file, with the truth beside each."""

    records: tuple[PersonRecord, ...]
    truth: tuple[str, ...]
    columns: tuple[str, ...]
    ignored: tuple[str, ...]


def read_labelled(path: Path, truth: str) -> Labelled:
    """Read a file whole. RecordsError says line and column of what is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, csv.reader(_lines(path, file), strict=True), truth)
    except OSError as error:
        raise RecordsError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecordsError(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error


def _lines(path: Path, file: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        if "\0" in line:
            raise RecordsError(f"{path}:{number}:{line.index(chr(0)) + 1}: a zero byte; this is no CSV text")
        yield line


def _read(path: Path, rows: Rows, truth: str) -> Labelled:
    try:
        header = [name.strip() for name in next(rows, [])]
        columns = _places(path, header, truth)
        records: list[PersonRecord] = []
        labels: list[str] = []
        for row in rows:
            if not row:
                continue
            _check(path, rows.line_num, header, row)
            records.append(PersonRecord(**{name: row[place].strip() for name, place in columns.items()}))
            labels.append(row[header.index(truth)].strip())
    except csv.Error as error:
        raise RecordsError(f"{path}:{rows.line_num}: {error}") from error
    ignored = tuple(name for name in header if name not in _COLUMNS and name != truth)
    return Labelled(tuple(records), tuple(labels), tuple(columns), ignored)


def _places(path: Path, header: Sequence[str], truth: str) -> dict[str, int]:
    """Where each known column stands. The truth is none of them, whatever its name."""
    if not any(header):
        raise RecordsError(f"{path}:1: no names of columns")
    for place, name in enumerate(header):
        if name in header[:place]:
            raise RecordsError(
                f"{path}:1: column {place + 1} has the name of column {header.index(name) + 1}: {name!r}"
            )
    if truth not in header:
        raise RecordsError(f"{path}:1: no column {truth!r}; there are {', '.join(header)}")
    columns = {name: place for place, name in enumerate(header) if name in _COLUMNS and name != truth}
    if not set(columns) - {"source"}:
        raise RecordsError(f"{path}:1: none of the columns {', '.join(_COLUMNS)}")
    return columns


def _check(path: Path, line: int, header: Sequence[str], row: Sequence[str]) -> None:
    if len(row) != len(header):
        raise RecordsError(f"{path}:{line}: {len(row)} columns where the first line has {len(header)}")
    for place, (name, value) in enumerate(zip(header, row, strict=True), 1):
        if len(value) > _LONGEST:
            raise RecordsError(f"{path}:{line}: column {place} ({name}): over {_LONGEST} characters; is a quote open?")
