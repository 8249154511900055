"""Which release customers get: by publishing one, or by going back to one.

Written in this order, so that a crash leaves what was before or what comes after: the publication, which nothing names
yet; then the head, which decides, and which every process looks at.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from middleware.domain.flow_releases import THE_FILES, FlowHead, FlowPublication, FlowRelease, numbered
from middleware.domain.template_versions import same_person
from middleware.errors import FlowError
from middleware.pipeline.releases.errors import ReleaseRefused
from middleware.pipeline.releases.parts import (
    Releases,
    changed,
    desk_with,
    head_at,
    in_words,
    mistakes,
    publications,
    read_head,
    release_of,
)
from middleware.pipeline.templates.errors import NotNow
from middleware.pipeline.templates.parts import made
from middleware.ports import Delete, Put, Stored

_NUMBERS_TRIED = 20
"""Numbers that may be taken by publications that were broken off."""


@dataclass(frozen=True, slots=True)
class Published:
    """What customers get from now on, and the revision of the brand's flows with it."""

    publication: FlowPublication
    revision: int


async def publish(
    of: Releases, number: int, *, by: str, now: datetime, note: str = "", revision: int | None = None
) -> Published:
    """Give a release to customers. Without a `note` it has that of the release.

    Raises NoRelease, FlowsChanged, ReleaseRefused; and NotNow if it is published already, was based on another release
    than the published one, or was imported by whoever publishes it where that takes two persons.
    """
    head = await head_at(of.store, revision)
    release = await publishable(of, number, head.record)
    if of.two_persons and same_person(release.by, by):
        raise NotNow(f"{release.by} imported release {number}, and in this brand somebody else has to publish it")
    await refuse_mistakes(of, number)
    return await _published(
        of, head, release=number, by=by, at=now, note=note or release.note, behind=head.record.release
    )


async def publishable(of: Releases, number: int, head: FlowHead) -> FlowRelease:
    """A release that can be published over what is published. Raises NoRelease, and NotNow if it is published already,
    or was based on another release.
    """
    if number == THE_FILES:
        raise NotNow("release 0 are the files: throughline flows rollback 0 gives them to customers")
    release = await release_of(of.store, number)
    if number == head.release:
        raise NotNow(f"release {number} is published already")
    if release.based_on != head.release:
        raise NotNow(
            f"release {number} was imported when {in_words(release.based_on)} was published;"
            f" {head.changed_by} has published {in_words(head.release)} since:"
            f" look at throughline flows diff {head.release} {number}, and import it again"
        )
    return release


async def roll_back(
    of: Releases, number: int | None = None, *, by: str, now: datetime, note: str = "", revision: int | None = None
) -> Published:
    """Give customers an earlier release again: the one before the published one, or this one; 0 are the files.

    Takes one person. Raises NoRelease, FlowsChanged, ReleaseRefused; and NotNow if it is published already, or never
    was, or if nothing was published before.
    """
    head = await head_at(of.store, revision)
    history = [each async for each in publications(of.store, head.record.publication)]
    if number is None:
        if not history or head.record.release == THE_FILES:
            raise NotNow("nothing was published before: customers get the files")
        number = history[0].behind
    if number == head.record.release:
        raise NotNow(f"{in_words(number)} is what customers get already")
    earlier = next((each for each in history if each.release == number), None)
    if number != THE_FILES and earlier is None:
        await release_of(of.store, number)
        raise NotNow(f"release {number} was never published: throughline flows publish {number}")
    await refuse_mistakes(of, number)
    behind = earlier.behind if earlier is not None else THE_FILES
    return await _published(of, head, release=number, by=by, at=now, note=note, behind=behind, back=True)


async def _published(of: Releases, head: Stored[FlowHead], **fields: Any) -> Published:  # noqa: ANN401 - of a publication
    """Write a publication over the head that was read. What has lost leaves none behind."""
    number = head.record.publication + 1
    publication = made(FlowPublication, id=numbered(number), before=head.record.publication, **fields)
    for _ in range(_NUMBERS_TRIED):
        (landed,) = await of.store.write(Put(publication))
        if landed:
            break
        number += 1
        publication = publication.model_copy(update={"id": numbered(number)})
    else:
        raise changed(await read_head(of.store))
    after = FlowHead(
        release=publication.release, publication=number, changed_by=publication.by, changed_at=publication.at
    )
    (won,) = await of.store.write(head.put(after))
    if not won:
        await of.store.write(Delete(FlowPublication, publication.id))
        raise changed(await read_head(of.store))
    return Published(publication, head.version + 1)


async def refuse_mistakes(of: Releases, number: int) -> None:
    """Flows and templates have changed since it was imported, and so may have Throughline."""
    try:
        found = await mistakes(of.store, await desk_with(of.store, of.desk, number))
    except FlowError as error:
        raise NotNow(f"{in_words(number)} cannot be said by this version of Throughline:\n{error}") from None
    if found:
        raise ReleaseRefused(number, found)
