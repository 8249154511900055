"""A process that merges two profiles and takes them apart again until somebody kills it: `URI DATABASE`."""

import asyncio
import sys
from datetime import UTC, datetime

from middleware.domain.profile import Profile
from middleware.pipeline.merging import merge_profiles, unmerge_profile
from middleware.store.mongo import MongoBrandStore, connect

OLDER, YOUNGER = "p_older", "p_younger"


async def forever(uri: str, database: str) -> None:
    """Merge, unmerge, merge; says `ready` once it begins."""
    store = MongoBrandStore(connect(uri), database)
    print("ready", flush=True)  # noqa: T201 - the signal to the test
    while True:
        now = datetime.now(UTC).replace(microsecond=0)
        younger = (await store.get(Profile, [YOUNGER]))[YOUNGER].record
        if younger.merged_into is None:
            await merge_profiles(store, OLDER, YOUNGER, rule="test", by="test", now=now, despite=True)
        else:
            await unmerge_profile(store, YOUNGER, by="test", now=now)


if __name__ == "__main__":
    asyncio.run(forever(sys.argv[1], sys.argv[2]))
