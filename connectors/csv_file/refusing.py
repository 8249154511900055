"""The report of refused rows: a CSV file that can be mended and imported again, and that no spreadsheet carries out."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from middleware.domain.spreadsheets import harmless

LINE = "throughline_line"
REASON = "throughline_reason"


class Refused:
    """The report beside a file. It is made with the first refused row; without any there is none."""

    def __init__(self, path: Path, columns: Sequence[str], separator: str) -> None:
        self.path = path
        self._columns = [name for name in columns if name not in {LINE, REASON}]
        self._kept = [place for place, name in enumerate(columns) if name not in {LINE, REASON}]
        self._separator = separator
        self._file: TextIO | None = None
        self.rows = 0

    @classmethod
    @contextmanager
    def beside(cls, file: Path, columns: Sequence[str], separator: str) -> Iterator["Refused"]:
        """The report of a file: `people.csv` gets `people.refused.csv`. A former one is replaced."""
        report = cls(file.with_name(f"{file.stem}.refused.csv"), columns, separator)
        try:
            yield report
        finally:
            report._close()

    def add(self, line: int, cells: Sequence[str], reason: str) -> None:
        """Write down one row with its line and reason."""
        if self._file is None:
            # With a mark at its beginning, so that spreadsheets read its letters right.
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._write([*self._columns, LINE, REASON])
        kept = [cells[place] for place in self._kept if place < len(cells)]
        kept += [""] * (len(self._columns) - len(kept))
        self._write([*kept, str(line), reason])
        self.rows += 1

    def _write(self, cells: Sequence[str]) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker
        csv.writer(self._file, delimiter=self._separator, lineterminator="\n").writerow(map(harmless, cells))

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        elif self.path.exists():
            self.path.unlink()
