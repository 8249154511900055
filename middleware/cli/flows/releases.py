"""`throughline flows releases` and `diff`: which releases there are, and what differs between two."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from flows.publishing.importing import Changes, changes
from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import releases_of
from middleware.cli.flows.released import WHY_ONE, counted, history_row, on_releases, release_row, sources_of_release
from middleware.cli.output import print_json, shown
from middleware.cli.places import BrandOption, JsonOption, on_brand, plain, when
from middleware.cli.publishing import LimitOption
from middleware.domain.flow_releases import THE_FILES, FlowPublication, FlowRelease
from middleware.pipeline.releases.looking import Listed, listed, texts_differing, usual_pair
from middleware.pipeline.releases.parts import in_words

NumberArgument = Annotated[int | None, typer.Argument(min=0, show_default=False, help="A release; 0 are the files")]


def releases(
    brand: BrandOption = "",
    limit: LimitOption = 20,
    before: Annotated[int | None, typer.Option(help="Only those before this number")] = None,
    history: Annotated[bool, typer.Option("--history", help="What customers got, and when, instead")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the releases of flows, the latest first, and which one customers get."""
    found = on_releases(brand, lambda of, _: listed(of, limit, before))
    if as_json:
        print_json(_as_json(found))
        return
    head = found.head.record
    since = f" since {when(head.changed_at)}, by {plain(head.changed_by)}" if head.changed_at is not None else ""
    shown.print(f"customers get {in_words(head.release)}{since} (revision {found.head.version})", markup=False)
    for line in (
        map(_publication, found.history) if history else (_release(each, head.release) for each in found.releases)
    ):
        shown.print(line, markup=False)
    if found.more and not history:
        shown.print(f"There are more: --before {found.releases[-1].number}", markup=False)


def diff(
    one: NumberArgument = None, other: NumberArgument = None, brand: BrandOption = "", as_json: JsonOption = False
) -> None:
    """Show what differs between two releases: which flows, and the text of their files.

    Without numbers: the published one and the latest; with one number: that and the published one.
    """

    async def work(here: Installation, name: str) -> tuple[int, int, dict[str, str], dict[str, str]]:
        first, second = await usual_pair(releases_of(here, name), one, other)
        return (
            first,
            second,
            await sources_of_release(here, name, first),
            await sources_of_release(here, name, second),
        )

    first, second, before, after = on_brand(brand, WHY_ONE, work)
    differ, texts = changes(before, after), texts_differing(first, second, before, after)
    if as_json:
        print_json({"one": first, "other": second, **asdict(differ), "files": texts})
        return
    for text in texts.values():
        for line in text.splitlines():
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            shown.print(plain(line), style=style, markup=False)
    shown.print(_in_words(first, second, differ), markup=False)


def _in_words(first: int, second: int, differ: Changes) -> str:
    parts = [f"{len(names)} {what}: {', '.join(names)}" for what, names in (
        ("added", differ.added), ("removed", differ.removed), ("changed", differ.changed), ("of tests", differ.tests)
    ) if names]  # fmt: skip
    return plain(f"from {in_words(first)} to {in_words(second)}: {'; '.join(parts) or 'no flow differs'}")


def _release(release: FlowRelease, published: int) -> str:
    mark = "*" if release.number == published else " "
    failing = f", {counted(len(release.failing), 'test')} failed" if release.failing else ""
    based = f"after {in_words(release.based_on)}" if release.based_on != THE_FILES else "over the files"
    note = f": {release.note}" if release.note else ""
    what = f"{based}, {counted(len(release.flows), 'flow')}{failing}{note}"
    return plain(f"{release.number:>4} {mark} {when(release.at)}  by {release.by}, {what}")


def _publication(publication: FlowPublication) -> str:
    back = " again" if publication.back else ""
    note = f": {publication.note}" if publication.note else ""
    return plain(f"      {when(publication.at)}  {in_words(publication.release)}{back}, by {publication.by}{note}")


def _as_json(found: Listed) -> dict[str, Any]:
    head = found.head.record
    return {
        "published": {
            "release": head.release,
            "since": head.changed_at.isoformat() if head.changed_at is not None else None,
            "by": head.changed_by or None,
            "revision": found.head.version,
        },
        "items": [release_row(each) for each in found.releases],
        "history": [history_row(each) for each in found.history],
        "next": found.releases[-1].number if found.more else None,
    }
