"""Jobs of the kind `news`: an order, a solved ticket or a cart that was left becomes an event on the lane of the
customer whom it concerns.

One conversation at most hears of it: the one in which the customer wrote last, whose window is open, and whose sender
may be told about this very thing. The event's key follows from the thing, so whatever is told of it again is no news.
"""

from dataclasses import dataclass

from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind, News
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.domain.jobs import JobKind
from middleware.domain.news import is_of_cart, key_of, news_in
from middleware.domain.policy import CART_CHANGED, CART_GONE
from middleware.domain.profile import Profile
from middleware.identity.disclosure import Sight
from middleware.jobs.claim import Claim, KindOfJob, Later, Over
from middleware.pipeline.absorb_facts import named_in
from middleware.pipeline.left_carts import links_of, why_not_told
from middleware.pipeline.profiles import read_profiles, roots, signed_in_browsers
from middleware.pipeline.senders import conversations_of, senders_in, writers_of
from middleware.ports import BrandStore, Clock, Recorded

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
        key = key_of(news, fact.anchor.scope)
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
            return Over(TOLD, event=event)
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
        named = await store.get(Identity, await links_of(store, fact) if is_of_cart(news) else named_in(fact))
        homes = {each.record.profile_id for each in named.values() if each.record.profile_id is not None}
        profiles = roots(await read_profiles(store, homes))
        found = []
        for profile in {each.id: each for each in profiles.values()}.values():
            found += await self._of_profile(store, profile, news)
        return sorted(found, key=lambda pair: (self._is_open(pair[0]), str(pair[0].last_inbound_at)), reverse=True)

    async def _of_profile(
        self, store: BrandStore, profile: Profile, news: News
    ) -> list[tuple[Conversation, tuple[Identifier, ...]]]:
        now, signed_in = self.clock.now(), await signed_in_browsers(store, profile)
        writers = await writers_of(store, profile)
        may_hear = [each for each in writers if _may_be_told(Sight(profile, each.id, now, signed_in), news, self.clock)]
        # That a cart was left is looked at once more on the customer's lane: there the turn says why nothing was said.
        told = [each for each in await conversations_of(store, may_hear) if is_of_cart(news) or self._is_open(each)]
        heard_by = frozenset(each.id for each in may_hear)
        return [(each, senders_in(each, writers, heard_by)) for each in told]

    def _is_open(self, conversation: Conversation) -> bool:
        return conversation.window(self.clock.now()).open and not conversation.stopped()


def _may_be_told(sight: Sight, news: News, clock: Clock) -> bool:
    if is_of_cart(news):
        return why_not_told(sight, (), news, clock.now()) not in {CART_GONE, CART_CHANGED}
    if news.what == "order_placed":
        return any(order.id == news.about for order in sight.orders(now=clock.now()))
    return any(ticket.id == news.about for _, ticket in sight.tickets())
