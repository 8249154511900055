"""A new release: what a folder holds, numbered. No customer gets it yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.flow_releases import MOST_FILES, MOST_RELEASE_BYTES, FlowFiles, FlowHead, FlowRelease, numbered
from middleware.errors import StoreUnavailable
from middleware.pipeline.releases.parts import Releases, head_at, read_head, release_of
from middleware.pipeline.templates.errors import NotDone
from middleware.pipeline.templates.parts import made
from middleware.ports import TRIES_TO_LAND, BrandStore, Put

_MOST_POWERS = 29
"""Powers of two among the numbers that a release can have."""
_LOOKED_AT = 32
"""Numbers that are looked at in one read."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a folder has become. `same`: it was this release already."""

    release: FlowRelease
    same: bool


async def latest(store: BrandStore) -> FlowRelease | None:
    """The release that was imported last. Numbers have no gap: a few looks find the end, however many there are."""
    found = await releases_at(store, [2**power for power in range(_MOST_POWERS)])
    last = found[-1] if found else None
    step = last.number if last is not None else 0
    while last is not None and step > 1:
        step = -(-step // _LOOKED_AT)
        further = [last.number + step * each for each in range(1, _LOOKED_AT)]
        last = [last, *await releases_at(store, further)][-1]
    return last


async def releases_at(store: BrandStore, numbers: Iterable[int]) -> list[FlowRelease]:
    """The releases of these numbers that there are, in the order of their numbers."""
    found = await store.get(FlowRelease, [numbered(each) for each in numbers])
    return sorted((stored.record for stored in found.values()), key=lambda each: each.number)


async def same_as(of: Releases, digest: str) -> FlowRelease | None:
    """The release that has these files already: the published one, or the latest one if it can still be published."""
    return await _same_as(of, digest, (await read_head(of.store)).record, await latest(of.store))


async def bring_in(
    of: Releases,
    files: FlowFiles,
    flows: Sequence[str],
    *,
    by: str,
    now: datetime,
    note: str = "",
    failing: Sequence[str] = (),
    revision: int | None = None,
) -> Imported:
    """Make a release of files that were checked, unless they are one. `flows` are the names of their flows.

    `revision`: only as long as the flows are still at this one, over which the files were put together.

    Raises FlowsChanged, and NotDone for an author or a note that does not fit, and for too many files or too large
    ones. A crash leaves files that no release names, at the most.
    """
    refuse_too_much(files)
    for _ in range(TRIES_TO_LAND):
        head, last = (await head_at(of.store, revision)).record, await latest(of.store)
        same = await _same_as(of, files.id, head, last)
        if same is not None:
            return Imported(same, same=True)
        release = made(
            FlowRelease,
            id=numbered((last.number if last is not None else 0) + 1),
            files=files.id,
            by=by,
            at=now,
            note=note,
            based_on=head.release,
            flows=tuple(sorted(flows)),
            failing=tuple(failing),
        )
        await of.store.write(Put(files))
        (landed,) = await of.store.write(Put(release))
        if landed:
            return Imported(release, same=False)
    raise StoreUnavailable("too many import at once; look whether it was done")


def refuse_too_much(files: FlowFiles) -> None:
    """Raises NotDone for more files, or larger ones, than a release can have."""
    if len(files.files) > MOST_FILES:
        raise NotDone(f"{len(files.files):,} files of flows and tests; a release has at most {MOST_FILES:,}")
    if sum(len(each.source.encode()) for each in files.files) > MOST_RELEASE_BYTES:
        raise NotDone(f"more than {MOST_RELEASE_BYTES // 2**20} MiB of flows and tests, the most of a release")


async def _same_as(of: Releases, digest: str, head: FlowHead, last: FlowRelease | None) -> FlowRelease | None:
    if head.release and (published := await release_of(of.store, head.release)).files == digest:
        return published
    # One that was based on what is not published any more cannot be published: the same files are a new one then.
    is_last = last is not None and last.files == digest and last.based_on == head.release
    return last if is_last else None
