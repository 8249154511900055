"""A labelled CSV file of records: read whole, or refused with line and column."""

from pathlib import Path

import pytest

from middleware.cli.labelled_file import read_labelled
from middleware.errors import RecordsError
from middleware.identity.matching.records import PersonRecord

WRONG = {
    "empty": (b"", "file.csv:1: no names of columns"),
    "no truth": (b"first_name,email\na,b\n", "file.csv:1: no column 'who'; there are first_name, email"),
    "nothing known": (b"who,shoe\n1,2\n", "file.csv:1: none of the columns first_name"),
    "twice": (b"who,email,email\n", "file.csv:1: column 3 has the name of column 2: 'email'"),
    "short": (b"who,email\n1,a@b.c\n2\n", "file.csv:3: 1 columns where the first line has 2"),
    "open quote": (b'who,email\n1,"a@b.c\n', "file.csv:2: unexpected end of data"),
    "long": (b"who,email\n1," + b"a" * 1001 + b"\n", "file.csv:2: column 2 (email): over 1000 characters"),
    "not text": (b"who,email\n1,\xff\n", "file.csv: not UTF-8 text"),
    "zero": (b"who,email\n1,a\0b\n", "file.csv:2:4: a zero byte"),
}


@pytest.mark.parametrize(("body", "said"), WRONG.values(), ids=WRONG)
def test_a_bad_file_is_refused_with_line_and_column(tmp_path: Path, body: bytes, said: str) -> None:
    """What is wrong, and where."""
    (tmp_path / "file.csv").write_bytes(body)
    with pytest.raises(RecordsError) as refused:
        read_labelled(tmp_path / "file.csv", "who")
    assert str(refused.value).startswith(f"{tmp_path}/{said}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Says so."""
    with pytest.raises(RecordsError, match="No such file"):
        read_labelled(tmp_path / "none.csv", "who")


def test_columns_in_any_order(tmp_path: Path) -> None:
    """Known columns are read wherever they stand, others named, blank lines and a byte order mark passed over."""
    (tmp_path / "file.csv").write_bytes(b"\xef\xbb\xbfshoe,email,who\n38, a@b.c ,1\n\n39,,2\n")
    labelled = read_labelled(tmp_path / "file.csv", "who")
    assert labelled.records == (PersonRecord(email="a@b.c"), PersonRecord())
    assert (labelled.truth, labelled.columns, labelled.ignored) == (("1", "2"), ("email",), ("shoe",))


def test_the_truth_is_never_matched_by(tmp_path: Path) -> None:
    """A column of truth that has the name of a field is not read as that field."""
    (tmp_path / "file.csv").write_bytes(b"email,personal_id\na@b.c,1\n")
    labelled = read_labelled(tmp_path / "file.csv", "personal_id")
    assert labelled.records == (PersonRecord(email="a@b.c"),)
