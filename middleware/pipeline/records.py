"""Reading along a whole collection, for reports and for commands that people start: never on the path of a message."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from middleware.domain.record import Record
from middleware.ports import BrandStore, Stored

R = TypeVar("R", bound=Record)


async def records(
    store: BrandStore, kind: type[R], *, after: str = "", prefix: str = ""
) -> AsyncGenerator[Stored[R], None]:
    """All records of a kind in the order of their ids, one by one: after an id, and of those that begin with a prefix.

    Raises StoreUnavailable.
    """
    async with aclosing(store.scan(kind, after=after, prefix=prefix)) as batches:
        async for batch in batches:
            for stored in batch:
                yield stored
