"""What accepting a candidate would move and disclose, for whoever decides. A bounded number of reads by `_id`."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.customer import ConsentState
from middleware.domain.profile import Profile
from middleware.errors import MergeRefused
from middleware.identity.joined.doing import consents_of
from middleware.identity.preview import Preview, of_merge
from middleware.pipeline.merging import read_apart
from middleware.pipeline.profile_view import conversations_of
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import BrandStore


@dataclass(frozen=True, slots=True)
class ConsentThen:
    """Consent on one channel for one purpose: what each of two says now, and what counts for both then."""

    channel: str
    purpose: str
    before: tuple[ConsentState | None, ConsentState | None]
    after: ConsentState


@dataclass(frozen=True, slots=True)
class Weighed:
    """What making two profiles one would change. In `preview` the older one comes first, which stays.

    `conversations` counts those of each by channel, in the same order.
    """

    preview: Preview
    conversations: tuple[Mapping[str, int], Mapping[str, int]]
    consents: tuple[ConsentThen, ...]


async def weigh(store: BrandStore, one: str, other: str, now: datetime) -> Weighed:
    """What making two profiles one would change. Raises MergeRefused if there is no such profile, or only one."""
    homes = roots(await read_profiles(store, {one, other}))
    if not {one, other} <= homes.keys():
        raise MergeRefused("there is no profile with this id")
    if homes[one].id == homes[other].id:
        raise MergeRefused("they are one profile already")
    older, younger = sorted((homes[one], homes[other]), key=Profile.age)
    apart, ours, theirs = await asyncio.gather(
        read_apart(store, older, younger), conversations_of(store, older), conversations_of(store, younger)
    )
    return Weighed(
        preview=of_merge(older, younger, now, apart),
        conversations=(_counted(ours), _counted(theirs)),
        consents=_consents(older, younger, ours, theirs),
    )


def _counted(conversations: Sequence[Conversation]) -> Mapping[str, int]:
    return Counter(each.channel for each in conversations)


def _consents(
    older: Profile, younger: Profile, ours: Sequence[Conversation], theirs: Sequence[Conversation]
) -> tuple[ConsentThen, ...]:
    together = older.with_members_of(younger)
    known = [
        {(each.channel, each.purpose): each.state for each in consents_of(profile.members, profile.words, seats)}
        for profile, seats in ((older, ours), (younger, theirs), (together, [*ours, *theirs]))
    ]
    return tuple(
        ConsentThen(*place, (known[0].get(place), known[1].get(place)), after)
        for place, after in sorted(known[2].items())
    )
