"""Deleting what was gathered. Each step may be repeated, and what leads to the rest goes last: events before the
timelines that list them, those before the identities.
"""

from collections.abc import Collection
from datetime import datetime

from middleware.domain.conversation import Conversation
from middleware.domain.erasing import THINGS, Work
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.order_numbers import OrderNumber
from middleware.domain.pairing import Pairings
from middleware.domain.profile import Profile
from middleware.domain.site import SiteTie
from middleware.errors import StoreUnavailable
from middleware.identity.comparable import COMPARED_KINDS
from middleware.pipeline.erasing.gathering import event_keys_of, read_all
from middleware.pipeline.forgetting import is_empty, leave_nothing, scrubbed, scrubbed_event
from middleware.pipeline.matching import forget_record
from middleware.pipeline.profiles import read_profiles, roots
from middleware.pipeline.records import records
from middleware.pipeline.unlisting import delete_under, in_parts, unlist
from middleware.ports import TRIES_TO_LAND, BrandStore, Delete, InboxEntry, Put, Recorded, Stored

Counts = dict[str, int]


def add_to(counts: Counts, found: Counts) -> None:
    """Count what was found, too."""
    for kind, number in found.items():
        counts[kind] = counts.get(kind, 0) + number


async def empty_conversations(store: BrandStore, ids: Collection[str], work: Work, at: datetime) -> int:
    """Leave emptied shells of conversations; how many were emptied. One that somebody else has a seat in as well loses
    its words, and goes on.
    """
    emptied = 0
    for key in ids:
        for _ in range(TRIES_TO_LAND):
            stored = (await store.get(Conversation, [key])).get(key)
            if stored is None or stored.record.erased_at is not None:
                break
            after = await _emptied(store, stored.record, work, at)
            (landed,) = await store.write(stored.put(after))
            if landed:
                emptied += 1
                break
        else:
            raise StoreUnavailable("others keep changing the same conversation")
    return emptied


async def _emptied(store: BrandStore, conversation: Conversation, work: Work, at: datetime) -> Conversation:
    gone = set(work.identifiers)
    left = tuple(key for key in conversation.aliases if key not in gone)
    identities = await store.get(Identity, left) if left else {}
    profiles = roots(await read_profiles(store, {each.record.profile_id or "" for each in identities.values()} - {""}))
    shell = Conversation(
        id=conversation.id,
        channel=conversation.channel,
        account=conversation.account,
        aliases=(),
        started_at=at,
        closed_at=at,
        erased_at=at,
    )
    if all(each.id in work.profiles for each in profiles.values()):
        return shell
    kept = {"aliases": left, "erased_at": None, "last_inbound_at": conversation.last_inbound_at,
            "consent": conversation.consent, "marketing": conversation.marketing}  # fmt: skip
    return shell.model_copy(update=kept)


async def unpair(store: BrandStore, conversations: Collection[str]) -> None:
    """No user of the console has one of these conversations as their own any more: one record a user."""
    async for stored in records(store, Pairings):
        left = stored.record
        for each in conversations:
            left = left.without(each)
        if left != stored.record and not all(await store.write(stored.put(left))):
            raise StoreUnavailable("somebody pairs a conversation at this moment")


async def delete_events(store: BrandStore, brand: str, work: Work) -> Counts:
    """Delete the events in the timelines of all that goes, with their turns, files, jobs and dead letters. Somebody
    else's event loses the contacts that were erased.
    """
    gone, counts = {*work.identifiers}, Counts()
    async for keys in event_keys_of(store, {*gone, *work.orphans}):
        add_to(counts, await delete_these(store, brand, await store.get(Recorded, keys), keys, gone))
    return counts


