"""How much the platforms let one account send, as pacing reads it. The numbers stand in the table of channels."""

from enum import StrEnum

from middleware.domain.capabilities import RateRule
from middleware.domain.channels import CHANNELS
from middleware.domain.forms import Media
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


def _rates(documented: RateRule) -> Rates:
    per_second = {Traffic.ORDINARY: documented.text_per_second}
    if documented.media_per_second != documented.text_per_second:
        per_second[Traffic.AUDIO_VIDEO] = documented.media_per_second
    every, burst = documented.pair_seconds, documented.pair_burst
    pair = PairRate(every=every, burst=burst) if every is not None and burst is not None else None
    return Rates(per_second=per_second, pair=pair)


RATES: dict[str, Rates] = {name: _rates(channel.rates) for name, channel in CHANNELS.items()}

MOST_PER_SECOND = {name: channel.rates.raised_to for name, channel in CHANNELS.items()}
"""What an account can be raised to, by channel."""


def traffic_of(reply: Reply) -> Traffic:
    """The class of a reply."""
    is_loud = isinstance(reply.form, Media) and reply.form.type in {"audio", "video"}
    return Traffic.AUDIO_VIDEO if is_loud else Traffic.ORDINARY
