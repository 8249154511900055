"""Alarms: something says nothing any more though it usually does, or is not pulled any more. Pure.

One document for each thing that is watched, so that of however many processes one notices and one tells.
"""

from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.record import Record

What = Literal["account", "engine", "pull"]
News = Literal["began", "ended"]

TOLD_WITHIN = timedelta(minutes=1)
"""How long whoever tells has it to itself."""

MOST_TRIES = 10
_LONGEST_PAUSE = timedelta(hours=1)


class Alarm(Record):
    """One alarm, `id` being that of the pulse, or `pull|<connector>|<account>`.

    `heard_at`: since when nothing is heard; of a pull, when it was due. `told` is the news that was sent last, `tries`
    and `held_until` are of the one that is being sent.
    """

    id: str
    what: What
    name: str
    heard_at: datetime
    began_at: datetime
    ended_at: datetime | None = None
    told: News | None = None
    tries: int = 0
    held_until: datetime | None = None

    @property
    def news(self) -> News | None:
        """What is to be told, if anything is. An end of which nobody was told the beginning is none."""
        if self.ended_at is None:
            return "began" if self.told is None else None
        return "ended" if self.told == "began" else None

    def is_to_be_told(self, now: datetime) -> bool:
        """Whether there is news, and nobody is at it."""
        return self.news is not None and (self.held_until is None or self.held_until <= now)

    def claimed(self, now: datetime) -> "Alarm":
        """The same with whoever tells at it, who has not told yet."""
        return self.model_copy(update={"held_until": now + TOLD_WITHIN, "tries": self.tries + 1})

    def after_telling(self, now: datetime, *, well: bool) -> "Alarm":
        """After the news was told, or was not: then it is tried again, later and later, and given up in the end."""
        if well or self.tries >= MOST_TRIES:
            return self.model_copy(update={"told": self.news, "tries": 0, "held_until": None})
        pause = min(TOLD_WITHIN * 2**self.tries, _LONGEST_PAUSE)
        return self.model_copy(update={"held_until": now + pause})


class Seen(Record):
    """What one look shows of a thing that is watched.

    `heard_at` as in `Alarm`, None where nothing was ever heard. `silent`: longer than usual, or too late. `lasts`: an
    alarm that is on goes on, since nothing has been heard since.
    """

    id: str
    what: What
    name: str
    heard_at: datetime | None
    silent: bool

    def lasts(self, alarm: Alarm) -> bool:
        """Whether an alarm that is on goes on. What is not heard of for so long that nothing is usual any more is."""
        if self.what == "pull":
            return self.silent
        return self.heard_at is None or self.heard_at <= alarm.heard_at


def after_a_look(known: Alarm | None, seen: Seen, now: datetime, *, tells: bool) -> Alarm | None:
    """The alarm after a look; None where there is nothing new to write. `tells`: somebody wants to be told."""
    if known is not None and known.ended_at is None:
        ended = known.model_copy(update={"ended_at": now, "tries": 0, "held_until": None})
        return None if seen.lasts(known) else ended
    if not seen.silent or seen.heard_at is None or (known is not None and tells and known.news is not None):
        return None
    return Alarm(id=seen.id, what=seen.what, name=seen.name, heard_at=seen.heard_at, began_at=now)
