"""Pulls: what is asked of a source from time to time, and how far that has come."""

from datetime import datetime, timedelta

from middleware.domain.record import Record

KEPT_RUNS = 20

_GRACE = timedelta(minutes=15)
"""On top of the time between two runs: what a busy source or a restart takes."""


class PullRun(Record):
    """One run: everything that changed since a time (`since` None: everything there is), page by page.

    One that goes on where another stopped has the start of that one: from then on changes may have been missed.

    `fresh` counts the events that were not known, `known` those that were, `quarantined` what could not be understood.
    `why` says how it ended: `complete`, or what stopped it.
    """

    started_at: datetime
    since: datetime | None = None
    ended_at: datetime | None = None
    pages: int = 0
    fresh: int = 0
    known: int = 0
    quarantined: int = 0
    why: str = ""


COMPLETE = "complete"


class Pull(Record):
    """How far one account is pulled. One document for each account; whoever holds it pulls, and nobody else.

    `owner` holds it until `held_until`; `fence` rises with every holder. `not_before` is when the next step is due.
    `run` is the run that is not over, `stream` and `cursor` where it is. `through` is the time up to which everything
    was pulled: the start of the last complete run. `history` are the runs that are over, the latest last.
    """

    id: str
    fence: int = 0
    owner: str | None = None
    held_until: datetime | None = None
    not_before: datetime | None = None
    failures: int = 0
    run: PullRun | None = None
    stream: str | None = None
    cursor: str | None = None
    through: datetime | None = None
    history: tuple[PullRun, ...] = ()

    @classmethod
    def key(cls, connector: str, account: str) -> str:
        """The id of an account's document."""
        return f"{connector}|{account}"

    def is_held(self, now: datetime) -> bool:
        """Whether somebody is at it."""
        return self.owner is not None and self.held_until is not None and now < self.held_until

    def is_due(self, now: datetime) -> bool:
        """Whether the next step may be taken."""
        return not self.is_held(now) and (self.not_before is None or self.not_before <= now)

    def late_since(self, every: timedelta, now: datetime) -> datetime | None:
        """Since when a complete run is due, where it is late by more than another span and a little; None in time.

        A run that somebody is at and that goes on is not late, however long it takes: the first one reads everything.
        """
        begun = [each.started_at for each in (*self.history[:1], self.run) if each is not None]
        since = self.through or min(begun, default=None)
        goes_on = self.run is not None and not self.failures and self.is_held(now)
        if since is None or goes_on or now <= since + 2 * every + _GRACE:
            return None
        return since + every
