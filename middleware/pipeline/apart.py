"""Repeats decisions about who is not one person in the index of matching, where they are seen without a read."""

from collections.abc import Collection

from middleware.domain.candidates import Comparable, Indexed
from middleware.errors import StoreUnavailable
from middleware.ports import TRIES_TO_LAND, BrandStore


async def keep_apart(
    store: BrandStore, one: tuple[Collection[str], Collection[str]], other: tuple[Collection[str], Collection[str]]
) -> None:
    """Repeat in the index that two are apart, so that a look at one of their records needs no more reading.

    Each side: the keys of its identifiers, and the ids of its profiles. Called by whoever writes such a verdict.
    """
    await decide_in_index(store, one[0], other[1], locked=False)
    await decide_in_index(store, other[0], one[1], locked=False)


async def decide_in_index(store: BrandStore, records: Collection[str], apart: Collection[str], *, locked: bool) -> None:
    """Repeat a decision in the index, for all these records that are in it."""
    for _ in range(TRIES_TO_LAND):
        puts = []
        for key, stored in (await store.get(Indexed, records)).items():
            known = stored.record.comparable
            after = _decided(known, apart, locked=locked) if known is not None else None
            if after is not None and after != known:
                puts.append(stored.put(Indexed(id=key, comparable=after)))
        if all(await store.write(*puts)):
            return
    raise StoreUnavailable("others keep changing the same records")


def _decided(known: Comparable, apart: Collection[str], *, locked: bool) -> Comparable:
    others = tuple(sorted({*known.apart, *apart}))
    return known.model_copy(update={"apart": others, "locked": known.locked or locked})
