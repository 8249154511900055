"""Jobs of the kind `news`: an order or a solved ticket becomes an event on the lane of the customer whom it concerns.

One conversation at most hears of it: the one in which the customer wrote last, whose window is open, and whose sender
may be told about this very thing. The event's key follows from the thing, so whatever is told of it again is no news.
"""

from dataclasses import dataclass

from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind, News
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.domain.jobs import JobKind
from middleware.domain.news import news_in
from middleware.domain.profile import Profile
from middleware.identity.disclosure import Sight
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.absorb_facts import named_in
from middleware.pipeline.profiles import read_profiles, roots, signed_in_browsers
from middleware.pipeline.senders import WRITES, senders_in
from middleware.ports import BrandStore, Clock, InboxEntry, Put, Recorded

TOLD, NO_NEWS, NOBODY = "told", "no_news", "nobody"


@dataclass(frozen=True, slots=True)
class TellNews:
    """How news find their conversation."""

    clock: Clock

    def kind(self) -> KindOfJob:
        """The kind of job."""
        return KindOfJob(JobKind.NEWS, self.work, self.give_up)

    async def work(self, claim: Claim) -> Over | Later:
        """Put the event into the inbox, if there is news and a conversation for it."""
        store = claim.brand.store
        found = (await store.get(Recorded, [claim.job.event_key])).get(claim.job.event_key)
        if found is None:
            return Later("the event is not in the timeline")
        fact, now = found.record.event, self.clock.now()
        news = news_in(fact, now)
        if news is None or fact.anchor is None:
            return Over(NO_NEWS)
        key = f"news:{news.what}:{fact.anchor.scope}:{news.about}"
        if key in await store.get(Recorded, [key]):
            return Over(NO_NEWS)
        for conversation, senders in await self._conversations(store, fact, news):
            event = Event(
                key=key,
                kind=EventKind.NEWS,
                connector=conversation.channel,
                account=conversation.account,
                occurred_at=now,
                received_at=now,
                anchor=senders[0],
                also=senders[1:],
                news=news,
            )
            return Over(TOLD, (Put(InboxEntry.of(event)),))
        return Over(NOBODY)

    async def give_up(self, claim: Claim, reason: str) -> Over:  # noqa: ARG002 - nothing is kept of it
        """What was news is none any more."""
        return Over("")

    async def _conversations(
        self, store: BrandStore, fact: Event, news: News
    ) -> list[tuple[Conversation, tuple[Identifier, ...]]]:
        """The conversations that may hear of it, the one in which the customer wrote last first, each with the
        identifiers under which they write there.
        """
        named = await store.get(Identity, named_in(fact))
        homes = {each.record.profile_id for each in named.values() if each.record.profile_id is not None}
        profiles = roots(await read_profiles(store, homes))
        found = []
        for profile in {each.id: each for each in profiles.values()}.values():
            found += await self._of_profile(store, profile, news)
        return sorted(found, key=lambda pair: str(pair[0].last_inbound_at), reverse=True)

    async def _of_profile(
        self, store: BrandStore, profile: Profile, news: News
    ) -> list[tuple[Conversation, tuple[Identifier, ...]]]:
        now, signed_in = self.clock.now(), await signed_in_browsers(store, profile)
        keys = [each.identifier for each in profile.members if Identifier.from_key(each.identifier).kind in WRITES]
        writers = [each.record for each in (await store.get(Identity, keys)).values() if not each.record.suspended]
        may_hear = [each for each in writers if _may_be_told(Sight(profile, each.id, now, signed_in), news, self.clock)]
        seats = {seat.conversation_id for each in may_hear for seat in each.seats}
        conversations = [each.record for each in (await store.get(Conversation, seats)).values()]
        open_ones = (each for each in conversations if each.window(now).open and not each.stopped())
        heard_by = frozenset(each.id for each in may_hear)
        return [(each, senders_in(each, writers, heard_by)) for each in open_ones]


def _may_be_told(sight: Sight, news: News, clock: Clock) -> bool:
    if news.what == "order_placed":
        return any(order.id == news.about for order in sight.orders(now=clock.now()))
    return any(ticket.id == news.about for _, ticket in sight.tickets())
