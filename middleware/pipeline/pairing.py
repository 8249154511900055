"""Pairing on the path of a message, and as the console asks for it.

A message that is no code costs no command; one that looks like one costs a read. One that does not count is an ordinary
message: it is answered as any other.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.pairing import (
    LIVES,
    Pairing,
    PairingCode,
    Pairings,
    code_id,
    may_guess,
    new_pairing_code,
    pairing_code_of,
    with_guess,
)
from middleware.domain.turn import Paired, Turn, turn_id
from middleware.domain.users import Login
from middleware.errors import StoreUnavailable
from middleware.pipeline.passage import Passage
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, Put, Stored


async def look_at_pairing(passage: Passage) -> None:
    """Fill in whose code the message is, if it is one that counts in its conversation."""
    code = pairing_code_of(passage.event)
    conversation = passage.conversation.record
    if code is None or turn_id(passage.brand.name, passage.event) in conversation.applied:
        return
    if not may_guess(conversation.guesses, passage.now()):
        return
    key = code_id(code)
    stored = (await passage.brand.store.get(PairingCode, [key])).get(key)
    if stored is not None and stored.record.counts_in(conversation.id, passage.now()):
        passage.pairing = stored.record
    else:
        passage.guessed = True


def heard_guess(passage: Passage, conversation: Conversation) -> Conversation:
    """The conversation with a wrong code counted, if the message was one."""
    if not passage.guessed:
        return conversation
    return conversation.model_copy(update={"guesses": with_guess(conversation.guesses, passage.event.received_at)})


async def pair(passage: Passage, turn: Turn, effect: Paired) -> None:
    """Make the conversation the user's. Done again it changes nothing; of two who write one code at once, one is."""
    store = passage.brand.store
    await passage.keep_lane()
    stored = (await store.get(PairingCode, [effect.code])).get(effect.code)
    if stored is None or stored.record.is_over(passage.now()):
        return
    if stored.record.used_in is None:
        used = stored.record.model_copy(update={"used_in": turn.conversation_id})
        (landed,) = await store.write(stored.put(used))
        if not landed:
            await pair(passage, turn, effect)
            return
    elif stored.record.used_in != turn.conversation_id:
        return
    pairing = Pairing(
        conversation=turn.conversation_id, channel=turn.channel, account=turn.account, since=turn.decided_at
    )
    await _changed(store, effect.login, lambda known: known.with_pairing(pairing))


async def pairings_of(store: BrandStore, login: Login) -> Pairings:
    """The conversations of a user with this brand."""
    stored = (await store.get(Pairings, [login])).get(login)
    return stored.record if stored is not None else Pairings(id=login)


async def make_code(store: BrandStore, login: Login, below: Callable[[int], int], now: datetime) -> str | None:
    """A code for a user to write; the one before it counts no more. None where they had too many lately."""
    before = await pairings_of(store, login)
    if not before.has_room(now):
        return None
    code = new_pairing_code(below)
    record = PairingCode(id=code_id(code), login=login, expires_at=now + LIVES)
    await store.write(Put(record))
    await _changed(store, login, lambda known: known.with_code(record.id, now))
    if before.code is not None:
        await store.write(Delete(PairingCode, before.code))
    return code


async def unpair(store: BrandStore, login: Login, conversation: str) -> None:
    """Take a conversation back."""
    await _changed(store, login, lambda known: known.without(conversation))


async def end_pairings(stores: Iterable[BrandStore], login: Login) -> None:
    """Take all of a user's back, and the code that they have: they may not sign in, or may not do this, any more."""
    for store in stores:
        known = await pairings_of(store, login)
        codes = [Delete(PairingCode, known.code)] if known.code is not None else []
        await store.write(Delete(Pairings, login), *codes)


async def _changed(store: BrandStore, login: Login, change: Callable[[Pairings], Pairings]) -> None:
    for _ in range(TRIES_TO_LAND):
        stored = (await store.get(Pairings, [login])).get(login) or Stored(Pairings(id=login), 0)
        after = change(stored.record)
        if after == stored.record or all(await store.write(stored.put(after))):
            return
    raise StoreUnavailable("others keep changing the same pairings")
