"""The look before: what would go, in numbers, and who else is concerned. Nothing is written, all reads are bounded."""

from collections.abc import Collection
from datetime import datetime

from middleware.domain.erasing import LONGEST_HISTORY
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.journal import JournalEntry
from middleware.domain.proof import Proof
from middleware.domain.record import Record
from middleware.pipeline.erasing.gathering import Gathered, gather, members_of
from middleware.pipeline.erasing.kinds import COUNTED
from middleware.pipeline.erasing.sweeping import SMALL, Wanted, look_through
from middleware.pipeline.finding import find_people
from middleware.pipeline.forgetting import Forgetting
from middleware.ports import BrandStore

_CONTACTS = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
_MOST_CONTACTS = 10
_MOST_OTHERS = 20


class Look(Record):
    """What an erasure would take: `counts` by kind, in the order in which they are shown. `at_least`: kinds of which
    there is more than was looked at. `others`: profiles that bear the same contacts or have a part in the same orders,
    and are not erased with this person.
    """

    profile: str
    counts: dict[str, int]
    at_least: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


async def look_at_erasure(
    store: BrandStore, forgetting: Forgetting, profile_ids: Collection[str], now: datetime
) -> Look | None:
    """What erasing these profiles together, as one person, would take; None if there is none of these ids. Raises
    StoreUnavailable.
    """
    members = await members_of(store, profile_ids)
    if not members.profiles:
        return None
    gathered = await gather(store, forgetting.brand, members, LONGEST_HISTORY)
    counts = {
        "profiles": len(gathered.profiles),
        "identifiers": len(gathered.own),
        "things": len(gathered.things),
        "conversations": len(gathered.conversations),
        "events": gathered.events,
        "turns": gathered.turns,
        "beside": len(gathered.beside),
        "review": len(await store.found_by(JournalEntry, ("stays", "moves"), gathered.profiles)),
        "proofs": len(await store.get(Proof, gathered.own)),
    }
    at_least = set() if gathered.is_whole else {"events", "turns", "things"}
    gone = frozenset(gathered.own | gathered.things | gathered.orphans)
    wanted = Wanted(frozenset(gathered.profiles), gone, now)
    for sweep in SMALL:
        number, whole = await look_through(forgetting.common if sweep.common else store, sweep, wanted)
        counts[sweep.counted] = counts.get(sweep.counted, 0) + number
        at_least |= set() if whole else {sweep.counted}
    shown = {kind: counts[kind] for kind in COUNTED if counts.get(kind)}
    return Look(
        profile=min(profile_ids),
        counts=shown,
        at_least=frozenset(at_least & shown.keys()),
        others=await _others(store, gathered),
    )


async def _others(store: BrandStore, gathered: Gathered) -> tuple[str, ...]:
    others = set(gathered.others)
    named = [Identifier.from_key(key) for key in sorted(gathered.own | gathered.orphans)]
    for contact in [each for each in named if each.kind in _CONTACTS][:_MOST_CONTACTS]:
        found = await find_people(store, contact.value, [contact])
        others |= {hit.profile.id for hit in found.hits}
    return tuple(sorted(others - gathered.profiles)[:_MOST_OTHERS])
