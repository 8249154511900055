"""A release of flows that is being made out of a draft: how far that is, and what came of it. No customer is in it."""

from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.record import Record
from middleware.domain.template_versions import Author

STALLED_AFTER = timedelta(seconds=40)
"""Without a word for so long, whoever was at it has died."""

MOST_TROUBLES = 50
"""Errors and failing tests that are kept of one attempt."""
LONGEST_TROUBLE = 500
"""Characters of one, and of each of its lines."""
MOST_LINES = 12

MakingState = Literal["running", "made", "refused", "failed", "stopped"]
"""`refused`: what was written keeps it from being made; `failed`: something of ours went wrong."""
Then = Literal["", "publish", "ask"]
"""What is to be done with it once it is made: nothing, give it to customers, ask others to."""
MakingEnd = Literal["", "released", "same", "published", "asked", "unknown"]
"""What a release that is made has become. `same`: there was such a one already; `unknown`: it failed after that."""


class MakingTrouble(Record):
    """One thing that kept a release from being made: an error, or the `test` that does not hold, with where it lies.

    `lines` are what was expected of the test (`-`), what came (`+`), and both, each with its sign before it.
    """

    file: str
    line: int
    column: int = 0
    test: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()


class FlowMaking(Record):
    """The last attempt to make a release out of a draft; `id` is the path of its file.

    `done` of `of` tests were run, and that of `file` is the next; `at` is when that was written. `unrun` are those for
    which no time was left; `more` are troubles that are not kept. `because`: why it was not made, or not published.
    """

    id: str
    by: Author
    begun_at: datetime
    at: datetime
    then: Then = ""
    state: MakingState = "running"
    done: int = 0
    of: int = 0
    file: str = ""
    release: int = 0
    end: MakingEnd = ""
    troubles: tuple[MakingTrouble, ...] = ()
    more: int = 0
    unrun: int = 0
    because: str = ""

    def is_under_way(self, now: datetime) -> bool:
        """Whether somebody is at it."""
        return self.state == "running" and now - self.at < STALLED_AFTER

    def is_broken_off(self, now: datetime) -> bool:
        """Whether it was begun and is not over, and nobody is at it."""
        return self.state == "running" and not self.is_under_way(now)
