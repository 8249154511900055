"""A real customer as whom somebody tries flows: the context that a message of theirs would have now, put together by
what puts it together for a message. Reads only: nothing of the customer is changed, and nobody outside is asked.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from middleware.domain.context import Block, Context
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.on_demand import NOBODY_ASKED, is_look_up
from middleware.domain.profile import Profile
from middleware.errors import NotEnriched
from middleware.pipeline.absorb import after_event
from middleware.pipeline.enrich import assemble
from middleware.pipeline.enriching import Enricher, Enriching, NotToBeHad, Wanted
from middleware.pipeline.parts import Brand
from middleware.pipeline.person import profile_of_conversation, sender_in
from middleware.pipeline.profile_view import find_profile
from middleware.pipeline.profiles import signed_in_browsers
from middleware.pipeline.recent_contexts import MADE_UP_LINK, is_ours
from middleware.ports import Channel, Clock


@dataclass(frozen=True, slots=True)
class RealSender:
    """Whoever writes in a conversation, as they are known."""

    brand: Brand
    channel: Channel
    profile: Profile
    conversation: Conversation
    sender: Identifier
    signed_in: Collection[str]

    def after(self, event: Event) -> "RealSender":
        """The same with what an event says of them on their profile, as absorbing it would have it."""
        members = tuple(
            each.model_copy(update={"fragment": after_event(each.fragment, event)})
            if each.identifier == self.sender.key
            else each
            for each in self.profile.members
        )
        return replace(self, profile=self.profile.model_copy(update={"members": members}))

    def context(self, event: Event, conversation: Conversation, blocks: Collection[str], now: datetime) -> Context:
        """The context for an event of theirs in the conversation as it is by then. Its personal links are made up."""
        return assemble(
            self.brand,
            self.channel,
            self.profile,
            self.sender.key,
            conversation,
            now=now,
            blocks=blocks,
            event=event,
            offers=(MADE_UP_LINK, MADE_UP_LINK),
            signed_in=self.signed_in,
        )

    async def on_demand(self, event: Event, context: Context, lacking: NotEnriched) -> Mapping[str, Block[Any]]:
        """The blocks that a flow wants while it decides: what fits is worked out, no other system is asked."""
        enrichers = self.brand.enrichers_for(event.connector, event.account)
        asked = {name: _NotAsked(each) if is_look_up(name) else each for name, each in enrichers.items()}
        wanted = Wanted(context, event, self.profile, self.sender.key, lacking.answers, self.signed_in)
        return await Enriching(asked, self.brand.enrich_within).blocks(wanted, lacking.blocks)


@dataclass(frozen=True, slots=True)
class _NotAsked:
    """A look-up that nobody makes: what is remembered of it is there, marked as old, or nothing (`Enricher`)."""

    enricher: Enricher

    async def block(self, wanted: Wanted) -> Block[Any]:  # noqa: ARG002 - nobody is asked, whatever is wanted
        raise NotToBeHad(NOBODY_ASKED)

    def instead(self, wanted: Wanted, why: str) -> Block[Any]:
        return self.enricher.instead(wanted, why)


async def sender_in_talk(
    brand: Brand, channels: Mapping[str, Channel], conversation_id: str, clock: Clock
) -> RealSender | None:
    """Whoever writes in a conversation; None where there is no such one, nobody is known, or its account is gone."""
    store = brand.store
    found = await profile_of_conversation(store, conversation_id)
    if found is None or found[1] is None:
        return None
    conversation, profile = found[0], await find_profile(store, found[1])
    if profile is None or not conversation.aliases or not is_ours(brand, channels, conversation):
        return None
    await brand.catalogue.look(store, clock.monotonic())
    sender = Identifier.from_key(sender_in(conversation, profile))
    signed_in = await signed_in_browsers(store, profile)
    return RealSender(brand, channels[conversation.channel], profile, conversation, sender, signed_in)
