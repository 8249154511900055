"""CSV files: read a row at a time, and refused rows written so that nothing carries them out."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csv_file import Refused, opened_csv
from connectors.csv_file.reading import LONGEST_CELL
from middleware.domain.spreadsheets import as_it_was, harmless
from middleware.errors import RecordsError


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Twenty times the rows take no more than one piece of the file."""
    peaks = []
    for rows in (1_000, 20_000):
        path = tmp_path / f"{rows}.csv"
        path.write_text("a;b\n" + "x;" + "y" * 50 + "\n" + f"x;{'y' * 50}\n" * rows, encoding="cp1252")
        tracemalloc.start()
        with opened_csv(path) as file:
            assert sum(1 for _ in file.rows()) == rows + 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000


@given(st.text(max_size=10) | st.sampled_from(["=1+1", "'=1", "''x", "'", "-5", "\t=1", "＝1", "+34600111222"]))  # noqa: RUF001 - a full-width sign
def test_a_cell_is_harmless_and_comes_back(cell: str) -> None:
    """No cell begins as a formula, and taking the sign off gives what was there."""
    assert not harmless(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"))  # noqa: RUF001
    assert as_it_was(harmless(cell)) == cell


def test_a_report_of_a_report_keeps_its_columns(tmp_path: Path) -> None:
    """Line and reason are written anew, once; a row with too few cells is filled up."""
    path = tmp_path / "people.csv"
    path.write_text("a,throughline_line,b,throughline_reason\n'=1,7,2,bad\n5\n", encoding="utf-8")
    with opened_csv(path) as file, Refused.beside(path, file.columns, ",") as report:
        rows = list(file.rows())
        assert rows[0].body == {"a": "=1", "b": "2"}
        for row in rows:
            report.add(row.line, row.cells, row.problem or "bad")
    assert report.path.read_text(encoding="utf-8-sig").splitlines() == [
        "a,b,throughline_line,throughline_reason", "'=1,2,2,bad", "5,,3,1 cells where the first line has 4 columns",
    ]  # fmt: skip


def test_without_refused_rows_there_is_no_report(tmp_path: Path) -> None:
    """Nor one of an earlier time that somebody could take for this one's."""
    (tmp_path / "people.refused.csv").write_text("old", encoding="utf-8")
    with Refused.beside(tmp_path / "people.csv", ["a"], ","):
        pass
    assert not (tmp_path / "people.refused.csv").exists()


def test_a_row_of_many_lines_is_named_by_its_last(tmp_path: Path) -> None:
    """Quotes, separators and line breaks inside quotes belong to the cell; empty lines are passed over."""
    path = tmp_path / "people.csv"
    path.write_text('a,"b;c"\r\n\r\n"x\r\ny, ""z""",2\r\n', encoding="utf-8")
    with opened_csv(path) as file:
        (row,) = file.rows()
    assert (row.line, row.body) == (4, {"a": 'x\r\ny, "z"', "b;c": "2"})


def test_a_cell_that_is_too_long_is_a_problem(tmp_path: Path) -> None:
    """Most likely a quote that nobody closed; the rows after it are read."""
    path = tmp_path / "people.csv"
    path.write_text(f"a,b\n{'x' * (LONGEST_CELL + 1)},1\n2,3\n", encoding="utf-8")
    with opened_csv(path) as file:
        first, second = file.rows()
    assert "column a: over" in first.problem
    assert second.problem == ""


def test_a_quote_that_is_never_closed_ends_the_file(tmp_path: Path) -> None:
    """It does not swallow a million rows: what is before it is read, then line and advice."""
    path = tmp_path / "people.csv"
    path.write_text('a,b\n1,2\n3,"' + "x,y\n" * 50_000, encoding="utf-8")
    with opened_csv(path) as file:
        rows = file.rows()
        assert next(rows).body == {"a": "1", "b": "2"}
        with pytest.raises(RecordsError, match="is a quote open"):
            next(rows)
