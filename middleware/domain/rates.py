"""How much the platforms let one account send: one small table, as documented.

Source: Messenger Platform and Instagram Messaging, rate limits of the Send API; WhatsApp Cloud API, throughput and
pair rate limits.
"""

from enum import StrEnum

from middleware.domain.messages import Reply
from middleware.domain.record import Record


class Traffic(StrEnum):
    """Classes of message that a platform counts apart."""

    ORDINARY = "ordinary"
    """Text, links, reactions, stickers."""
    AUDIO_VIDEO = "audio_video"


class PairRate(Record):
    """What may go from one account to one person: a message every `every` seconds.

    As many as `burst` may be borrowed at once against what comes later.
    """

    every: float
    burst: int


class Rates(Record):
    """What one account may send. Messages per second, by class; a class that is not named counts as ordinary."""

    per_second: dict[Traffic, float]
    pair: PairRate | None = None

    def traffic(self, wanted: Traffic) -> Traffic:
        """The class as which this channel counts a message."""
        return wanted if wanted in self.per_second else Traffic.ORDINARY

    def with_ordinary(self, per_second: float) -> "Rates":
        """The same with another number of ordinary messages; the other classes fall with it, and never rise."""
        share = min(1.0, per_second / self.per_second[Traffic.ORDINARY])
        others = {traffic: number * share for traffic, number in self.per_second.items()}
        return self.model_copy(update={"per_second": {**others, Traffic.ORDINARY: per_second}})


_PAGES = Rates(per_second={Traffic.ORDINARY: 300, Traffic.AUDIO_VIDEO: 10})

RATES: dict[str, Rates] = {
    "messenger": _PAGES,
    "instagram": _PAGES,
    # The platform raises a number to 1,000 by itself; a number that an app on a phone shares (coexistence) has 20.
    "whatsapp": Rates(per_second={Traffic.ORDINARY: 80}, pair=PairRate(every=6, burst=45)),
}

MOST_PER_SECOND = {"messenger": 300, "instagram": 300, "whatsapp": 1_000}
"""What an account can be raised to, by channel."""


def traffic_of(reply: Reply) -> Traffic:
    """The class of a reply. All that a reply can carry yet is text."""
    del reply
    return Traffic.ORDINARY
