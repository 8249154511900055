"""Taking a merge back that a person has looked at: what was seen is what is undone, and once only."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.journal import JournalEntry
from middleware.domain.profile import Profile
from middleware.errors import MergeRefused
from middleware.identity.preview import Preview
from middleware.pipeline.merging import preview_unmerge, unmerge_profile
from middleware.pipeline.profiles import read_profiles
from middleware.ports import BrandStore, Stored


@dataclass(frozen=True, slots=True)
class Merged:
    """A profile that was merged into another one. `seen` is another one once either of them has changed."""

    profile_id: str
    into: str
    rule: str | None
    preview: Preview
    seen: str


async def look_at_merge(store: BrandStore, profile_id: str) -> Merged:
    """What taking a merged profile out would change. Raises MergeRefused if it is not merged, or not there."""
    preview = await preview_unmerge(store, profile_id)
    found = await read_profiles(store, {profile_id})
    child = found[profile_id].record
    return Merged(profile_id, child.merged_into or "", child.merged_by, preview, _seen(found))


async def undo_merge(
    store: BrandStore, profile_id: str, seen: str, *, by: str, now: datetime, note: str = ""
) -> JournalEntry | None:
    """Take a merged profile out; None if it is not what was `seen` any more, or somebody else does it at this moment.

    Raises MergeRefused if it is not merged, or not there.
    """
    found = await read_profiles(store, {profile_id})
    child = found.get(profile_id)
    if child is None or child.record.merged_into is None:
        raise MergeRefused("this profile is not merged into another one")
    if _seen(found) != seen:
        return None
    # A change that has to land, so that of two who undo it at once one does.
    (landed,) = await store.write(child.put(child.record))
    return await unmerge_profile(store, profile_id, by=by, now=now, note=note) if landed else None


def _seen(profiles: dict[str, Stored[Profile]]) -> str:
    states = "|".join(f"{key} {profiles[key].version}" for key in sorted(profiles))
    return hashlib.blake2b(states.encode(), digest_size=8).hexdigest()
