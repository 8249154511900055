"""What customers may be told now, for the last thing that each of them wrote: for looking at templates, never to send.

Reads only, a bounded number of documents. The personal links in it are made up: none is given out.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from middleware.domain.context import Context
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, event_key
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.pipeline.enrich import assemble
from middleware.pipeline.parts import Brand
from middleware.pipeline.profiles import read_profiles, roots, signed_in_browsers
from middleware.ports import BrandStore, Channel, Recorded

MADE_UP_LINK = "x" * 22
"""As long as the id of a personal link."""


def is_ours(brand: Brand, channels: Mapping[str, Channel], conversation: Conversation) -> bool:
    """Whether the account that a conversation is on is still there."""
    account = (conversation.channel, conversation.account)
    return account in brand.accounts and conversation.channel in channels


async def contexts_of(
    brand: Brand, channels: Mapping[str, Channel], conversations: Sequence[Conversation], now: datetime
) -> list[tuple[Conversation, str, Context]]:
    """The conversations with who writes there (the key) and their context for the last thing that they wrote."""
    store = brand.store
    events = await _last_written(store, conversations)
    senders = {each.id: _sender(each, events.get(each.id)) for each in conversations}
    identities = await store.get(Identity, set(senders.values()))
    homes = {key: each.record.profile_id for key, each in identities.items()}
    profiles = roots(await read_profiles(store, {home for home in homes.values() if home is not None}))
    own = {each.id: profiles.get(homes.get(senders[each.id]) or "") for each in conversations}
    signed_in = await asyncio.gather(*(signed_in_browsers(store, own[each.id]) for each in conversations))
    return [
        (
            each,
            senders[each.id],
            assemble(
                brand,
                channels[each.channel],
                own[each.id],
                senders[each.id],
                each,
                now=now,
                event=events.get(each.id),
                offers=(MADE_UP_LINK, MADE_UP_LINK),
                signed_in=browsers,
            ),
        )
        for each, browsers in zip(conversations, signed_in, strict=True)
    ]


async def _last_written(store: BrandStore, conversations: Sequence[Conversation]) -> dict[str, Event]:
    """What the customer wrote last in each conversation, as it is on record, by conversation."""
    keys = {each.id: _keys_of_last(each) for each in conversations}
    recorded = await store.get(Recorded, {key for some in keys.values() for key in some})
    found = {key: [recorded[each].record.event for each in some if each in recorded] for key, some in keys.items()}
    return {key: events[0] for key, events in found.items() if events}


def _keys_of_last(conversation: Conversation) -> list[str]:
    """The keys under which the customer's last message can be on record: a site's have the visitor in them."""
    last = next((line for line in reversed(conversation.lines) if line.by == "customer"), None)
    if last is None:
        return []
    who = [Identifier.from_key(alias).value for alias in conversation.aliases]
    own = [last.id, *(f"{each}:{last.id}" for each in who)]
    return [event_key(conversation.channel, conversation.account, each) for each in own]


def _sender(conversation: Conversation, event: Event | None) -> str:
    """Who wrote last, by key; where that is not on record any more, any of those who have written there."""
    if event is not None and event.anchor is not None:
        return event.anchor.key
    return conversation.aliases[0]
