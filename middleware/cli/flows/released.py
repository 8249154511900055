"""What all commands on releases of flows share: whose they are, their files, and how a release is shown."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import releases_of
from middleware.cli.flows.reading import read_folder
from middleware.cli.places import on_brand
from middleware.domain.flow_releases import FlowPublication, FlowRelease
from middleware.pipeline.releases.looking import sources_of
from middleware.pipeline.releases.parts import Releases, in_words
from middleware.pipeline.releases.publishing import Published

T = TypeVar("T")

WHY_ONE = "each brand has flows of its own: name one with --brand"


async def sources_of_release(here: Installation, brand: str, number: int) -> dict[str, str]:
    """The files of a release, by path; of 0 those of the folder that the settings name. Raises NoRelease."""
    files = await sources_of(releases_of(here, brand), number)
    if files is not None:
        return files.sources
    place = here.settings.brands[brand].flows
    return read_folder(place).sources if place is not None else {}


def counted(number: int, what: str) -> str:
    """So many of something, in words."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def release_row(release: FlowRelease) -> dict[str, Any]:
    """A release for programs."""
    return {
        "release": release.number,
        "by": release.by,
        "at": release.at.isoformat(),
        "note": release.note,
        "based_on": release.based_on,
        "flows": list(release.flows),
        "failing_tests": list(release.failing),
    }


def history_row(publication: FlowPublication) -> dict[str, Any]:
    """A publication for programs."""
    return {
        "release": publication.release,
        "by": publication.by,
        "at": publication.at.isoformat(),
        "note": publication.note,
        "rollback": publication.back,
    }


def publication_row(published: Published) -> dict[str, Any]:
    """What customers get from now on, for programs."""
    return {**history_row(published.publication), "revision": published.revision}


def in_words_published(published: Published) -> str:
    """What customers get from now on, for people."""
    return (
        f"customers get {in_words(published.publication.release)} within two seconds, from every process"
        f" (revision {published.revision})"
    )


def on_releases(named: str, work: Callable[[Releases, datetime], Awaitable[T]]) -> T:
    """What is done with the releases of a brand."""

    async def run(here: Installation, brand: str) -> T:
        return await work(releases_of(here, brand), here.clock.now())

    return on_brand(named, WHY_ONE, run)
