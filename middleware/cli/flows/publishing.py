"""`throughline flows publish` and `rollback`: which release customers get."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import typer

from middleware.cli.flows.released import in_words_published, on_releases, publication_row
from middleware.cli.places import BrandOption, JsonOption
from middleware.cli.publishing import ByOption, NoteOption, RevisionOption, say_published
from middleware.pipeline.releases.parts import Releases
from middleware.pipeline.releases.publishing import Published, publish, roll_back

Publishing = Callable[[Releases, datetime], Awaitable[Published]]


def publish_(
    number: Annotated[int, typer.Argument(metavar="N", help="The release's number", min=0)],
    by: ByOption,
    note: NoteOption = "",
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Give a release to customers: within two seconds, without a restart. It is checked again before."""
    _published(
        brand,
        lambda of, now: publish(of, number, by=by, now=now, note=note, revision=revision),
        as_json=as_json,
    )


def rollback(
    by: ByOption,
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="One that was published; 0 are the files", min=0)
    ] = None,
    note: NoteOption = "",
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Give customers an earlier release again: without N the one before. One person is enough."""
    _published(
        brand,
        lambda of, now: roll_back(of, number, by=by, now=now, note=note, revision=revision),
        as_json=as_json,
    )


def _published(brand: str, work: Publishing, *, as_json: bool) -> None:
    """Give customers another release, and say which."""
    say_published(on_releases(brand, work), publication_row, in_words_published, as_json=as_json)
