"""What a template would say to customers who wrote lately: how often it falls back, for want of what, and for whom."""

from collections import Counter
from datetime import datetime
from typing import Literal

from middleware.domain.record import Record
from middleware.domain.template_results import Rate, rate_of

EXAMPLES = 3


class Rendered(Record):
    """What a template says to one customer, without its words.

    `lacking`: the value for want of which the fallback is said, or what else is in the way.
    """

    locale: str
    variant: str | None = None
    lacking: str | None = None
    cut: bool = False
    """Something of it does not fit the channel and is cut off."""
    messages: int = 1
    """How many messages it takes."""


class Lacking(Record):
    """A value, and for how many of the customers it is the first that is missing."""

    value: str
    senders: int


class ForecastGroup(Record):
    """The customers of one channel who would be answered in one locale."""

    channel: str
    locale: str
    senders: int
    fell_back: int
    cut: int


class ForecastExample(Record):
    """One customer to whom the fallback would be said. `sender` is masked, `profile_id` opaque."""

    channel: str
    locale: str
    sender: str
    profile_id: str | None
    lacking: str


class Forecast(Record):
    """What a template would have said to the customers who wrote since then, from what is known of them now.

    `ended`: all of them were looked at, or as many as the limit allows, or somebody ended it early. Those that were
    looked at are as good as drawn by lot. `skipped`: their account is not in the settings any more.
    """

    template: str
    since: datetime
    at: datetime
    ended: Literal["all", "limit", "early"]
    conversations: int
    senders: int
    skipped: int
    falls_back: Rate
    cut: int
    split: int
    lacking: tuple[Lacking, ...]
    groups: tuple[ForecastGroup, ...]
    examples: tuple[ForecastExample, ...]


class ForecastCount:
    """Counts customer by customer."""

    def __init__(self) -> None:
        self.senders = 0
        self._split = 0
        self._lacking: Counter[str] = Counter()
        self._of: Counter[tuple[str, str]] = Counter()
        self._fell_back: Counter[tuple[str, str]] = Counter()
        self._cut: Counter[tuple[str, str]] = Counter()
        self._examples: dict[str, list[ForecastExample]] = {}

    def add(self, channel: str, sender: str, profile_id: str | None, said: Rendered) -> None:
        """Count what would be said to one customer. `sender` is masked already."""
        group = (channel, said.locale)
        self.senders += 1
        self._of[group] += 1
        self._split += said.messages > 1
        self._cut[group] += said.cut
        if said.lacking is not None:
            self._lacking[said.lacking] += 1
            self._fell_back[group] += 1
            examples = self._examples.setdefault(said.lacking, [])
            if len(examples) < EXAMPLES:
                example = ForecastExample(
                    channel=channel, locale=said.locale, sender=sender, profile_id=profile_id, lacking=said.lacking
                )
                examples.append(example)

    def forecast(
        self,
        template: str,
        since: datetime,
        at: datetime,
        ended: Literal["all", "limit", "early"],
        *,
        conversations: int,
        skipped: int,
    ) -> Forecast:
        """What was counted."""
        return Forecast(
            template=template,
            since=since,
            at=at,
            ended=ended,
            conversations=conversations,
            senders=self.senders,
            skipped=skipped,
            falls_back=rate_of(self._fell_back.total(), self.senders),
            cut=self._cut.total(),
            split=self._split,
            lacking=tuple(Lacking(value=value, senders=count) for value, count in self._lacking.most_common()),
            groups=tuple(self._group(*group) for group, _ in self._of.most_common()),
            examples=tuple(self._chosen()),
        )

    def _group(self, channel: str, locale: str) -> ForecastGroup:
        group = (channel, locale)
        return ForecastGroup(
            channel=channel,
            locale=locale,
            senders=self._of[group],
            fell_back=self._fell_back[group],
            cut=self._cut[group],
        )

    def _chosen(self) -> list[ForecastExample]:
        """A few examples: as many different reasons as there is room for, the most frequent first."""
        by_reason = [self._examples[value] for value, _ in self._lacking.most_common()]
        in_turn = [some[at] for at in range(EXAMPLES) for some in by_reason if at < len(some)]
        return in_turn[:EXAMPLES]
