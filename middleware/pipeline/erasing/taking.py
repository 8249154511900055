"""Taking out all that is kept of somebody, in the one order: what ids lead to, then what none leads to, and the shells
of their conversations last.

A person is erased this way, and made-up people go this way. So a kind of record has one row in `kinds.BECOMES`, and is
found in one place: from the ids of a person (`gathering`, `deleting`), or along its collection (`sweeping.SWEEPS`).
"""

from collections.abc import Callable, Collection
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.erasing import Work
from middleware.pipeline.erasing.deleting import (
    Counts,
    add_to,
    clean_beside,
    delete_events,
    delete_identities,
    empty_conversations,
    unpair,
)
from middleware.pipeline.erasing.gathering import Gathered
from middleware.pipeline.erasing.underway import end_jobs
from middleware.ports import BrandStore, Clock, Delete

Checkpoint = Callable[[str], None]


def work_of(found: Gathered) -> Work:
    """What is to be taken out, of what was gathered."""
    return Work(
        profiles=tuple(sorted(found.profiles)),
        identifiers=tuple(sorted(found.own | found.things)),
        orphans=tuple(sorted(found.orphans)),
        beside=tuple(sorted(found.beside)),
    )


async def take_out(
    store: BrandStore, brand: str, work: Work, shells: Collection[str], clock: Clock, at: datetime,
    checkpoint: Checkpoint = lambda _: None,
) -> Counts:  # fmt: skip
    """Delete all that ids lead to, and leave emptied shells of these conversations, as of `at`. It may be repeated.

    Raises StillAtWork and StoreUnavailable.
    """
    counts = Counts()
    add_to(counts, {"jobs": await end_jobs(store, {*work.identifiers, *work.orphans}, clock)})
    add_to(counts, {"conversations": await empty_conversations(store, shells, work, at)})
    await unpair(store, shells)
    checkpoint("erase_emptied")
    add_to(counts, await delete_events(store, brand, work))
    checkpoint("erase_events_deleted")
    add_to(counts, await delete_identities(store, work))
    checkpoint("erase_identities_deleted")
    add_to(counts, await clean_beside(store, work))
    return counts


async def delete_shells(store: BrandStore, shells: Collection[str]) -> None:
    """Delete the shells of conversations, once every board has learned of them (`forgetting.SETTLES`). What somebody
    new has begun in the place of one stays.
    """
    found = (await store.get(Conversation, shells)).values()
    await store.write(
        *(Delete(Conversation, each.record.id, each.version) for each in found if each.record.erased_at is not None)
    )