async def delete_these(
    store: BrandStore, brand: str, recorded: dict[str, Stored[Recorded]], keys: Collection[str], gone: Collection[str]
) -> Counts:
    """Delete what of these events goes, those of which nothing is on record among them."""
    theirs = {key for key, each in recorded.items() if not goes(each.record.event, gone)}
    mine = [key for key in keys if key not in theirs]
    numbers = [_number_of(recorded[key].record.event) for key in mine if key in recorded]
    await store.write(
        *(put for key in theirs if (put := scrubbed_event(recorded[key], gone)) is not None),
        *(Delete(OrderNumber, number) for number in numbers if number is not None),
        *(Delete(InboxEntry, key) for key in mine),
    )
    return await leave_nothing(store, brand, mine) if mine else Counts()


def goes(event: Event, gone: Collection[str]) -> bool:
    """Whether an event goes with what is erased: it happened to one of those identifiers."""
    return event.anchor is not None and event.anchor.key in gone


def _number_of(event: Event) -> str | None:
    if event.order is None or event.anchor is None:
        return None
    number = OrderNumber.of(event.order.number, event.anchor.key)
    return number.id if number is not None else None


async def delete_identities(store: BrandStore, work: Work) -> Counts:
    """Delete profiles, timelines and identities. What has changed since it was read is read again first."""
    counts = Counts()
    profiles = await store.get(Profile, work.profiles)
    await _leave_other_profiles(store, work)
    await store.write(*(Delete(Profile, key) for key in profiles))
    add_to(counts, {"profiles": len(profiles)})
    for keys in in_parts(work.identifiers):
        named = [Identifier.from_key(key) for key in keys]
        present = await store.get(Identity, keys)
        things = sum(Identifier.from_key(key).kind in THINGS for key in present)
        await delete_under(store, keys)
        visitors = [each.key for each in named if each.kind is IdentifierKind.VISITOR]
        await store.write(*(Delete(SiteTie, key) for key in visitors))
        for each in named:
            if each.kind in COMPARED_KINDS:
                await forget_record(store, each.key)
        add_to(counts, {"things": things, "identifiers": len(present) - things})
    return counts


async def _leave_other_profiles(store: BrandStore, work: Work) -> None:
    """Take copies of what goes out of profiles that somebody merged or split it into meanwhile."""
    gone, homes = set(work.identifiers), set(work.profiles)
    named = {each.record.profile_id or "" for each in (await read_all(store, gone)).values()} - {""}
    for _ in range(TRIES_TO_LAND):
        others = await read_profiles(store, named | homes)
        changes: list[Put | Delete] = []
        for key, each in others.items():
            profile = each.record
            members = tuple(one for one in profile.members if one.identifier not in gone and one.home not in homes)
            if key in homes or members == profile.members:
                continue
            words = tuple(word for word in profile.words if word.by not in gone)
            left = profile.model_copy(update={"members": members, "words": words})
            changes.append(each.put(left) if members else Delete(Profile, key, each.version))
        if not changes or all(await store.write(*changes)):
            return
    raise StoreUnavailable("others keep changing the same profiles")


async def clean_beside(store: BrandStore, work: Work) -> Counts:
    """Take what was erased out of the identifiers of others and of nobody; one that holds nothing more is deleted."""
    gone, cleaned = set(work.identifiers), 0
    for key in work.beside:
        for _ in range(TRIES_TO_LAND):
            stored = (await store.get(Identity, [key])).get(key)
            if stored is None:
                break
            left = scrubbed(stored.record, gone)
            if is_empty(left):
                await delete_under(store, [key])
                cleaned += 1
                break
            await unlist(store, key)
            if left == stored.record:
                break
            (landed,) = await store.write(stored.put(left))
            if landed:
                cleaned += 1
                await _show_again(store, left)
                break
        else:
            raise StoreUnavailable("others keep changing the same identifiers")
    return {"beside": cleaned}


async def _show_again(store: BrandStore, identity: Identity) -> None:
    """Bring the copies of an identity in its profiles up to date."""
    for _ in range(TRIES_TO_LAND):
        profiles = await read_profiles(store, {identity.profile_id} if identity.profile_id is not None else set())
        puts = [each.put(after) for each in profiles.values()
                if (after := each.record.with_member(identity)) != each.record]  # fmt: skip
        if not puts or all(await store.write(*puts)):
            return
    raise StoreUnavailable("others keep changing the same profiles")
