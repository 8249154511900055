"""`python -m tests.benchmarks.candidates`: what one look costs with so many records in the index, and a scan of them.

The index is written in bulk, as a scan would leave it; then records come one by one.
"""

from collections.abc import Iterator, Sequence

from middleware.domain.candidates import Block, Indexed
from middleware.domain.profile import Identity
from middleware.identity.comparable import comparable

_AT_ONCE = 500
_LOOKS = 200


def documents(identities: Sequence[Identity]) -> Iterator[list[Indexed]]:
    """The index of these records, some documents at a time."""
    blocks: dict[str, Block] = {}
    some: list[Indexed] = []
    for identity in identities:
        own = comparable(identity)
        if own is None:
            continue
        for key in own.keys:
            blocks[key] = blocks.get(key, Block()).with_member(identity.id)
        some.append(Indexed(id=identity.id, comparable=own))
        if len(some) == _AT_ONCE:
            yield some
            some = []
    for key, block in blocks.items():
        some.append(Indexed(id=key, block=block))
        if len(some) == _AT_ONCE:
            yield some
            some = []
    yield some
