"""Reading one person whole, for people: the profile by its id, and the conversations that say what they consented to.

A bounded number of reads by `_id`.
"""

from collections.abc import Mapping

from middleware.domain.conversation import Conversation
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.identity.graph import Graph, graph_of
from middleware.identity.joined import Joined, join
from middleware.pipeline.parts import Brand
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.timeline import MOST_MEMBERS
from middleware.ports import BrandStore

_MOST_CONVERSATIONS = 200


async def find_profile(store: BrandStore, profile_id: str) -> Profile | None:
    """The profile that an id resolves to by now: what was merged away is shown as what it was merged into."""
    return roots(await read_profiles(store, {profile_id})).get(profile_id)


async def read_joined(brand: Brand, profile: Profile) -> Joined:
    """The whole picture of one person."""
    return join(profile, brand.ownership, await conversations_of(brand.store, profile))


async def conversations_of(store: BrandStore, profile: Profile) -> list[Conversation]:
    """The conversations of all members, those that were suspended among them: an opt-out counts all the same."""
    members = [member.identifier for member in profile.members[:MOST_MEMBERS]]
    identities = await store.get(Identity, members)
    seats = sorted({seat.conversation_id for each in identities.values() for seat in each.record.seats})
    found = await store.get(Conversation, seats[:_MOST_CONVERSATIONS]) if seats else {}
    return [found[seat].record for seat in sorted(found)]


async def read_graph(store: BrandStore, profile_id: str) -> tuple[Graph, Mapping[str, Profile]] | None:
    """The graph of the profile that an id resolves to, with the profiles merged into it; None if there is none."""
    profile = await find_profile(store, profile_id)
    if profile is None:
        return None
    graph = graph_of(profile)
    found = await store.get(Profile, [home for home in graph.homes if home != profile.id])
    return graph, {key: each.record for key, each in found.items() if each.record.merged_into is not None}
