"""Looking a sender up from outside a message: the pull API and the command line. Reads only."""

from collections.abc import Collection, Mapping, Sequence

from middleware.domain.context import BLOCKS, RECOMMENDATIONS, Context
from middleware.domain.conversation import Conversation
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity, profile_id_of
from middleware.domain.on_demand import with_blocks
from middleware.domain.profile import Profile
from middleware.identity.disclosure import Sight
from middleware.identity.joined import Joined
from middleware.pipeline.enrich import assemble
from middleware.pipeline.parts import Brand
from middleware.pipeline.person import sender_in
from middleware.pipeline.profile_view import find_profile, read_joined
from middleware.pipeline.profiles import read_profiles, roots, signed_in_browsers
from middleware.pipeline.recommending.gathering import product_in, recommendations_block
from middleware.pipeline.senders import senders_of
from middleware.pipeline.timeline import TimelineView, read_timeline
from middleware.ports import Account, Channel, Clock


class LookUp:
    """Finds the context of a sender by channel, account and the sender's id there."""

    def __init__(
        self,
        brands: Mapping[str, Brand],
        channels: Mapping[str, Channel],
        accounts: Sequence[Account],
        clock: Clock,
    ) -> None:
        self._brands = brands
        self._channels = channels
        self._accounts = accounts
        self._clock = clock

    def account(self, channel: str, named: str, brands: Collection[str]) -> Account | None:
        """The account with this id or name on a channel, among some brands."""
        if channel not in self._channels:
            return None
        here = [a for a in self._accounts if a.connector == channel and a.brand in brands]
        by_id = [account for account in here if account.id == named]
        by_name = [account for account in here if account.name == named]
        return next(iter(by_id or by_name), None)

    async def context(self, account: Account, sender: str, blocks: Collection[str] = BLOCKS) -> Context | None:
        """The context of a sender, as a bot would get it; None if `sender` is no id of this channel."""
        identifier = self._channels[account.connector].sender(account, sender)
        return await self._context(account, identifier, blocks) if identifier is not None else None

    async def context_beside(self, brand: str, conversation: Conversation) -> Context | None:
        """The context of whoever writes in a conversation; None if nobody does any more, or its account is gone."""
        here = self._brands[brand]
        account = here.accounts.get((conversation.channel, conversation.account))
        senders = await senders_of(here.store, conversation)
        return await self._context(account, senders[0], BLOCKS) if account is not None and senders else None

    async def _context(self, account: Account, identifier: Identifier, blocks: Collection[str]) -> Context:
        channel, brand = self._channels[account.connector], self._brands[account.brand]
        identity, profile, conversation = await self._found(brand, account, identifier)
        known = identity.id if identity is not None else identifier.key
        return await self._assembled(brand, channel, profile, known, conversation, blocks)

    async def context_in(self, brand: str, profile: Profile, conversation: Conversation) -> Context:
        """The context of whoever writes in a conversation of a brand, as a bot would get it there."""
        channel, sender = self._channels[conversation.channel], sender_in(conversation, profile)
        return await self._assembled(self._brands[brand], channel, profile, sender, conversation, BLOCKS)

    async def _assembled(
        self,
        brand: Brand,
        channel: Channel,
        profile: Profile | None,
        sender: str,
        conversation: Conversation | None,
        blocks: Collection[str],
    ) -> Context:
        await brand.catalogue.look(brand.store, self._clock.monotonic())
        signed_in = await signed_in_browsers(brand.store, profile)
        now = self._clock.now()
        context = assemble(brand, channel, profile, sender, conversation, now=now, blocks=blocks, signed_in=signed_in)
        if RECOMMENDATIONS not in blocks:
            return context
        sight = Sight(profile, sender, now, signed_in) if profile is not None else None
        about = product_in(brand, sight, None, now) if sight is not None else None
        return with_blocks(context, {RECOMMENDATIONS: await recommendations_block(brand, sight, about, now)})

    async def joined(self, brand: str, profile_id: str) -> Joined | None:
        """The whole picture of one person of a brand, for people; None if there is no such profile."""
        profile = await find_profile(self._brands[brand].store, profile_id)
        return await read_joined(self._brands[brand], profile) if profile is not None else None

    async def timeline(self, brand: str, profile_id: str, before: str | None, most: int) -> TimelineView | None:
        """What happened to one person of a brand; None if there is no such profile. Raises CursorError."""
        profile = await find_profile(self._brands[brand].store, profile_id)
        if profile is None:
            return None
        return await read_timeline(self._brands[brand].store, profile, before=before, most=most)

    async def profile_id(self, account: Account, sender: str) -> str | None:
        """The profile that a sender belongs to by now; None if nobody knows them. Raises nothing for any text."""
        identifier = self._channels[account.connector].sender(account, sender)
        if identifier is None:
            return None
        _, profile, _ = await self._found(self._brands[account.brand], account, identifier)
        return profile.id if profile is not None else None

    async def panel_of(self, account: Account, sender: str) -> tuple[str, str] | None:
        """The profile and the conversation of a sender, for a link to their panel; None if `sender` is no id of this
        channel. Of somebody whom nobody knows yet: the profile that they would found, and no conversation.
        """
        identifier = self._channels[account.connector].sender(account, sender)
        if identifier is None:
            return None
        _, profile, conversation = await self._found(self._brands[account.brand], account, identifier)
        found = profile.id if profile is not None else profile_id_of(identifier)
        return found, conversation.id if conversation is not None and profile is not None else ""

    async def _found(
        self, brand: Brand, account: Account, identifier: Identifier
    ) -> tuple[Identity | None, Profile | None, Conversation | None]:
        stored = (await brand.store.get(Identity, [identifier.key])).get(identifier.key)
        if stored is None:
            return None, None, None
        identity = stored.record
        seat = identity.seat(account.connector, account.id)
        conversations = await brand.store.get(Conversation, [seat] if seat is not None else [])
        conversation = next((each.record for each in conversations.values()), None)
        profiles = await read_profiles(brand.store, {identity.profile_id} if identity.profile_id else ())
        profile = roots(profiles).get(identity.profile_id) if identity.profile_id else None
        return identity, profile, conversation
