"""What people see of releases: which there are, who made them, and which one customers get."""

from collections.abc import Mapping
from dataclasses import dataclass

from middleware.domain.flow_releases import THE_FILES, FlowFiles, FlowHead, FlowPublication, FlowRelease
from middleware.pipeline.releases.importing import latest, releases_at
from middleware.pipeline.releases.parts import Releases, files_of, publications, read_head, release_of
from middleware.pipeline.templates.errors import NotNow
from middleware.pipeline.templates.looking import unified
from middleware.ports import Stored


@dataclass(frozen=True, slots=True)
class Listed:
    """Releases, the latest first, and how customers came to get which: `history`, the latest first."""

    head: Stored[FlowHead]
    releases: tuple[FlowRelease, ...]
    history: tuple[FlowPublication, ...]
    more: bool


async def listed(of: Releases, most: int, before: int | None = None) -> Listed:
    """At most so many releases, only numbers below `before`; and as many publications."""
    head, last = await read_head(of.store), await latest(of.store)
    end = last.number if last is not None else 0
    end = end if before is None else min(end, before - 1)
    found = await releases_at(of.store, range(max(1, end - most), end + 1))
    history: list[FlowPublication] = []
    async for each in publications(of.store, head.record.publication):
        if len(history) == most:
            break
        history.append(each)
    return Listed(head, tuple(reversed(found[-most:])), tuple(history), len(found) > most)


async def sources_of(of: Releases, number: int) -> FlowFiles | None:
    """The files of a release; None for the files (0), which are not in the store. Raises NoRelease."""
    return None if number == THE_FILES else await files_of(of.store, await release_of(of.store, number))


async def usual_pair(of: Releases, one: int | None, other: int | None) -> tuple[int, int]:
    """Which two are compared: without numbers the published one and the latest, or what the published one followed.

    Raises NotNow where there are no two.
    """
    if one is not None and other is not None:
        return one, other
    published, last = (await read_head(of.store)).record.release, await latest(of.store)
    newest = last.number if last is not None else THE_FILES
    if one is not None:
        return one, published if one != published else newest
    if published != newest:
        return published, newest
    if last is None:
        raise NotNow("there is no release: throughline flows import FOLDER makes one")
    return last.based_on, newest


def texts_differing(one: int, other: int, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """A unified diff for each file that differs between two releases, by path."""
    return {
        path: unified(before.get(path, ""), after.get(path, ""), f"{one}/{path}", f"{other}/{path}")
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }
