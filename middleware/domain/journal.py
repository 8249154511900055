"""The journal: who made which profiles one, or two again, when, by which rule. And what was decided about pairs."""

import hashlib
from datetime import datetime
from typing import Literal

from middleware.domain.record import Record

LONGEST_NOTE = 500
"""Characters of a note: why something was decided."""

JournalKind = Literal["merge", "unmerge", "split"]


class JournalEntry(Record):
    """One merge, unmerge or split of profiles.

    `stays` is the profile that was merged into, or that others leave; `moves` the one that was merged, that is on its
    own again, or that a split founded. `identifiers` are the keys that a split moves. `by` names who did it.
    It is written before the profiles are, as `begun`: whoever finds one that is not `done` carries it on.
    """

    id: str
    kind: JournalKind
    stays: str
    moves: str
    rule: str
    by: str
    at: datetime
    identifiers: tuple[str, ...] = ()
    note: str = ""
    state: Literal["begun", "done"] = "begun"


def journal_id(kind: JournalKind, stays: str, moves: str, cause: str) -> str:
    """The id of an entry: the same for the same cause (an event's key, a moment), so that a repetition is the same."""
    return hashlib.blake2b(f"{kind}\0{stays}\0{moves}\0{cause}".encode(), digest_size=12).hexdigest()


class Verdict(Record):
    """What was decided about two profiles, for ever: `id` is their pair (`identity/merging.py`).

    Or that one profile is `locked`, which keeps it out of the review queue: then `id` is the profile's.
    """

    id: str
    verdict: Literal["accepted", "rejected", "locked"]
    by: str
    at: datetime
    note: str = ""
