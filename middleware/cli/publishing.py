"""What publishing and going back have in common on the command line, of templates and of flows: who, why, over what."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from middleware.cli.output import print_json, shown

P = TypeVar("P")

ByOption = Annotated[str, typer.Option("--by", help="Who you are; it is kept with what you do")]
NoteOption = Annotated[str, typer.Option(help="Why, for whoever asks later")]
RevisionOption = Annotated[
    int | None, typer.Option(help="Only if what is there is still at this revision", min=0, show_default=False)
]
LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many at most")]


def say_published(
    published: P, row: Callable[[P], dict[str, Any]], words: Callable[[P], str], *, as_json: bool
) -> None:
    """What customers get from now on: as `row` for programs, in `words` for people."""
    if as_json:
        print_json(row(published))
    else:
        shown.print(words(published), markup=False)
