"""Stage 5, resolve: who is writing, by exact identifiers only; and the lane, so that one worker is at it at a time.

Reads only. The lease is taken by the first write of the next stage, which lands only if nobody has touched the
sender's identity since it was read here: what was read in between is therefore still true then.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TypeVar

from middleware.domain.conversation import Conversation
from middleware.domain.events import EventKind, without_words
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity, profile_id_of
from middleware.domain.lines import is_taken_back
from middleware.domain.profile import Profile
from middleware.domain.record import Record
from middleware.identity.linking import Linked, link
from middleware.identity.merging import pair_id
from middleware.pipeline.codes import look_at_code
from middleware.pipeline.forgetting import judged, known_under
from middleware.pipeline.merging import read_apart
from middleware.pipeline.order import overtakes, waiting
from middleware.pipeline.pairing import look_at_pairing
from middleware.pipeline.passage import LaneBusy, Passage
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.rules import is_review_only
from middleware.pipeline.timeline import read_heads
from middleware.ports import InboxEntry, Stored

R = TypeVar("R", bound=Record)


async def resolve(passage: Passage) -> None:
    """Fill in identities, profiles and conversation of a channel event. Raises LaneBusy while another has the lane."""
    anchor = passage.event.anchor
    # All lie in one collection, so that they are read in one command.
    known, heads = await asyncio.gather(
        known_under(passage.brand.store, _keys_of(passage), passage.brand.forgetting),
        read_heads(passage.brand.store, {anchor.key} if anchor is not None else ()),
    )
    passage.event = judged(passage.event, known)
    stored = known.identities
    passage.head = next(iter(heads.values()), None)
    await _refuse_leased(passage, stored)
    await _let_older_ones_pass(passage, stored)
    profiles, conversation = await asyncio.gather(
        read_profiles(passage.brand.store, _profile_ids(passage, stored)), _conversation_of(passage, stored)
    )
    if passage.event.kind is EventKind.IDENTITY_CHANGE:
        stored |= await _suspended_phones(passage, stored, profiles)
    await look_at_code(passage, stored, profiles, conversation)
    linked = await _linked(passage, stored, profiles)
    passage.identities = _as_stored(linked.identities, stored)
    passage.profiles = _as_stored(linked.profiles, profiles)
    passage.profile_id = linked.profile_id
    passage.merged, passage.refused = linked.merged, linked.refused
    passage.unchanged = {
        *(key for key, each in stored.items() if each.record == linked.identities[key]),
        *(key for key, each in profiles.items() if each.record == linked.profiles.get(key)),
    }
    passage.conversation = await _conversation_after(passage, linked, conversation)
    await look_at_pairing(passage)
    if passage.event.message is not None and is_taken_back(passage.conversation.record, passage.event.message):
        passage.event = without_words(passage.event)


def _as_stored(present: Mapping[str, R], stored: Mapping[str, Stored[R]]) -> dict[str, Stored[R]]:
    """Records as they are now, each at the version at which it is stored: 0 for one that is not there yet."""
    return {key: Stored(each, stored[key].version if key in stored else 0) for key, each in present.items()}


async def _conversation_after(
    passage: Passage, linked: Linked, found: Stored[Conversation] | None
) -> Stored[Conversation]:
    """The conversation that linking says it is, if need be a new one; `found` is the one that the sender had before."""
    in_doubt = passage.sender.record.suspended is not None
    if in_doubt or (found is not None and found.record.id != linked.conversation_id):
        stored = await passage.brand.store.get(Conversation, [linked.conversation_id])
        found = stored.get(linked.conversation_id)
    return found or Stored(_new_conversation(passage, linked.conversation_id), 0)


async def _linked(
    passage: Passage, stored: dict[str, Stored[Identity]], profiles: dict[str, Stored[Profile]]
) -> Linked:
    """Link the event's identifiers; again if a profile that this would found is there already.

    It is when an earlier try landed by half. `profiles` gets what was found.
    """
    known = {key: each.record for key, each in stored.items()}
    proven = passage.code.edge if passage.code is not None else None
    linked = link(passage.event, known, roots(profiles), proven=proven)
    founded = set(linked.profiles) - set(profiles) - _profile_ids(passage, stored)
    found = await read_profiles(passage.brand.store, founded) if founded else {}
    if found:
        profiles |= found
        linked = link(passage.event, known, roots(profiles), proven=proven)
    apart, held = await _decided_apart(passage, linked, profiles), await _only_proposed(passage, linked)
    return link(passage.event, known, roots(profiles), apart, proven, held) if apart or held else linked


async def _decided_apart(passage: Passage, linked: Linked, profiles: dict[str, Stored[Profile]]) -> frozenset[str]:
    """Which of the profiles that this would merge somebody decided to be two people. Seldom asked: merges are rare."""
    apart: frozenset[str] = frozenset()
    for each in linked.merged:
        older, younger = profiles.get(each.older), profiles.get(each.younger)
        if older is not None and younger is not None:
            apart |= await read_apart(passage.brand.store, older.record, younger.record)
    return apart


async def _only_proposed(passage: Passage, linked: Linked) -> frozenset[str]:
    """Which of these merges are by a rule whose merges are undone too often."""
    store, now = passage.brand.store, passage.now()
    return frozenset(
        [pair_id(each.older, each.younger) for each in linked.merged if await is_review_only(store, each.rule, now)]
    )


def _keys_of(passage: Passage) -> set[str]:
    event = passage.event
    named: Iterable[Identifier | None] = (event.anchor, *event.also)
    keys = {identifier.key for identifier in named if identifier is not None}
    if event.change is not None:
        keys |= {event.change.previous.key, event.change.current.key}
    return keys


async def _refuse_leased(passage: Passage, stored: dict[str, Stored[Identity]]) -> None:
    """Raise LaneBusy while another worker has the lane, and let it know that somebody else has work there too."""
    assert passage.event.anchor is not None  # noqa: S101 - for the type checker
    sender = stored.get(passage.event.anchor.key)
    lease = sender.record.lease if sender is not None else None
    if sender is None or lease is None or lease.owner == passage.process.worker or passage.now() >= lease.until:
        return
    wanted = lease if overtakes(passage.event) else lease.wanted_for(waiting(passage.event))
    if wanted != lease:
        await passage.brand.store.write(sender.put(sender.record.model_copy(update={"lease": wanted})))
    raise LaneBusy(lease.until)


async def _let_older_ones_pass(passage: Passage, stored: dict[str, Stored[Identity]]) -> None:
    """Raise LaneBusy with the oldest event that the lane is wanted for, if that has to go first.

    A process keeps its own lanes in order by itself, so the inbox is asked only where the lane is wanted.
    """
    event = passage.event
    sender = stored.get(event.anchor.key) if event.anchor is not None else None
    wanted = sender.record.lease.wanted if sender is not None and sender.record.lease is not None else None
    if wanted is None or overtakes(event) or waiting(event).arrived() <= wanted.arrived():
        return
    older = (await passage.brand.store.get(InboxEntry, [wanted.event])).get(wanted.event)
    if older is not None:
        raise LaneBusy(passage.now(), older.record.event)


def _profile_ids(passage: Passage, stored: dict[str, Stored[Identity]]) -> set[str]:
    """The profiles that the identities name, and the one that the sender would found.

    That one may be there already although the sender does not name it: a write may land by half.
    """
    ids = {each.record.profile_id for each in stored.values() if each.record.profile_id is not None}
    sender = passage.event.anchor
    if sender is not None:
        identity = stored[sender.key].record if sender.key in stored else None
        if identity is None or identity.profile_id is None:
            ids.add(profile_id_of(sender))
        if identity is not None and (identity.suspended is not None or identity.profile_id is None):
            ids.add(profile_id_of(sender, in_doubt=True))
    return ids


async def _conversation_of(passage: Passage, stored: dict[str, Stored[Identity]]) -> Stored[Conversation] | None:
    """The conversation that the sender's identifiers have on this account."""
    event = passage.event
    order = sorted(stored, key=lambda key: event.anchor is None or key != event.anchor.key)
    for key in order:
        identity = stored[key].record
        seat = None if identity.suspended else identity.seat(event.connector, event.account)
        if seat is not None:
            return (await passage.brand.store.get(Conversation, [seat])).get(seat)
    return None


async def _suspended_phones(
    passage: Passage, stored: dict[str, Stored[Identity]], profiles: dict[str, Stored[Profile]]
) -> dict[str, Stored[Identity]]:
    """Suspended phones of the profiles at hand: a change of identifier may set them free."""
    phones = {
        member.identifier
        for profile in profiles.values()
        for member in profile.record.members
        if member.suspended and Identifier.from_key(member.identifier).kind is IdentifierKind.PHONE
    }
    return await passage.brand.store.get(Identity, phones - set(stored))


def _new_conversation(passage: Passage, conversation_id: str) -> Conversation:
    event = passage.event
    return Conversation(
        id=conversation_id,
        channel=event.connector,
        account=event.account,
        aliases=tuple(sorted(key for key, each in passage.identities.items() if not each.record.suspended)),
        started_at=event.occurred_at,
    )
