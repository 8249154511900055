"""`throughline identity evaluate`: a labelled file of one's own, matched and measured."""

import csv
from dataclasses import astuple, fields
from pathlib import Path

from middleware.identity.matching.records import PersonRecord
from tests.integration.cli import command
from tests.unit.middleware.matching.customers import Customers

NAMES = tuple(each.name for each in fields(PersonRecord))


def write_customers(path: Path) -> int:
    """A file of made-up customers, with a column that no matcher knows; the number of records."""
    customers = Customers(120, seed=2)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*NAMES, "who", "shoe_size"])
        for record, person in zip(customers.records, customers.truth, strict=True):
            rows.writerow([*astuple(record), person, "38"])
    return len(customers.records)


async def test_a_labelled_file_is_measured(tmp_path: Path) -> None:
    """With --json every figure is there; unknown columns are named; no settings and no store are needed."""
    records = write_customers(tmp_path / "customers.csv")

    ended = await command(
        "identity", "evaluate", "customers.csv", "--truth", "who", "--json", directory=tmp_path, alone=True
    )

    assert ended.code == 0, ended.err
    assert ended.json["records"] == records
    assert ended.json["ignored_columns"] == ["shoe_size"]
    assert "shoe_size" in ended.err
    for part in ("pairs", "clusters", "auto"):
        assert set(ended.json[part]) == {"precision", "recall", "f1", "pairs"}
    assert ended.json["pairs"]["f1"] > 0.7


async def test_where_nothing_is_sure_enough_no_threshold_is_said(tmp_path: Path) -> None:
    """Three thin records: JSON has null, since it knows no infinity, and people are told in words."""
    (tmp_path / "few.csv").write_text("who,first_name,email\n1,Ana,ana@x.es\n1,Anna,ana@x.es\n2,Ben,ben@y.es\n")
    arguments = ("identity", "evaluate", "few.csv", "--truth", "who")
    assert (await command(*arguments, "--json", directory=tmp_path)).json["thresholds"]["auto_merge"] is None
    assert b"nothing by itself" in (await command(*arguments, directory=tmp_path)).out


async def test_a_bad_file_is_refused(tmp_path: Path) -> None:
    """Exit code 1 and what is wrong where, without a traceback."""
    (tmp_path / "file.csv").write_bytes(b"who,email\n1,a@b.c\n2\n")
    ended = await command("identity", "evaluate", "file.csv", "--truth", "who", directory=tmp_path)
    assert ended.code == 1
    assert ended.err == "throughline: file.csv:3: 1 columns where the first line has 2\n"
