"""`throughline flows publish` and `rollback`: which release customers get."""

from typing import Annotated

import typer

from middleware.bootstrap import Installation, releases_of
from middleware.cli.flows.released import WHY_ONE, publication_row, said_published
from middleware.cli.output import print_json
from middleware.cli.places import BrandOption, JsonOption, on_brand
from middleware.cli.templates.versions import ByOption, NoteOption
from middleware.pipeline.releases.publishing import Published, publish, roll_back

RevisionOption = Annotated[
    int | None, typer.Option(help="Only if the flows are still at this revision", min=0, show_default=False)
]


def publish_(
    number: Annotated[int, typer.Argument(metavar="N", help="The release's number", min=0)],
    by: ByOption,
    note: NoteOption = "",
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Give a release to customers: within two seconds, without a restart. It is checked again before."""

    async def work(here: Installation, name: str) -> Published:
        of, now = releases_of(here, name), here.clock.now()
        return await publish(of, number, by=by, now=now, note=note, revision=revision)

    _say(on_brand(brand, WHY_ONE, work), as_json=as_json)


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

    async def work(here: Installation, name: str) -> Published:
        of, now = releases_of(here, name), here.clock.now()
        return await roll_back(of, number, by=by, now=now, note=note, revision=revision)

    _say(on_brand(brand, WHY_ONE, work), as_json=as_json)


def _say(published: Published, *, as_json: bool) -> None:
    if as_json:
        print_json(publication_row(published))
    else:
        said_published(published)
