"""Reading back what happened lately, for commands that people start: nothing is kept for it on a message's path.

One walk along the conversations finds those with news; all else is read by id, a bounded number of documents at a time.
"""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.timeline import Entry, TimelineHead, TimelinePage, page_id
from middleware.ports import BrandStore

GoOn = Callable[[int], bool]
"""Told how many conversations were read; whether to read on."""

_PAGES_AT_ONCE = 8
"""Full pages of a timeline that are read before it is taken to have nothing more of the time looked at. What was told
late stands on a newer page than its time says, so one page is not enough to tell.
"""


async def recent_conversations(
    store: BrandStore, since: datetime, go_on: GoOn
) -> AsyncGenerator[tuple[int, list[Conversation]], None]:
    """Batch by batch, how many conversations were read so far and those of the batch in which a customer did something
    since then. In the order of their ids, which say nothing: those that are read first are as good as drawn by lot.
    """
    read = 0
    async with aclosing(store.scan(Conversation)) as batches:
        async for batch in batches:
            read += len(batch)
            conversations = (stored.record for stored in batch)
            yield read, [each for each in conversations if each.last_inbound_at and each.last_inbound_at >= since]
            if not go_on(read):
                return


async def entries_since(store: BrandStore, identifiers: Collection[str], since: datetime) -> dict[str, list[Entry]]:
    """What stands in the timelines of these identifiers since then, by identifier."""
    heads = {key: each.record for key, each in (await store.get(TimelineHead, identifiers)).items()}
    found = {key: [*head.entries, *head.full] for key, head in heads.items()}
    ahead = {key: head.pages - (1 if head.full else 0) for key, head in heads.items()}
    while some := {key: range(max(0, top - _PAGES_AT_ONCE), top) for key, top in ahead.items() if top}:
        ids = [page_id(key, number) for key, numbers in some.items() for number in numbers]
        pages = await store.get(TimelinePage, ids)
        ahead = {}
        for key, numbers in some.items():
            read = [pages[each].record for number in numbers if (each := page_id(key, number)) in pages]
            entries = [entry for page in read for entry in page.entries if entry.at >= since]
            found[key] += entries
            ahead[key] = numbers.start if entries else 0
    return {key: [entry for entry in entries if entry.at >= since] for key, entries in found.items()}
