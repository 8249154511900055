"""Which turns somebody means: by the id of a turn, of a message of the customer's or of ours, of an event or of a
conversation. Every way is a few reads by `_id`.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from middleware.domain.conversation import KEPT_TURNS, Conversation
from middleware.domain.events import event_key
from middleware.domain.identity import Identity
from middleware.domain.turn import Turn, turn_id_of, turn_of_key
from middleware.errors import ThroughlineError
from middleware.ports import BrandStore, DeadLetter, InboxEntry, Recorded

_TURN = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST = 500
_TOLD_OF_OURS = (":echo", ":status:sent", ":status:delivered", ":status:read", ":status:failed")
"""How the keys end under which platforms report a message that we sent, after its id."""

GIVE_INSTEAD = (
    "Give the id of a turn, of an event (`throughline profile timeline`), of a message (mid, wamid), the key of a reply"
    " (`throughline outbox list`), or the id of a conversation."
)


class NoTrace(ThroughlineError):  # noqa: N818 - a verdict on what was asked
    """Nothing is traced under this name; says what to give instead."""


class Where(NamedTuple):
    """The brand that is looked at, and its accounts as (connector, account id)."""

    store: BrandStore
    brand: str
    accounts: Collection[tuple[str, str]]


async def find_turns(where: Where, named: str, last: int = 1) -> list[Turn]:
    """The turns that are meant, oldest first: one, or the `last` ones of a conversation (at most 50).

    Raises NoTrace, which says what to give instead, and StoreUnavailable.
    """
    if not named or len(named) > _LONGEST or not named.isprintable():
        raise NoTrace(f"That is no id. {GIVE_INSTEAD}")
    own = turn_of_key(named)
    if own is not None or _TURN.fullmatch(named):
        identifier = own[0] if own is not None else named
        found = await _turns(where, [identifier])
        if not found:
            raise NoTrace(f"{where.brand} has no turn {identifier}.")
        return found
    conversation = (await where.store.get(Conversation, [named])).get(named)
    if conversation is not None:
        return await _of_conversation(where, conversation.record, last)
    keys = list(_event_keys(where, named))
    found = await _turns(where, [turn_id_of(where.brand, key) for key in keys]) or await _of_ours(where, named)
    if not found:
        raise NoTrace(await _why_not(where, named, keys))
    return found


async def _turns(where: Where, ids: Collection[str]) -> list[Turn]:
    stored = await where.store.get(Turn, ids)
    return sorted((each.record for each in stored.values()), key=lambda turn: (turn.decided_at, turn.id))


async def _of_conversation(where: Where, conversation: Conversation, last: int) -> list[Turn]:
    ids = conversation.applied[-max(1, min(last, KEPT_TURNS)) :]
    found = await _turns(where, ids)
    if not found:
        raise NoTrace(f"Nothing was decided in the conversation {conversation.id} yet.")
    return found


def _event_keys(where: Where, named: str) -> Iterable[str]:
    """The keys of events that it can be, or that it can be the message id of."""
    yield named
    for connector, account in where.accounts:
        yield event_key(connector, account, named)


async def _of_ours(where: Where, message_id: str) -> list[Turn]:
    """The turn of a message that we sent, by what its platform reported of it."""
    keys = [
        event_key(connector, account, f"{message_id}{end}")
        for connector, account in where.accounts
        for end in _TOLD_OF_OURS
    ]
    recorded = (await where.store.get(Recorded, keys)).values()
    for event in (each.record.event for each in recorded):
        told = event.receipt or event.message
        key = turn_of_key(told.correlation_key) if told is not None and told.correlation_key else None
        if key is not None:
            return await _turns(where, [key[0]])
    anchors = {(event.anchor.key, event.connector, event.account) for each in recorded
               if (event := each.record.event).anchor is not None}  # fmt: skip
    identities = await where.store.get(Identity, {key for key, _, _ in anchors})
    seats = (identities[key].record.seat(*at) for key, *at in sorted(anchors) if key in identities)
    conversations = await where.store.get(Conversation, [seat for seat in seats if seat is not None])
    ids = [turn for each in conversations.values() for turn in each.record.applied]
    return [turn for turn in await _turns(where, ids) if any(each.message_id == message_id for each in turn.messages)]


async def _why_not(where: Where, named: str, keys: Collection[str]) -> str:
    """Why there is no turn of an event, or of a message."""
    waiting = await where.store.get(InboxEntry, keys)
    if waiting:
        return f"{next(iter(waiting))} waits in the inbox; nothing is decided on it yet."
    dead = await where.store.get(DeadLetter, keys)
    if dead:
        return f"The work on {next(iter(dead))} failed for good: `throughline dead-letters show` says why."
    recorded = await where.store.get(Recorded, keys)
    if recorded:
        event = next(iter(recorded.values())).record.event
        return f"{event.key} is on record as {event.kind}, which calls for no answer: it has no turn."
    return f"{where.brand} knows no {named!r}. {GIVE_INSTEAD}"
