"""How templates did: worked out from what is on record when somebody asks (docs/decisions/0019).

Nothing is counted while messages are worked on, so nothing has to be counted once. For each conversation with news: its
turns, what the platform reported of their messages, when the customer wrote, and the orders that are attested to be of
whoever was written to.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.events import TURN_KINDS, EventKind
from middleware.domain.identity import Identity
from middleware.domain.reply_results import Receipts, ReplyResult, results_of
from middleware.domain.reply_tally import Tally
from middleware.domain.template_results import By, Goal, TemplateResults
from middleware.domain.timeline import Entry
from middleware.domain.turn import Turn, turn_id_of
from middleware.identity.disclosure import Sight
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.recent import GoOn, entries_since, recent_conversations
from middleware.ports import BrandStore, Recorded

_REPORTS = frozenset({EventKind.STATUS, EventKind.DELIVERY, EventKind.READ})
_WRITES = frozenset({EventKind.MESSAGE, EventKind.POSTBACK})


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know: of replies to what customers wrote from `since` on; of one template or of all."""

    since: datetime
    goal: Goal = "answered"
    template: str | None = None
    by: By = "variant"


async def template_results(
    store: BrandStore, brand: str, asked: Asked, now: datetime, go_on: GoOn = lambda _: True
) -> TemplateResults:
    """Work the results out. Reads the conversations once along their ids; `go_on` may end that, and what was read by
    then is the result. Raises StoreUnavailable.
    """
    tally, reading = Tally(now, asked.by), _Reading(store, brand, asked.since, now)
    read, complete = 0, True

    def told(number: int) -> bool:
        nonlocal complete
        complete = go_on(number)
        return complete

    async with aclosing(recent_conversations(store, asked.since, told)) as batches:
        async for number, conversations in batches:
            read = number
            found = await reading.replies(conversations) if conversations else {}
            sent_to = {each.sender for some in found.values() for each in some if each.at is not None}
            orders = await reading.orders(sent_to) if sent_to else {}
            for replies in found.values():
                tally.add(replies, orders)
    return tally.results(asked.since, asked.goal, complete=complete, conversations=read, only=asked.template)


class _Reading:
    """Reads what a batch of conversations needs, side by side."""

    def __init__(self, store: BrandStore, brand: str, since: datetime, now: datetime) -> None:
        self._store = store
        self._brand = brand
        self._since = since
        self._now = now

    async def replies(self, conversations: Sequence[Conversation]) -> dict[str, list[ReplyResult]]:
        """What became of the replies of these conversations, by conversation."""
        aliases = {alias for each in conversations for alias in each.aliases}
        timelines = await entries_since(self._store, aliases, self._since)
        entries = {each.id: _entries_of(each, timelines) for each in conversations}
        every = [entry for some in entries.values() for entry in some]
        turns, recorded = await asyncio.gather(
            self._store.get(Turn, {turn_id_of(self._brand, each.event) for each in every if each.kind in TURN_KINDS}),
            self._store.get(Recorded, {each.event for each in every if each.kind in _REPORTS}),
        )
        told = {key: each.record.event.receipt for key, each in recorded.items()}
        found: dict[str, list[ReplyResult]] = {}
        for conversation, some in entries.items():
            own = {
                entry.event: stored.record
                for entry in some
                if (stored := turns.get(turn_id_of(self._brand, entry.event))) is not None
                and stored.record.conversation_id == conversation
            }
            receipts = Receipts(receipt for each in some if (receipt := told.get(each.event)) is not None)
            written = sorted(entry.at for entry in some if _is_written_here(entry, own))
            turns_here = own.values()
            found[conversation] = [each for turn in turns_here for each in results_of(turn, receipts, written)]
        return found

    async def orders(self, senders: Collection[str]) -> dict[str, dict[str, datetime]]:
        """The orders that are attested to be of each sender by now: id -> when it was placed. Cancelled ones are none.

        "Attested" as for telling the sender about them: nobody's order counts for a reply to somebody else.
        """
        identities = await self._store.get(Identity, senders)
        homes = {key: each.record.profile_id for key, each in identities.items()}
        profiles = roots(await read_profiles(self._store, {home for home in homes.values() if home is not None}))
        found: dict[str, dict[str, datetime]] = {}
        for sender, home in homes.items():
            profile = profiles.get(home) if home is not None else None
            if profile is None or not any(member.fragment.orders for member in profile.members):
                continue
            told = Sight(profile, sender, self._now).orders(now=self._now)
            found[sender] = {each.id: each.created_at for each in told if each.present_state() != "cancelled"}
        return found


def _entries_of(conversation: Conversation, timelines: Mapping[str, Iterable[Entry]]) -> list[Entry]:
    """What happened to whoever has written in a conversation. They may have others, on other accounts of the brand."""
    entries = (entry for alias in conversation.aliases for entry in timelines.get(alias, ()))
    return list({entry.event: entry for entry in entries}.values())


def _is_written_here(entry: Entry, turns: Mapping[str, Turn]) -> bool:
    """Whether the customer wrote in this conversation. What they write in a group has no turn."""
    return entry.kind is EventKind.STANDBY or (entry.kind in _WRITES and entry.event in turns)
