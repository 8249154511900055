"""`throughline identity evaluate`: how well a labelled file of one's own is matched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from time import process_time
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from middleware.cli.labelled_file import Labelled, read_labelled
from middleware.cli.output import chatter, fail, print_json, reasons, shown
from middleware.identity.matching.evaluate import REVIEW_FROM, Matched, matched, measured, true_pairs

app = typer.Typer(no_args_is_help=True, help="Who might be one person.")


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Records, one a line, with a line of names above")],
    truth: Annotated[str, typer.Option(metavar="COLUMN", help="The column that has one value for each real person")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs")] = False,
) -> None:
    """Learn from a file of records without its labels, match it, and measure the result by them.

    Columns: any of first_name, last_name, email, phone, street, city, postcode, state, country, birth_date,
    personal_id, source. Nothing is stored.
    """
    with reasons():
        labelled = read_labelled(file, truth)
    if len(labelled.records) < 2:  # noqa: PLR2004 - a pair
        fail(f"{file}: {len(labelled.records)} records; it takes two to match")
    if labelled.ignored:
        chatter.print(f"columns that are not known and were ignored: {escape(', '.join(labelled.ignored))}")
    began = process_time()
    with progress() as advance:
        found = matched(labelled.records, advance)
    result = _result(labelled, found, process_time() - began)
    if as_json:
        print_json(result)
    else:
        _say(result)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for people, on standard error and only on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=chatter, disable=not chatter.is_terminal, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda stage, done, of: bar.update(task, description=stage, completed=done, total=of)


def _result(labelled: Labelled, found: Matched, seconds: float) -> dict[str, Any]:
    measures = {name: asdict(each) for name, each in measured(found, labelled.truth).items()}
    compared = measures.pop("compared")
    return {
        "records": len(labelled.records),
        "people": len({name for name in labelled.truth if name}),
        "true_pairs": len(true_pairs(labelled.truth)),
        "columns": list(labelled.columns),
        "ignored_columns": list(labelled.ignored),
        **measures,
        "compared_pairs": found.pairs,
        "compared_recall": compared["recall"],
        "thresholds": {"review": REVIEW_FROM, "auto_merge": _bits(found.auto_from)},
        "sources_without_duplicates": sorted(found.model.single_sources),
        "cpu_seconds": round(seconds, 2),
    }


def _bits(threshold: float) -> float | None:
    """A threshold for people and JSON; None where nothing reaches it."""
    return round(threshold, 2) if isfinite(threshold) else None


_TITLES = {
    "pairs": "pairs, each by itself",
    "clusters": "pairs of one group",
    "auto": "what would merge by itself",
}


def _say(result: dict[str, Any]) -> None:
    shown.print(
        f"{result['records']:,} records of {result['people']:,} people, {result['true_pairs']:,} true pairs;"
        f" {result['compared_pairs']:,} pairs were compared ({result['compared_recall']:.2%} of the true ones)"
        f" in {result['cpu_seconds']:.1f} s",
        markup=False,
    )
    shown.print(f"{'':28}{'precision':>10}{'recall':>10}{'F1':>10}{'pairs':>10}", markup=False)
    for name, title in _TITLES.items():
        each = result[name]
        figures = "".join(f"{each[kind]:>10.4f}" for kind in ("precision", "recall", "f1"))
        shown.print(f"{title:28}{figures}{each['pairs']:>10,}", markup=False)
    bits = result["thresholds"]
    by_itself = "nothing by itself" if bits["auto_merge"] is None else f"by itself from {bits['auto_merge']:g} bits"
    shown.print(f"review from {bits['review']:g} bits, {by_itself}", markup=False)
    if result["sources_without_duplicates"]:
        shown.print(f"no duplicates within: {', '.join(result['sources_without_duplicates'])}", markup=False)
