"""Reading profiles with what they were merged into. A merged profile keeps its id: it resolves to where it points."""

from collections.abc import Collection, Mapping

from middleware.domain.profile import Profile
from middleware.domain.site import SiteTie
from middleware.ports import BrandStore, Stored

_MERGES_FOLLOWED = 20


async def read_profiles(store: BrandStore, ids: Collection[str]) -> dict[str, Stored[Profile]]:
    """The profiles with these ids, and all that they are merged into, by id."""
    found: dict[str, Stored[Profile]] = {}
    wanted = set(ids)
    for _ in range(_MERGES_FOLLOWED):
        found |= await store.get(Profile, wanted)
        targets = (each.record.merged_into for each in found.values())
        wanted = {target for target in targets if target is not None and target not in found}
        if not wanted:
            break
    return found


def roots(profiles: Mapping[str, Stored[Profile]]) -> dict[str, Profile]:
    """Profile id -> the profile that it resolves to by now."""
    resolved: dict[str, Profile] = {}
    for key, stored in profiles.items():
        profile = stored.record
        for _ in range(_MERGES_FOLLOWED):
            if profile.merged_into is None or profile.merged_into not in profiles:
                break
            profile = profiles[profile.merged_into].record
        resolved[key] = profile
    return resolved


async def signed_in_browsers(store: BrandStore, profile: Profile | None) -> frozenset[str]:
    """The browsers that came by a personal link of this profile, and whose visitor the site has signed for since.

    They are in a profile of their own, so that nothing in this one tells it. Reads only where there is such a link.
    """
    members = profile.members if profile is not None else ()
    came = {each.link.visitor for each in members if each.link is not None and each.link.visitor is not None}
    return frozenset(await store.get(SiteTie, came)) if came else frozenset()
